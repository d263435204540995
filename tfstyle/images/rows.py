"""Images whose rows are read and written as they are needed."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tfstyle.images.pixels import to_pixels, to_uint8
from tfstyle.images.transparency import fill_hidden

Write = Callable[[int, np.ndarray], None]


class RowFile:
    """A uint8 image in a temporary file, which ends with it.

    Args:
        shape: `(height, width, channels)`.
        folder: Where the file lies.

    Example:

        >>> with RowFile((4, 5, 3), tempfile.gettempdir()) as image:
        ...     image.write(0, np.full((4, 5, 3), 7, "uint8"))
        ...     image[2:4].shape == (2, 5, 3)
        True
    """

    def __init__(self, shape: tuple[int, int, int], folder: str | Path):
        self.shape = shape
        self._file = tempfile.NamedTemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self.path = Path(self._file.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def __getitem__(self, rows: slice) -> np.ndarray:
        top, bottom, _ = rows.indices(self.shape[0])
        result = np.empty((bottom - top, *self.shape[1:]), "uint8")
        content = result.reshape(-1).data
        self._file.seek(top * self._row_bytes)
        while len(content):
            content = content[self._file.readinto(content) :]
        return result

    def write(self, top: int, pixels: np.ndarray) -> None:
        """Writes rows from `top` on, uint8 `[rows, width, channels]`."""
        content = np.ascontiguousarray(pixels).reshape(-1).data
        self._file.seek(top * self._row_bytes)
        while len(content):
            content = content[self._file.write(content) :]

    @property
    def _row_bytes(self):
        return self.shape[1] * self.shape[2]


class PillowRows:
    """The rows of a `PIL.Image.Image`, without an array of the whole.

    Args:
        image: Of mode RGB or RGBA; alpha is left out.
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
    """Paints an image of `read_image` as `images.look.painted` does, without arrays of its size.

    Only where colours are hidden under full transparency there is one.

    Args:
        image: RGB or RGBA.
        paint: Function of its rows, and of a function that it gives the picture's to: the first
            of them, and float32 `[rows, width, 3]` in [0, 1].
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
