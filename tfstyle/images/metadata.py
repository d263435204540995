"""Metadata of a photograph that its picture keeps: date, place, artist, rights."""

import contextlib
import math
import re

from PIL import ExifTags, Image, PngImagePlugin

_BASE = ExifTags.Base

# Of the main directory what describes the photograph, not how its file stores it.
_DESCRIPTIVE = (
    *(_BASE.ImageDescription, _BASE.Make, _BASE.Model, _BASE.Software, _BASE.DateTime),
    *(_BASE.Artist, _BASE.HostComputer, _BASE.Copyright, _BASE.Rating, _BASE.RatingPercent),
    *(_BASE.XPTitle, _BASE.XPComment, _BASE.XPAuthor, _BASE.XPKeywords, _BASE.XPSubject),
    *(_BASE.XResolution, _BASE.YResolution, _BASE.ResolutionUnit),
)

# The maker's note holds places in the old file, and often a small photograph; the sizes and the
# colour space are the old ones.
_OUTDATED = (
    *(_BASE.MakerNote, _BASE.ExifImageWidth, _BASE.ExifImageHeight, _BASE.ColorSpace),
    ExifTags.IFD.Interop,
)

_SRGB = 1

# In an image's `info`: the RGB profile that it had before it was converted to sRGB.
SOURCE_PROFILE = "source_profile"

_XMP_TAG = 700  # of TIFF

# JPEG keeps each kind in one segment.
_JPEG_LIMIT = 65533 - 29

_XMP = (
    (rb'(tiff:Orientation=")\d(")', rb"\g<1>1\2"),
    (rb"(<tiff:Orientation>)\d(</tiff:Orientation>)", rb"\g<1>1\2"),
    (rb"(?s)<xmp:Thumbnails>.*?</xmp:Thumbnails>", b""),
    (rb'\s*xmpNote:HasExtendedXMP="[^"]*"', b""),  # further segments, which Pillow does not read
)


def metadata_of(image: Image.Image) -> dict:
    """Returns the metadata of a photograph that its picture keeps.

    Args:
        image: `PIL.Image.Image` as Pillow opened it, before it is turned upright.

    Returns:
        Dictionary of `exif` and `xmp` (bytes: description, camera, date, place; with orientation 1
        and without a thumbnail) and `dpi` (two numbers). A key is missing if the photograph does
        not have it, or it is damaged.
    """
    found = {"exif": _exif(image), "xmp": _xmp(image.info), "dpi": _dpi(image.info)}
    return {key: value for key, value in found.items() if value}


def without_metadata(image: Image.Image) -> Image.Image:
    """Returns a copy of an image of `read_image` without metadata, except its colour profile."""
    bare = image.copy()
    kept = ("icc_profile", SOURCE_PROFILE)
    bare.info = {key: value for key, value in image.info.items() if key in kept}
    return bare


def save_options(image: Image.Image, format: str) -> dict:
    """Returns the arguments of `PIL.Image.Image.save` that write an image's metadata."""
    info = image.info
    kept = {"exif": info.get("exif"), "xmp": info.get("xmp"), "dpi": info.get("dpi")}
    if format == "JPEG":
        kept = {k: v for k, v in kept.items() if k == "dpi" or len(v or b"") <= _JPEG_LIMIT}
    if format == "PNG" and kept.pop("xmp"):
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", info["xmp"].decode("utf-8", "replace"))
        kept["pnginfo"] = text
    if format == "TIFF" and kept.pop("xmp"):
        exif = Image.Exif()
        exif.load(info.get("exif", b""))
        exif[_XMP_TAG] = info["xmp"]
        kept["exif"] = exif
    profile = {"icc_profile": info.get("icc_profile")}
    return profile | {key: value for key, value in kept.items() if value}


def _exif(image):
    theirs = Image.Exif()
    # Whatever is odd in it is no reason to refuse a photograph.
    with contextlib.suppress(Exception):
        theirs = image.getexif()
    ours = Image.Exif()
    for tag in _DESCRIPTIVE:
        with contextlib.suppress(Exception):
            if tag in theirs and _can_be_written(tag, theirs[tag]):
                ours[tag] = theirs[tag]
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        with contextlib.suppress(Exception):
            values = {
                tag: value
                for tag, value in theirs.get_ifd(directory).items()
                if tag not in _OUTDATED and _can_be_written(tag, value, directory)
            }
            if values:
                ours[directory] = values
    if not ours:
        return None
    ours[_BASE.Orientation] = 1
    if ExifTags.IFD.Exif in ours:
        ours[ExifTags.IFD.Exif] = {**ours[ExifTags.IFD.Exif], _BASE.ColorSpace: _SRGB}
    with contextlib.suppress(Exception):
        return ours.tobytes()
    return None


def _can_be_written(tag, value, directory=None):
    single = Image.Exif()
    single[directory or tag] = {tag: value} if directory else value
    try:
        single.tobytes()
    except Exception:  # Pillow reads numbers as text, and more, but does not write them
        return False
    return True


def _xmp(info):
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if not isinstance(xmp, bytes) or not xmp.strip(b"\0 "):
        return None
    for pattern, replacement in _XMP:
        xmp = re.sub(pattern, replacement, xmp)
    return xmp


def _dpi(info):
    with contextlib.suppress(TypeError, ValueError):
        x, y = (float(value) for value in info.get("dpi", ()))
        if all(math.isfinite(value) and 1 < value < 65536 for value in (x, y)):
            return x, y
    return None
