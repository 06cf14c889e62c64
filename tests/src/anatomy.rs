//! Heads rendered from label maps of a folder, as `configs/anatomy.toml` asks for them.

use std::collections::BTreeSet;
use std::fs;

use mri_io::{Grid, Volume, write};
use ndarray::Array3;

use crate::experiment::Experiment;
use crate::program::succeeds;

/// A ball of white matter (2) within cortex (3), fluid (24) and bone (515), with a ventricle (4), on a 4 mm grid.
fn ball(radius: f64) -> Volume<u16> {
    let grid = Grid::centred([48; 3], [4.0; 3]).unwrap();
    let data = Array3::from_shape_fn((48, 48, 48), |(i, j, k)| {
        let from_centre = [i, j, k].iter().map(|&n| (4.0 * (n as f64 - 23.5)).powi(2)).sum::<f64>().sqrt();
        match from_centre / radius {
            r if r < 0.2 => 4,
            r if r < 0.85 => 2,
            r if r < 1.0 => 3,
            r if r < 1.08 => 24,
            r if r < 1.2 => 515,
            _ => 0,
        }
    });
    Volume::new(data, grid.affine).unwrap()
}

#[test]
fn heads_are_rendered_from_a_folder_of_label_maps_each_on_one_side_of_the_split() {
    let with_maps = ("[data.scan]", "label_maps = \"maps\"\n\n[data.scan]");
    let experiment = Experiment::new("anatomy", &[with_maps]);
    let maps = experiment.folder.join("maps");
    fs::create_dir(&maps).unwrap();
    for (name, radius) in [("a", 60.0), ("b", 64.0), ("c", 68.0)] {
        write(maps.join(format!("{name}.nii.gz")), &ball(radius)).unwrap();
    }
    let printed = succeeds(&mut experiment.memae(&["synth"]));
    assert!(printed.contains("synth: 7 heads in "), "{printed}");

    // Two heads to train on, two to validate with, three with a lesion to test on: a map is used by one of these alone.
    let cohort = fs::read_dir(experiment.folder.join("cache")).unwrap().next().unwrap().unwrap().path();
    let maps_of = |group: &str| -> BTreeSet<String> {
        let files = fs::read_dir(cohort.join("synthetic").join(group)).unwrap();
        files.map(|file| file.unwrap().file_name().to_string_lossy()[..1].to_owned()).collect()
    };
    let (healthy, tumour) = (maps_of("healthy"), maps_of("tumour"));
    assert_eq!((healthy.len(), tumour.len()), (2, 1), "{healthy:?} {tumour:?}");
    assert!(healthy.is_disjoint(&tumour), "{healthy:?} {tumour:?}");

    // Nothing is left to do for the same command.
    assert!(succeeds(&mut experiment.memae(&["synth"])).contains("synth: up to date"));
}
