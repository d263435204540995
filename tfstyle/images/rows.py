"""Images whose rows are read and written one strip at a time."""

import copy
import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfstyle.images.pixels import to_pixels, to_uint8
from tfstyle.images.transparency import fill_hidden

_ROWS = 256  # at a time


class RowFile:
    """An upright sRGB image of uint8 in a temporary file.

    The file is removed with the object. If the system allows files without a name, it is also
    removed when the process ends.

    Args:
        shape: `(height, width, 3)`.
        folder: Folder for the file.
        info: Dictionary of metadata and profile, as `PIL.Image.Image.info` of `read_image`.

    Example:

        >>> with RowFile((4, 5, 3), tempfile.gettempdir()) as image:
        ...     image.write(0, np.full((4, 5, 3), 7, "uint8"))
        ...     image[2:4].shape == (2, 5, 3)
        True
    """

    def __init__(self, shape: tuple[int, int, int], folder: str | Path, info: dict | None = None):
        self.shape = shape
        self.info = dict(info or {})
        self._folder = folder
        self._file = _Temporary(folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def __getitem__(self, rows: slice) -> np.ndarray:
        top, bottom, _ = rows.indices(self.shape[0])
        result = np.empty((max(0, bottom - top), *self.shape[1:]), "uint8")
        self._file.read(top * self._row_bytes, result.reshape(-1).data)
        return result

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)`, as in Pillow."""
        return self.shape[1], self.shape[0]

    def copy(self) -> "RowFile":
        """Returns an image that shares the file with its pixels, but has its own metadata."""
        other = copy.copy(self)
        other.info = dict(self.info)
        return other

    def empty_like(self) -> "RowFile":
        """Returns an image of equal shape, folder and metadata, still without pixels."""
        return RowFile(self.shape, self._folder, self.info)

    def by_strips(self, change: Callable[[Image.Image], Image.Image]) -> "RowFile":
        """Applies a function, which must keep the size, to each strip, and returns a new image."""
        result = self.empty_like()
        for top in range(0, self.shape[0], _ROWS):
            strip = Image.fromarray(self[top : top + _ROWS])
            strip.info = dict(self.info)
            changed = change(strip)
            result.write(top, np.asarray(changed))
            result.info = dict(changed.info)
        return result

    def to_image(self) -> Image.Image:
        """Returns a `PIL.Image.Image`, which takes 4 bytes of memory for each pixel."""
        image = Image.new("RGB", self.size)
        target = PillowRows(image)
        for top in range(0, self.shape[0], _ROWS):
            target.write(top, self[top : top + _ROWS])
        image.info = dict(self.info)
        return image

    def write(self, top: int, pixels: np.ndarray) -> None:
        """Writes rows from `top` on, uint8 `[rows, width, channels]`."""
        self._put(top * self._row_bytes, pixels)

    def write_columns(self, left: int, pixels: np.ndarray) -> None:
        """Writes columns from `left` on, uint8 `[height, columns, channels]`."""
        for row, piece in enumerate(np.ascontiguousarray(pixels)):
            self._put(row * self._row_bytes + left * self.shape[2], piece)

    def _put(self, start, pixels):
        try:
            self._file.write(start, np.ascontiguousarray(pixels).reshape(-1).data)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            taken = np.prod(self.shape) / 1e9
            raise OSError(
                f"{self._folder} is full: the image takes {taken:.1f} GB there. Free some "
                "space, or set TMPDIR to a larger disk."
            ) from None

    @property
    def _row_bytes(self):
        return self.shape[1] * self.shape[2]


class _Temporary:
    """A temporary file without a name, removed with the last object that refers to it."""

    def __init__(self, folder):
        with tempfile.TemporaryFile(dir=folder) as file:
            self._number: Any = os.dup(file.fileno())  # None when closed

    def close(self):
        number, self._number = self._number, None
        if number is not None:
            os.close(number)

    __del__ = close

    def read(self, start, content):
        os.lseek(self._number, start, os.SEEK_SET)
        while len(content):
            piece = os.read(self._number, len(content))
            content[: len(piece)] = piece
            content = content[len(piece) :]

    def write(self, start, content):
        os.lseek(self._number, start, os.SEEK_SET)
        while len(content):
            content = content[os.write(self._number, content) :]


class PillowRows:
    """The rows of a `PIL.Image.Image`, without an array of the whole image.

    Args:
        image: `PIL.Image.Image` of mode RGB or RGBA. Alpha is ignored.
    """

    def __init__(self, image: Image.Image):
        self._image = image
        self.shape = image.height, image.width, 3

    def __getitem__(self, rows: slice) -> np.ndarray:
        top, bottom, _ = rows.indices(self.shape[0])
        strip = self._image.crop((0, top, self._image.width, bottom))
        return np.asarray(strip)[..., :3]

    def write(self, top: int, pixels: np.ndarray) -> None:
        """Writes rows from `top` on, uint8 `[rows, width, 3]`."""
        self._image.paste(Image.fromarray(pixels), (0, top))


def painted_by_rows(image: Image.Image, paint: Callable[..., None]) -> Image.Image:
    """Paints an image as `images.look.painted` does, without an array of its size.

    Images with fully transparent pixels are the exception: they need such an array.

    Args:
        image: `PIL.Image.Image` of `read_image`, RGB or RGBA.
        paint: Function of the image's rows and of a function that writes the picture's rows. The
            latter takes the number of the first row, and float32 `[rows, width, 3]` in [0, 1].
    """
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    rows = PillowRows(image)
    if alpha and alpha.getextrema()[0] == 0:
        rows = fill_hidden(to_pixels(image), np.asarray(alpha))
    picture = Image.new("RGB", image.size)
    target = PillowRows(picture)
    paint(rows, lambda top, pixels: target.write(top, to_uint8(pixels)))
    if alpha:
        picture.putalpha(alpha)
    picture.info = dict(image.info)
    return picture


def painted_in_file(image: RowFile, paint: Callable[..., None]) -> RowFile:
    """Paints an image in a file as `painted_by_rows` does. The picture is in a new file."""
    picture = image.empty_like()
    paint(image, lambda top, pixels: picture.write(top, to_uint8(pixels)))
    return picture
