from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, overload

import numpy
from numpy.typing import ArrayLike, NDArray

__version__: str

class _Nibabel(Protocol):
    """An image of nibabel."""

    @property
    def dataobj(self) -> Any: ...
    @property
    def affine(self) -> Any: ...
    @property
    def header(self) -> Any: ...

class _Dlpack(Protocol):
    """An array of another library, for example a tensor of PyTorch."""

    def __dlpack__(self, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> Any: ...

_Path: TypeAlias = str | PathLike[str]
_Array: TypeAlias = ArrayLike | _Dlpack
_Pair: TypeAlias = tuple[_Array, ArrayLike]
_Image: TypeAlias = Volume | _Nibabel | _Pair | _Path
_Place: TypeAlias = Grid | _Image
_Linear: TypeAlias = Transform | ArrayLike
_Interpolation: TypeAlias = Literal["nearest", "linear", "cubic", "lanczos"]
_Method: TypeAlias = Literal["min-max", "percentile", "z-score"] | StandardScale
_N = TypeVar("_N", bound=_Nibabel)

class Error(ValueError): ...
class NiftiError(Error): ...
class TransformError(Error): ...
class ScaleError(Error): ...
class InvalidError(Error): ...

class Volume:
    def __new__(cls, data: _Array, affine: ArrayLike) -> Volume: ...
    @property
    def data(self) -> NDArray[Any]: ...
    @property
    def affine(self) -> NDArray[numpy.float64]: ...
    @property
    def shape(self) -> tuple[int, int, int]: ...
    @property
    def spacing(self) -> tuple[float, float, float]: ...
    @property
    def orientation(self) -> str: ...
    def to_nibabel(self) -> Any: ...
    def __array__(self, *args: Any, **kwargs: Any) -> NDArray[Any]: ...
    def __dlpack__(self, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> Any: ...

class Grid:
    def __new__(cls, shape: Sequence[int], affine: ArrayLike) -> Grid: ...
    @property
    def shape(self) -> tuple[int, int, int]: ...
    @property
    def affine(self) -> NDArray[numpy.float64]: ...

class Transform:
    def __new__(cls, matrix: ArrayLike) -> Transform: ...
    @property
    def matrix(self) -> NDArray[numpy.float64]: ...
    @property
    def angle_degrees(self) -> float: ...
    @property
    def stretch(self) -> tuple[float, float]: ...
    def inverse(self) -> Transform: ...
    def apply(self, points: ArrayLike) -> NDArray[numpy.float64]: ...
    def __matmul__(self, first: _Linear) -> Transform: ...

class SkullStrip:
    @property
    def mask(self) -> Any: ...
    @property
    def quality(self) -> float: ...
    @property
    def warnings(self) -> list[str]: ...
    @property
    def millilitres(self) -> float: ...
    def brain(self) -> Any: ...

class Registration:
    @property
    def transform(self) -> Transform: ...
    @property
    def metric(self) -> float: ...
    @property
    def warnings(self) -> list[str]: ...

class BiasCorrection:
    @property
    def image(self) -> Any: ...
    @property
    def field(self) -> Any: ...

class StandardScale:
    def __new__(cls, landmarks: Sequence[float]) -> StandardScale: ...
    @staticmethod
    def of(image: _Image, mask: _Image) -> StandardScale: ...
    @staticmethod
    def learn(scales: Sequence[StandardScale]) -> StandardScale: ...
    @staticmethod
    def read(path: _Path) -> StandardScale: ...
    def write(self, path: _Path) -> None: ...
    @property
    def landmarks(self) -> list[float]: ...

class Template:
    @property
    def image(self) -> Any: ...
    @property
    def mask(self) -> Any: ...
    @property
    def transforms(self) -> list[Transform]: ...
    @property
    def warnings(self) -> list[list[str]]: ...

class Preprocessed:
    @property
    def image(self) -> Any: ...
    @property
    def mask(self) -> Any: ...
    @property
    def native_mask(self) -> Any: ...
    @property
    def strip_quality(self) -> float | None: ...
    @property
    def transform(self) -> Transform: ...
    @property
    def metric(self) -> float | None: ...
    @property
    def warnings(self) -> list[str]: ...

def read(path: _Path, *, volume: int | None = None, labels: bool = False) -> Volume: ...
def write(path: _Path, image: _Image) -> None: ...
def strip(
    image: _Image, *, skull: Literal["guess", "remove", "keep"] = "guess", rim: float = 0.0
) -> SkullStrip: ...
def register(
    fixed: _Image,
    moving: _Image,
    *,
    dof: Literal[6, 7, 9, 12] = 6,
    fixed_mask: _Image | None = None,
    moving_mask: _Image | None = None,
    samples: int = 150_000,
    bins: int = 32,
    max_rotation_degrees: float = 60.0,
) -> Registration: ...
@overload
def resample(
    image: _N,
    *,
    like: _Place | None = None,
    spacing: Sequence[float] | None = None,
    transform: _Linear | None = None,
    interpolation: _Interpolation = "linear",
    fill: float = 0.0,
    labels: bool = False,
) -> _N: ...
@overload
def resample(
    image: Volume | _Path,
    *,
    like: _Place | None = None,
    spacing: Sequence[float] | None = None,
    transform: _Linear | None = None,
    interpolation: _Interpolation = "linear",
    fill: float = 0.0,
    labels: bool = False,
) -> Volume: ...
@overload
def resample(
    image: _Pair,
    *,
    like: _Place | None = None,
    spacing: Sequence[float] | None = None,
    transform: _Linear | None = None,
    interpolation: _Interpolation = "linear",
    fill: float = 0.0,
    labels: bool = False,
) -> tuple[NDArray[Any], NDArray[numpy.float64]]: ...
@overload
def canonical(image: _N) -> _N: ...
@overload
def canonical(image: Volume | _Path) -> Volume: ...
@overload
def canonical(image: _Pair) -> tuple[NDArray[Any], NDArray[numpy.float64]]: ...
def bias(
    image: _Image,
    *,
    mask: _Image | None = None,
    spacing: float = 4.0,
    knots: float = 200.0,
    levels: int = 3,
    iterations: int = 50,
) -> BiasCorrection: ...
@overload
def normalize(
    image: _N,
    mask: _Image | None = None,
    *,
    method: _Method = "min-max",
    percentiles: Sequence[float] = (1.0, 99.0),
) -> _N: ...
@overload
def normalize(
    image: Volume | _Path,
    mask: _Image | None = None,
    *,
    method: _Method = "min-max",
    percentiles: Sequence[float] = (1.0, 99.0),
) -> Volume: ...
@overload
def normalize(
    image: _Pair,
    mask: _Image | None = None,
    *,
    method: _Method = "min-max",
    percentiles: Sequence[float] = (1.0, 99.0),
) -> tuple[NDArray[Any], NDArray[numpy.float64]]: ...
def template(
    scans: Sequence[_Image],
    masks: Sequence[_Image] | None = None,
    *,
    spacing: float = 1.0,
    iterations: int = 3,
    affine: bool = False,
) -> Template: ...
def preprocess(
    image: _Image,
    mask: _Image | None = None,
    *,
    reference: _Image | None = None,
    reference_mask: _Image | None = None,
    shape: Sequence[int] = (240, 240, 155),
    spacing: Sequence[float] = (1.0, 1.0, 1.0),
    register: bool = True,
    correct_bias: bool = False,
    interpolation: _Interpolation = "linear",
    method: _Method = "min-max",
    percentiles: Sequence[float] = (1.0, 99.0),
) -> Preprocessed: ...
def reference(
    shape: Sequence[int] | None = None, spacing: Sequence[float] | None = None
) -> tuple[Volume, Volume]: ...
def check(
    scans: Sequence[_Path], masks: Sequence[_Path | None] | None = None
) -> list[dict[str, Any]]: ...
def read_transform(
    path: _Path, *, fixed: _Place | None = None, moving: _Place | None = None
) -> Transform: ...
def write_transform(
    path: _Path, transform: _Linear, *, fixed: _Place | None = None, moving: _Place | None = None
) -> None: ...
def _main() -> int: ...
