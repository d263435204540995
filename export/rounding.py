"""Rounds the weights of a convolution so that flat areas of an image stay as they are.

Where an image is flat, each channel is constant, and only the sum of a kernel counts. The
normalization after it divides by a deviation near 0, so it makes a visible pattern of the error
that rounding adds to the sums. A convolution that upsamples is the worst case: its kernels for the
four pixels of a square have equal sums, but unequal sums after rounding, and a grey image becomes a
checkerboard. So weights are rounded to the nearest step. Then as few of them as possible are
rounded the other way, until each sum is right.
"""

import numpy as np


def to_half(weights, phases=1):
    """Rounds weights to float16.

    Args:
        weights: float32 `[out, height, width, in]`.
        phases: Integer; 4 if the output channels are those of the four pixels of a square.
            Kernels of equal sums then keep equal sums.

    Returns:
        float16, of the same shape.
    """
    if phases == 1:
        return weights.astype("float16")
    largest = _largest(weights, phases)
    # All multiples of a step up to 2048 of them are float16.
    steps = 2.0 ** (np.ceil(np.log2(largest)) - 10)
    return (_rounded(weights, steps, phases) * _each(steps, phases)).astype("float16")


def to_int8(weights, phases=1):
    """Rounds weights to int8, with a scale for each output channel.

    Args:
        weights: As for `to_half`.
        phases: As for `to_half`.

    Returns:
        Tuple of int8 `[out, height, width, in]` and float32 `[out]`, the scales.
    """
    steps = _largest(weights, phases) / 126  # one step further is 127
    integers = _rounded(weights, steps, phases)
    return integers.astype("int8"), _each(steps, phases).ravel().astype("float32")


def _largest(weights, phases):
    """Returns the largest absolute value of each channel, over its phases: `[out / phases]`."""
    grouped = np.abs(weights).reshape(phases, -1, *weights.shape[1:])
    return np.maximum(grouped.max(axis=(0, 2, 3, 4)), 1e-30).astype("float64")


def _each(steps, phases):
    return np.tile(steps, phases)[:, None, None, None]


def _rounded(weights, steps, phases):
    """Returns weights in whole steps whose sums over height and width are nearest to the given."""
    outputs, height, width, inputs = weights.shape
    exact = (weights / _each(steps, phases)).transpose(0, 3, 1, 2)
    exact = exact.reshape(phases, -1, inputs, height * width)
    sums = exact.sum(axis=-1)
    # The phases of a transposed convolution have sums of their own.
    same = np.ptp(sums, axis=0) < 0.5
    sums = np.round(np.where(same, sums.mean(axis=0), sums))
    rounded = np.round(exact)
    missing = sums - rounded.sum(axis=-1)
    direction = np.sign(missing)[..., None]
    # Those first that lost the most: their error grows the least.
    rank = np.argsort(np.argsort(direction * (rounded - exact), axis=-1), axis=-1)
    rounded += direction * (rank < np.abs(missing)[..., None])
    return rounded.reshape(outputs, inputs, height, width).transpose(0, 2, 3, 1)
