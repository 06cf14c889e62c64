//! The report's viewer in a browser: what it shows is what the evaluation found, and all of it can be reached by mouse,
//! keyboard and touch.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::experiment::finished;

/// Contrast that WCAG 2 (AA) asks of text.
pub(crate) const CONTRAST: f64 = 4.5;

/// The finished experiment's page, its viewer ready.
fn open(name: &str) -> Browser {
    let mut browser = Browser::open(&finished().result("report/index.html"), &format!("browser-{name}"));
    ready(&mut browser);
    browser
}

/// Waits until all is unpacked and drawn.
pub(crate) fn ready(browser: &mut Browser) {
    browser.wait_for("document.querySelector('#viewer').ariaBusy === 'false'");
    browser.value(
        "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))",
    );
}

/// Chooses an option of a menu, as a reader does.
fn choose(browser: &mut Browser, menu: &str, at: usize) {
    browser.value(&format!("document.querySelector({menu:?}).focus()"));
    browser.press("Home");
    for _ in 0..at {
        browser.press("ArrowDown");
    }
    assert_eq!(browser.value(&format!("document.querySelector({menu:?}).selectedIndex")), json!(at));
    ready(browser);
}

/// Something that differs where a picture does.
pub(crate) fn picture(browser: &mut Browser, selector: &str) -> String {
    ready(browser);
    browser.value(&format!("document.querySelector({selector:?}).toDataURL()")).as_str().unwrap().to_owned()
}

/// A row of `subjects.csv`: TPR, TNR, precision, Dice as the viewer writes them, and TP, FP, TN, FN.
fn evaluated(subject: &str, method: &str, protocol: &str, voxels: &str, level: &str) -> [String; 8] {
    let table = fs::read_to_string(finished().result("eval/subjects.csv")).unwrap();
    let wanted = [subject, method, protocol, voxels, level];
    let row = table.lines().map(|line| line.split(',').collect::<Vec<_>>()).find(|row| row[..5] == wanted);
    let row = row.unwrap_or_else(|| panic!("no row {wanted:?}"));
    // JavaScript rounds a half up.
    let rate = |at: usize| {
        let rate = row[at].parse().map(|rate: f64| (1000.0 * rate).round() / 1000.0);
        rate.map_or_else(|_| "–".to_owned(), |rate| format!("{rate:.3}"))
    };
    let count = |at: usize| row[at].to_owned();
    [rate(10), rate(11), rate(12), rate(13), count(6), count(7), count(8), count(9)]
}

/// What the viewer shows, in the same order.
fn displayed(browser: &mut Browser) -> [String; 8] {
    ready(browser);
    ["#tpr", "#tnr", "#precision", "#dice", "#tp", "#fp", "#tn", "#fn"]
        .map(|id| browser.text(id).replace(',', ""))
}

fn description(browser: &mut Browser) -> Value {
    serde_json::from_str(&browser.text("#viewer-description")).unwrap()
}

#[test]
fn displayed_rates_are_those_of_the_evaluation() {
    let mut browser = open("rates");
    let described = description(&mut browser);
    for (subject_at, method_at) in [(0, 0), (1, 3), (2, 5)] {
        choose(&mut browser, "#method", method_at);
        choose(&mut browser, "#subject", subject_at);
        // The menu ranks the subjects by the method, worst first.
        let rank = |at: &Value| at["results"][method_at]["rank"]["place"].as_u64();
        let mut subjects = described["subjects"].as_array().unwrap().clone();
        subjects.sort_by_key(|subject| std::cmp::Reverse(rank(subject)));
        let subject = subjects[subject_at]["name"].as_str().unwrap();
        let method = described["methods"][method_at]["id"].as_str().unwrap();
        for voxels in ["all", "brain"] {
            browser.click(&format!("[name=voxels][value={voxels}]"), (0.5, 0.5));
            for level in ["2", "1"] {
                browser.click(&format!("#mark{level}"), (0.5, 0.5));
                let expected = evaluated(subject, method, "matched", voxels, level);
                assert_eq!(displayed(&mut browser), expected, "{subject} {method} {voxels} {level}");
            }
            // From threshold 1, where the slider is now, to the fixed threshold 0.2 of the `paper` protocol.
            let [from, to] = [Stop::Mark, Stop::Threshold(0.2)].map(|stop| place(&mut browser, &stop));
            browser.drag("#threshold", (from, 0.5), (to, 0.5));
            let expected = evaluated(subject, method, "paper", voxels, "2");
            assert_eq!(displayed(&mut browser), expected, "{subject} {method} {voxels} at 0.2");
            assert_eq!(browser.text("#threshold-value"), "0.200");
        }
    }
    browser.press("End");
    assert_eq!(displayed(&mut browser)[4..6], ["0", "0"], "nothing is above 1");
    browser.check_quiet();
}

enum Stop {
    /// Where the slider is.
    Mark,
    Threshold(f64),
}

/// Where the slider's thumb is at a stop, as a share of the slider's width.
fn place(browser: &mut Browser, stop: &Stop) -> f64 {
    let method = browser.value("document.querySelector('#method').selectedIndex").as_u64().unwrap() as usize;
    let stops = description(browser)["methods"][method]["stops"].clone();
    let stops: Vec<f64> = stops.as_array().unwrap().iter().map(|stop| stop.as_f64().unwrap()).collect();
    let at = match stop {
        Stop::Mark => browser.value("Number(document.querySelector('#threshold').value)").as_f64().unwrap(),
        Stop::Threshold(threshold) => {
            stops.iter().position(|stop| (stop - threshold).abs() < 1e-6).unwrap() as f64
        }
    };
    let width = browser.value("document.querySelector('#threshold').clientWidth").as_f64().unwrap();
    let thumb = 20.0;
    (thumb / 2.0 + at / (stops.len() - 1) as f64 * (width - thumb)) / width
}

#[test]
fn volumes_in_the_page_hold_the_lesions_that_are_counted() {
    let mut browser = open("volumes");
    choose(&mut browser, "#method", 1);
    let stop = browser.value("Number(document.querySelector('#threshold').value)");
    let counted = browser.value(&format!(
        "(async () => {{
            const bytes = async (id) => {{
                const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
                const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
                return new Uint8Array(await new Response(stream).arrayBuffer());
            }};
            const [labels, map] = [await bytes('subject0-labels'), await bytes('subject0-vae-map')];
            const lesion = [...labels.keys()].filter((at) => labels[at] & 1);
            const found = lesion.filter((at) => map[at] > {stop});
            return [found.length, lesion.length - found.length];
        }})()"
    ));
    let shown = displayed(&mut browser);
    assert_eq!(counted, json!([shown[4].parse::<u64>().unwrap(), shown[7].parse::<u64>().unwrap()]));
    browser.check_quiet();
}

#[test]
fn slices_follow_keys_mouse_and_touch_in_all_planes() {
    let mut browser = open("slices");
    let canvas = |plane: usize| format!("[data-plane='{plane}'] canvas");
    let slice = |browser: &mut Browser, plane: usize| {
        ready(browser);
        browser.text(&format!("[data-plane='{plane}'] output"))
    };

    // The keyboard reaches the slider of the axial plane after the last control above the pictures.
    browser.value("document.querySelector('#outline').focus()");
    browser.press("Tab");
    assert_eq!(browser.value("document.activeElement.id"), json!("slice0"));
    assert_ne!(browser.value("getComputedStyle(document.activeElement).outlineStyle"), json!("none"));
    for key in ["ArrowDown", "PageUp", "Home", "ArrowUp"] {
        let before =
            (slice(&mut browser, 0), picture(&mut browser, &canvas(0)), picture(&mut browser, &canvas(2)));
        browser.press(key);
        assert_ne!(slice(&mut browser, 0), before.0, "{key}");
        assert_ne!(picture(&mut browser, &canvas(0)), before.1, "{key}: the picture stays");
        assert_ne!(picture(&mut browser, &canvas(2)), before.2, "{key}: the crosshair elsewhere stays");
    }
    assert_eq!(
        browser.value("document.querySelector('#slice0').getAttribute('aria-valuetext')"),
        json!(slice(&mut browser, 0))
    );

    // A click puts the crosshair there: top left of an axial picture is the patient's front and right.
    browser.click(&canvas(0), (0.75, 0.75));
    let back_left = [2, 1].map(|plane| coordinate(&slice(&mut browser, plane)));
    browser.drag(&canvas(0), (0.5, 0.5), (0.25, 0.25));
    let front_right = [2, 1].map(|plane| coordinate(&slice(&mut browser, plane)));
    assert!(front_right[0] > back_left[0] && front_right[1] > back_left[1], "{front_right:?} {back_left:?}");
    browser.press("ArrowUp");
    assert_eq!(browser.value("document.activeElement.id"), json!("slice0"), "the keyboard follows the mouse");

    let low = coordinate(&slice(&mut browser, 0));
    browser.tap(&canvas(1), (0.5, 0.1));
    assert!(coordinate(&slice(&mut browser, 0)) > low, "the top of a coronal picture is up");
    browser.check_quiet();
}

/// The position in mm of "slice 12, z = -3 mm".
pub(crate) fn coordinate(label: &str) -> f64 {
    let number = label.split(['=', 'm']).nth(1).unwrap().trim().replace('−', "-");
    number.parse().unwrap_or_else(|_| panic!("{label}"))
}

#[test]
fn models_subjects_and_layers_change_the_pictures() {
    let mut browser = open("layers");
    let map = "[aria-label='Anomaly map']";
    let mut seen = HashSet::from([picture(&mut browser, map)]);
    for method in [0, 1, 6] {
        choose(&mut browser, "#method", method);
        assert!(seen.insert(picture(&mut browser, map)), "the map of method {method} is that of another");
    }
    // Subjects are ranked by the method, so that the one shown may be anywhere in the menu.
    let shown = browser.value("document.querySelector('#subject').selectedIndex");
    choose(&mut browser, "#subject", usize::from(shown == json!(0)));
    assert!(seen.insert(picture(&mut browser, map)), "the map of another subject is the same");

    choose(&mut browser, "#method", 0);
    let plane = "[data-plane='0'] canvas";
    let mut seen = HashSet::from([picture(&mut browser, plane)]);
    browser.drag("#opacity", (0.06, 0.5), (0.6, 0.5));
    assert!(seen.insert(picture(&mut browser, plane)), "the map is not blended over the scan");
    browser.click("[name=base][value=reconstruction]", (0.5, 0.5));
    assert!(seen.insert(picture(&mut browser, plane)), "the reconstruction is the scan");
    browser.click("#detections", (0.5, 0.5));
    assert!(seen.insert(picture(&mut browser, plane)), "detections stay");
    browser.click("#outline", (0.5, 0.5));
    assert!(seen.insert(picture(&mut browser, plane)), "there is no outline");
    browser.check_quiet();
}

#[test]
fn the_page_is_readable_in_dark_and_light_and_on_a_narrow_screen() {
    let mut browser = open("readable");
    for (scheme, width) in [("light", 1400), ("dark", 1400), ("dark", 390), ("light", 390)] {
        browser.size(width, 900);
        browser.scheme(scheme);
        ready(&mut browser);
        let poor = browser.value(&format!("({})({CONTRAST})", include_str!("contrast.js")));
        assert_eq!(poor, json!([]), "{scheme}: text without contrast");
        let overflow = browser.value("document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_f64().unwrap() <= 0.0, "{scheme}: {overflow} pixels too wide for {width}");

        browser.value("document.querySelector('.planes').scrollIntoView({ behavior: 'instant' })");
        let png = browser.screenshot();
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("viewer-{scheme}-{width}.png"));
        fs::write(&file, &png).unwrap();
        assert!(colours(&png) > 100, "{} is blank", file.display());
    }
    browser.check_quiet();
}

/// Number of different colours.
fn colours(png: &[u8]) -> usize {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    pixels[..info.buffer_size()].chunks(info.color_type.samples()).collect::<HashSet<_>>().len()
}
