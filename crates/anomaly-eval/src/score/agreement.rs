//! Several models that look at one scan.

use ndarray::{Array3, Zip};

use super::residual::check_voxels;
use crate::{Error, Result, check_shape};

/// Scores on which models agree: the geometric mean of their maps, so 0 where one of them sees nothing. Each map has scores in
/// [0, 1], `[i, j, k]` on one grid; so has the result. The map of one model is returned as it is.
///
/// # Errors
/// [`Error::Empty`] without maps or voxels, [`Error::ShapeMismatch`], [`Error::NotFinite`].
pub fn agreement(mut maps: Vec<Array3<f32>>) -> Result<Array3<f32>> {
    let mut product = maps.pop().ok_or(Error::Empty { what: "a list of no map" })?;
    check_voxels("a map of scores", product.view())?;
    let root = 1.0 / (maps.len() + 1) as f32;
    for map in &maps {
        check_shape("a map of scores", product.shape(), map.shape())?;
        check_voxels("a map of scores", map.view())?;
        Zip::from(&mut product).and(map).par_for_each(|product, score| *product *= score);
    }
    if !maps.is_empty() {
        product.par_mapv_inplace(|product| product.powf(root));
    }
    Ok(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(scores: [f32; 3]) -> Array3<f32> {
        Array3::from_shape_vec((3, 1, 1), scores.to_vec()).unwrap()
    }

    #[test]
    fn two_models_agree_on_the_square_root_of_the_product() {
        let agreed = agreement(vec![map([0.25, 1.0, 0.0]), map([1.0, 0.16, 0.9])]).unwrap();
        for (agreed, expected) in agreed.iter().zip([0.5, 0.4, 0.0]) {
            assert!((agreed - expected).abs() < 1e-6, "{agreed} {expected}");
        }
    }

    #[test]
    fn models_that_say_the_same_say_it_together_and_one_alone_is_left_as_it_is() {
        let one = map([0.1, 0.7, 0.3]);
        assert_eq!(agreement(vec![one.clone()]).unwrap(), one);
        let three = agreement(vec![one.clone(), one.clone(), one.clone()]).unwrap();
        assert!(three.iter().zip(&one).all(|(three, one)| (three - one).abs() < 1e-6), "{three}");
    }

    #[test]
    fn no_map_and_maps_of_other_shapes_are_refused() {
        assert!(agreement(Vec::new()).is_err());
        assert!(agreement(vec![map([0.0; 3]), Array3::zeros((2, 1, 1))]).is_err());
    }
}
