//! Labels, masks, and values that are moved without being changed.

use super::tests::{changed, in_file, plain_file};
use super::*;
use crate::{Affine, Grid, RigidTransform, Volume, read, write};
use nalgebra::Matrix4;
use ndarray::Array3;

/// A plain file whose 24 voxels of this type are these.
fn file(code: i16, voxels: &[u8]) -> Vec<u8> {
    let mut bytes = changed(70, &code.to_le_bytes())[..352].to_vec();
    bytes[72..74].copy_from_slice(&(voxels.len() as i16 / 24 * 8).to_le_bytes());
    [bytes, voxels.to_vec()].concat()
}

fn with_slope(mut bytes: Vec<u8>, slope: f32, inter: f32) -> Vec<u8> {
    bytes[112..116].copy_from_slice(&slope.to_le_bytes());
    bytes[116..120].copy_from_slice(&inter.to_le_bytes());
    bytes
}

#[test]
fn labels_are_whole_numbers() {
    let labels = in_file("labels.nii", &plain_file(), read_labels::<u16>).unwrap();
    assert_eq!(labels.data()[[1, 2, 3]], 23);
    for value in [0.5_f32, -1.0] {
        let bytes = with_slope(plain_file(), 1.0, value);
        let message = in_file("labels.nii", &bytes, read_labels::<u16>).unwrap_err().to_string();
        assert!(message.contains(&value.to_string()) && message.contains("labels.nii"), "{message}");
    }
    assert_eq!(in_file("mask.nii", &plain_file(), read_mask).unwrap().count(), 23);
}

#[test]
fn labels_that_a_slope_moved_are_whole_again() {
    // As nibabel 5.4 stores the labels 0, 1, 2 and 4, given as float64, as uint16.
    let stored: Vec<u8> =
        (0..24).flat_map(|n: u16| [0, 16384, 32768, 65535_u16][usize::from(n) % 4].to_le_bytes()).collect();
    let bytes = with_slope(file(512, &stored), 6.103_609e-5, 0.0);
    let labels = in_file("labels.nii", &bytes, read_labels::<u8>).unwrap();
    assert_eq!(
        labels.data().iter().collect::<std::collections::BTreeSet<_>>(),
        [0, 1, 2, 4].iter().collect()
    );
    in_file("labels.nii", &bytes, |path| {
        StoredVolume::read(&path).unwrap().labels().unwrap().write(&path).unwrap();
        let header = read_header(&path).unwrap();
        assert_eq!((header.datatype, header.slope), (Datatype::Uint16, 1.0));
        assert_eq!(read_labels::<u8>(&path).unwrap(), labels);
    });
    // Within 1e-3 as floats; halves are no labels, whatever the step of the slope.
    let floats = |value: f32| file(16, &[value; 24].map(f32::to_le_bytes).concat());
    assert_eq!(in_file("a.nii", &floats(2.9995), read_labels::<u8>).unwrap().data()[[0, 0, 0]], 3);
    assert!(in_file("a.nii", &floats(2.99), read_labels::<u8>).is_err());
    assert!(in_file("a.nii", &with_slope(plain_file(), 0.5, 0.0), read_labels::<u8>).is_err());
}

#[test]
fn labels_may_be_signed_and_long() {
    let values: Vec<u8> = (0..24).flat_map(|n| (n * 50_000_000 - 1_000_000_007_i32).to_le_bytes()).collect();
    let bytes = file(8, &values);
    let labels = in_file("a.nii", &bytes, read_labels::<i32>).unwrap();
    assert_eq!(labels.data()[[1, 0, 0]], -950_000_007);
    assert!(in_file("a.nii", &bytes, read_labels::<u32>).unwrap_err().to_string().contains("-1000000007"));
}

#[test]
fn moved_voxels_are_not_changed() {
    // Beyond 2^24, where f32 has only every other number.
    let values: Vec<u8> = (0..24).flat_map(|n| ((1_i32 << 24) + n).to_le_bytes()).collect();
    let bytes = with_slope(file(8, &values), 0.5, 3.0);
    in_file("a.nii", &bytes, |path| {
        let turned = StoredVolume::read(&path).unwrap().to_canonical();
        turned.write(&path).unwrap();
        let written = std::fs::read(&path).unwrap();
        assert_eq!((written[70], written[112..120].to_vec()), (8, bytes[112..120].to_vec()));
        let voxel = |n: usize| i32::from_le_bytes(written[352 + 4 * n..][..4].try_into().unwrap());
        // Left and back became right and front: the last voxel of the first plane is the first.
        assert_eq!([voxel(0), voxel(5), voxel(6)], [5, 0, 11].map(|n| (1 << 24) + n));
    });
}

#[test]
fn the_type_is_a_choice_that_must_hold_the_values() {
    let convert = |bytes: &[u8], datatype| {
        in_file("a.nii", bytes, |path| {
            StoredVolume::read(&path)?.with_datatype(datatype)?.write(&path)?;
            read(&path).map(|volume| volume.data()[[1, 2, 3]])
        })
    };
    assert_eq!(convert(&plain_file(), Datatype::Uint8).unwrap(), 23.0);
    let scaled = with_slope(plain_file(), 2.5, -20.0);
    assert_eq!(convert(&scaled, Datatype::Float64).unwrap(), 37.5);
    assert_eq!(convert(&scaled, Datatype::Int8).unwrap(), 38.0);
    let message = convert(&scaled, Datatype::Uint8).unwrap_err().to_string();
    assert!(message.contains("-20") && message.contains("uint8"), "{message}");
    let message = convert(&with_slope(plain_file(), 0.1, 0.0), Datatype::Int32).unwrap_err().to_string();
    assert!(message.contains("choose float32"), "{message}");
}

#[test]
fn nearest_voxels_keep_their_type_and_what_is_outside_is_filled() {
    in_file("a.nii", &with_slope(plain_file(), 2.0, -1000.0), |path| {
        let volume = StoredVolume::read(&path).unwrap();
        let shift = Affine::from_spacing([1.0, 1.0, 2.0], [5.0, 6.0, 7.0]).unwrap();
        let grid = Grid { shape: [2, 1, 1], affine: shift };
        let resampled = volume.clone().nearest(&grid, RigidTransform::identity(), -1000.0).unwrap();
        resampled.write(&path).unwrap();
        let values = read(&path).unwrap();
        // The volume runs to the left: the second voxel lies beyond it.
        assert_eq!(values.as_slice(), [-1000.0, -1000.0]);
        assert_eq!(read_header(&path).unwrap().datatype, Datatype::Int16);
        let message = volume.nearest(&grid, RigidTransform::identity(), 1e9).unwrap_err().to_string();
        assert!(message.contains("int16 cannot hold the value 1000000000"), "{message}");
    });
}

#[test]
fn soft_masks_count_from_one_half() {
    let count = |values: [f32; 4]| {
        let stored: Vec<u8> = (0..24).flat_map(|n| values[n % 4].to_le_bytes()).collect();
        in_file("a.nii", &file(16, &stored), read_mask).map(|mask| mask.count())
    };
    assert_eq!(count([0.0, 1.0, 2.0, 0.0]).unwrap(), 12, "labels: all but 0");
    assert_eq!(count([0.0, 1.000_02, 1.0, 0.0]).unwrap(), 12);
    assert_eq!(count([0.49, 0.5, 1.04, -0.02]).unwrap(), 12, "a spline's");
    assert_eq!(count([12.5, 49.0, 51.0, 100.0]).unwrap(), 12, "percentages");
    assert_eq!(count([0.4, 0.6, 1.5, -0.1]).unwrap(), 12, "an overshoot of a spline moves no threshold");
    assert_eq!(count([-1.0, 1.0, 0.0, 1.0]).unwrap(), 12, "what is below 0 is outside");
    assert!(count([-1.0, 0.0, -1.0, 0.0]).is_err());
    assert!(count([0.0, 1.0, f32::NAN, 0.0]).is_err());
    let scan = count([0.0, 12.5, 300.5, 439.0]).unwrap_err().to_string();
    assert!(scan.contains("up to 439, as a scan does"), "{scan}");
    assert!(count([0.0, 12.5, 100.5, 208.0]).is_err(), "208 stands for nothing that is certain");
    assert_eq!(count([12.5, 49.0, 51.0, 153.0]).unwrap(), 12, "a spline's percentages");
}

#[test]
fn a_scan_with_the_largest_value_of_a_mask_is_no_mask() {
    let is_mask = |value: &dyn Fn(usize) -> f32| {
        let data = Array3::from_shape_fn([30, 30, 30], |(i, j, k)| value(900 * i + 30 * j + k));
        let volume = Volume::new(data, Affine::new(Matrix4::identity()).unwrap()).unwrap();
        in_file("a.nii", &[], |path| {
            write(&path, &volume).unwrap();
            read_mask(&path).is_ok()
        })
    };
    // Noise and anatomy, with a brightest voxel; a certain inside with a wide border.
    assert!(!is_mask(&|n| if n == 5 { 1.0 } else { (n * 7919 % 800) as f32 / 1000.0 }));
    let certain = |n: usize| if n.is_multiple_of(50) { 1.0 } else { (n * 7919 % 800) as f32 / 1000.0 };
    assert!(is_mask(&certain));
    // One voxel where a spline overshoots does not make the inside less certain.
    assert!(is_mask(&|n| if n == 5 { 1.4958 } else { certain(n) }));
}

#[test]
fn soft_masks_in_bytes_count_from_half_of_what_is_certain() {
    // Levels at the border of a certain inside, as probabilities are stored in bytes or in percent, and fewer of them.
    let values = |step: usize, highest: u8| -> Volume<u8> {
        let value = |n: usize| if n < 21 { (n * step).min(usize::from(highest)) as u8 } else { highest };
        let data = Array3::from_shape_fn([4, 4, 4], |(i, j, k)| value(16 * i + 4 * j + k));
        Volume::new(data, Affine::new(Matrix4::identity()).unwrap()).unwrap()
    };
    let count = |volume: &Volume<u8>| {
        in_file("mask.nii", &[], |path| {
            write(&path, volume).unwrap();
            read_mask(&path).unwrap().count()
        })
    };
    assert_eq!(count(&values(12, 255)), 64 - 11);
    assert_eq!(count(&values(5, 100)), 64 - 10);
    assert_eq!(count(&values(100, 255)), 63, "3 levels are labels");
    let labels = values(12, 255).map(|&value| if value == 255 { 2 } else { value });
    assert_eq!(count(&labels), 63, "most voxels have a small value: labels");
    assert_eq!(count(&values(255, 255)), 63, "0 and 255 are outside and inside");
}

#[test]
fn a_masked_volume_keeps_its_type_where_that_says_0() {
    let outside = |bytes: &[u8]| {
        in_file("a.nii", bytes, |path| {
            let stored = StoredVolume::read(&path).unwrap();
            let mask = stored.values().unwrap().map(|&value| value > 9.0);
            let masked = stored.clone().masked(&mask).unwrap();
            let expected = stored.values().unwrap().map(|&value| if value > 9.0 { value } else { 0.0 });
            assert_eq!(masked.values().unwrap(), expected);
            masked.datatype()
        })
    };
    let shorts = file(4, &(0..24).flat_map(|n: i16| n.to_le_bytes()).collect::<Vec<_>>());
    assert_eq!(outside(&shorts), Datatype::Int16);
    assert_eq!(outside(&with_slope(shorts.clone(), 0.5, 3.0)), Datatype::Int16);
    assert_eq!(outside(&with_slope(shorts, 2.0, 3.0)), Datatype::Float32);
}
