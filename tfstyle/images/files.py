"""Finds, reads and writes image files."""

import contextlib
import io
import math
import os
import stat
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfstyle.files import DiskFullError, replacing
from tfstyle.images.colors import to_rgb
from tfstyle.images.formats import format_of, is_photograph, register_heif
from tfstyle.images.geometry import center_crop
from tfstyle.images.metadata import save_options
from tfstyle.images.pixels import to_pixels
from tfstyle.images.transparency import on_white

# What Pillow counts as frames, and is none: a camera's further views, layers, icons of other sizes.
_FIRST_IS_THE_PHOTOGRAPH = ("MPO", "PSD", "HEIF", "ICNS", "ICO", "CUR")


def find_images(folder):
    """Lists the image files of a folder, sorted by name, without hidden files.

    Raises:
        ValueError: if the folder does not exist or has no image files.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder. Give a folder of photographs.")
    # macOS leaves ._photo.jpg, which is no image, beside photo.jpg on other systems' disks.
    named = (p for p in folder.iterdir() if is_photograph(p) and not p.name.startswith("."))
    paths = sorted(path for path in named if path.is_file())
    if not paths:
        inside = any(path.is_dir() for path in folder.iterdir())
        hint = " Folders inside it are not searched: give one of them." if inside else ""
        raise ValueError(f"{folder} holds no images that Pillow can read.{hint}")
    return paths


def read_image(source, least_sides=None):
    """Reads an image file as upright 8-bit sRGB.

    Args:
        source: Path of the file, or an open binary file.
        least_sides: `(width, height)` in pixels. A JPEG is decoded, many times faster, at 1/2, 1/4
            or 1/8 of its size, as long as it is at least this large.

    Returns:
        `PIL.Image.Image` of mode RGB, or RGBA if it has transparency. Its `info` has the
        photograph's metadata and profile: see `to_rgb`.

    Raises:
        ValueError: if the file is missing, truncated, animated, not an image, or has more than
            `PIL.Image.MAX_IMAGE_PIXELS` pixels.
    """
    with opened(source, least_sides) as image:
        frames = frame_count(image)
        if frames > 1:
            raise ValueError(
                f"It has {frames} frames or pages. Give a file with one picture; "
                "tfstyle.media.animation paints animations."
            )
        return to_rgb(image)


def still_of(image: Image.Image) -> Image.Image:
    """Converts a `PIL.Image.Image` to upright 8-bit sRGB: see `to_rgb`.

    Raises:
        ValueError: if the image has several frames, of which only the first would be painted.
    """
    frames = frame_count(image)
    if frames > 1 and image.tell() == 0:
        raise ValueError(
            f"The image has {frames} frames or pages. tfstyle.media.animation paints all of them; "
            "give image.copy() to paint this one."
        )
    return to_rgb(image)


@contextlib.contextmanager
def opened(source, least_sides=None) -> Iterator[Image.Image]:
    """Context manager: opens an image file with Pillow, and explains errors inside its block.

    Args:
        source: As for `read_image`.
        least_sides: As for `read_image`.

    Yields:
        `PIL.Image.Image`.

    Raises:
        ValueError: if the file cannot be read. The message names the file and the reason.
    """
    name = source.name if hasattr(source, "read") else source
    try:
        with _open(source) as image:
            if least_sides:
                # EXIF may turn the image afterwards: what suffices one way may not the other.
                image.draft(None, (max(least_sides), max(least_sides)))
            _refuse(image)
            yield image
    except FileNotFoundError:
        raise ValueError(f"{name}: there is no such file.{_of_addresses(name)}") from None
    except IsADirectoryError:
        raise ValueError(f"{name} is a folder. Give an image file.") from None
    except PermissionError:
        raise ValueError(f"{name} cannot be read: its permissions forbid it.") from None
    except UnidentifiedImageError:
        raise ValueError(f"{name} {_unidentified(source)}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            f"{name} has more than {(Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} million pixels, which "
            "is refused. Scale it down first, or allow it: --huge on the command line, "
            "PIL.Image.MAX_IMAGE_PIXELS = None in Python."
        ) from None
    except ValueError as error:
        raise ValueError(f"{name}: {_one_line(error)}") from None
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:  # of the system, not of a decoder
            raise ValueError(f"{name} cannot be read: {error.strerror}.") from None
        # Damaged bytes make Pillow raise nearly anything.
        raise ValueError(f"{name} is damaged or cut off: {_one_line(error)}.") from error


def frame_count(image: Image.Image) -> int:
    """Returns how many frames or pages an open image has."""
    if image.format in _FIRST_IS_THE_PHOTOGRAPH:
        return 1
    return getattr(image, "n_frames", 1)


def read_images(paths, least_sides=None):
    """Yields `(path, image)` of the files that can be read: see `read_image`. Warns about others.

    Raises:
        ValueError: at the end, if no file can be read.
    """
    found = False
    for path in paths:
        try:
            image = read_image(path, least_sides)
        except ValueError as error:
            warnings.warn(f"Left out: {error}", stacklevel=3)
        else:
            found = True
            yield path, image
    if not found:
        raise ValueError(
            "No photograph can be read. Give photographs in a format such as JPEG or PNG."
        )


def spread(paths, count):
    """Yields all paths of a list, starting with `count` that are evenly spread over it."""
    chosen = np.linspace(0, len(paths), min(count, len(paths)), endpoint=False, dtype=int)
    return list(dict.fromkeys([*(paths[number] for number in chosen), *paths]))


def read_middle(path, size):
    """Reads the middle of an image file, cropped and scaled to `size`: see `center_crop`.

    Returns:
        float32 `[height, width, 3]` in [0, 1].
    """
    return to_pixels(center_crop(read_image(path), size))


def write_image(image, path, quality=95):
    """Writes an image file completely or not at all. The suffix decides the format.

    The file keeps the profile and metadata of `info`, if the format has a place for them. If the
    format has no transparency, transparent pixels are written on white.

    Args:
        image: `PIL.Image.Image`, RGB or RGBA.
        path: Path of the file. Its folder is created if it is missing.
        quality: Integer in [0, 100], for JPEG, WebP, AVIF and HEIC; higher is better and larger.

    Raises:
        ValueError: if files with this suffix cannot be written.
        OSError: if the file cannot be written. The message names it.
    """
    write(path, lambda file: file.write(encoded(image, format_of(path), quality)))


def write(path, writer):
    """Writes a file by a function of the open file. Raises the errors of `write_image`."""
    path = Path(path)
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            writer(file)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except DiskFullError:
        raise
    except OSError as error:
        # The temporary name, or an encoder's error that has none: neither is the user's.
        reason = error.strerror or _one_line(error)
        raise OSError(f"{path} cannot be written: {reason}.") from None


def encoded(image, format, quality=95):
    """Returns the bytes of an image file: see `write_image`.

    Args:
        image: `PIL.Image.Image`, RGB or RGBA.
        format: Pillow's name of the format: see `format_of`.
        quality: As for `write_image`.
    """
    if image.mode == "RGBA" and format in ("JPEG", "PCX", "PPM"):
        image = on_white(image)
    if image.mode == "RGBA" and format == "BMP":
        return _bitmap(image)
    file = io.BytesIO()
    image.save(file, format=format, **options(image, format, quality))
    return file.getvalue()


def options(image, format, quality=95):
    """Returns the arguments of `PIL.Image.Image.save` for a format."""
    # Full colour resolution: halved, as is JPEG's custom, it blurs coloured strokes.
    lossy = {
        "JPEG": {"quality": quality, "subsampling": 0},
        "WEBP": {"quality": quality},
        "AVIF": {"quality": quality, "subsampling": "4:4:4"},
        "HEIF": {"quality": quality, "chroma": 444},
    }
    return save_options(image, format) | lossy.get(format, {})


def _bitmap(image):
    """Returns a 32-bit BMP file whose header declares its alpha channel. Pillow's does not."""
    pixels = np.asarray(image)[::-1, :, [2, 1, 0, 3]].tobytes()
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    per_metre = [round(value / 0.0254) for value in image.info.get("dpi", (96, 96))]
    sizes = struct.pack("<IiiHHII", 108, *image.size, 1, 32, 3, len(pixels))
    header = sizes + struct.pack("<iiII", *per_metre, 0, 0) + masks + b"BGRs" + bytes(48)
    start = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + pixels


def _open(source):
    if not hasattr(source, "read"):
        if not str(source):
            raise ValueError("The name of the image file is empty. Give its path.")
        kind = os.stat(source).st_mode  # noqa: PTH116 - the name may be bytes
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            # A FIFO whose writer never comes would block for ever.
            raise ValueError("It is not a regular file. To read from a pipe, give - as the name.")
    try:
        return Image.open(source)
    except UnidentifiedImageError:
        if _start_of(source)[4:8] != b"ftyp" or not register_heif():
            raise
        return Image.open(source)


def _unidentified(source):
    if _start_of(source)[4:8] == b"ftyp" and not register_heif():
        return "is HEIC, or a video. HEIC needs: pip install pillow-heif"
    return "is not an image that Pillow can read. Save it as JPEG or PNG."


def _start_of(source):
    """Returns the first bytes of a file, which tell its format."""
    if hasattr(source, "read"):
        source.seek(0)
        return source.read(12)
    with Path(source).open("rb") as file:
        return file.read(12)


def _of_addresses(name):
    return " Addresses are not read: download it first." if "://" in str(name) else ""


def _one_line(error):
    return " ".join(str(error).split())


def _refuse(image):
    if image.format == "EPS":  # a program: Pillow would have Ghostscript run it
        raise ValueError("PostScript files are not read, for safety. Save it as PNG.")
    if image.width * image.height > (Image.MAX_IMAGE_PIXELS or math.inf):
        raise Image.DecompressionBombError  # up to twice as many, Pillow itself only warns
