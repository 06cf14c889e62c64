//! Cohort files written and read again.

use std::path::Path;

use proptest::prelude::*;

use super::format::STEPS;
use super::*;

fn write(path: &Path, shape: [usize; 3], volumes: &[(Vec<f32>, Vec<bool>)]) -> Cohort {
    let mut writer = CohortWriter::create(path, shape).unwrap();
    for (i, (volume, mask)) in volumes.iter().enumerate() {
        writer.push(&format!("sub-{i}"), volume, mask).unwrap();
    }
    writer.finish().unwrap();
    Cohort::open(path).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn volumes_come_back(values in prop::collection::vec((0.0f32..=1.0, any::<bool>()), 24), scale in 1.0f32..9.0) {
        let folder = tempfile::tempdir().unwrap();
        let mut volume: Vec<f32> = values.iter().map(|(value, _)| value * scale).collect();
        let mut mask: Vec<bool> = values.iter().map(|(_, inside)| *inside).collect();
        mask[0] = true;
        let cohort = write(&folder.path().join("c"), [2, 3, 4], &[(volume.clone(), mask.clone())]);
        for (value, inside) in volume.iter_mut().zip(&mask) {
            if !inside { *value = 0.0; }
        }
        prop_assert_eq!(cohort.mask(0), mask);
        for (a, b) in cohort.volume(0).iter().zip(&volume) {
            prop_assert!((a - b).abs() <= 0.51 * scale / STEPS + 1e-6);
        }
    }
}

#[test]
fn ends_of_the_range_are_exact_and_windows_need_brain() {
    let folder = tempfile::tempdir().unwrap();
    let shape = [1, 2, 5];
    let mut mask = vec![true; 10];
    for k in [3, 4] {
        mask[k] = false;
        mask[5 + k] = false;
    }
    let volume = vec![0.0, 1.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.25, 0.0, 0.0];
    let cohort = write(&folder.path().join("c"), shape, &[(volume.clone(), mask)]);
    for (a, b) in cohort.volume(0).iter().zip(&volume) {
        assert!(a == b || (b.fract() != 0.0 && (a - b).abs() < 1e-5), "{a} {b}");
    }
    assert_eq!(cohort.brain_voxels(0), [2, 2, 2, 0, 0]);
    let (kept, dropped) = cohort.windows(false);
    assert_eq!((kept.iter().map(|w| w.slice).collect::<Vec<_>>(), dropped), (vec![1, 2], 1));
    assert_eq!(cohort.windows(true).0.len(), 3);
}

#[test]
fn damaged_files_are_refused_with_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.cohort");
    write(&path, [2, 2, 2], &[(vec![0.5; 8], vec![true; 8])]);
    let whole = std::fs::read(&path).unwrap();
    for bytes in [Vec::new(), b"text".to_vec(), whole[..whole.len() - 1].to_vec(), vec![7; 9000]] {
        std::fs::write(&path, bytes).unwrap();
        let error = Cohort::open(&path).unwrap_err().to_string();
        assert!(error.contains("c.cohort"), "{error}");
    }
}

#[test]
fn bad_subjects_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CohortWriter::create(folder.path().join("c"), [1, 1, 2]).unwrap();
    assert!(writer.push("short", &[0.0], &[true]).is_err());
    assert!(writer.push("nan", &[f32::NAN, 0.0], &[true, true]).is_err());
    writer.push("a", &[0.1, 0.2], &[true, true]).unwrap();
    assert!(writer.push("a", &[0.1, 0.2], &[true, true]).unwrap_err().to_string().contains("twice"));
}
