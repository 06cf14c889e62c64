//! The page that `memae detect` writes, in a browser: it shows the scan with its map, and nothing that needs a ground truth.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::experiment::finished;
use crate::program::{memae, succeeds};
use crate::viewer::{CONTRAST, coordinate, picture, ready};

/// The results on a synthetic scan.
fn found() -> &'static PathBuf {
    static FOUND: LazyLock<PathBuf> = LazyLock::new(|| {
        let (run, out) = (finished(), finished().folder.join("found-for-view"));
        let mut command = memae();
        command.arg("detect").arg(run.synthetic_scan()).arg("--model").arg(run.package());
        succeeds(command.args(["--threshold", "t2", "--out"]).arg(&out));
        fs::read_dir(&out).unwrap().next().unwrap().unwrap().path()
    });
    &FOUND
}

fn summary() -> Value {
    serde_json::from_slice(&fs::read(found().join("summary.json")).unwrap()).unwrap()
}

fn open(name: &str) -> Browser {
    let mut browser = Browser::open(&found().join("view.html"), &format!("browser-view-{name}"));
    ready(&mut browser);
    browser
}

const AXIAL: &str = "[data-plane='0'] canvas";

#[test]
fn the_page_says_what_the_summary_says_and_needs_no_truth() {
    let (page, summary) = (fs::read_to_string(found().join("view.html")).unwrap(), summary());
    // The volumes may spell anything.
    let page =
        page.lines().filter(|line| !line.starts_with("<script type=\"text/plain\"")).collect::<String>();
    let words = summary["components"][0]["place"]["words"].as_str().unwrap();
    for text in [summary["name"].as_str().unwrap(), summary["notice"].as_str().unwrap(), words, "Model: vae"]
    {
        assert!(page.contains(text), "{text}");
    }
    for text in ["TPR", "Dice", "lesion, missed", "labels\"", "http:", "https:"] {
        assert!(!page.contains(text), "{text}");
    }
}

#[test]
fn the_threshold_begins_at_that_of_the_results_and_changes_what_is_marked() {
    let mut browser = open("threshold");
    let summary = summary();
    let ml = |browser: &mut Browser| browser.text("#marked").trim_end_matches(" ml").parse::<f64>().unwrap();
    let written = |key: &str, digits| format!("{:.digits$}", summary[key].as_f64().unwrap());
    assert_eq!(browser.text("#threshold-value"), written("threshold", 3));
    assert_eq!(browser.text("#marked"), format!("{} ml", written("detected_ml", 1)));

    let before = (picture(&mut browser, AXIAL), ml(&mut browser));
    browser.value("document.querySelector('#threshold').focus()");
    browser.press("Home");
    ready(&mut browser);
    assert!(ml(&mut browser) > before.1, "more is above 0");
    browser.press("End");
    let none = picture(&mut browser, AXIAL);
    assert_eq!(ml(&mut browser), 0.0, "nothing is above 1");
    assert_ne!(none, before.0, "the map stays");
    browser.click("#mark1", (0.5, 0.5));
    assert_eq!(picture(&mut browser, AXIAL), before.0);
    for control in ["#outline", "[name=base][value=reconstruction]"] {
        let before = picture(&mut browser, AXIAL);
        browser.click(control, (0.5, 0.5));
        assert_ne!(picture(&mut browser, AXIAL), before, "{control}");
    }
    browser.check_quiet();
}

#[test]
fn a_component_takes_the_crosshair_to_its_highest_score() {
    let mut browser = open("components");
    let summary = summary();
    let parts = summary["components"].as_array().unwrap();
    assert!(parts.len() > 1, "{parts:?}");
    let mut seen = Vec::new();
    for at in [parts.len() - 1, 0] {
        let button = format!("[data-part='{at}']");
        browser.value(&format!("document.querySelector({button:?}).focus()"));
        browser.press("Enter");
        seen.push(picture(&mut browser, AXIAL));
        assert_eq!(browser.value(&format!("document.querySelector({button:?}).ariaPressed")), json!("true"));
        // Planes 2, 1 and 0 go through x, y and z.
        for (axis, plane) in [2, 1, 0].into_iter().enumerate() {
            let shown = coordinate(&browser.text(&format!("[data-plane='{plane}'] output")));
            let peak = parts[at]["peak_mm"][axis].as_f64().unwrap();
            assert!((shown - peak).abs() <= 0.5001, "component {at}, axis {axis}: {shown} for {peak}");
        }
    }
    assert_ne!(seen[0], seen[1]);
    browser.check_quiet();
}

#[test]
fn the_page_is_readable_in_dark_and_light_and_on_a_narrow_screen() {
    let mut browser = open("readable");
    for (scheme, width) in [("light", 1400), ("dark", 390)] {
        browser.size(width, 900);
        browser.scheme(scheme);
        ready(&mut browser);
        let poor = browser.value(&format!("({})({CONTRAST})", include_str!("contrast.js")));
        assert_eq!(poor, json!([]), "{scheme}: text without contrast");
        let overflow = browser.value("document.documentElement.scrollWidth - innerWidth").as_f64().unwrap();
        assert!(overflow <= 0.0, "{scheme}: {overflow} pixels too wide for {width}");
    }
    browser.check_quiet();
}
