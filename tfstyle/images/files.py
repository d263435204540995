"""Image files: found, read and written."""

import math
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfstyle.files import replacing
from tfstyle.images.colors import to_rgb
from tfstyle.images.geometry import center_crop
from tfstyle.images.pixels import to_pixels

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")


def find_images(folder):
    """Lists the image files of a folder, sorted by name, without hidden ones.

    Raises:
        ValueError: if the folder does not exist or holds none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder. Give a folder of photographs.")
    named = (p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    # macOS leaves ._photo.jpg, which is no image, beside photo.jpg on other systems' disks.
    paths = sorted(p for p in named if p.is_file() and not p.name.startswith("."))
    if not paths:
        inside = any(path.is_dir() for path in folder.iterdir())
        hint = " Folders inside it are not searched: give one of them." if inside else ""
        raise ValueError(f"{folder} holds no images ({', '.join(SUFFIXES)}).{hint}")
    return paths


def read_image(path, least_sides=None):
    """Reads an image file as upright 8-bit RGB, or RGBA where it has transparency.

    Args:
        path: The file.
        least_sides: `(width, height)` that suffice. A JPEG is then decoded at 1/2, 1/4 or 1/8
            of its size, many times faster, but not below these sides.

    Returns:
        `PIL.Image.Image`; its ICC profile, if it is one of RGB, in `info["icc_profile"]`.

    Raises:
        ValueError: if the file is missing, is no image, truncated, animated or larger than
            `PIL.Image.MAX_IMAGE_PIXELS`.
    """
    try:
        with Image.open(path) as image:
            if least_sides:
                # EXIF may turn the image afterwards: what suffices one way may not the other.
                image.draft(None, (max(least_sides), max(least_sides)))
            _refuse(image)
            return to_rgb(image)
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder. Give an image file.") from None
    except PermissionError:
        raise ValueError(f"{path} must not be read: its permissions say so.") from None
    except UnidentifiedImageError:
        raise ValueError(
            f"{path} is not an image that Pillow can read. Save it as JPEG or PNG."
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            f"{path} has more than {Image.MAX_IMAGE_PIXELS / 1e6:.0f} million pixels, which is "
            "refused. Scale it down first."
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:  # of the system, not of a decoder
            raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
        # Damaged bytes make Pillow raise nearly anything.
        raise ValueError(f"{path} is damaged or cut off: {error}.") from error


def read_images(paths, least_sides=None):
    """Yields path and image, see `read_image`, of those files that can be read; warns of others.

    Raises:
        ValueError: at the end, if there was none.
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
        raise ValueError("None of the photographs can be read.")


def spread(paths, count):
    """Gives all paths of a list, first `count` from all over it."""
    chosen = np.linspace(0, len(paths), min(count, len(paths)), endpoint=False, dtype=int)
    return list(dict.fromkeys([*(paths[number] for number in chosen), *paths]))


def read_middle(path, size):
    """Reads an image file's middle, cropped and scaled: see `center_crop`, to pixels in [0, 1]."""
    return to_pixels(center_crop(read_image(path), size))


def write_image(image, path, quality=95):
    """Writes an image under a temporary name, then renames it. The suffix decides the format.

    The ICC profile in `info` is kept; formats without transparency lose the alpha channel.
    `quality`, up to 100, is that of JPEG and WebP.

    Raises:
        ValueError: if the suffix is of no format that Pillow writes.
    """
    path = Path(path)
    format = format_of(path)
    if format in ("JPEG", "BMP"):
        image = image.convert("RGB")
    profile = image.info.get("icc_profile")
    # Full colour resolution: halved, as is JPEG's custom, it blurs coloured strokes.
    lossy = {"JPEG": {"quality": quality, "subsampling": 0}, "WEBP": {"quality": quality}}
    try:
        with replacing(path) as temporary:
            image.save(temporary, format=format, icc_profile=profile, **lossy.get(format, {}))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except OSError as error:
        if error.filename:
            raise
        raise OSError(f"{path}: {error}") from None  # an encoder's, which knows no names


def format_of(path):
    """Gives the name of the format in which `write_image` writes to a path.

    Raises:
        ValueError: if the suffix is of no format that Pillow writes.
    """
    format = Image.registered_extensions().get(Path(path).suffix.lower())
    if format not in Image.SAVE:
        raise ValueError(
            f"{path}: cannot write images of this kind. Use one of {', '.join(SUFFIXES)}."
        )
    return format


def _refuse(image):
    if image.format == "EPS":  # a program: Pillow would have Ghostscript run it
        raise ValueError("PostScript is refused, whatever the file is called. Save it as PNG.")
    if image.width * image.height > (Image.MAX_IMAGE_PIXELS or math.inf):
        raise Image.DecompressionBombError  # up to twice as many, Pillow itself only warns
    # A camera's JPEG may carry further views (MPO): its first image is the photograph.
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if frames > 1:
        raise ValueError(f"It has {frames} frames or pages. Give a file with one picture.")
