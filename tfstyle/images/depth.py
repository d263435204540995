"""Converts pixels of more than 8 bits, and floats, to 8 bits by the range that the file states."""

# Pillow's tags are of many types: those of damaged files are refused below.
# pyright: reportArgumentType=false, reportOperatorIssue=false

import math

import numpy as np
from PIL import Image

# Numbers of TIFF tags.
_BITS, _WHITE_IS_ZERO, _FORMAT = 258, 262, 339
_LIMITS = ((340, 341), (280, 281))  # SMinSampleValue and SMaxSampleValue; the older two
_UNSIGNED, _SIGNED = 1, 2

# A photograph that reaches less than this part of its range comes out black: its range is another.
_LEAST = 1 / 16


def to_8_bits(image: Image.Image) -> Image.Image:
    """Scales the pixels of an image of mode I, I;16 or F to 8 bits. Returns other images unchanged.

    The range is that of TIFF's smallest and largest sample, otherwise of its bits per sample. For
    floats, and for images that come from no file, it is the smallest of the ranges 0 to 1 (floats
    only), 0 to 255 and 0 to 65535 that holds all pixels.

    Args:
        image: `PIL.Image.Image`, loaded.

    Returns:
        `PIL.Image.Image` of mode L, or LA if one level is transparent.

    Raises:
        ValueError: if no range is stated and none holds all pixels, or if the pixels use so little
            of the range that the picture would be black.
    """
    if image.mode != "F" and not image.mode.startswith("I"):
        return image
    tags = getattr(image, "tag_v2", {})
    values = np.asarray(image)
    if image.mode == "I" and _first(tags.get(_FORMAT)) == _UNSIGNED and tags.get(_BITS) == (32,):
        values = values.view("uint32")  # Pillow keeps the bits, in a signed integer
    low, high = _range(image, values, tags)
    reach = (float(values.max()) - low) / (high - low)
    if 0 < reach < _LEAST and not _stated(tags):
        raise ValueError(
            f"Its pixels reach {values.max():.6g} of {high:.6g}, which would be black. Save it as "
            "8 bits, or with the range of its pixels (TIFF's SMaxSampleValue)."
        )
    levels = (np.clip(values, low, high).astype("float64") - low) * (255 / (high - low))
    grey = Image.fromarray(np.rint(levels).astype("uint8"))
    if tags.get(_WHITE_IS_ZERO) == 0:
        grey = grey.point(lambda level: 255 - level)
    if isinstance(image.info.get("transparency"), int):  # one level: its neighbours are opaque
        opaque = values != image.info["transparency"]
        grey.putalpha(Image.fromarray(np.uint8(opaque) * np.uint8(255)))
    return grey


def refuse_shallow(image: Image.Image, tile: list) -> None:
    """Refuses 16-bit colours that are nearly black in the upper 8 bits, which Pillow reads.

    Args:
        image: `PIL.Image.Image`, loaded.
        tile: Its `tile` before it was loaded, which tells the depth of the file.

    Raises:
        ValueError: if no colour reaches a sixteenth of the range.
    """
    if ";16" not in str(tile) or image.mode not in ("RGB", "RGBA", "RGBX", "LA"):
        return
    levels = [band.getextrema()[1] for band in image.split()[: 1 if image.mode == "LA" else 3]]
    if 0 < max(levels) < 256 * _LEAST:
        raise ValueError(
            f"Its 16-bit colours reach {max(levels) * 257} of 65535, which would be black. Save it "
            "as 8 bits, or stretch its range."
        )


def _range(image, values, tags):
    """Returns the values of black and of white."""
    if not np.isfinite(values).all():
        raise ValueError("It has pixels that are not numbers. Save it as 8 or 16 bits.")
    if stated := _stated(tags):
        return stated
    is_float = image.mode == "F"
    if values.min() < 0:
        raise ValueError(
            f"Its pixels go down to {values.min():.6g}, and it does not state their range. Save it "
            "as 8 or 16 bits."
        )
    if is_float or (image.mode == "I" and image.format is None):
        return _holding(values, (1, 255, 65535) if is_float else (255, 65535))
    bits = _first(tags.get(_BITS)) or (32 if image.format == "FITS" and image.mode == "I" else 16)
    return 0, 2 ** (bits - (_first(tags.get(_FORMAT)) == _SIGNED)) - 1


def _holding(values, limits):
    top = values.max()
    for limit in limits:
        if top <= limit:
            return 0, limit
    raise ValueError(
        f"Its pixels reach {top:.6g}, and it does not state their range. Save it as 8 or 16 bits."
    )


def _stated(tags):
    """Returns the smallest and largest sample that a TIFF states, or None."""
    for low, high in _LIMITS:
        top = _first(tags.get(high))
        bottom = _first(tags.get(low)) or 0
        if top is not None and math.isfinite(bottom) and bottom < top < math.inf:
            return float(bottom), float(top)
    return None


def _first(value):
    return value[0] if isinstance(value, tuple) and value else value
