"""Paints arrays of pixels: one image or a batch, whole or by rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfstyle.images.pixels import to_uint8
from tfstyle.images.transparency import visible_pixels

# A megapixel takes 0.6 to 1.15 GB of memory. Painting many at once is no faster.
_PIXELS_AT_ONCE = 2**20


def painted_array(array: NDArray[Any], paint: Callable[[np.ndarray], np.ndarray]) -> NDArray[Any]:
    """Paints an array in pieces of about a megapixel, and keeps its dtype and transparency.

    Args:
        array: One image or a batch that `pixels.check_pixels` accepts. Colours under full
            transparency have no influence.
        paint: Function that takes float32 `[N, height, width, 3]` in [0, 1], and returns pictures
            of the same shape and range.

    Returns:
        Array of the shape and dtype of `array`.
    """
    pictures = array.copy()
    images, results = _batches(array, pictures)
    at_once = max(1, _PIXELS_AT_ONCE // (images.shape[1] * images.shape[2]))
    for first in range(0, len(images), at_once):
        piece = slice(first, first + at_once)
        painted = paint(visible_pixels(images[piece]))
        results[piece, ..., :3] = _as_dtype(painted, array.dtype)
    return pictures


def painted_array_by_rows(array: NDArray[Any], paint: Callable[..., None]) -> NDArray[Any]:
    """Paints an array as `painted_array` does, without another float array of its size.

    Images with an alpha channel are the exception: they need such an array.

    Args:
        array: As for `painted_array`.
        paint: Function of an image's rows and of a function that writes the picture's rows: see
            `rows.painted_by_rows`.
    """
    pictures = array.copy()
    for image, result in zip(*_batches(array, pictures), strict=True):
        visible = image if image.shape[-1] == 3 else visible_pixels(image[None])[0]

        def write(top, pixels, result=result):
            result[top : top + len(pixels), :, :3] = _as_dtype(pixels, array.dtype)

        paint(visible, write)
    return pictures


def _batches(*arrays):
    """Returns views `[N, height, width, channels]`."""
    return [array if array.ndim == 4 else array[None] for array in arrays]


def _as_dtype(pixels, dtype):
    """Rounds pixels to levels of 0 to 255 for uint8. NumPy converts the rest when it assigns."""
    return to_uint8(pixels) if dtype == "uint8" else pixels
