"""Pictures with 16 bits in each channel, as PNG and TIFF. Pillow only writes 8 bits in colour."""

from pathlib import Path

import numpy as np
from PIL import Image

from tfstyle.images.formats import WRITTEN, format_of
from tfstyle.images.row_writers import write_rows
from tfstyle.images.transparency import fill_hidden

FORMATS = ("PNG", "TIFF")


def name_of_16_bits(photograph: str | Path) -> str:
    """Returns the file name of a photograph's picture: the same, or with `.png` appended."""
    name = Path(photograph).name
    return name if WRITTEN.get(Path(name).suffix.lower()) in FORMATS else f"{name}.png"


def float_pixels(image: Image.Image) -> np.ndarray:
    """Returns the pixels of an image: float32 `[height, width, 3 or 4]` in [0, 1]."""
    pixels = np.asarray(image, "float32")
    pixels /= 255
    if image.mode == "RGBA":
        pixels[..., :3] = fill_hidden(pixels[..., :3], pixels[..., 3])
    return pixels


def write_16_bits(pixels: np.ndarray, path: str | Path, info: dict | None = None) -> None:
    """Writes float pixels as a PNG or TIFF of 16 bits: see `write_image`.

    Args:
        pixels: Floats `[height, width, 3 or 4]`, clipped to [0, 1].
        path: Path of the file, ending in `.png`, `.tif` or `.tiff`.
        info: Dictionary with any of `icc_profile`, `exif`, `xmp` and `dpi`.

    Raises:
        ValueError: if the path ends in anything else.
        OSError: if the file cannot be written.
    """
    if format_of(path) not in FORMATS:
        raise ValueError(f"{path}: only .png and .tif can have 16 bits in each channel.")
    write_rows(_Levels(pixels), path, info)


class _Levels:
    """Rows of float pixels as levels of 16 bits."""

    def __init__(self, pixels):
        self.shape = pixels.shape
        self._pixels = pixels

    def __getitem__(self, rows: slice) -> np.ndarray:
        return np.rint(np.clip(self._pixels[rows], 0, 1) * 65535).astype("uint16")
