//! What is written is read, and what is broken is named. Other programs' files are in `tests/transforms.rs`.

use nalgebra::{Matrix3, Rotation3, Vector3};
use proptest::prelude::*;

use super::*;
use crate::Affine;

fn ends() -> Ends {
    let matrix = |scale: [f64; 3], angle: f64| {
        let turn = Rotation3::from_euler_angles(angle, -0.1, 0.2).to_homogeneous();
        turn * Matrix4::from_diagonal(&[scale[0], scale[1], scale[2], 1.0].into())
            + Matrix4::new_translation(&Vector3::new(20.0, -30.0, 5.0))
            - Matrix4::identity()
    };
    let grid = |shape, matrix| Grid { shape, affine: Affine::new(matrix).unwrap() };
    Ends {
        fixed: grid([40, 50, 30], matrix([-2.0, 2.0, 3.0], 0.1)),
        moving: grid([60, 45, 70], matrix([1.0, 1.5, 0.9], -0.3)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn transforms_come_back_from_all_kinds_of_files(
        linear in prop::array::uniform9(-0.3..0.3_f64),
        t in prop::array::uniform3(-200.0..200.0_f64),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut matrix = (Matrix3::identity() + Matrix3::from_row_slice(&linear)).to_homogeneous();
        matrix.fixed_view_mut::<3, 1>(0, 3).copy_from_slice(&t);
        prop_assume!(matrix.determinant().abs() > 0.1);
        let transform = AffineTransform::from_matrix(&matrix).unwrap();
        for (name, tolerance) in [("m.txt", 0.0), ("m.tfm", 0.0), ("m.mat", 1e-9), ("m.lta", 1e-9)] {
            let path = folder.path().join(name);
            write_transform(&path, transform, Some(&ends())).unwrap();
            let again = read_transform(&path, Some(&ends())).unwrap();
            prop_assert!((again.matrix() - matrix).abs().max() <= tolerance, "{}", name);
        }
        // FreeSurfer's file the other way round: its source is the fixed volume now.
        let Ends { fixed, moving } = ends();
        let back = read_transform(folder.path().join("m.lta"), Some(&Ends { fixed: moving, moving: fixed })).unwrap();
        prop_assert!((back.matrix() - transform.inverse().matrix()).abs().max() < 1e-9);
    }
}

#[test]
fn lines_that_begin_with_a_hash_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mrtrix.txt");
    std::fs::write(&path, "# command_history: transformconvert 1 2 3\n1 0 0 4\n0 1 0 5\n0 0 1 6\n0 0 0 1\n")
        .unwrap();
    assert_eq!(read_transform(&path, None).unwrap().matrix()[(1, 3)], 5.0);
}

#[test]
fn a_mark_of_the_byte_order_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("by-an-editor.txt");
    std::fs::write(&path, "\u{feff}1 0 0 4\n0 1 0 5\n0 0 1 6\n0 0 0 1\n").unwrap();
    assert_eq!(read_transform(&path, None).unwrap().matrix()[(1, 3)], 5.0);
}

#[test]
fn voxels_to_voxels_of_freesurfer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.lta");
    let Ends { fixed, moving } = ends();
    // The same voxel of both: the world's map is one affine after the other's inverse.
    let text = same_voxels(&moving, &fixed);
    std::fs::write(&path, text).unwrap();
    let found = read_transform(&path, None).unwrap().matrix();
    let expected = moving.affine.matrix() * fixed.affine.inverse();
    assert!((found - expected).abs().max() < 1e-9);
}

fn same_voxels(source: &Grid, destination: &Grid) -> String {
    let ends = Ends { fixed: *destination, moving: *source };
    lta::text(&Matrix4::identity(), &ends).unwrap().replace("type      = 1", "type      = 0")
}

#[test]
fn broken_files_are_named_with_their_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.txt");
    let itk = "#Insight Transform File V1.0\nTransform: ";
    let one = "Transform: TranslationTransform_double_3_3\nParameters: 1 2 3\nFixedParameters:\n";
    for (text, fault) in [
        ("1 2 3".to_owned(), "16 numbers"),
        ("1 0 0 x\n0 1 0 0\n0 0 1 0\n0 0 0 1".to_owned(), "`x`"),
        ("0 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1".to_owned(), "not an invertible"),
        (
            format!("{itk}BSplineTransform_double_3_3\nParameters: 1\nFixedParameters: 0 0 0"),
            "BSplineTransform",
        ),
        (
            format!("{itk}Euler3DTransform_double_3_3\nParameters: 0 0 0 1 2 3\nFixedParameters: 0"),
            "FixedParameters",
        ),
        (
            format!("{itk}VersorTransform_double_3_3\nParameters: 1 1 0\nFixedParameters: 0 0 0"),
            "no rotation",
        ),
        (format!("{one}{one}"), "several transforms"),
        ("type = 2\nnxforms = 1\n1 4 4\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n".to_owned(), "type 2"),
        ("MNI Transform File\nTransform_Type = Linear;\n".to_owned(), "of MINC"),
        ("MATLAB 5.0 MAT-file, Platform: GLNXA64".to_owned(), "level 5"),
        ("\u{0}\u{0}\u{0}\u{0} something that is no variable of a file".to_owned(), "no transform of ANTs"),
    ] {
        std::fs::write(&path, text).unwrap();
        let message = read_transform(&path, None).unwrap_err().to_string();
        assert!(message.contains("broken.txt") && message.contains(fault), "{fault}: {message}");
    }
    for (bytes, fault) in [(&b"\x89HDF\r\n"[..], "HDF5"), (&[0xff, 0xfe][..], "no text")] {
        std::fs::write(&path, bytes).unwrap();
        assert!(read_transform(&path, None).unwrap_err().to_string().contains(fault));
    }
    let fsl = folder.path().join("flirt.mat");
    std::fs::write(&fsl, "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n").unwrap();
    assert!(read_transform(&fsl, None).unwrap_err().to_string().contains("two images"));
    let identity = crate::RigidTransform::identity();
    assert!(write_transform(&fsl, identity, None).unwrap_err().to_string().contains("name both"));
}
