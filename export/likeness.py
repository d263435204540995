"""How like its style an exported file paints."""

import numpy as np
import tensorflow as tf

from tfstyle.images.geometry import mirror
from tfstyle.painting.whole import stylize_pixels

_WINDOW = 11  # pixels, of the structural similarity


def likeness(painter, generator, pixels):
    """Paints a photograph with a file and with the generator that it was made of.

    Args:
        painter: `litert.Painter`.
        generator: `keras.Model`.
        pixels: float32 `[height, width, 3]` in [0, 1], of the file's size if that is not free.

    Returns:
        Tuple of the largest difference of any value in [0, 1], and the `similarity`.
    """
    seed = painter.facts["seed"] or 0
    picture = painter.stylize(pixels, seed)[None]
    expected = stylize_pixels(generator, pixels[None], seed)
    return float(np.abs(picture - expected).max()), similarity(picture, expected)


def similarity(pictures, expected):
    """Gives the mean structural similarity of pictures `[N, height, width, 3]` in [0, 1].

    That of Wang et al. 2004, by TensorFlow: Gaussian window of 11 pixels, mean over colours;
    smaller pictures are mirrored to fill it.
    """
    height, width = (max(_WINDOW, side) for side in pictures.shape[1:3])
    pairs = [np.float32(mirror(each, height, width)) for each in (pictures, expected)]
    return float(np.mean(tf.image.ssim(*pairs, max_val=1.0, filter_size=_WINDOW)))
