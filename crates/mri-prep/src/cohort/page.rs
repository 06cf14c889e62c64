//! One HTML page for a cohort: figures and small pictures of all scans, outliers first.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use cli_support::worded;
use minijinja::Environment;
use minijinja::value::Serde;
use mri_io::atomic_file::write_whole;
use serde::Serialize;

use super::job::Job;
use super::link::link;
use super::outliers::{LIMIT, LOW_QUALITY, MEASURES, Spread};
use super::summary::{Results, Summary};

const TEMPLATE: &str = include_str!("../../templates/quality.html");

#[derive(Serialize)]
struct Page {
    version: &'static str,
    reference: String,
    limit: f64,
    low_quality: f64,
    counts: Counts,
    plots: Vec<Plot>,
    titles: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Counts {
    all: usize,
    failed: usize,
    flagged: usize,
    left: usize,
}

/// One scan.
#[derive(Serialize)]
struct Row {
    name: String,
    scan: String,
    state: State,
    reasons: Vec<String>,
    cells: Vec<Cell>,
    seconds: Option<String>,
    /// Relative to the page, and escaped as addresses are.
    picture: Option<String>,
    thumbnail: Option<String>,
    #[serde(skip)]
    deviation: f64,
}

/// In the order in which they are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Failed,
    Flagged,
    Fine,
}

/// One figure of one scan.
#[derive(Clone, Serialize)]
struct Cell {
    text: String,
    /// For sorting.
    value: Option<f64>,
    outlier: bool,
}

/// All values of one measure on a line.
#[derive(Serialize)]
struct Plot {
    title: String,
    low: String,
    high: String,
    median: Option<f64>,
    dots: Vec<Dot>,
}

/// Places in percent of the plot's width and height.
#[derive(Serialize)]
struct Dot {
    x: f64,
    y: f64,
    /// Position of the scan in the list.
    row: usize,
    outlier: bool,
    label: String,
}

/// Writes the page.
///
/// # Errors
/// If the page cannot be written.
pub(super) fn write(path: &Path, jobs: &[Job], results: &Results) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if !folder.as_os_str().is_empty() {
        fs_err::create_dir_all(folder)?;
    }
    let text = render(&page(folder, jobs, results)?)?;
    Ok(write_whole(path, |file| file.write_all(text.as_bytes()))?)
}

fn render(page: &Page) -> Result<String> {
    let mut templates = Environment::new();
    // The name's extension turns on HTML escaping.
    templates.add_template("quality.html", TEMPLATE)?;
    Ok(templates.get_template("quality.html")?.render(Serde(page))?)
}

fn page(folder: &Path, jobs: &[Job], results: &Results) -> Result<Page> {
    let done: Vec<&Summary> = results.iter().flatten().flatten().collect();
    let values =
        |of: fn(&Summary) -> Option<f64>| done.iter().filter_map(|summary| of(summary)).collect::<Vec<_>>();
    let spreads = MEASURES.map(|measure| Spread::of(&values(measure.of)));
    let mut rows = Vec::new();
    for (job, result) in jobs.iter().zip(results) {
        match result {
            Some(Ok(summary)) => rows.push(done_row(folder, job, summary, &spreads)?),
            Some(Err(error)) => rows.push(failed_row(job, error)),
            None => {}
        }
    }
    rows.sort_by(|a, b| {
        a.state.cmp(&b.state).then(b.deviation.total_cmp(&a.deviation)).then(a.name.cmp(&b.name))
    });
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    Ok(Page {
        version: env!("CARGO_PKG_VERSION"),
        reference: done.first().map(|summary| summary.reference.clone()).unwrap_or_default(),
        limit: LIMIT,
        low_quality: LOW_QUALITY,
        counts: Counts {
            all: jobs.len(),
            failed: count(State::Failed),
            flagged: count(State::Flagged),
            left: jobs.len() - rows.len(),
        },
        plots: plots(&rows, &spreads),
        titles: MEASURES.iter().map(|measure| with_unit(measure.title, measure.unit)).collect(),
        rows,
    })
}

fn with_unit(title: &str, unit: &str) -> String {
    if unit.is_empty() { title.to_owned() } else { format!("{title} ({unit})") }
}

fn done_row(folder: &Path, job: &Job, summary: &Summary, spreads: &[Option<Spread>; 5]) -> Result<Row> {
    let mut reasons = summary.warnings.clone();
    if summary.strip_quality.is_some_and(|quality| quality < LOW_QUALITY) && reasons.is_empty() {
        reasons.push("the quality of the skull stripping is low".to_owned());
    }
    let mut deviation = 0.0_f64;
    let mut cells = Vec::new();
    for (measure, spread) in MEASURES.iter().zip(spreads) {
        let value = (measure.of)(summary);
        let score = value.zip(*spread).map_or(0.0, |(value, spread)| spread.score(value, measure));
        let outlier = score.abs() > LIMIT;
        if outlier {
            let side = if score > 0.0 { "higher" } else { "lower" };
            reasons
                .push(format!("{}: far {side} than the others' (robust z\u{a0}{score:.1})", measure.title));
        }
        deviation = deviation.max(score.abs());
        let text = value.map_or_else(|| "–".to_owned(), |value| format!("{value:.*}", measure.decimals));
        cells.push(Cell { text, value, outlier });
    }
    Ok(Row {
        name: job.name.clone(),
        scan: summary.scan.clone(),
        state: if reasons.is_empty() { State::Fine } else { State::Flagged },
        reasons,
        cells,
        seconds: Some(format!("{:.1}", summary.seconds)),
        picture: Some(link(folder, &job.outputs.picture)?),
        thumbnail: Some(link(folder, &job.outputs.thumbnail)?),
        deviation,
    })
}

fn failed_row(job: &Job, error: &anyhow::Error) -> Row {
    Row {
        name: job.name.clone(),
        scan: job.source.clone(),
        state: State::Failed,
        reasons: vec![worded(error)],
        cells: vec![Cell { text: "–".to_owned(), value: None, outlier: false }; MEASURES.len()],
        seconds: None,
        picture: None,
        thumbnail: None,
        deviation: 0.0,
    }
}

fn plots(rows: &[Row], spreads: &[Option<Spread>; 5]) -> Vec<Plot> {
    let plot = |(index, measure): (usize, &super::outliers::Measure)| {
        let values: Vec<(usize, f64)> =
            rows.iter().enumerate().filter_map(|(row, r)| Some((row, r.cells[index].value?))).collect();
        let low = values.iter().map(|&(_, value)| value).fold(f64::INFINITY, f64::min);
        let high = values.iter().map(|&(_, value)| value).fold(f64::NEG_INFINITY, f64::max);
        let place = |value: f64| if high > low { 3.0 + 94.0 * (value - low) / (high - low) } else { 50.0 };
        let text = |value: f64| format!("{value:.*}", measure.decimals);
        let dot = |&(row, value): &(usize, f64)| Dot {
            x: place(value),
            // Steps of the golden ratio lie apart from each other, however many there are.
            y: 20.0 + 60.0 * (row as f64 * 0.618_034).fract(),
            row,
            outlier: rows[row].cells[index].outlier,
            label: format!("{}: {} {}", rows[row].name, text(value), measure.unit),
        };
        (!values.is_empty()).then(|| Plot {
            title: with_unit(measure.title, measure.unit),
            low: text(low),
            high: text(high),
            median: spreads[index].map(|spread| place(spread.median)),
            dots: values.iter().map(dot).collect(),
        })
    };
    MEASURES.iter().enumerate().filter_map(plot).collect()
}
