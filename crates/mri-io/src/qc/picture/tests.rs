use nalgebra::Vector3;
use ndarray::Array3;

use super::*;
use crate::{Affine, Grid, RigidTransform};

/// A bright box from the middle to the right, in a volume whose axes run to the left, the bottom and the front, with
/// thick slices along the last.
fn scan() -> (Volume<f32>, Mask) {
    let mut matrix = nalgebra::Matrix4::zeros();
    matrix[(0, 0)] = -1.0;
    matrix[(2, 1)] = -1.0;
    matrix[(1, 2)] = 6.0;
    matrix[(3, 3)] = 1.0;
    let data = Array3::from_shape_fn((60, 80, 12), |(i, j, k)| {
        let head = (5..55).contains(&i) && (8..72).contains(&j) && (1..11).contains(&k);
        let right = i < 30;
        if !head {
            0.0
        } else if right {
            200.0
        } else {
            60.0
        }
    });
    let scan = Volume::new(data, Affine::new(matrix).unwrap()).unwrap();
    let mask = scan.map(|&value| value > 100.0);
    (scan, mask)
}

fn pixel(picture: &Picture, x: usize, y: usize) -> Colour {
    let at = 3 * (y * picture.width() + x);
    picture.rgb()[at..at + 3].try_into().unwrap()
}

#[test]
fn slices_lie_as_in_the_patient_and_to_scale() {
    let (scan, mask) = scan();
    let scene = Scene::new(Section::BrainMask { scan: &scan, mask: &mask }).unwrap();
    // 50 x 60 x 64 mm of head, and at least 8 mm around it, as far as the grid goes.
    assert_eq!(scene.frame.size, [60.0, 72.0, 80.0]);
    for plane in Plane::ALL {
        let [across, up, _] = plane.axes();
        let panel = &scene.rows(plane, &scene.depths(plane, 1), 2.0)[0].1[0];
        assert_eq!(panel.width() as f64, 2.0 * scene.frame.size[across]);
        assert_eq!(panel.height() as f64, 2.0 * scene.frame.size[up]);
    }
    // The patient's right is at the left of the picture.
    let axial = &scene.rows(Plane::Axial, &scene.depths(Plane::Axial, 1), 2.0)[0].1[0];
    let middle = axial.height() / 2;
    assert_eq!(pixel(axial, 40, middle), [255; 3]);
    assert!(pixel(axial, 90, middle)[0] < 100);
    assert_eq!(pixel(axial, 3, middle), [0; 3]);
    // The mask ends where the head does and between both halves.
    let coloured = |x: usize| pixel(axial, x, middle)[2] > pixel(axial, x, middle)[0].saturating_add(80);
    assert_eq!((3..115).filter(|&x| coloured(x)).collect::<Vec<_>>(), [9, 10, 59, 60]);
}

#[test]
fn a_registered_volume_lies_under_the_edges_of_the_fixed_one() {
    let (fixed, mask) = scan();
    let transform = RigidTransform::about(Point3::origin(), Vector3::zeros(), Vector3::new(4.0, 0.0, 0.0));
    let mut matrix = *fixed.affine().matrix();
    matrix[(0, 3)] += 4.0;
    let moving = Volume::new(fixed.data().to_owned(), Affine::new(matrix).unwrap()).unwrap();
    let panels = |transform: &RigidTransform| {
        let transform = &(*transform).into();
        let section =
            Section::Registration { fixed: &fixed, fixed_mask: Some(&mask), moving: &moving, transform };
        let scene = Scene::new(section).unwrap();
        scene.rows(Plane::Axial, &scene.depths(Plane::Axial, 3), 2.0)
    };
    let right = panels(&transform);
    assert_eq!(right[0].1, right[1].1, "perfectly registered, both rows are the same");
    let wrong = panels(&RigidTransform::identity());
    assert_eq!(right[0], wrong[0]);
    assert_ne!(wrong[0].1, wrong[1].1);
}

#[test]
fn pictures_hold_caption_and_sections() {
    let (scan, mask) = scan();
    let section = Section::BrainMask { scan: &scan, mask: &mask };
    let caption = Caption { title: "sub-01", figures: &[], warnings: &[] };
    let plain = quality_picture(&caption, &[section]).unwrap();
    assert_eq!(plain.width(), WIDTH);
    let warnings = ["the brain is small".to_owned()];
    let warned = quality_picture(&Caption { warnings: &warnings, ..caption }, &[section]).unwrap();
    assert!(warned.height() > plain.height());
    let small = thumbnail(&[section]).unwrap();
    assert_eq!(small.height(), THUMBNAIL);
    assert!(small.rgb().iter().any(|&value| value > 200));

    let other = Volume::filled(&Grid::centred([2, 2, 2], [1.0; 3]).unwrap(), true).unwrap();
    let error = quality_picture(&caption, &[Section::BrainMask { scan: &scan, mask: &other }]).unwrap_err();
    assert!(error.to_string().contains("[2, 2, 2]"));
}

#[test]
fn odd_volumes_still_give_a_picture() {
    for (shape, value) in [([1, 9, 9], 3.0), ([5, 6, 7], 0.0), ([5, 6, 7], f32::NAN)] {
        let scan = Volume::filled(&Grid::centred(shape, [1.0; 3]).unwrap(), value).unwrap();
        let mask = scan.map(|_| false);
        let section = Section::BrainMask { scan: &scan, mask: &mask };
        quality_picture(&Caption::default(), &[section]).unwrap();
        thumbnail(&[section]).unwrap();
    }
}
