//! How long it takes to measure volumes of 240 x 240 x 155 voxels, beside the time to read them from memory once.
//!
//! Run: `cargo run --release -p anomaly-eval --example counting -- 50`; `counting.py` does the same with scikit-learn on the same
//! made-up voxels. Prints processor seconds of all threads (Linux), so other load matters little.

use std::fs;
use std::hint::black_box;

use anomaly_eval::{Binning, ScoreHistogram, VoxelSet};

const VOXELS: usize = 240 * 240 * 155;
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
    let pooling = seconds(|| {
        for voxels in VoxelSet::ALL {
            results.push((pooled.ranking(voxels), THRESHOLDS.map(|t| pooled.counts_above(t, voxels))));
        }
    });
    for (voxels, (ranking, counts)) in VoxelSet::ALL.iter().zip(&results) {
        println!("{}: {ranking:?} {counts:?}", voxels.label());
    }
    let memory = status("VmHWM:").unwrap_or_default();
    println!("{volumes} volumes: {counting:.3} s counting and measuring, {pooling:.3} s pooled measures");
    println!("{reading:.3} s reading once; peak memory {memory}");
    Ok(())
}

/// Scores, lesion and brain of one volume; the same numbers as in `counting.py`.
fn make(volume: usize) -> (Vec<f32>, Vec<bool>, Vec<bool>) {
    let first = (volume * VOXELS) as u64;
    let hash = |voxel: u64| (first + voxel + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let brain: Vec<bool> = (0..VOXELS).map(|voxel| voxel % 6 == 0).collect();
    let lesion: Vec<bool> = (0..VOXELS).map(|voxel| voxel % 90 == 0).collect();
    let score = |voxel: usize| {
        if !brain[voxel] {
            return 0.0;
        }
        let uniform = (hash(voxel as u64) >> 40) as f32 / (1 << 24) as f32;
        let square = uniform * uniform;
        0.5 * (square * square) + if lesion[voxel] { 0.125 } else { 0.0 }
    };
    ((0..VOXELS).map(score).collect(), lesion, brain)
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

/// A line of the program's status.
fn status(key: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    Some(text.lines().find_map(|line| line.strip_prefix(key))?.trim().to_owned())
}
