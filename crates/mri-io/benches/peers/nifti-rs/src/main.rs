//! Times nifti-rs reading a scan to f32 in C order; prints the times (ms) as JSON.

use std::time::Instant;

use nifti::{IntoNdArray, NiftiObject, ReaderOptions};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("SCAN");
    let runs: usize = arguments.next().expect("RUNS").parse().expect("a number");
    let mut times = Vec::new();
    for run in 0..=runs {
        let start = Instant::now();
        let volume = ReaderOptions::new().read_file(&path).expect("a scan").into_volume();
        let data = volume.into_ndarray::<f32>().expect("numbers");
        // nifti-rs gives the file's order; a user who goes on in C order has to turn it.
        let data = data.as_standard_layout().into_owned();
        std::hint::black_box(&data);
        // The first run warms the file cache.
        if run > 0 {
            times.push(1e3 * start.elapsed().as_secs_f64());
        }
    }
    println!("{{\"read\": {times:?}}}");
}
