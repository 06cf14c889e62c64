//! The example does what it says.

#[path = "../examples/roc.rs"]
mod roc;

#[test]
fn lesions_that_score_higher_are_found_and_others_are_not() {
    let maps = |signal: f32| (0..5).map(|subject| roc::made_up(subject, signal)).collect::<Vec<_>>();
    let clear = roc::roc(&maps(0.0), &maps(0.5)).unwrap();
    assert_eq!((clear.auroc, clear.sensitivity), (Some(1.0), Some(1.0)));
    let hidden = roc::roc(&maps(0.0), &maps(1e-6)).unwrap();
    assert!((hidden.auroc.unwrap() - 0.5).abs() < 0.05);
    let fpr: Vec<f64> = hidden.points.iter().map(|point| point.fpr).collect();
    assert!(fpr.is_sorted() && fpr.last() == Some(&1.0));
}
