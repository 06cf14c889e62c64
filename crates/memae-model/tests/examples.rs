//! The example does what it says.

#[path = "../examples/train_on_arrays.rs"]
mod train_on_arrays;

use train_on_arrays::{SHAPE, train, volume};

#[test]
fn a_model_of_arrays_draws_the_ball_and_not_the_spot() {
    let folder = tempfile::tempdir().unwrap();
    let model = train(folder.path(), 30).unwrap();
    let (plain, mask) = volume(0.9);
    let expected = model.reconstruct(&plain, SHAPE).unwrap();
    assert_eq!(expected.len(), plain.len());
    let mean = |inside: bool| {
        let chosen: Vec<f32> = expected
            .iter()
            .zip(&mask)
            .filter(|(_, brain)| **brain == inside)
            .map(|(value, _)| *value)
            .collect();
        chosen.iter().sum::<f32>() / chosen.len() as f32
    };
    assert!(mean(true) > mean(false) + 0.1, "{} {}", mean(true), mean(false));
}
