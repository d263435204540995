"""Converts any image to upright 8-bit sRGB: orientation, modes, depth and colour profiles."""

import contextlib
import functools

import numpy as np
from PIL import ExifTags, Image, ImageCms

from tfstyle.images.depth import refuse_shallow, to_8_bits
from tfstyle.images.metadata import SOURCE_PROFILE, metadata_of
from tfstyle.images.profiles import converted, profile_of, srgb_profile
from tfstyle.images.rows import RowFile

# How an image of an EXIF orientation is turned upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Of the colour spaces that an ICC profile can name, in its bytes 16 to 19, Pillow's mode.
_SPACES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK", b"Lab ": "LAB"}


def to_rgb(image: Image.Image) -> Image.Image:
    """Converts any image to an upright 8-bit RGB or RGBA image in sRGB.

    EXIF rotation is applied. More than 8 bits are scaled to 8: see `depth.to_8_bits`. Colours are
    converted by the ICC profile. Palettes, grey and 1-bit images become RGB.

    Args:
        image: `PIL.Image.Image`.

    Returns:
        `PIL.Image.Image` whose `info` has what `metadata_of` returns. If the image had an RGB
        profile, `icc_profile` is a profile of sRGB: the image's own, if that is sRGB.

    Raises:
        ValueError: if the image has no pixels, or pixels of more than 8 bits in an unknown range.
    """
    if 0 in image.size:
        raise ValueError(f"An image of {image.width} x {image.height} pixels has nothing to paint.")
    tile = list(getattr(image, "tile", ()))
    image.load()
    refuse_shallow(image, tile)
    info = metadata_of(image)
    upright = _turned(to_8_bits(image), orientation_of(image))
    result = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    source = profile_of(image)
    colors, profile = _through_profile(upright, result.convert("RGB"), source)
    if colors:
        if result.mode == "RGBA":
            colors.putalpha(result.getchannel("A"))
        result = colors
    if profile:
        info["icc_profile"] = profile
        if profile != source:
            info[SOURCE_PROFILE] = source
    result.info = info
    return result


def in_source_profile(picture: Image.Image | RowFile) -> Image.Image | RowFile:
    """Converts the picture of a photograph back to the photograph's own colour profile.

    Args:
        picture: Image in sRGB, with the photograph's `info` as `to_rgb` returned it.

    Returns:
        An image in the photograph's RGB profile. The picture itself, if that profile was sRGB or
        not of RGB, or if the photograph had none.
    """
    profile = picture.info.get(SOURCE_PROFILE)
    if profile is None:
        return picture
    if isinstance(picture, RowFile):
        return picture.by_strips(in_source_profile)  # pyright: ignore[reportArgumentType]
    result = converted(picture.convert("RGB"), srgb_profile(), profile)
    if picture.mode == "RGBA":
        result.putalpha(picture.getchannel("A"))
    result.info = {**picture.info, "icc_profile": profile}
    return result


def orientation_of(image: Image.Image) -> int | None:
    """Returns the EXIF orientation of an image, 1 to 8; None or another number counts as 1."""
    # `ImageOps.exif_transpose` writes all tags anew and fails on the odd ones of many cameras;
    # https://github.com/python-pillow/Pillow/issues/8965. None is a reason to refuse a photograph.
    with contextlib.suppress(Exception):
        return image.getexif().get(ExifTags.Base.Orientation)
    return 1


def _turned(image, orientation):
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _through_profile(image, colors, profile):
    """Converts an image to sRGB.

    Args:
        image: In its own mode.
        colors: The same in RGB, as if without a profile.
        profile: Of ICC; empty for none.

    Returns:
        An RGB image and the profile that it keeps. None and None without a profile, or where it
        is broken or of another space than the pixels: no reason to refuse a photograph.
    """
    space = _SPACES.get(profile[16:20])
    try:
        if space == "RGB" and image.mode not in ("CMYK", "LAB"):
            if _is_srgb(profile):
                return colors, profile
            return _to_srgb(colors, profile), srgb_profile()
        if space == "L" and image.mode in ("1", "L", "LA"):
            return _to_srgb(image.convert("L"), profile), None
        if space in ("CMYK", "LAB") and space == image.mode:
            return _to_srgb(image, profile), None
    except (ImageCms.PyCMSError, OSError, ValueError):
        pass
    return None, None


def _to_srgb(image, profile):
    return converted(image, profile, srgb_profile())


@functools.lru_cache(maxsize=8)
def _is_srgb(profile):
    """Whether a profile of RGB leaves colours as they are, to a level: those need no rounding."""
    levels = np.arange(0, 256, 51, dtype="uint8")
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
    seen = np.asarray(_to_srgb(Image.fromarray(colors), profile))
    return np.abs(np.int16(seen) - colors).max() <= 1
