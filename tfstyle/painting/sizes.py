"""Runs networks that only take multiples of a size on images of any size. Does not import Keras."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tfstyle.images.geometry import fitting, mirror
from tfstyle.noise import draw_noise

Run = Callable[[list[np.ndarray]], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Needs:
    """The sizes of inputs that a network takes.

    Args:
        multiple: Integer, pixels. Heights and widths must be multiples of it.
        minimum: Integer, pixels, the least height and width.
        noise: A tuple `(ratio, channels)` for each noise input, coarsest first. Its sides are
            those of the image divided by `ratio`.
    """

    multiple: int
    minimum: int
    noise: tuple[tuple[int, int], ...] = ()


def paint(
    run: Run,
    needs: Needs,
    pixels: np.ndarray,
    seed: int | Sequence[int] = 0,
    style_weights: np.ndarray | None = None,
) -> np.ndarray:
    """Runs a network on images of any size, one image at a time.

    Args:
        run: Function of the list of the network's inputs, the image `[1, height, width, 3]` first,
            that returns the picture, float32 of the image's shape.
        needs: `Needs` of the network.
        pixels: Array `[N, height, width, 3]` in [0, 1].
        seed: Integer or sequence of them, seed of the noise of a network that takes noise.
        style_weights: Array `[styles]`, for a trunk.

    Returns:
        float32 array of the shape of `pixels`, in [0, 1].
    """
    batch, height, width = pixels.shape[:3]
    rule = needs.multiple, needs.minimum
    sides = fitting(height, *rule), fitting(width, *rule)
    others = draw_noise(needs.noise, batch, *sides, seed)
    if style_weights is not None:
        others = [np.tile(np.float32(style_weights), (batch, 1))]
    pictures = np.empty(pixels.shape, "float32")
    for number in range(batch):
        image = mirror(np.float32(pixels[number : number + 1]), *sides)
        inputs = [image, *(other[number : number + 1] for other in others)]
        pictures[number] = run(inputs)[0, :height, :width]
    return pictures
