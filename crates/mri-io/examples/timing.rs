//! Times reading, resampling and writing of a scan in this process, and prints the medians (ms) as JSON.
//!
//! ```text
//! cargo run --release -p mri-io --example timing -- scan.nii.gz [runs]
//! ```
//!
//! `inflate` is the floor for `read`: libdeflate alone, from memory into a buffer that is there already. The
//! runs of all operations alternate, so that a busy machine slows all of them alike. Resampling is onto the
//! scan's own grid under a small rigid motion; writing is as float32. `RAYON_NUM_THREADS=1` gives the time of
//! one thread.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use mri_io::resample::{Interpolation, resample};
use mri_io::{RigidTransform, read, write};
use nalgebra::Vector3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("usage: timing SCAN.nii.gz [RUNS]")?);
    let runs: usize = arguments.next().map_or(Ok(15), |runs| runs.parse())?;
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.nii.gz");

    let compressed = std::fs::read(&path)?;
    let scan = read(&path)?;
    let grid = scan.grid();
    let motion =
        RigidTransform::about(grid.centre(), Vector3::new(0.10, -0.07, 0.15), Vector3::new(3.0, -2.0, 1.5));
    let size = compressed.last_chunk::<4>().map_or(0, |&trailer| u32::from_le_bytes(trailer) as usize);
    let mut inflated = vec![1_u8; size];
    let onto = |how| drop(black_box(resample(&scan, &grid, motion, how, 0.0)));

    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..runs {
        let mut time = |name, run: &mut dyn FnMut()| {
            let start = Instant::now();
            run();
            times.entry(name).or_default().push(1e3 * start.elapsed().as_secs_f64());
        };
        time("inflate", &mut || {
            libdeflater::Decompressor::new().gzip_decompress(&compressed, &mut inflated).expect("a .nii.gz");
        });
        time("read", &mut || drop(black_box(read(&path))));
        time("nearest", &mut || onto(Interpolation::Nearest));
        time("linear", &mut || onto(Interpolation::Linear));
        time("cubic", &mut || onto(Interpolation::Cubic));
        time("lanczos", &mut || onto(Interpolation::Lanczos));
        time("write", &mut || write(&copy, &scan).expect("a folder to write to"));
    }
    for times in times.values_mut() {
        times.sort_by(f64::total_cmp);
    }
    let medians: BTreeMap<_, _> = times.iter().map(|(name, times)| (name, times[times.len() / 2])).collect();
    let shape = scan.shape();
    println!("{}", serde_json::json!({ "shape": shape, "runs": runs, "median_ms": medians }));
    Ok(())
}
