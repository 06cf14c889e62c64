//! FreeSurfer's linear transforms: a matrix from source to destination, and a description of both volumes.

use nalgebra::{Matrix3, Matrix4, Vector3};

use super::{Ends, joined, numbers};
use crate::{Affine, Grid};

/// From voxels to voxels.
const VOXELS: i64 = 0;
/// From RAS+ to RAS+ (mm).
const WORLD: i64 = 1;

pub(super) fn is_lta(text: &str) -> bool {
    let has = |name: &str| text.lines().any(|line| value(line, name).is_some());
    has("type") && has("nxforms")
}

/// The map from points of the fixed volume to points of the moving one, RAS+.
pub(super) fn parse(text: &str, ends: Option<&Ends>) -> Result<Matrix4<f64>, String> {
    let find = |name: &str| {
        text.lines().find_map(|line| value(line, name)).ok_or_else(|| format!("has no line `{name} = ...`"))
    };
    let kind = find("type")?.parse::<i64>().map_err(|_| "has a type that is no number")?;
    let mut lines = text.lines().skip_while(|line| line.split_whitespace().ne(["1", "4", "4"])).skip(1);
    let values = numbers(lines.by_ref().take(4))?;
    if values.len() != 16 {
        return Err(format!(
            "a 4x4 matrix has 16 numbers, this file {}: it is cut off or damaged, make it anew",
            values.len()
        ));
    }
    let matrix = Matrix4::from_row_slice(&values);
    let mut source = volume(text, "src volume info");
    let mut destination = volume(text, "dst volume info");
    let forward = match kind {
        WORLD => matrix,
        VOXELS => {
            let missing = "maps voxels to voxels, but does not describe both volumes";
            let [source, destination] = [source, destination].map(|end| end.ok_or(missing));
            destination?.affine.matrix() * matrix * source?.affine.inverse()
        }
        other => {
            return Err(format!(
                "is of type {other}; only voxels to voxels (0) and RAS to RAS (1) are known"
            ));
        }
    };
    if text.contains("created by NiTransforms") {
        // It describes the fixed volume as the source, though its matrix leads from the moving one to it.
        std::mem::swap(&mut source, &mut destination);
    }
    let same = |grid: Option<Grid>, end: &Grid| grid.is_some_and(|grid| grid.matches(end, Grid::TOLERANCE));
    let is_reversed = ends.is_some_and(|ends| same(source, &ends.fixed) && !same(destination, &ends.fixed));
    if is_reversed {
        return Ok(forward);
    }
    let mut back = forward.try_inverse().ok_or("the matrix is not an invertible affine transform")?;
    back.set_row(3, &Matrix4::<f64>::identity().row(3)); // exactly, without rounding
    Ok(back)
}

/// The text for a map from points of the fixed volume, the destination, to points of the moving one, the source.
pub(super) fn text(world: &Matrix4<f64>, ends: &Ends) -> Result<String, String> {
    let mut forward = world.try_inverse().ok_or("the matrix is not an invertible affine transform")?;
    forward.set_row(3, &Matrix4::<f64>::identity().row(3));
    Ok(format!(
        "type      = {WORLD}\nnxforms   = 1\nmean      = 0 0 0\nsigma     = 1\n1 4 4\n{}src volume info\n{}dst volume info\n{}",
        super::rows(&forward),
        description(&ends.moving),
        description(&ends.fixed)
    ))
}

fn description(grid: &Grid) -> String {
    let spacing = grid.affine.spacing();
    let matrix = grid.affine.matrix();
    let axis = |axis: usize| {
        let column = matrix.fixed_view::<3, 1>(0, axis) / spacing[axis];
        joined(column.iter())
    };
    let middle = nalgebra::Point3::from(grid.shape.map(|n| 0.5 * n as f64));
    let [ni, nj, nk] = grid.shape;
    format!(
        "valid = 1  # volume info valid\nfilename = \nvolume = {ni} {nj} {nk}\nvoxelsize = {}\nxras   = {}\nyras   = {}\n\
         zras   = {}\ncras   = {}\n",
        joined(spacing.iter()),
        axis(0),
        axis(1),
        axis(2),
        joined(grid.affine.voxel_to_world(middle).coords.iter())
    )
}

/// The volume that is described below a heading.
fn volume(text: &str, heading: &str) -> Option<Grid> {
    let lines: Vec<&str> = text.lines().skip_while(|line| line.trim() != heading).skip(1).take(9).collect();
    let three = |name: &str| {
        let values = numbers([lines.iter().find_map(|line| value(line, name))?]).ok()?;
        (values.len() == 3).then(|| Vector3::from_column_slice(&values))
    };
    let (count, spacing) = (three("volume")?, three("voxelsize")?);
    let linear = Matrix3::from_columns(&[three("xras")?, three("yras")?, three("zras")?])
        * Matrix3::from_diagonal(&spacing);
    let mut matrix = linear.to_homogeneous();
    // The middle is between the voxels of an even number: voxel n / 2.
    matrix.fixed_view_mut::<3, 1>(0, 3).copy_from(&(three("cras")? - linear * count * 0.5));
    let shape = [count.x, count.y, count.z].map(|n| n as usize);
    Some(Grid { shape, affine: Affine::new(matrix).ok()? })
}

/// What follows `name =` on a line.
fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (own, value) = line.split_once('=')?;
    (own.trim() == name).then(|| value.split('#').next().unwrap_or_default().trim())
}
