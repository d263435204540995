"""Any image as upright 8-bit RGB: orientation, modes and colour profiles."""

import contextlib
import io

import numpy as np
from PIL import ExifTags, Image, ImageCms

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


def to_rgb(image):
    """Turns any `PIL.Image.Image` into an upright 8-bit RGB or RGBA one.

    EXIF rotation is applied; 16-bit grey is scaled to 8 bits; CMYK goes through its ICC
    profile to sRGB; palettes, grey and 1-bit are expanded.

    Raises:
        ValueError: on floating-point pixels, whose range no file states.
    """
    upright = _upright(image)
    profile = upright.info.get("icc_profile")
    if upright.mode == "F":
        raise ValueError("Images of floating-point pixels have no known range: save 8 or 16 bits.")
    if upright.mode.startswith("I"):
        upright = _to_8_bits(upright)
    if upright.mode in ("CMYK", "LAB") and profile:
        upright = _to_srgb(upright, profile)
    result = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    result.info = {"icc_profile": profile} if _is_rgb_profile(profile) else {}
    return result


def as_seen(image):
    """Gives an image of `read_image` as a viewer shows it: sRGB, and white where transparent."""
    colors = image.convert("RGB")
    if profile := image.info.get("icc_profile"):
        colors = _to_srgb(colors, profile)
    seen = Image.new("RGB", image.size, "white")
    seen.paste(colors, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return seen


def _upright(image):
    image.load()
    orientation = 1
    # `ImageOps.exif_transpose` writes all tags anew and fails on the odd ones of many cameras;
    # https://github.com/python-pillow/Pillow/issues/8965. None is a reason to refuse a photograph.
    with contextlib.suppress(Exception):
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _to_8_bits(image):
    values = np.asarray(image)
    greys = ((np.arange(65536) + 128) // 257).astype("uint8")
    grey = Image.fromarray(greys[np.clip(values, 0, 65535)])
    if "transparency" in image.info:  # one level of 65536: its neighbours are opaque
        opaque = values != image.info["transparency"]
        grey.putalpha(Image.fromarray(np.uint8(opaque) * np.uint8(255)))
    return grey


def _to_srgb(image, profile):
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image.convert("RGB")  # a broken profile is no reason to refuse the photograph


def _is_rgb_profile(profile):
    # Bytes 16 to 19 of an ICC profile name the colour space of its pixels.
    return bool(profile) and profile[16:20] == b"RGB "
