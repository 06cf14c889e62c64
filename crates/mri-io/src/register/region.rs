//! Where a volume shows something.

use nalgebra::Point3;

use super::pyramid::Level;

/// The head or brain in a coarse volume: brighter than Otsu's threshold (1979), as a level of 0 and 255.
pub(super) fn foreground(level: &Level) -> Level {
    let threshold = otsu(&level.data);
    let data = level.data.iter().map(|&value| if value > threshold { 255 } else { 0 }).collect();
    Level { data, ..*level }
}

/// A level of 0 and 255 grown by one voxel in all 26 directions.
pub(super) fn grown(region: &Level) -> Level {
    let mut grown = region.clone();
    for axis in 0..3 {
        let length = region.shape[axis];
        let stride: usize = region.shape[axis + 1..].iter().product();
        let before = grown.data.clone();
        for (index, value) in grown.data.iter_mut().enumerate() {
            let position = index / stride % length;
            if position > 0 {
                *value = before[index - stride].max(*value);
            }
            if position + 1 < length {
                *value = before[index + stride].max(*value);
            }
        }
    }
    grown
}

/// Sets voxels of `level` to background where `region`, of the same shape, is not inside.
pub(super) fn blanked(level: &Level, region: &Level) -> Level {
    let inside = |(&value, &inside): (&u8, &u8)| if inside >= 128 { value } else { 0 };
    Level { data: level.data.iter().zip(&region.data).map(inside).collect(), ..*level }
}

/// Centre of mass (mm) of a level of 0 and 255; the middle of the grid if nothing is inside.
pub(super) fn centre(region: &Level) -> Point3<f64> {
    let (sum, count) = region
        .points()
        .fold((Point3::origin(), 0_usize), |(sum, count), point| (sum + point.coords, count + 1));
    if count > 0 {
        sum / count as f64
    } else {
        region.affine.voxel_to_world(Point3::from(region.shape.map(|n| 0.5 * (n as f64 - 1.0))))
    }
}

/// Volume (cubic mm) of a level of 0 and 255.
pub(super) fn volume(region: &Level) -> f64 {
    region.data.iter().filter(|&&value| value >= 128).count() as f64 * region.affine.voxel_volume()
}

/// The threshold that separates two classes of values best.
fn otsu(values: &[u8]) -> u8 {
    let mut histogram = [0_u64; 256];
    for &value in values {
        histogram[value as usize] += 1;
    }
    let total = values.len() as f64;
    let mass = |range: std::ops::Range<usize>| -> (f64, f64) {
        range.fold((0.0, 0.0), |(count, sum), value| {
            let n = histogram[value] as f64;
            (count + n, sum + n * value as f64)
        })
    };
    let (_, whole) = mass(0..256);
    let separation = |threshold: usize| {
        let (count, sum) = mass(0..threshold + 1);
        if count == 0.0 || count == total {
            return 0.0;
        }
        let gap = sum / count - (whole - sum) / (total - count);
        count * (total - count) * gap * gap
    };
    (0..255).max_by(|&a, &b| separation(a).total_cmp(&separation(b)).then(b.cmp(&a))).unwrap_or(0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;

    fn level(data: Vec<u8>, shape: [usize; 3]) -> Level {
        Level { data, shape, affine: Grid::centred(shape, [8.0; 3]).unwrap().affine }
    }

    #[test]
    fn two_classes_are_told_apart() {
        let values: Vec<u8> = (0..100).map(|i| if i < 60 { 10 + i % 5 } else { 90 + i % 7 }).collect();
        let found = foreground(&level(values, [100, 1, 1]));
        assert_eq!(found.points().count(), 40);
    }

    #[test]
    fn one_voxel_grows_to_twenty_seven() {
        let mut data = vec![0; 125];
        data[62] = 255;
        let grown = grown(&level(data, [5, 5, 5]));
        assert_eq!(grown.points().count(), 27);
        assert!(centre(&grown).coords.norm() < 1e-9);
    }
}
