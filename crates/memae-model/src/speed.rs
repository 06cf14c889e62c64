//! Measurements of parts for `cargo xtask bench model`:
//!
//! `cargo test --release -p memae-model --lib -- --ignored --nocapture --test-threads=1 speed`

use std::time::Instant;

/// Prints the median seconds of each way of doing `what`, ours first. In turns, because other programs may use the processor too.
pub(crate) fn compare(what: &str, ways: &[(&str, &dyn Fn())]) {
    let mut seconds = vec![Vec::new(); ways.len()];
    for _ in 0..7 {
        for ((_, way), seconds) in ways.iter().zip(&mut seconds) {
            let start = Instant::now();
            way();
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    println!(); // ends the line on which the test is named
    for ((name, _), mut seconds) in ways.iter().zip(seconds) {
        seconds.sort_by(f64::total_cmp);
        println!("speed|{what}|{name}|{}", seconds[seconds.len() / 2]);
    }
}

/// The CPU, and the first GPU where there is one.
pub(crate) fn devices() -> Vec<(&'static str, tch::Device)> {
    let gpu = crate::cuda_available().then_some(("GPU", tch::Device::Cuda(0)));
    [("CPU", tch::Device::Cpu)].into_iter().chain(gpu).collect()
}
