//! Box plots over subjects.

use super::axes::{Axes, fifths};
use super::series::{LEGEND_LINE, Series, draw_legend, draw_title, legend_lines, series};
use super::svg::{Anchor, Figure, TextStyle};
use anomaly_eval::percentile;
use anomaly_eval::{Evaluation, Measure, SubjectMetrics, VoxelSet};

const SIDE: f64 = 265.0;
/// Dots of a box: of more subjects these many are shown, so that the figure stays a small file.
const DOTS: usize = 400;

/// Average precision (left) and Dice at threshold 1 of the `matched` protocol (right) of each test subject under each
/// method: box from the first to the third quartile with the median, whiskers to the farthest subject within 1.5 times the
/// box, subjects as dots: all of them, or of more than 400 so many evenly by rank. Both axes end at the same tick above all subjects. Subjects on which the measure is undefined
/// are left out.
pub fn subjects_figure(evaluation: &Evaluation, subjects: &[SubjectMetrics], voxels: VoxelSet) -> Figure {
    let all = series(evaluation);
    let lines = legend_lines(all.len());
    let mut figure = Figure::new(680.0, 382.0 + LEGEND_LINE * lines as f64);
    draw_title(&mut figure, evaluation, &format!("test subjects, {}", voxels.label()));
    let measures = [Measure::Auprc, Measure::MatchedDice];
    let of = |subject: &SubjectMetrics| measures.map(|measure| measure.of(&subject.metrics, voxels));
    let highest = subjects.iter().flat_map(of).flatten().fold(0.0, f64::max);
    let last = ((5.0 * highest).ceil() as u32).max(1);
    for (measure, left) in measures.into_iter().zip([55.0, 395.0]) {
        let axes = Axes { left, top: 52.0, side: SIDE };
        axes.draw(&mut figure, measure.label(), ("", &[]), ("", &fifths(last)));
        for (at, one) in all.iter().enumerate() {
            let of_method = subjects.iter().filter(|subject| subject.method == one.method.id);
            let positions = of_method
                .filter_map(|subject| Some(5.0 * measure.of(&subject.metrics, voxels)? / f64::from(last)))
                .collect();
            let middle = (at as f64 + 0.5) / all.len() as f64;
            draw_box(&mut figure, &axes, one, middle, 0.3 / all.len() as f64, positions);
        }
    }
    draw_legend(&mut figure, &all, 358.0, |method| method.label.clone());
    let crowded = all
        .iter()
        .any(|one| subjects.iter().filter(|subject| subject.method == one.method.id).count() > DOTS);
    let key = format!(
        "Box: quartiles and median. Whiskers: farthest subject within 1.5 box lengths. Dots: {}.",
        if crowded { format!("{DOTS} subjects, evenly by rank") } else { "subjects".to_owned() }
    );
    figure.text(55.0, 364.0 + LEGEND_LINE * lines as f64, &key, TextStyle::new(9.5, Anchor::Start));
    figure
}

/// Five numbers of a box plot: whisker, quartile, median, quartile, whisker. `None` without values.
fn five_numbers(sorted: &[f64]) -> Option<[f64; 5]> {
    if sorted.is_empty() {
        return None;
    }
    let [low, median, high] = [0.25, 0.5, 0.75].map(|share| percentile(sorted, share));
    let reach = 1.5 * (high - low);
    let inside = || sorted.iter().copied().filter(|value| (low - reach..=high + reach).contains(value));
    Some([inside().fold(low, f64::min), low, median, high, inside().fold(high, f64::max)])
}

/// All values if they are at most so many, at least two; else so many of them at equal steps, the first and the last among them.
fn evenly(values: &[f64], most: usize) -> impl Iterator<Item = f64> {
    let count = values.len().min(most);
    (0..count)
        .map(move |at| if count < most { values[at] } else { values[at * (values.len() - 1) / (most - 1)] })
}

fn draw_box(
    figure: &mut Figure,
    axes: &Axes,
    one: &Series<'_>,
    middle: f64,
    half: f64,
    mut values: Vec<f64>,
) {
    values.sort_by(f64::total_cmp);
    let Some([bottom, low, median, high, top]) = five_numbers(&values) else { return };
    let Series { colour, dash, .. } = one;
    for (index, value) in evenly(&values, DOTS).enumerate() {
        // Side by side, so that subjects of the same value stay visible.
        let (x, y) = axes.at(middle + half * 0.7 * (((index * 5) % 7) as f64 / 3.0 - 1.0), value);
        figure.raw(&format!(
            "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"1.6\" fill=\"{colour}\" fill-opacity=\"0.45\"/>"
        ));
    }
    let thin = format!("stroke=\"{colour}\" stroke-width=\"1.2\"");
    figure.line(axes.at(middle, bottom), axes.at(middle, low), &thin);
    figure.line(axes.at(middle, high), axes.at(middle, top), &thin);
    for end in [bottom, top] {
        figure.line(axes.at(middle - half / 2.0, end), axes.at(middle + half / 2.0, end), &thin);
    }
    let ((x, y), (right, base)) = (axes.at(middle - half, high), axes.at(middle + half, low));
    figure.raw(&format!(
        "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{colour}\" fill-opacity=\"0.12\" \
         stroke=\"{colour}\" stroke-width=\"1.4\"{dash}/>",
        right - x,
        base - y
    ));
    figure.line(
        axes.at(middle - half, median),
        axes.at(middle + half, median),
        &format!("stroke=\"{colour}\" stroke-width=\"2.6\""),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_values_some_are_shown_from_end_to_end() {
        let shown =
            |count: usize| evenly(&(0..count).map(|n| n as f64).collect::<Vec<_>>(), 5).collect::<Vec<_>>();
        assert_eq!(shown(0), []);
        assert_eq!(shown(4), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(shown(5), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(shown(101), [0.0, 25.0, 50.0, 75.0, 100.0]);
    }

    #[test]
    fn boxes_of_known_values() {
        assert_eq!(five_numbers(&[]), None);
        assert_eq!(five_numbers(&[0.5]), Some([0.5; 5]));
        // Quartiles 0.2 and 0.4: 0.9 is farther than 1.5 box lengths away.
        assert_eq!(five_numbers(&[0.1, 0.2, 0.3, 0.4, 0.9]), Some([0.1, 0.2, 0.3, 0.4, 0.4]));
    }
}
