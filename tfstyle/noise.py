"""The noise z that a generator may take beside its image."""

from collections.abc import Sequence

import numpy as np


def draw_noise(
    noise: Sequence[tuple[int, int]],
    batch: int,
    height: int,
    width: int,
    seed: int | Sequence[int],
) -> list[np.ndarray]:
    """Draws noise from N(0, 1) for images of one size.

    Args:
        noise: For each noise input, coarsest first, the tuple of how much smaller than the image
            it is, and its channels.
        batch: Integer, number of images.
        height: Integer, pixels of the images.
        width: Integer, likewise.
        seed: It alone decides the sample, on every backend.

    Returns:
        List of float32 arrays `[batch, height / ratio, width / ratio, channels]`.
    """
    rng = np.random.default_rng(seed)
    shapes = [(batch, height // ratio, width // ratio, channels) for ratio, channels in noise]
    return [rng.standard_normal(shape, dtype="float32") for shape in shapes]
