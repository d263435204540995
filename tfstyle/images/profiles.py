"""Builds ICC profiles: sRGB, and Adobe RGB for photographs that only name it in EXIF."""

import contextlib
import functools
import io
import struct

from PIL import ExifTags, Image, ImageCms

_UNCALIBRATED, _ADOBE = 65535, 2  # of EXIF's ColorSpace; some cameras write the latter
_INDEX, _ADOBE_INDEX = 1, "R03"  # of the interoperability directory: DCF's optional colour space

# Adobe RGB (1998): white, and red, green and blue in XYZ under D50; exponent 563 / 256.
_WHITE = (0.96420, 1.0, 0.82491)
_CORNERS = (
    (0.60974, 0.31111, 0.01947),
    (0.20528, 0.62567, 0.06087),
    (0.14919, 0.06322, 0.74457),
)
_EXPONENT = 563


@functools.cache
def srgb_profile() -> bytes:
    """Returns an ICC profile of sRGB. The bytes are always the same."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]  # without the second it was made in


@functools.cache
def adobe_rgb_profile() -> bytes:
    """Returns an ICC profile of Adobe RGB (1998)."""
    names = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ")
    tags = [
        (name, b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * v) for v in values)))
        for name, values in zip(names, (_WHITE, *_CORNERS), strict=True)
    ]
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, _EXPONENT)
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    name = b"Adobe RGB (1998)\0"
    description = b"desc" + struct.pack(">4xI", len(name)) + name + bytes(78)
    tags += [(b"desc", description.ljust(-(-len(description) // 4) * 4, b"\0"))]
    tags += [(b"cprt", b"text" + bytes(4) + b"No copyright\0\0\0\0")]
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags:
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content
    header = struct.pack(">I4xI4s4s4s", start + len(body), 2 << 24, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28)
    header += struct.pack(">3i", *(round(65536 * value) for value in _WHITE))
    return header.ljust(128, b"\0") + table + body


def profile_of(image: Image.Image) -> bytes:
    """Returns the ICC profile of an image, or empty bytes if it has none.

    If only EXIF names Adobe RGB, it is the profile of Adobe RGB.

    Args:
        image: `PIL.Image.Image` as Pillow opened it.
    """
    if profile := image.info.get("icc_profile"):
        return profile
    with contextlib.suppress(Exception):  # odd EXIF is no reason to refuse a photograph
        exif = image.getexif()
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        index = exif.get_ifd(ExifTags.IFD.Interop).get(_INDEX)
        if space == _ADOBE or (space == _UNCALIBRATED and str(index).strip("\0 ") == _ADOBE_INDEX):
            return adobe_rgb_profile()
    return b""


def converted(image: Image.Image, source: bytes, target: bytes) -> Image.Image:
    """Converts an image between two ICC profiles. The result has mode RGB.

    Raises:
        ImageCms.PyCMSError: if a profile is broken, or for another colour space than the pixels.
            OSError and ValueError are possible, too.
    """
    ours, theirs = (ImageCms.ImageCmsProfile(io.BytesIO(each)) for each in (source, target))
    # None is what a call returns that changes the image in place.
    changed = ImageCms.profileToProfile(image, ours, theirs, outputMode="RGB")
    return changed  # pyright: ignore[reportReturnType]
