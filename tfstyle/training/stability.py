"""The stability loss: a changed photograph must give the equally changed picture."""

import numpy as np
from keras import ops
from PIL import Image

from tfstyle.training.devices import replicas, sum_over_devices

# What a mean difference of 1, the whole range of a picture, costs beside the loss of a recipe:
# a trained style has a loss near 7e5, and differences near 0.05.
STABILITY_BALANCE = 1e7

# Deviations, in pixels. Strides of 2 and the grid of nearest-neighbour upsampling repeat every
# 4 pixels: what happens within some periods is what a generator must learn to paint alike.
_SHIFT = 3.0
_WARP, _WARP_GRID = 1.0, 64  # of a smooth field, and the distance of its knots
_ZOOM = 0.015  # of a scale; 2 pixels at the border of a crop of 256

# Deviations of light, as a factor. The same factor everywhere changes nothing: instance
# normalization forgets it.
_LIGHT = 0.04
_NOISE = 0.02  # most of a sensor's, in [0, 1]; its deviation is drawn for each photograph
_BLOCK = 8  # pixels: a codec's errors are alike within its blocks


def sample_changes(batch, height, width, seed):
    """Draws the changes of a second exposure of photographs: motion, light and noise.

    Args:
        batch: Integer, number of photographs.
        height: Integer, pixels of the photographs.
        width: Integer, pixels of the photographs.
        seed: Tuple of integers; equal seeds give equal changes.

    Returns:
        List of three float32 arrays. `displacement` `[batch, height, width, 2]` is the offset, down
        and across in pixels, from each pixel to the position it is read from. `light`
        `[batch, height, width, 3]` is a factor, and `noise`, of the same shape, is added.
    """
    rng = np.random.default_rng((*seed, 3))
    drawn = [_sample(rng, height, width) for _ in range(batch)]
    return [np.stack(arrays) for arrays in zip(*drawn, strict=True)]


def _sample(rng, height, width):
    places = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    middle = np.subtract((height, width), 1) / 2
    zoom = _ZOOM * rng.standard_normal() * (np.stack(places, -1) - middle)
    shift = _SHIFT * rng.standard_normal(2)
    displacement = shift + zoom + _WARP * _smooth(rng, height, width, 2)
    light = np.exp(_LIGHT * (_smooth(rng, height, width, 3) + rng.standard_normal(3)))
    noise = rng.standard_normal((height, width, 3), "float32")
    blocks = rng.standard_normal((-(-height // _BLOCK), -(-width // _BLOCK), 3), "float32")
    noise += blocks.repeat(_BLOCK, 0).repeat(_BLOCK, 1)[:height, :width] / 2
    noise *= rng.uniform(0, _NOISE)
    return [np.float32(each) for each in (displacement, light, noise)]


def _smooth(rng, height, width, channels):
    """Draws a smooth field `[height, width, channels]` of normal values."""
    knots = [max(2, round(side / _WARP_GRID) + 1) for side in (height, width)]
    fields = [Image.fromarray(rng.standard_normal(knots, "float32")) for _ in range(channels)]
    size, bicubic = (width, height), Image.Resampling.BICUBIC
    return np.stack([np.asarray(field.resize(size, bicubic)) for field in fields], -1)


def changed(photographs, displacement, light, noise):
    """Returns the second exposure of photographs, clipped to [0, 1]: see `sample_changes`."""
    return ops.clip(light * warp(photographs, displacement) + noise, 0, 1)


def warp(images, displacement):
    """Moves images by a displacement of each pixel, with bilinear interpolation.

        y[n, i, j] = x[n, i + displacement[n, i, j, 0], j + displacement[n, i, j, 1]]

    Outside the image, the border pixels are repeated.

    Args:
        images: Float `[N, height, width, channels]`.
        displacement: Float `[N, height, width, 2]`, in pixels.

    Returns:
        float32 tensor of the images' shape.
    """
    images = ops.cast(images, "float32")
    batch, height, width, channels = ops.shape(images)
    rows, columns = _sources(displacement, height, width)
    rows = ops.clip(rows, 0, height - 1)
    columns = ops.clip(columns, 0, width - 1)
    top, left = ops.cast(ops.floor(rows), "int32"), ops.cast(ops.floor(columns), "int32")
    down = ops.expand_dims(rows - ops.cast(top, "float32"), -1)
    across = ops.expand_dims(columns - ops.cast(left, "float32"), -1)
    flat = ops.reshape(images, (-1, channels))
    first = ops.reshape(ops.arange(batch, dtype="int32") * (height * width), (-1, 1, 1))

    def pixels(row, column):
        return ops.take(flat, first + row * width + column, axis=0)

    below, right = ops.minimum(top + 1, height - 1), ops.minimum(left + 1, width - 1)
    upper = pixels(top, left) * (1 - across) + pixels(top, right) * across
    lower = pixels(below, left) * (1 - across) + pixels(below, right) * across
    return upper * (1 - down) + lower * down


def inside(displacement):
    """Returns 1 where a displacement leads into the image, otherwise 0: float32 `[N, H, W, 1]`."""
    height, width = ops.shape(displacement)[1:3]
    rows, columns = _sources(displacement, height, width)
    within = (rows >= 0) & (rows <= height - 1) & (columns >= 0) & (columns <= width - 1)
    return ops.expand_dims(ops.cast(within, "float32"), -1)


def instability(pictures, of_changed, displacement):
    """Returns the mean absolute difference of moved pictures and pictures of moved photographs.

        mean of |warp(picture) - picture of the changed photograph| over pixels visible in both

    Args:
        pictures: Float `[N, height, width, 3]`, the pictures of the photographs.
        of_changed: Float `[N, height, width, 3]`, the pictures of `changed(photographs, ...)`.
        displacement: Float `[N, height, width, 2]`: see `sample_changes`.

    Returns:
        float32 scalar.

    Reference:
        Wang, Xu, Zhang, Wang, Liu, *Consistent Video Style Transfer via Compound Regularization*,
        AAAI 2020.
    """
    seen = inside(displacement)
    difference = ops.abs(warp(pictures, displacement) - ops.cast(of_changed, "float32"))
    visible = sum_over_devices(ops.mean(ops.sum(seen, axis=(1, 2, 3)))) / replicas()
    return ops.mean(ops.sum(seen * difference, axis=(1, 2, 3))) / (3 * ops.maximum(visible, 1.0))


def _sources(displacement, height, width):
    displacement = ops.cast(displacement, "float32")
    rows = ops.expand_dims(ops.arange(height, dtype="float32"), -1) + displacement[..., 0]
    return rows, ops.arange(width, dtype="float32") + displacement[..., 1]
