"""Reads image files into a temporary file, strip by strip.

If pyvips is installed, it decodes TIFF, PNG and JPEG strip by strip. Otherwise Pillow holds the
whole image while it is copied. The pixels are those of `read_image` in both cases.
"""

# Without pyvips its name is None, and the functions that use it are not called.
# pyright: reportOptionalMemberAccess=false, reportCallIssue=false, reportArgumentType=false

import functools
import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from tfstyle.images.colors import orientation_of, to_rgb
from tfstyle.images.files import frame_count, opened
from tfstyle.images.metadata import metadata_of
from tfstyle.images.profiles import profile_of
from tfstyle.images.rows import RowFile

_ROWS = 256  # at a time

# Modes whose pixels are converted to sRGB one by one; deep ones need the range of all.
_MODES = ("1", "L", "P", "RGB", "CMYK", "YCbCr", "LAB")

# Of TIFF what libvips decodes to Pillow's numbers.
_COMPRESSION, _PHOTOMETRIC = 259, 262
_COMPRESSIONS = (1, 5, 8, 32773, 32946)  # none, LZW, Deflate, PackBits, old Deflate
_BLACK_IS_ZERO_OR_RGB = (1, 2)
_PLACES = ((273, 279), (324, 325))  # starts and lengths of strips, or of tiles

_PIXELS = (b"IDAT", b"acTL", b"fcTL", b"fdAT", b"PLTE", b"tRNS")  # chunks of PNG

# How the rows and columns of a strip are turned, by EXIF orientation: whether rows become columns,
# then whether rows, then columns, are reversed.
_TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def read_large(
    source: str | Path | BinaryIO,
    folder: str | Path,
    progress: Callable[[float], object] | None = None,
) -> RowFile | None:
    """Reads an image file as `read_image` does, into a temporary file.

    Args:
        source: Path, or an open binary file at its start.
        folder: Folder for the temporary file, which takes 3 bytes for each pixel.
        progress: Function that is called with the fraction that is read, in [0, 1].

    Returns:
        `RowFile`, or None for an image that only `read_image` can read: one with transparency or
        more than 8 bits, or an animation.

    Raises:
        ValueError: if the file cannot be read: see `read_image`.
        OSError: if the disk is full.
    """
    parts = _parts(source)
    first = next(parts, None)
    if first is None:
        return None
    width, height, turn, info = first
    sides = (width, height) if turn[0] else (height, width)
    result = RowFile((*sides, 3), folder, info)
    top = 0
    for colors in parts:
        result.info |= colors.info
        _put(result, top, np.asarray(colors), turn)
        top += colors.height
        if progress:
            progress(top / height)
    return result


def _parts(source) -> Iterator:
    """Yields size, orientation and metadata of a file, then its strips in sRGB, if it can."""
    with opened(source) as image:
        if not _can_be_read_by_strips(image):
            return
        described = _without_pixels(source) if image.format == "PNG" else image
        info, profile = metadata_of(described), profile_of(described)
        decoder = _vips_decoder(image, source)
        if decoder is None:
            image.load()  # some Pillows turn a TIFF upright here, and say so
        turn = _TURNS.get(orientation_of(described), _TURNS[1])
        yield (decoder or image).width, (decoder or image).height, turn, info
        for strip in _strips(image, decoder):
            strip.info = {"icc_profile": profile} if profile else {}
            yield to_rgb(strip)


def _can_be_read_by_strips(image):
    return (
        image.mode in _MODES
        and not image.has_transparency_data
        and ";16" not in str(getattr(image, "tile", ""))
        and frame_count(image) == 1
        and 0 not in image.size
    )


def _put(result, top, strip, turn):
    """Writes a strip that begins with row `top` to its place in the upright image."""
    are_columns, rows_reversed, columns_reversed = turn
    if are_columns:
        strip = strip.swapaxes(0, 1)
    strip = strip[:: -1 if rows_reversed else 1, :: -1 if columns_reversed else 1]
    height, width = result.shape[:2]
    if are_columns:
        left = width - top - strip.shape[1] if columns_reversed else top
        result.write_columns(left, strip)
    else:
        result.write(height - top - len(strip) if rows_reversed else top, strip)


def _strips(image, decoder) -> Iterator[Image.Image]:
    width, height = (decoder or image).width, (decoder or image).height
    region = decoder and _vips().Region.new(decoder)
    for top in range(0, height, _ROWS):
        rows = min(_ROWS, height - top)
        if decoder is None:
            yield image.crop((0, top, width, top + rows))
            continue
        try:
            content = region.fetch(0, top, width, rows)
        except _vips().Error as error:
            raise OSError(str(error.detail).strip().splitlines()[-1]) from None
        yield Image.frombytes(image.mode, (width, rows), content)


@functools.cache
def _vips():
    """Returns the module pyvips, or None."""
    try:
        import pyvips
    except (ImportError, OSError):  # the latter if the library that it wraps is missing
        return None
    pyvips.cache_set_max(0)
    return pyvips


def _is_for_vips(image, source):
    if hasattr(source, "read") or image.mode not in ("L", "RGB"):
        return False
    if image.format == "TIFF":
        tags = image.tag_v2
        return (
            tags.get(_COMPRESSION, 1) in _COMPRESSIONS
            and tags.get(_PHOTOMETRIC) in _BLACK_IS_ZERO_OR_RGB
            and _is_whole(tags, Path(os.fsdecode(source)).stat().st_size)
        )
    return image.format in ("JPEG", "MPO", "PNG")


def _is_whole(tags, size):
    """Returns whether a TIFF has all strips or tiles: libvips reads missing ones as black."""
    return any(
        starts and lengths and max(map(sum, zip(starts, lengths, strict=True))) <= size
        for starts, lengths in (map(tags.get, names) for names in _PLACES)
    )


def _vips_decoder(image, source):
    """Returns a pyvips image that decodes from top to bottom; None if Pillow must read it."""
    vips = _vips()
    if vips is None or not _is_for_vips(image, source):
        return None
    try:
        decoded = vips.Image.new_from_file(
            os.fsdecode(source), access="sequential", fail_on="truncated"
        )
    except vips.Error:
        return None
    found = decoded.format, decoded.bands, {decoded.width, decoded.height}
    if found != ("uchar", len(image.getbands()), set(image.size)):
        return None
    return decoded


def _without_pixels(source):
    """Returns a PNG of one pixel with the metadata of a PNG.

    Pillow reads the metadata that follows the pixels only after all pixels.
    """
    if not hasattr(source, "read"):
        with Path(os.fsdecode(source)).open("rb") as file:
            return _without_pixels(file)
    source.seek(0)
    content = bytearray(source.read(8))
    has_pixels = False
    while len(head := source.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        is_pixels = name in _PIXELS
        data = b"" if is_pixels else source.read(length)
        source.seek(4 + (length if is_pixels else 0), io.SEEK_CUR)
        if name == b"IHDR":
            data = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)  # of one grey pixel
        elif name == b"IDAT" and not has_pixels:
            data, has_pixels = zlib.compress(bytes(2)), True
        elif is_pixels:
            continue
        content += struct.pack(">I", len(data)) + name + data
        content += struct.pack(">I", zlib.crc32(name + data))
    source.seek(0)
    small = Image.open(io.BytesIO(content))
    small.load()
    return small
