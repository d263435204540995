"""A generator meets pixels: whole images, of any size."""

import contextlib
import logging

import numpy as np

from tfstyle.generators import sample_noise, size_rule
from tfstyle.images.geometry import fitting, mirror


def stylize_pixels(generator, pixels, seed=0, style_weights=None):
    """Runs a generator on images of any size.

    Args:
        generator: `keras.Model` of `build_generator`, or of `styles.trunk.build_trunk`.
        pixels: Array `[N, height, width, 3]` in [0, 1].
        seed: Integer, for generators that take noise.
        style_weights: Array `[styles]`, for a trunk.

    Returns:
        float32 array of the same shape, in [0, 1].
    """
    batch, height, width = pixels.shape[:3]
    rule = size_rule(generator)
    padded = mirror(pixels, fitting(height, *rule), fitting(width, *rule))
    if style_weights is None:
        others = sample_noise(generator, batch, *padded.shape[1:3], seed)
    else:
        others = [np.tile(style_weights, (batch, 1))]
    with _retracing_is_fine():
        pictures = generator.predict_on_batch([padded, *others] if others else padded)
    return np.asarray(pictures)[:, :height, :width]


@contextlib.contextmanager
def _retracing_is_fine():
    """Keeps TensorFlow from warning of the fifth style.

    It counts the compilations of all Keras models together, and takes them for those of one.
    """
    logger = logging.getLogger("tensorflow")

    def of_other_things(record):
        return "retracing" not in str(record.msg)

    logger.addFilter(of_other_things)
    try:
        yield
    finally:
        logger.removeFilter(of_other_things)
