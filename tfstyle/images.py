"""Image files and pixels.

The pixel contract: RGB, height before width, channels last. Files and people have uint8, 0 to
255; networks have float32 in [0, 1].
"""

import contextlib
import io
import math
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from tfstyle.files import replacing

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")

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


def check_pixels(array):
    """Checks that an array is one image, or a batch of them, as people have them.

    Raises:
        ValueError: if it is not uint8 or floats in [0, 1] of the shape `[height, width, 3]` or
            `[N, height, width, 3]`.
    """
    if array.ndim not in (3, 4) or array.shape[-1] != 3 or 0 in array.shape:
        raise ValueError(
            "An image array must have the shape [height, width, 3] or [N, height, width, 3], RGB. "
            f"Received: {list(array.shape)}"
        )
    if array.dtype != "uint8" and array.dtype.kind != "f":
        raise ValueError(f"Pixels must be uint8 or float. Received: {array.dtype}")
    if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):
        raise ValueError(
            "Float pixels must be in [0, 1]: divide by 255. Received values from "
            f"{array.min()} to {array.max()}"
        )


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


def to_pixels(image):
    """Gives the float32 pixels `[height, width, 3]` in [0, 1] of a `PIL.Image.Image`."""
    return np.asarray(image.convert("RGB"), "float32") / 255


def to_image(pixels):
    """Gives the `PIL.Image.Image` of float pixels `[height, width, 3]`, clipped to [0, 1]."""
    return Image.fromarray(to_uint8(pixels))


def to_uint8(pixels):
    """Rounds float pixels in [0, 1] to uint8, 0 to 255; what is beyond is clipped."""
    return np.rint(np.clip(pixels, 0, 1) * 255).astype("uint8")


def resize_longest(image, side):
    """Scales a `PIL.Image.Image` so that its longer side is `side` pixels."""
    return _scale(image, side / max(image.size))


def resize_shortest(image, side):
    """Scales a `PIL.Image.Image` so that its shorter side is `side` pixels."""
    return _scale(image, side / min(image.size))


def limit_longest(image, side):
    """Scales a `PIL.Image.Image` down, if need be, so that no side is above `side` pixels."""
    return image if max(image.size) <= side else resize_longest(image, side)


def center_crop(image, size):
    """Cuts the largest part of the proportions of `size` from the middle, and scales it to `size`.

    Args:
        image: `PIL.Image.Image`.
        size: `(height, width)`, or an integer for a square.
    """
    height, width = (size, size) if isinstance(size, int) else size
    return ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.BICUBIC)


def read_middle(path, size):
    """Reads an image file's middle, cropped and scaled: see `center_crop`, to pixels in [0, 1]."""
    return to_pixels(center_crop(read_image(path), size))


def mirror(pixels, height, width):
    """Grows images `[N, h, w, channels]` to a size, mirrored at their right and lower border."""
    below, right = height - pixels.shape[1], width - pixels.shape[2]
    # NumPy mirrors again and again where the image is smaller than what it must grow by.
    return np.pad(pixels, ((0, 0), (0, below), (0, right), (0, 0)), mode="reflect")


def adjusted(paint, photographs, seed=0, grain=0.0, strength=1.0, keep_colors=False):
    """Paints photographs with grain, strength and in their own colours: see `Style.stylize`.

    Args:
        paint: Function of images and seed that gives pictures, float32 of the same shape.
        photographs: float32 `[N, height, width, 3]` in [0, 1].
        seed: Integer.
        grain: Float in [0, 1].
        strength: Float in [0, 1].
        keep_colors: Boolean.

    Returns:
        float32 array of the photographs' shape, in [0, 1].

    Raises:
        ValueError: on a grain or strength out of range.
    """
    for name, value in (("grain", grain), ("strength", strength)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be in [0, 1]. Received: {value}")
    pictures = paint(add_grain(photographs, grain, seed) if grain else photographs, seed)
    if keep_colors:
        pictures = with_colors_of(photographs, pictures)
    if strength < 1:
        pictures = np.clip(photographs + strength * (pictures - photographs), 0, 1)
    return pictures


def painted(image, paint):
    """Paints an image of `read_image`, and gives the picture its transparency and ICC profile.

    Args:
        image: `PIL.Image.Image`, RGB or RGBA.
        paint: Function of its pixels, float32 `[height, width, 3]` in [0, 1], that gives the
            picture's, of this size or another.
    """
    picture = to_image(paint(to_pixels(image)))
    if image.mode == "RGBA":
        picture.putalpha(image.getchannel("A").resize(picture.size))
    picture.info = dict(image.info)
    return picture


def add_grain(pixels, deviation, seed):
    """Adds normal noise to images `[N, height, width, 3]` in [0, 1], the same to each of them."""
    noise = np.random.default_rng(seed).standard_normal(pixels.shape[1:], dtype="float32")
    return np.clip(pixels + np.float32(deviation) * noise, 0, 1)


def luminance(pixels):
    """Gives the luma of ITU-R BT.709 of RGB pixels, without the axis of the channels."""
    return pixels @ np.float32([0.2126, 0.7152, 0.0722])


def with_colors_of(photographs, pictures):
    """Gives pictures the colours of their photographs, and leaves them their light and dark.

    Pixels are float arrays in [0, 1] of one shape. The difference in luminance is added to all
    three channels of the photograph: its chrominance stays, but for what is clipped.

    Reference:
        Gatys, Bethge, Hertzmann, Shechtman, *Preserving Color in Neural Artistic Style
        Transfer*, arXiv 1606.05897, luminance-only transfer.
    """
    change = luminance(pictures) - luminance(photographs)
    return np.clip(photographs + change[..., None], 0, 1)


def fitting(side, multiple, minimum):
    """Gives the least multiple that is at least `side` and `minimum`."""
    return max(minimum, -(-side // multiple) * multiple)


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


def montage(rows, gap=4):
    """Puts rows of equally large `PIL.Image.Image`s side by side on white."""
    width = max(sum(image.width + gap for image in row) for row in rows) - gap
    height = sum(row[0].height + gap for row in rows) - gap
    sheet = Image.new("RGB", (width, height), "white")
    top = 0
    for row in rows:
        left = 0
        for image in row:
            sheet.paste(image, (left, top))
            left += image.width + gap
        top += row[0].height + gap
    return sheet


def _refuse(image):
    if image.format == "EPS":  # a program: Pillow would have Ghostscript run it
        raise ValueError("PostScript is refused, whatever the file is called. Save it as PNG.")
    if image.width * image.height > (Image.MAX_IMAGE_PIXELS or math.inf):
        raise Image.DecompressionBombError  # up to twice as many, Pillow itself only warns
    # A camera's JPEG may carry further views (MPO): its first image is the photograph.
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if frames > 1:
        raise ValueError(f"It has {frames} frames or pages. Give a file with one picture.")


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


def _scale(image, factor):
    size = [max(1, round(side * factor)) for side in image.size]
    if tuple(size) == image.size:
        return image
    scaled = image.resize(size, Image.Resampling.BICUBIC)
    scaled.info = dict(image.info)
    return scaled
