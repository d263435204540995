"""Hides the colours of transparent pixels from generators."""

import numpy as np
from PIL import Image


def fill_hidden(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Replaces the colours of fully transparent pixels by those of the visible pixels around them.

    Colours under alpha 0 are arbitrary: programs leave black, white or the old picture there. The
    output of a generator depends on neighbouring pixels and on the mean of the image, so these
    colours would change the visible pixels. Visible colours spread from coarse to fine scales,
    which leaves no edge.

    Args:
        pixels: float32 `[height, width, 3]`.
        alpha: `[height, width]`, 0 for transparent pixels.

    Returns:
        float32 array of the shape of `pixels`; the same array if no pixel is transparent, grey if
        all are.
    """
    seen = (alpha > 0).astype("float32")[..., None]
    if seen.all():
        return pixels
    if not seen.any():
        return np.full_like(pixels, 0.5)
    return np.where(seen > 0, pixels, _spread(pixels * seen, seen))


def visible_pixels(images: np.ndarray) -> np.ndarray:
    """Returns the pixels of images for a generator, without the colours of transparent pixels.

    Args:
        images: `[N, height, width, 3 or 4]` of uint8, or of floats in [0, 1] up to rounding. The
            fourth channel is alpha.

    Returns:
        float32 `[N, height, width, 3]` in [0, 1].
    """
    pixels = images[..., :3].astype("float32") / np.float32(255 if images.dtype == "uint8" else 1)
    pixels = np.clip(pixels, 0, 1)
    if images.shape[-1] == 3:
        return pixels
    alphas = images[..., 3]
    return np.stack([fill_hidden(*each) for each in zip(pixels, alphas, strict=True)])


def on_white(image: Image.Image) -> Image.Image:
    """Returns an image of `read_image` in RGB, with white where it is transparent."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    seen = Image.new("RGB", image.size, "white")
    seen.paste(image.convert("RGB"), mask=image.getchannel("A"))
    seen.info = dict(image.info)
    return seen


def _spread(sums, weights):
    """Returns a colour for each pixel from weighted sums, and weights `[height, width, 1]`."""
    own = sums / np.maximum(weights, 1e-6)
    if weights.all() or max(weights.shape) == 1:
        return own
    halves = [_halved(array) for array in (sums, weights)]
    # Each pixel of the coarse image counts once, be it the mean of one or of four.
    scale = np.maximum(halves[1], 1)
    coarse = _spread(halves[0] / scale, halves[1] / scale)
    height, width = weights.shape[:2]
    bands = [Image.fromarray(coarse[..., band]) for band in range(coarse.shape[-1])]
    fine = np.stack(
        [np.asarray(b.resize((width, height), Image.Resampling.BILINEAR)) for b in bands], axis=-1
    )
    return np.where(weights > 0, own, fine)


def _halved(array):
    height, width = array.shape[:2]
    even = np.pad(array, ((0, height % 2), (0, width % 2), (0, 0)))
    return even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
