use super::*;

/// A synthetic brain without a skull: an ellipsoid with folds and a bright chamber on one side.
fn scan(pose: &RigidTransform, gain: f32) -> (Volume<f32>, Mask) {
    let grid = Grid::centred([60, 68, 54], [3.0; 3]).unwrap();
    let mut scan = Volume::filled(&grid, 0.0_f32).unwrap();
    for ((i, j, k), value) in scan.data_mut().indexed_iter_mut() {
        let world = grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
        let p = pose.inverse().apply(world).coords;
        let radius = |p: Vector3<f64>, axes: [f64; 3]| p.component_div(&Vector3::from(axes)).norm();
        if radius(p, [60.0, 78.0, 54.0]) < 1.0 {
            let inside = radius(p - Vector3::new(14.0, 22.0, 8.0), [18.0, 30.0, 14.0]) < 1.0;
            let folds = (p.x / 7.0).sin() * (p.y / 8.0).cos() + (p.z / 9.0).sin();
            *value = gain * if inside { 300.0 } else { 150.0 + 25.0 * folds as f32 + 0.3 * p.y as f32 };
        }
    }
    let mask = scan.map(|&value| value > 0.0);
    (scan, mask)
}

/// The inner part of the same brain on a grid.
fn core(pose: &RigidTransform, grid: &Grid) -> Mask {
    let mut mask = Mask::filled(grid, false).unwrap();
    for ((i, j, k), inside) in mask.data_mut().indexed_iter_mut() {
        let world = grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
        let p = pose.inverse().apply(world).coords;
        *inside = p.component_div(&Vector3::new(60.0, 78.0, 54.0)).norm() < 0.9;
    }
    mask
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn poses() -> Vec<RigidTransform> {
    [
        [0.20, -0.05, 0.10, 8.0, -6.0, 4.0],
        [-0.10, 0.15, 0.05, -5.0, 3.0, 9.0],
        [0.05, 0.10, -0.25, 2.0, 7.0, -8.0],
        [0.10, -0.20, 0.15, -9.0, 1.0, 3.0],
    ]
    .map(|[a, b, c, x, y, z]| {
        RigidTransform::about(Point3::origin(), Vector3::new(a, b, c), Vector3::new(x, y, z))
    })
    .to_vec()
}

fn settings() -> TemplateSettings {
    // Coarse scans, and poses that are not far from each other: less to compare and to search.
    let registration = RegistrationSettings {
        samples: 30_000,
        max_rotation_degrees: 40.0,
        ..RegistrationSettings::default()
    };
    TemplateSettings { spacing: 3.0, iterations: 2, registration, ..TemplateSettings::default() }
}

fn correlation(a: &Volume<f32>, b: &Volume<f32>, mask: &Mask) -> f64 {
    let pairs: Vec<(f64, f64)> = a
        .as_slice()
        .iter()
        .zip(b.as_slice())
        .zip(mask.as_slice())
        .filter(|&(_, &inside)| inside)
        .map(|((&a, &b), _)| (f64::from(a), f64::from(b)))
        .collect();
    let n = pairs.len() as f64;
    let (ma, mb) = pairs.iter().fold((0.0, 0.0), |(x, y), (a, b)| (x + a / n, y + b / n));
    let sum = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
    let covariance = sum(&|(a, b)| (a - ma) * (b - mb));
    covariance / (sum(&|(a, _)| (a - ma).powi(2)) * sum(&|(_, b)| (b - mb).powi(2))).sqrt()
}

#[test]
fn one_anatomy_in_many_poses_gives_itself() {
    let poses = poses();
    let load = |number: usize| -> Result<_> { Ok(scan(&poses[number], 1.0 + number as f32)) };
    let template = build_template(&NAMES[..poses.len()], load, &settings()).unwrap();
    assert!(template.warnings.iter().all(Vec::is_empty), "{:?}", template.warnings);

    // The truth, drawn directly where the template should lie.
    let mut truth: Vec<AffineTransform> = poses.iter().map(Into::into).collect();
    let centres: Vec<_> = (0..poses.len()).map(|number| place(&load(number).unwrap().1).centre).collect();
    let motion = pose::balance(&mut truth, &centres).unwrap().to_rigid().unwrap();
    let apart = |one: &AffineTransform, other: &AffineTransform| {
        one.to_rigid().unwrap().mean_distance(&other.to_rigid().unwrap(), template.mask.points())
    };
    for (found, truth) in template.transforms.iter().zip(&truth) {
        assert!(apart(found, truth) < 0.3);
    }
    let (anatomy, brain) = scan(&motion, 1.0);
    let grid = template.volume.grid();
    let identity = RigidTransform::identity();
    let anatomy = resample(&anatomy, &grid, identity, Interpolation::Cubic, 0.0).unwrap();
    let brain = resample_mask(&brain, &grid, identity).unwrap();
    assert!(template.mask.dice(&brain).unwrap() > 0.98);
    // Without the border, where voxels of 3 mm are part brain and part nothing.
    let correlation = correlation(&template.volume, &anatomy, &core(&motion, &grid));
    assert!(correlation > 0.98, "{correlation}");

    // Another order.
    let backwards = |number: usize| load(poses.len() - 1 - number);
    let other = build_template(&NAMES[..poses.len()], backwards, &settings()).unwrap();
    for (one, other) in template.transforms.iter().zip(other.transforms.iter().rev()) {
        assert!(apart(one, other) < 0.02);
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let poses = poses();
    let load = |number: usize| -> Result<_> { Ok(scan(&poses[number], 1.0)) };
    let settings = TemplateSettings { iterations: 1, ..settings() };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| build_template(&NAMES[..2], load, &settings).unwrap())
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one.volume, three.volume);
    assert_eq!(one.transforms, three.transforms);
}

#[test]
fn what_cannot_be_averaged_is_named() {
    let good = |_: usize| -> Result<_> { Ok(scan(&RigidTransform::identity(), 1.0)) };
    let message = |count, settings: &TemplateSettings| {
        build_template(&NAMES[..count], good, settings).unwrap_err().to_string()
    };
    assert!(message(0, &settings()).contains("at least one scan"));
    assert!(message(1, &TemplateSettings { spacing: 0.0, ..settings() }).contains("spacing"));
    assert!(message(1, &TemplateSettings { iterations: 0, ..settings() }).contains("iteration"));
    let second_empty = |number: usize| -> Result<_> {
        let (scan, mask) = good(number)?;
        Ok((scan, if number == 1 { mask.map(|_| false) } else { mask }))
    };
    let error = build_template(&NAMES[..2], second_empty, &settings()).unwrap_err().to_string();
    assert!(error.contains("b: the mask is empty"), "{error}");
}
