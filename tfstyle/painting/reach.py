"""The rows of its input that a layer needs for some rows of its output."""

import math
from typing import NamedTuple

import keras

from tfstyle.layers import (
    ImageInput,
    ImageOutput,
    NearestUpsampling2D,
    ReflectionPadding2D,
    TanhOutput,
)

_CONVOLUTIONS = keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D
_POOLINGS = keras.layers.AveragePooling2D, keras.layers.MaxPooling2D
# Each value of the output depends only on the values at its own row and column.
_POINTWISE = (
    ImageInput,
    ImageOutput,
    TanhOutput,
    keras.layers.Activation,
    keras.layers.BatchNormalization,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.ReLU,
    keras.layers.Rescaling,
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.Concatenate,
    keras.layers.Maximum,
    keras.layers.Minimum,
    keras.layers.Multiply,
    keras.layers.Subtract,
)
# Of `keras.ops`, which `x + y` makes: they are no layers and have no public classes.
_POINTWISE_OPERATIONS = {
    *("Add", "Subtract", "Multiply", "TrueDivide", "Maximum", "Minimum", "Concatenate"),
    *("Clip", "Negative", "Absolute", "Square", "Relu", "LeakyRelu", "Elu", "Tanh", "Sigmoid"),
}


class Reach(NamedTuple):
    """The window of a layer along one axis.

    The layer repeats each row `up` times, adds `before` and `after` rows at the borders (or
    removes them, if negative), and moves a window of `kernel` rows by `stride`:

        y[i] = f(x[(i * stride - before + k) // up] for k in range(kernel))
    """

    up: int = 1
    stride: int = 1
    kernel: int = 1
    before: int = 0
    after: int = 0
    mirrored: bool = False

    def size(self, side: int) -> int:
        """Returns the rows of the output for `side` rows of the input."""
        return (side * self.up + self.before + self.after - self.kernel) // self.stride + 1

    def needs(self, first: int, last: int, side: int) -> tuple[int, int]:
        """Returns the rows of the input that rows `first` to `last` of the output need.

        The layer treats the ends of a strip as the borders of an image. The strip is large enough
        that this changes no wanted row.

        Args:
            first: Integer, first row wanted.
            last: Integer, one after the last.
            side: Integer, rows of the whole input.

        Returns:
            Tuple of the first row of the strip, and one after its last.
        """
        start = first * self.stride - self.before
        stop = (last - 1) * self.stride + self.kernel - self.before
        top = min(start // self.up, first * self.stride // self.up)
        bottom = -(-stop // self.up)
        if self.mirrored and start < 0:
            bottom = max(bottom, self.before + 1)
        if self.mirrored and stop > side:
            top = min(top, side - 1 - self.after)
        step = self.stride // math.gcd(self.stride, self.up)
        top = max(0, top) // step * step
        lacking = (last - 1) * self.stride + self.kernel - self.before - self.after - top * self.up
        bottom = min(side, max(bottom, top - (-lacking // self.up)))
        if self.mirrored:  # `ReflectionPadding2D` refuses fewer rows
            bottom = min(side, max(bottom, top + self.before + 1))
            top = max(0, min(top, bottom - self.before - 1))
        return top, bottom

    def first(self, top: int) -> int:
        """Returns the first row of the output of a strip whose first row is `top`."""
        return top * self.up // self.stride


class CannotStreamError(ValueError):
    """A layer needs its whole input, or the rows that it needs are not known."""


def reach_of(operation: keras.Operation, axis: int = 0) -> Reach:
    """Returns the reach of a layer, or of an operation of `keras.ops`.

    Args:
        operation: Layer or operation of a functional `keras.Model` with channels last.
        axis: 0 for rows, 1 for columns.

    Raises:
        CannotStreamError: if the type of the layer is not known here.
    """
    if isinstance(operation, _CONVOLUTIONS):
        return _of_convolution(operation, axis)
    if isinstance(operation, _POOLINGS) and operation.padding == "valid":
        return Reach(kernel=operation.pool_size[axis], stride=operation.strides[axis])
    if isinstance(operation, ReflectionPadding2D):
        return Reach(before=operation.padding, after=operation.padding, mirrored=True)
    if isinstance(operation, keras.layers.ZeroPadding2D):
        before, after = operation.padding[axis]
        return Reach(before=before, after=after)
    if isinstance(operation, keras.layers.Cropping2D):
        before, after = operation.cropping[axis]
        return Reach(before=-before, after=-after)
    if isinstance(operation, NearestUpsampling2D):
        return Reach(up=operation.factor)
    if isinstance(operation, keras.layers.UpSampling2D) and operation.interpolation == "nearest":
        return Reach(up=operation.size[axis])
    is_layer = isinstance(operation, keras.Layer)
    name = type(operation).__name__
    if isinstance(operation, _POINTWISE) or (not is_layer and name in _POINTWISE_OPERATIONS):
        return Reach()
    raise CannotStreamError(
        f"Cannot paint strip by strip: {name} {operation.name!r} is of an unknown type. "
        "Add it to tfstyle.painting.reach, or raise the memory so that the image fits as a whole."
    )


def _of_convolution(layer, axis):
    kernel = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
    stride = layer.strides[axis]
    if layer.padding == "valid":
        return Reach(
            up=2 if getattr(layer, "upsampling", False) else 1, stride=stride, kernel=kernel
        )
    if stride > 1:
        raise CannotStreamError(
            f"Cannot paint strip by strip: {layer.name!r} has padding='same' and strides. "
            "Pad before it, and give it padding='valid'."
        )
    return Reach(kernel=kernel, before=(kernel - 1) // 2, after=kernel // 2)
