"""Transparent pixels: their colours must not be seen, not even by a generator."""

import numpy as np
from PIL import Image


def fill_hidden(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Replaces the colours of fully transparent pixels by those of the visible ones around them.

    What lies under alpha 0 is arbitrary: programs leave black, white or the old picture there. A
    generator sees a whole neighbourhood, and the mean of the whole image; so would the visible
    pixels depend on it. The colours spread from coarse to fine, with no edge where alpha begins.

    Args:
        pixels: float32 `[height, width, 3]`.
        alpha: `[height, width]`, 0 where hidden.

    Returns:
        float32 of the shape of `pixels`; the same array if nothing is hidden. Grey if all is.
    """
    seen = (alpha > 0).astype("float32")[..., None]
    if seen.all():
        return pixels
    if not seen.any():
        return np.full_like(pixels, 0.5)
    return np.where(seen > 0, pixels, _spread(pixels * seen, seen))


def visible_pixels(images: np.ndarray) -> np.ndarray:
    """Returns what a generator shall see of images `[N, height, width, 3 or 4]`.

    Args:
        images: uint8, or floats of [0, 1] up to rounding; the fourth channel is alpha.

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
    """Returns an image of `read_image` as a viewer shows it: white where it is transparent."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    seen = Image.new("RGB", image.size, "white")
    seen.paste(image.convert("RGB"), mask=image.getchannel("A"))
    seen.info = dict(image.info)
    return seen


def _spread(sums, weights):
    """Returns colours everywhere, of sums of colours and their weights, `[height, width, 1]`."""
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
