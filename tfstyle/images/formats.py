"""Formats of image files: which can be read, and which can be written."""

import functools
import mimetypes
from pathlib import Path

from PIL import Image

# A suffix and the format, by Pillow's name, in which a picture of this suffix is written: those
# that hold RGB of any size. Others (icons of fixed sizes, palettes, greys) become PNG.
WRITTEN = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), "JPEG"),
    **dict.fromkeys((".png", ".apng"), "PNG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".jp2", ".j2k", ".jpx", ".jpf", ".jpc", ".j2c"), "JPEG2000"),
    **dict.fromkeys((".tga", ".icb", ".vda", ".vst"), "TGA"),
    **dict.fromkeys((".ppm", ".pnm"), "PPM"),
    **dict.fromkeys((".sgi", ".rgb", ".rgba"), "SGI"),
    **dict.fromkeys((".bmp", ".dib"), "BMP"),
    ".webp": "WEBP",
    ".gif": "GIF",
    ".avif": "AVIF",
    ".qoi": "QOI",
    ".pcx": "PCX",
    ".dds": "DDS",
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIF"),
}

HEIF = (".heic", ".heif", ".hif")

# Those that the tables of a system may lack.
_VIDEOS = (".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mts", ".webm")

# Programs, videos and data that Pillow knows by name, or that it cannot show on every system.
_NO_PHOTOGRAPHS = ("EPS", "PDF", "MPEG", "BUFR", "GRIB", "HDF5", "WMF")

_NAMED = ".jpg, .png, .webp, .tif, .avif, .gif, .bmp"


def is_photograph(path: str | Path) -> bool:
    """Returns whether a file's suffix is that of an image format that Pillow reads.

    It includes HEIC if `pillow-heif` is installed.
    """
    suffix = Path(path).suffix.lower()
    if suffix in HEIF:
        return register_heif()
    format = WRITTEN.get(suffix) or Image.registered_extensions().get(suffix)
    Image.init()
    return format in Image.OPEN and format not in _NO_PHOTOGRAPHS


def is_video(path: str | Path) -> bool:
    """Returns whether a file's suffix is that of a video."""
    suffix = Path(path).suffix.lower()
    kind, _ = mimetypes.guess_type(f"video{suffix}", strict=False)
    return suffix in _VIDEOS or (kind or "").startswith("video/")


def format_of(path: str | Path) -> str:
    """Returns Pillow's name of the format that a path's suffix stands for, such as `"JPEG"`.

    Raises:
        ValueError: if files with this suffix cannot be written.
    """
    format = WRITTEN.get(Path(path).suffix.lower())
    if format is None or (format == "HEIF" and not register_heif()):
        cure = " HEIC needs: pip install pillow-heif" if format == "HEIF" else ""
        raise ValueError(
            f"{path}: cannot write images of this kind. Use {_NAMED} or another format that "
            f"Pillow writes in colour.{cure}"
        )
    return check_writer(format, path)


def check_writer(format: str, path: str | Path) -> str:
    """Returns `format` if the installed Pillow can write it.

    Raises:
        ValueError: if it cannot, such as a Pillow that was built without AVIF.
    """
    Image.init()
    if format not in Image.SAVE:
        raise ValueError(f"{path}: this Pillow does not write {format}. Use {_NAMED}.")
    return format


def picture_name(photograph: str | Path) -> str:
    """Returns the file name of a photograph's picture.

    It is the photograph's name, with `.png` appended if that format cannot be written in colour at
    any size.
    """
    name = Path(photograph).name
    try:
        format_of(name)
    except ValueError:
        return f"{name}.png"
    return name


@functools.cache
def register_heif() -> bool:
    """Lets Pillow read and write HEIC. Returns False if `pillow-heif` is not installed."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True
