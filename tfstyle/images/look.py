"""How a picture looks beside what the generator painted: grain, strength and colours."""

import numpy as np

from tfstyle.images.pixels import luminance, to_image, to_pixels


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
