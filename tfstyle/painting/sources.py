"""Sources of the rows of a photograph and of noise."""

import copy
from collections.abc import Sequence

import numpy as np

from tfstyle.layers.strips import aligned

_ROWS = 64  # between two states of the random numbers


class Photograph:
    """Rows of a photograph as a generator takes them: float32, extended by reflection, with grain.

    Args:
        image: Anything with `shape` `(height, width, 3)` whose slices of rows are arrays, of uint8
            or of floats in [0, 1] up to rounding.
        height: Integer, number of rows after reflection at the lower border.
        width: Integer, number of columns after reflection at the right border.
        grain: Float, standard deviation of the noise that is added: see `images.look`.
        seed: Integer, seed of that noise.
    """

    def __init__(self, image, height: int, width: int, grain: float = 0.0, seed: int = 0):
        self.image = image
        self.shape = height, width, 3
        self._rows, self._columns = (
            np.pad(np.arange(side), (0, full - side), mode="reflect")
            for side, full in zip(image.shape[:2], (height, width), strict=True)
        )
        self._grain = np.float32(grain)
        self._noise = NormalRows(seed, image.shape) if grain else None

    def pixels(self, top: int, bottom: int) -> np.ndarray:
        """Returns rows of the photograph itself, float32 `[rows, width, 3]` in [0, 1]."""
        pixels = np.asarray(self.image[top:bottom])
        if pixels.dtype == "uint8":
            return np.divide(pixels, np.float32(255), dtype="float32")
        pixels = np.array(pixels, "float32")
        return np.clip(pixels, 0, 1, out=pixels)

    def read(self, top: int, bottom: int) -> np.ndarray:
        """Returns rows of the generator's input, float32 `[1, rows, width, 3]`."""
        rows = self._rows[top:bottom]
        first, last = rows.min(), rows.max() + 1
        pixels = self.pixels(first, last)
        if self._noise:
            pixels += self._grain * self._noise.read(first, last)[0]
            np.clip(pixels, 0, 1, out=pixels)
        result = aligned((1, len(rows), *self.shape[1:]), pixels.dtype)
        for target, row in zip(result[0], rows - first, strict=True):
            np.take(pixels[row], self._columns, axis=0, out=target, mode="clip")
        return result


class NormalRows:
    """Rows of normal noise, with the same numbers as one array of the whole shape.

    The state of the random numbers is stored every 64 rows, so that any rows can be drawn.

    Args:
        seed: Integer or sequence of them, or a `numpy.random.Generator`, which advances as if it
            had drawn the whole array.
        shape: Tuple `(rows, columns, channels)` of the whole array.
    """

    def __init__(self, seed: int | Sequence[int] | np.random.Generator, shape: tuple):
        self.shape = shape
        rng = np.random.default_rng(seed)
        self._states = []
        for top in range(0, shape[0], _ROWS):
            self._states.append(copy.deepcopy(rng.bit_generator.state))
            self._draw(rng, min(_ROWS, shape[0] - top))
        self._rng = copy.deepcopy(rng)

    def read(self, top: int, bottom: int) -> np.ndarray:
        """Returns rows `top` to `bottom`, float32 `[1, rows, columns, channels]`."""
        number = top // _ROWS
        self._rng.bit_generator.state = self._states[number]
        skipped = top - number * _ROWS
        return self._draw(self._rng, bottom - top + skipped)[None, skipped:]

    def _draw(self, rng, rows):
        return rng.standard_normal((rows, *self.shape[1:]), dtype="float32")
