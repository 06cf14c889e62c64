//! Arrays of NumPy, whatever their type and order, as voxels of the library, and back.

use mri_io::{Affine, Mask, Volume};
use ndarray::{Array3, ArrayView3, Axis};
use numpy::{Element, PyArray3, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::error::{invalid, to_python};
use crate::{memory, work};

/// Names a view of the voxels in their own type, for the types that files have.
macro_rules! each_type {
    ($array:expr, $view:ident => $body:expr, else $otherwise:expr) => {
        each_type!(@ $array, $view, $body, $otherwise, u8 i8 u16 i16 u32 i32 u64 i64 f32 f64)
    };
    (@ $array:expr, $view:ident, $body:expr, $otherwise:expr, $($kind:ty)*) => {
        $(if let Ok(array) = $array.cast::<::numpy::PyArray3<$kind>>() {
            let array = ::numpy::PyArrayMethods::readonly(array);
            let $view = array.as_array();
            $body
        } else)* {
            $otherwise
        }
    };
}
pub(crate) use each_type;

/// An array of three axes, none of them empty, from an array, a tensor (`__dlpack__`) or what NumPy makes an array of. Axes of a
/// single voxel behind the third are dropped.
pub(crate) fn array<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    let numpy = value.py().import("numpy")?;
    let found = if value.is_instance_of::<PyUntypedArray>() {
        value.clone()
    } else if value.hasattr("__dlpack__")? {
        numpy.call_method1("from_dlpack", (value,))?
    } else {
        numpy.call_method1("asarray", (value,))?
    };
    let mut found = found.cast_into::<PyUntypedArray>()?;
    let shape = found.shape().to_vec();
    if shape.len() > 3 && shape[3..].iter().all(|&n| n == 1) {
        found = found.call_method1("reshape", ((shape[0], shape[1], shape[2]),))?.cast_into()?;
    }
    if found.ndim() != 3 || found.is_empty() {
        return Err(invalid(format!(
            "an image has voxels along three axes, not the shape {shape:?}: of a series take one volume"
        )));
    }
    plain(found)
}

/// The same values at aligned addresses, in this machine's byte order, and of a type that files have.
fn plain(array: Bound<'_, PyUntypedArray>) -> PyResult<Bound<'_, PyUntypedArray>> {
    let dtype = array.getattr("dtype")?;
    let kind: String = dtype.getattr("kind")?.extract()?;
    let size: usize = dtype.getattr("itemsize")?.extract()?;
    let wide = match kind.as_str() {
        "f" if size == 2 => Some("float32"),
        "f" if size > 8 => Some("float64"),
        "b" | "i" | "u" | "f" => None,
        _ => return Err(PyTypeError::new_err(format!("voxels are real numbers, not {dtype}"))),
    };
    if let Some(wide) = wide {
        return Ok(array.call_method1("astype", (wide,))?.cast_into()?);
    }
    let aligned: bool = array.getattr("flags")?.getattr("aligned")?.extract()?;
    if aligned && dtype.getattr("isnative")?.extract()? {
        return Ok(array);
    }
    Ok(array.call_method1("astype", (dtype.call_method1("newbyteorder", ("=",))?,))?.cast_into()?)
}

/// The values as the library computes with them; where they lie, if they are 32-bit floats in C order.
#[allow(clippy::unnecessary_cast)] // One of the types is the result's own.
pub(crate) fn values(array: &Bound<'_, PyUntypedArray>, affine: &Affine) -> PyResult<Volume<f32>> {
    let py = array.py();
    if let Ok(array) = array.cast::<PyArray3<f32>>()
        && let Some(shared) = memory::share(array)
    {
        let shape = std::array::from_fn(|axis| array.shape()[axis]);
        return Volume::from_shared(shared, shape, *affine).map_err(to_python);
    }
    let numbers = numbers(array)?;
    let data = each_type!(numbers, view => work::briefly(py, || turned(view, |&value| value as f32))?, else return Err(unexpected(array)));
    Volume::new(data, *affine).map_err(to_python)
}

/// The voxels that are inside: above one half.
#[allow(clippy::unnecessary_cast)] // As above.
pub(crate) fn mask(array: &Bound<'_, PyUntypedArray>, affine: &Affine) -> PyResult<Mask> {
    let py = array.py();
    let numbers = numbers(array)?;
    let data = each_type!(numbers, view => work::briefly(py, || turned(view, |&value| value as f32 > 0.5))?, else return Err(unexpected(array)));
    Volume::new(data, *affine).map_err(to_python)
}

/// The array, with truth values as bytes.
pub(crate) fn numbers<'py>(array: &Bound<'py, PyUntypedArray>) -> PyResult<Bound<'py, PyUntypedArray>> {
    if is_bool(array)? {
        return Ok(array.call_method1("view", ("uint8",))?.cast_into()?);
    }
    Ok(array.clone())
}

pub(crate) fn is_bool(array: &Bound<'_, PyUntypedArray>) -> PyResult<bool> {
    Ok(array.getattr("dtype")?.getattr("kind")?.extract::<String>()? == "b")
}

pub(crate) fn unexpected(array: &Bound<'_, PyAny>) -> PyErr {
    let dtype = array.getattr("dtype").map_or_else(|_| "this type".to_owned(), |dtype| dtype.to_string());
    PyTypeError::new_err(format!("no voxels can be made of {dtype}"))
}

/// The results of `f` in C order. Works on planes of the first and last axis, which fit the cache in either order.
pub(crate) fn turned<T: Sync, U: Clone + Default + Send + Sync>(
    view: ArrayView3<'_, T>,
    f: impl Fn(&T) -> U + Sync,
) -> Array3<U> {
    let mut out = Array3::default(view.dim());
    out.axis_iter_mut(Axis(1)).into_par_iter().zip(view.axis_iter(Axis(1))).for_each(|(mut out, plane)| {
        out.zip_mut_with(&plane, |out, value| *out = f(value));
    });
    out
}

/// The voxels as an array that owns them, without a copy.
pub(crate) fn to_numpy<T: Element + Clone>(py: Python<'_>, volume: Volume<T>) -> Bound<'_, PyUntypedArray> {
    PyArray3::from_owned_array(py, volume.into_data()).as_untyped().clone()
}
