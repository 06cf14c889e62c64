//! How long it takes to measure volumes of 240 x 240 x 155 voxels, beside the time to read them from memory once.
//!
//! `counting.py` runs it beside scikit-learn on the same made-up voxels. Prints one line of JSON: processor seconds of all
//! threads (Linux), so that other load matters little, and the peak memory in MB.

use std::fs;
use std::hint::black_box;

use anomaly_eval::{Binning, ScoreHistogram, VoxelSet};
use serde_json::json;

const SHAPE: [usize; 3] = [240, 240, 155];
const THRESHOLDS: [f32; 2] = [0.1, 0.2];

fn main() -> anomaly_eval::Result<()> {
    let volumes: usize =
        std::env::args().nth(1).map_or(Ok(50), |n| n.parse()).expect("the number of volumes");
    let binning = Binning::new(&THRESHOLDS)?;
    let mut pooled = ScoreHistogram::new(binning.clone());
    let (mut counting, mut reading) = (0.0, 0.0);
    for volume in 0..volumes {
        let (scores, lesion, brain) = make(volume);
        reading += seconds(|| {
            let total: f32 = black_box(&scores).chunks(16).map(|lanes| lanes.iter().sum::<f32>()).sum();
            let marked = |mask: &[bool]| black_box(mask).iter().map(|marked| u64::from(*marked)).sum::<u64>();
            black_box((total, marked(&lesion), marked(&brain)));
        });
        counting += seconds(|| {
            let mut subject = ScoreHistogram::new(binning.clone());
            subject.add(&scores, Some(&lesion), &brain).expect("scores are good");
            for voxels in VoxelSet::ALL {
                black_box(subject.ranking(voxels));
            }
            pooled.merge(&subject).expect("the binning is the same");
        });
    }
    let mut results = Vec::new();
    counting += seconds(|| {
        for voxels in VoxelSet::ALL {
            let counts = THRESHOLDS.map(|t| pooled.counts_above(t, voxels).expect("a known threshold"));
            results.push(json!({ "ranking": pooled.ranking(voxels), "counts": counts }));
        }
    });
    let memory = peak_memory();
    println!(
        "{}",
        json!({ "volumes": volumes, "counting": counting, "reading": reading, "memory": memory, "results": results })
    );
    Ok(())
}

/// Scores, lesion and brain of one volume; the same numbers as in `counting.py`. The background is not quite 0, as no
/// network makes it so.
fn make(volume: usize) -> (Vec<f32>, Vec<bool>, Vec<bool>) {
    let voxels: usize = SHAPE.iter().product();
    let uniform = |voxel: usize| {
        let hash = ((volume * voxels + voxel + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (hash >> 40) as f32 / (1 << 24) as f32
    };
    let place = |at: usize, axis: usize| (2 * at + 1) as f64 / SHAPE[axis] as f64 - 1.0;
    let (mut scores, mut lesion, mut brain) = (Vec::new(), Vec::new(), Vec::new());
    for voxel in 0..voxels {
        let x = place(voxel / (SHAPE[1] * SHAPE[2]), 0);
        let y = place(voxel / SHAPE[2] % SHAPE[1], 1);
        let z = place(voxel % SHAPE[2], 2);
        brain.push(x * x + y * y + z * z < 0.47);
        lesion.push((x - 0.25) * (x - 0.25) + y * y + z * z < 0.07);
        let square = uniform(voxel) * uniform(voxel);
        let inside = 0.5 * (square * square) + if lesion[voxel] { 0.125 } else { 0.0 };
        scores.push(if brain[voxel] { inside } else { square / 256.0 });
    }
    (scores, lesion, brain)
}

/// Processor seconds that all threads of this program spend on `work`.
fn seconds(work: impl FnOnce()) -> f64 {
    let before = processor_nanoseconds();
    work();
    (processor_nanoseconds() - before) as f64 / 1e9
}

fn processor_nanoseconds() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    let of_task = |task: fs::DirEntry| {
        let times = fs::read_to_string(task.path().join("schedstat")).ok()?;
        times.split_whitespace().next()?.parse::<u64>().ok()
    };
    tasks.flatten().filter_map(of_task).sum()
}

/// Largest memory that this program has held, in MB.
fn peak_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}
