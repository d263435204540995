"""How similar the pictures of an exported file are to those of its style."""

import numpy as np
import tensorflow as tf

from tfstyle.images.geometry import mirror
from tfstyle.painting.whole import stylize_pixels

_WINDOW = 11  # pixels, of the structural similarity


def likeness(painter, generator, pixels):
    """Compares the pictures of an exported file and of the generator that it was made from.

    Args:
        painter: `litert.Painter`.
        generator: `keras.Model`.
        pixels: float32 `[height, width, 3]` in [0, 1], of the file's size if that is fixed.

    Returns:
        Tuple of two floats: the largest difference of any value in [0, 1], and `similarity`.
    """
    seed = painter.facts["seed"] or 0
    picture = painter.stylize(pixels, seed)[None]
    expected = stylize_pixels(generator, pixels[None], seed)
    return float(np.abs(picture - expected).max()), similarity(picture, expected)


def similarity(pictures, expected):
    """Returns the mean structural similarity of pictures `[N, height, width, 3]` in [0, 1].

    It is that of Wang et al., 2004, as `tf.image.ssim` computes it: Gaussian window of 11 pixels,
    mean over the channels. Smaller pictures are extended by reflection.
    """
    height, width = (max(_WINDOW, side) for side in pictures.shape[1:3])
    pairs = [np.float32(mirror(each, height, width)) for each in (pictures, expected)]
    return float(np.mean(tf.image.ssim(*pairs, max_val=1.0, filter_size=_WINDOW)))
