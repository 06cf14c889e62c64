//! FSL's matrices: from the moving image to the fixed one, in millimetres from the first voxel along the image's own axes,
//! the first of which is reversed where the image is right-handed (the FLIRT page of FSL's documentation).

use nalgebra::Matrix4;

use super::Ends;
use crate::Grid;

/// The map from points of the fixed volume to points of the moving one, in the world.
pub(super) fn to_world(matrix: &Matrix4<f64>, ends: &Ends) -> Result<Matrix4<f64>, String> {
    let inverse = matrix.try_inverse().ok_or("the matrix is not an invertible affine transform")?;
    let mut world = from_fsl(&ends.moving)? * inverse * to_fsl(&ends.fixed);
    world.set_row(3, &Matrix4::<f64>::identity().row(3)); // exactly, without rounding
    Ok(world)
}

/// The matrix of FSL for a map of the world.
pub(super) fn from_world(world: &Matrix4<f64>, ends: &Ends) -> Result<Matrix4<f64>, String> {
    let forward = to_fsl(&ends.moving) * world * from_fsl(&ends.fixed)?;
    let mut inverse = forward.try_inverse().ok_or("the matrix is not an invertible affine transform")?;
    inverse.set_row(3, &Matrix4::<f64>::identity().row(3));
    Ok(inverse)
}

/// World to FSL's coordinates of a volume.
fn to_fsl(grid: &Grid) -> Matrix4<f64> {
    let [x, y, z] = grid.affine.spacing();
    let mut scale = Matrix4::from_diagonal(&[x, y, z, 1.0].into());
    if grid.affine.matrix().fixed_view::<3, 3>(0, 0).determinant() > 0.0 {
        scale[(0, 0)] = -x;
        scale[(0, 3)] = (grid.shape[0] as f64 - 1.0) * x;
    }
    scale * grid.affine.inverse()
}

/// FSL's coordinates of a volume to the world.
fn from_fsl(grid: &Grid) -> Result<Matrix4<f64>, String> {
    to_fsl(grid).try_inverse().ok_or_else(|| "a volume's affine cannot be inverted".to_owned())
}
