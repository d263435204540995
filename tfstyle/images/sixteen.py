"""Pictures of 16 bits in each channel, as PNG and TIFF: Pillow writes only 8 of colours."""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, TiffImagePlugin

from tfstyle.images.files import write
from tfstyle.images.formats import WRITTEN, format_of
from tfstyle.images.transparency import fill_hidden

FORMATS = ("PNG", "TIFF")

_PROFILE, _XMP = 34675, 700  # numbers of TIFF tags


def name_of_16_bits(photograph: str | Path) -> str:
    """Returns the name of a photograph's picture: the same, or with `.png` after it."""
    name = Path(photograph).name
    return name if WRITTEN.get(Path(name).suffix.lower()) in FORMATS else f"{name}.png"


def float_pixels(image: Image.Image) -> np.ndarray:
    """Returns the float32 pixels in [0, 1] of an image of `read_image`, with alpha if it has it."""
    pixels = np.asarray(image, "float32") / 255
    if image.mode == "RGBA":
        pixels[..., :3] = fill_hidden(pixels[..., :3], pixels[..., 3])
    return pixels


def write_16_bits(pixels: np.ndarray, path: str | Path, info: dict | None = None) -> None:
    """Writes float pixels as a PNG or TIFF of 16 bits: see `write_image`.

    Args:
        pixels: Floats `[height, width, 3 or 4]` in [0, 1]; what is beyond is clipped.
        path: The file; `.png`, `.tif` or `.tiff`.
        info: Dictionary of `icc_profile`, `exif`, `xmp` and `dpi`, each if there is.

    Raises:
        ValueError: if the suffix is of another format.
        OSError: if the file cannot be written.
    """
    format = format_of(path)
    if format not in FORMATS:
        raise ValueError(f"{path}: only .png and .tif hold 16 bits in each channel.")
    levels = np.rint(np.clip(pixels, 0, 1) * 65535).astype("uint16")
    encode = _png if format == "PNG" else _tiff
    write(path, lambda file: file.write(encode(levels, info or {})))


def _png(levels, info):
    height, width, channels = levels.shape
    kind = {3: 2, 4: 6}[channels]  # RGB, RGBA
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))]
    chunks += [*_described(info), (b"IDAT", _compressed(levels)), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        checksum = zlib.crc32(name + data)
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
    return content


def _compressed(levels):
    rows = levels.astype(">u2").view("uint8").reshape(len(levels), -1)
    # Each row less the one above, in bytes: PNG's filter 2.
    rows = np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))
    return zlib.compress(np.insert(rows, 0, 2, axis=1).tobytes(), 6)


def _described(info) -> Iterator[tuple[bytes, bytes]]:
    if profile := info.get("icc_profile"):
        yield b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)
    if dpi := info.get("dpi"):
        yield b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in dpi), 1)
    if exif := info.get("exif"):
        yield b"eXIf", exif.removeprefix(b"Exif\0\0")
    if xmp := info.get("xmp"):
        yield b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp


def _tiff(levels, info):
    height, width, channels = levels.shape
    tags = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    exif = Image.Exif()
    exif.load(info.get("exif") or b"")
    groups = TiffImagePlugin.TiffTags.TAGS_V2_GROUPS
    for tag in exif:
        tags[tag] = exif.get_ifd(tag) if tag in groups else exif[tag]
    tags[TiffImagePlugin.IMAGEWIDTH], tags[TiffImagePlugin.IMAGELENGTH] = width, height
    tags[TiffImagePlugin.BITSPERSAMPLE] = (16,) * channels
    tags[TiffImagePlugin.COMPRESSION] = 1
    tags[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] = 2  # RGB
    tags[TiffImagePlugin.SAMPLESPERPIXEL] = channels
    tags[TiffImagePlugin.ROWSPERSTRIP] = height
    tags[TiffImagePlugin.STRIPBYTECOUNTS] = levels.nbytes
    tags[TiffImagePlugin.STRIPOFFSETS] = 0  # moved behind the tags when they are written
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
    return file.getvalue() + levels.astype("<u2").tobytes()
