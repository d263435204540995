"""Changes the size of images and arrays."""

import numpy as np
from PIL import Image, ImageOps

from tfstyle.images.transparency import on_white


def resize_longest(image, side):
    """Scales a `PIL.Image.Image` so that its longer side is `side` pixels."""
    return _scale(image, side / max(image.size))


def resize_shortest(image, side):
    """Scales a `PIL.Image.Image` so that its shorter side is `side` pixels."""
    return _scale(image, side / min(image.size))


def limit_longest(image, side):
    """Scales a `PIL.Image.Image` down, if necessary, so that no side exceeds `side` pixels."""
    return image if max(image.size) <= side else resize_longest(image, side)


def resize_pixels(pixels, size):
    """Scales float images `[N, height, width, channels]` to `(height, width)`, bicubic.

    Downscaling averages over the pixels that each new pixel covers. Values are clipped to [0, 1].
    """
    height, width = size
    if pixels.shape[1:3] == (height, width):
        return pixels
    scaled = np.empty((len(pixels), height, width, pixels.shape[-1]), "float32")
    for image, result in zip(pixels.astype("float32"), scaled, strict=True):
        for channel in range(pixels.shape[-1]):
            band = Image.fromarray(image[..., channel])
            result[..., channel] = band.resize((width, height), Image.Resampling.BICUBIC)
    return np.clip(scaled, 0, 1)


def center_crop(image, size):
    """Crops the largest middle part that has the proportions of `size`, and scales it to `size`.

    Args:
        image: `PIL.Image.Image`.
        size: `(height, width)` in pixels, or an integer for a square.

    Returns:
        `PIL.Image.Image`.
    """
    height, width = (size, size) if isinstance(size, int) else size
    return ImageOps.fit(on_white(image), (width, height), Image.Resampling.BICUBIC)


def mirror(pixels, height, width):
    """Extends images `[N, h, w, channels]` to a size by reflection at right and bottom."""
    below, right = height - pixels.shape[1], width - pixels.shape[2]
    # NumPy mirrors again and again where the image is smaller than what it must grow by.
    return np.pad(pixels, ((0, 0), (0, below), (0, right), (0, 0)), mode="reflect")


def fitting(side, multiple, minimum):
    """Returns the least multiple of `multiple` that is at least `side` and `minimum`."""
    return max(minimum, -(-side // multiple) * multiple)


def montage(rows, gap=4):
    """Arranges rows of `PIL.Image.Image`s of equal size on white, `gap` pixels apart."""
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


def _scale(image, factor):
    size = [max(1, round(side * factor)) for side in image.size]
    if tuple(size) == image.size:
        return image
    scaled = image.resize(size, Image.Resampling.BICUBIC)
    scaled.info = dict(image.info)
    return scaled
