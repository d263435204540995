"""Types for type checkers: a photograph, and the options of painting it."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    import keras

ImagePath = str | os.PathLike[str]
Photograph = ImagePath | Image.Image
Mask = Photograph | NDArray[Any]
Progress = Callable[[float], object]

Number = TypeVar("Number", bound=np.generic)


class ArrayLike(Protocol):
    """A tensor, or another object that NumPy converts to an array."""

    def __array__(self) -> NDArray[Any]: ...


class PaintOptions(TypedDict, total=False):
    """The options of `Style.stylize`, which documents them."""

    seed: int
    grain: float
    strength: float
    keep_colors: bool
    mask: Mask | None
    stroke: float
    memory: float | None
    progress: Progress | None
    polish: int
    vgg: "ImagePath | keras.Model"
