"""Memory on the command line: how it is written, and which photographs need more."""

import re
import warnings
from pathlib import Path

from PIL import Image

from tfstyle.commands.terminal import say
from tfstyle.images.look import Look
from tfstyle.images.rows import RowFile
from tfstyle.media.animation import Animation
from tfstyle.painting.budget import PIXEL_BYTES, budget, fits_whole, least_bytes
from tfstyle.quiet import without_libtiff
from tfstyle.styles.folder import find_style

# Of a pixel, at most: measured as the process' peak, less what it holds before.
_ALPHA_BYTES, _HIDDEN_BYTES = 14, 90  # photograph and picture with transparency; with full
_DEEP_BYTES = {"RGB": 32, "RGBA": 64}  # photograph and picture of floats
_MASK_BYTES, _STROKE_BYTES = 16, 58

_UNITS = {"": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def parse_bytes(text: str | None) -> float | None:
    """Returns the bytes of a memory as people write it: 4GB, 800MB, 1.5 GiB.

    Raises:
        ValueError: on anything else.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*([A-Za-z]*)", text.strip())
    number, unit = (float(found[1]), _UNITS.get(found[2].upper())) if found else (0.0, None)
    if unit is None or not number > 0:
        raise ValueError(f"--memory must be a size such as 4GB or 800MB. Received: {text!r}")
    return number * unit


def any_is_large(
    photographs: list[Path],
    style: str,
    generator: str | None,
    stroke: float,
    max_side: int | None,
    memory: float | None,
) -> bool:
    """Whether one of the files must be painted strip by strip; only their headers are read."""
    try:
        generator = find_style(style, generator).name
    except (ValueError, OSError):  # a blend, whose name may be too long for a path
        generator = "johnson"
    for path in photographs:
        try:
            with without_libtiff(path), warnings.catch_warnings(action="ignore"):
                if not path.is_file():  # a pipe would wait for its writer
                    continue
                with Image.open(path) as image:
                    width, height = image.size
        except Exception:  # it is told when the file is read
            continue
        longest = max(1, width, height)  # some files say 0: it is told when they are read
        scale = min(1, (max_side or longest) / longest) / stroke
        if not fits_whole(generator, width * height * scale**2, memory):
            return True
    return False


def tell_of_memory(
    path: Path,
    image: Image.Image | Animation | RowFile,
    memory: float | None,
    look: Look | None = None,
    bits: int = 8,
    is_by_rows: bool = False,
) -> None:
    """Tells before a photograph is painted that even strips take more than the memory.

    Args:
        path: The photograph.
        image: What was read of it.
        memory: See `painting.budget`.
        look: `Look`.
        bits: Of each channel of the picture, 8 or 16.
        is_by_rows: Whether photograph and picture lie in files.
    """
    if isinstance(image, Animation):
        image = image.frames[0]
    width, height = image.size
    pixel_bytes = 0 if is_by_rows else _pixel_bytes(image, bits)
    if look and look.mask is not None:
        pixel_bytes += _MASK_BYTES
    if look and look.stroke != 1:
        pixel_bytes += _STROKE_BYTES
    least = least_bytes(height, width, pixel_bytes)
    allowed = budget(memory)
    if least > allowed:
        say(
            f"{path}: {width} x {height} pixels take {least / 1e9:.1f} GB of memory at least, "
            f"which is more than {allowed / 1e9:.1f} GB.",
            err=True,
        )


def _pixel_bytes(image, bits):
    """Gives what a pixel of photograph and picture takes outside of strips."""
    is_transparent = isinstance(image, Image.Image) and image.mode == "RGBA"
    has_hidden = is_transparent and image.getchannel("A").getextrema()[0] == 0
    return max(
        PIXEL_BYTES,
        _ALPHA_BYTES * is_transparent,
        _HIDDEN_BYTES * has_hidden,
        _DEEP_BYTES[image.mode] if bits == 16 else 0,
    )
