"""Writes JPEG, PNG and TIFF from top to bottom, a few rows at a time.

The whole picture is never in memory, neither as pixels nor as a file. PNG and TIFF can have 16 bits
in each channel, which Pillow does not write in colour.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, TiffImagePlugin

from tfstyle.images.files import options, write
from tfstyle.images.formats import format_of

_ROWS = 256  # at a time
_PROFILE, _XMP = 34675, 700  # numbers of TIFF tags
_LARGEST = {"JPEG": 65500, "PNG": 2**31 - 1, "TIFF": 2**31 - 1}  # sides
_TIFF_BYTES = 2**32 - 2**24  # its places are numbers of 32 bits; some are for the metadata
_MOST_BLOCKS = 65535  # of JPEG between two restarts


def check_size(path: str | Path, shape: tuple[int, int, int], bits: int = 8) -> None:
    """Checks that the format of a path can hold an image of a size.

    Args:
        path: Path of the file.
        shape: `(height, width, channels)`.
        bits: Integer, bits of each channel: 8 or 16.

    Raises:
        ValueError: if it cannot, or the format is not JPEG, PNG or TIFF.
    """
    format = format_of(path)
    if format not in _LARGEST:
        raise ValueError(f"{path}: only JPEG, PNG and TIFF are written by rows.")
    if max(shape[:2]) > _LARGEST[format]:
        raise ValueError(
            f"{path}: {format} holds at most {_LARGEST[format]} pixels on a side. Received: "
            f"{shape[1]} x {shape[0]}. Write .png or .tif."
        )
    if format == "TIFF" and int(np.prod(shape)) * bits // 8 > _TIFF_BYTES:
        raise ValueError(f"{path}: a TIFF holds at most 4.3 GB of pixels. Write .png.")


def writes_rows(path: str | Path) -> bool:
    """Returns whether the format of a path is written by rows: JPEG, PNG or TIFF."""
    return format_of(path) in _LARGEST


def write_rows(
    rows,
    path: str | Path,
    info: dict | None = None,
    quality: int = 95,
    progress: Callable[[float], object] | None = None,
) -> None:
    """Writes an image by rows. The file has the same pixels as one of `files.write_image`.

    Args:
        rows: Anything with `shape` `(height, width, 3 or 4)` whose slices of rows are arrays, of
            uint8 or uint16.
        path: Path of the file, with a suffix of JPEG, PNG or TIFF.
        info: Dictionary with any of `icc_profile`, `exif`, `xmp` and `dpi`.
        quality: Integer in [0, 100], for JPEG.
        progress: Function that is called with the fraction that is written, in [0, 1].

    Raises:
        ValueError: if the format does not hold the image: see `check_size`.
        OSError: if the file cannot be written.
    """
    bits = 8 * rows[:1].dtype.itemsize
    check_size(path, rows.shape, bits)
    format = format_of(path)
    if progress:
        rows = _Watched(rows, progress)
    if format == "JPEG":
        pieces = _jpeg(rows, info or {}, quality)
    else:
        pieces = {"PNG": _png, "TIFF": _tiff}[format](rows, info or {}, bits)
    write(path, lambda file: file.writelines(pieces))


class _Watched:
    """Rows that tell which part of them has been taken, from the top on."""

    def __init__(self, rows, progress):
        self.shape = rows.shape
        self._rows = rows
        self._progress = progress

    def __getitem__(self, rows: slice) -> np.ndarray:
        self._progress(min(1.0, rows.stop / self.shape[0]))
        return self._rows[rows]


def _strips(rows, height=None) -> Iterator[np.ndarray]:
    height = height or _ROWS
    for top in range(0, rows.shape[0], height):
        yield np.asarray(rows[top : top + height])


def _jpeg(rows, info, quality) -> Iterator[bytes]:
    """Yields the parts of a JPEG: strips that Pillow encodes, joined by restart markers.

    A restart marker resets the state that a JPEG carries from block to block, so the blocks of 8 x
    8 pixels are the same as in a JPEG that is encoded as a whole.
    """
    height, width, _ = rows.shape
    blocks = -(-width // 8)
    high = max(1, min(_ROWS // 8, _MOST_BLOCKS // blocks))
    last = -(-height // (8 * high)) - 1
    for number, strip in enumerate(_strips(rows, 8 * high)):
        image = Image.fromarray(strip)
        image.info = info if number == 0 else {}
        file = io.BytesIO()
        image.save(file, "JPEG", **options(image, "JPEG", quality))
        header, content = _parted(file.getvalue(), height, high * blocks)
        if number == 0:
            yield header
        yield content
        yield b"\xff\xd9" if number == last else bytes((0xFF, 0xD0 + number % 8))


def _parted(jpeg, height, blocks):
    """Splits a JPEG into its header, with another height and restarts, and its coded blocks."""
    header, position, marker = bytearray(jpeg[:2]), 2, None
    while marker != 0xDA:  # start of scan
        marker = jpeg[position + 1]
        end = position + 2 + int.from_bytes(jpeg[position + 2 : position + 4])
        segment = bytearray(jpeg[position:end])
        if marker == 0xC0:  # start of frame: length, precision, height, width
            segment[5:7] = height.to_bytes(2)
        if marker == 0xDA:
            header += struct.pack(">HHH", 0xFFDD, 4, blocks)
        header += segment
        position = end
    return bytes(header), jpeg[position:-2]


def _png(rows, info, bits) -> Iterator[bytes]:
    height, width, channels = rows.shape
    kind = {3: 2, 4: 6}[channels]  # RGB, RGBA
    yield b"\x89PNG\r\n\x1a\n"
    yield _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    for name, data in _described(info):
        yield _chunk(name, data)
    compressor = zlib.compressobj(6)
    above = np.zeros((1, width * channels * bits // 8), "uint8")
    for strip in _strips(rows):
        levels = strip.astype(f">u{bits // 8}").view("uint8").reshape(len(strip), -1)
        # Each row less the one above, in bytes: PNG's filter 2.
        differences = np.diff(levels, axis=0, prepend=above)
        above = levels[-1:]
        if data := compressor.compress(np.insert(differences, 0, 2, axis=1).data):
            yield _chunk(b"IDAT", data)
    yield _chunk(b"IDAT", compressor.flush())
    yield _chunk(b"IEND", b"")


def _chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _described(info) -> Iterator[tuple[bytes, bytes]]:
    if profile := info.get("icc_profile"):
        yield b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)
    if dpi := info.get("dpi"):
        yield b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in dpi), 1)
    if exif := info.get("exif"):
        yield b"eXIf", exif.removeprefix(b"Exif\0\0")
    if xmp := info.get("xmp"):
        yield b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp


def _tiff(rows, info, bits) -> Iterator[bytes]:
    height, width, channels = rows.shape
    tags = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    exif = Image.Exif()
    exif.load(info.get("exif") or b"")
    groups = TiffImagePlugin.TiffTags.TAGS_V2_GROUPS
    for tag in exif:
        tags[tag] = exif.get_ifd(tag) if tag in groups else exif[tag]
    tags[TiffImagePlugin.IMAGEWIDTH], tags[TiffImagePlugin.IMAGELENGTH] = width, height
    tags[TiffImagePlugin.BITSPERSAMPLE] = (bits,) * channels
    tags[TiffImagePlugin.COMPRESSION] = 1
    tags[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] = 2  # RGB
    tags[TiffImagePlugin.SAMPLESPERPIXEL] = channels
    tops = range(0, height, _ROWS)
    row_bytes = width * channels * bits // 8
    tags[TiffImagePlugin.ROWSPERSTRIP] = _ROWS
    tags[TiffImagePlugin.STRIPBYTECOUNTS] = [min(_ROWS, height - top) * row_bytes for top in tops]
    # Moved behind the tags when they are written.
    tags[TiffImagePlugin.STRIPOFFSETS] = [top * row_bytes for top in tops]
    if channels == 4:
        tags[TiffImagePlugin.EXTRASAMPLES] = 2  # alpha, by which colours are not multiplied
    if dpi := info.get("dpi"):
        tags[TiffImagePlugin.RESOLUTION_UNIT] = 2  # inches
        tags[TiffImagePlugin.X_RESOLUTION], tags[TiffImagePlugin.Y_RESOLUTION] = dpi
    if profile := info.get("icc_profile"):
        tags[_PROFILE] = profile
    if xmp := info.get("xmp"):
        tags[_XMP] = xmp
    file = io.BytesIO()
    tags.save(file)
    yield file.getvalue()
    for strip in _strips(rows):
        yield strip.astype(f"<u{bits // 8}").tobytes()
