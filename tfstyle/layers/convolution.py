"""A convolution that can upsample its input first."""

import itertools

import keras
from keras import ops

from tfstyle.layers.kernels import use_fast_kernels


@keras.saving.register_keras_serializable(package="tfstyle")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` that can upsample its input by 2 without computing the large image.

    With `upsampling`, the result is that of `NearestUpsampling2D(2)` followed by
    `keras.layers.Conv2D` with the same weights, in less than half the multiplications. After
    nearest-neighbour upsampling, a 3 x 3 kernel covers only 2 x 2 different pixels. Which ones
    depends on whether its first row `2 i + p` and column `2 j + q` are even or odd:

        y[2 i + p, 2 j + q] = sum_ab kernel_pq[a, b] x[i + a, j + b]
        kernel_pq[a, b] = sum of kernel[k, l] with (p + k) // 2 = a and (q + l) // 2 = b

    So one convolution of the small image computes four times the channels, and `DEPTH_TO_SPACE`
    rearranges them to pixels.

    With `upsampling="zeros"`, zeros stand between the pixels instead of copies. This is a
    transposed convolution with a mirrored kernel, which networks of other projects have.

    The class has the name of its base class because Keras' weights files name layers by class:
    files of networks that upsample before a `keras.layers.Conv2D` can still be read.

    Args:
        *args: See `keras.layers.Conv2D`.
        upsampling: Whether to upsample first; or `"zeros"`. Defaults to False.
        **kwargs: See `keras.layers.Conv2D`.

    Input shape:
        `[N, height, width, channels]`.

    Output shape:
        `[N, 2 * height - k + 1, 2 * width - k + 1, filters]` with upsampling, for a kernel of
        `k` x `k`.

    Raises:
        ValueError: for `upsampling` with an even kernel size, with padding, or with strides,
            dilation or groups other than 1.

    Example:

        >>> import numpy as np
        >>> Conv2D(5, 3, upsampling=True)(np.zeros((1, 6, 8, 2))).shape == (1, 10, 14, 5)
        True

    Reference:
        Aitken et al., *Checkerboard artifact free sub-pixel convolution*, arXiv 1707.02937,
        compares the two as initializations.
    """

    def __init__(self, *args, upsampling: bool | str = False, **kwargs):
        super().__init__(*args, **kwargs)
        if upsampling and not (_is_plain(self) and all(size % 2 for size in self.kernel_size)):
            raise ValueError(
                "Upsampling needs an odd kernel, padding='valid', and strides, dilation and groups "
                f"of 1. Received: kernel_size={self.kernel_size}, padding={self.padding!r}, "
                f"strides={self.strides}, dilation_rate={self.dilation_rate}, groups={self.groups}"
            )
        self.upsampling = upsampling

    def convolution_op(self, inputs, kernel):
        if self.upsampling:
            return depth_to_space(
                super().convolution_op(inputs, kernel_of_phases(kernel, self.upsampling))
            )
        if use_fast_kernels() and computes_squares(self):
            return self._by_squares(inputs, kernel)
        return super().convolution_op(inputs, kernel)

    def _by_squares(self, inputs, kernel):
        """Computes the pixels of 2 x 2 squares together: see `computes_squares`."""
        import tensorflow as tf

        def squares():
            wide = kernel_of_squares(kernel)
            return tf.nn.depth_to_space(tf.nn.conv2d(inputs, wide, 2, "VALID"), 2)

        sides = zip(ops.shape(inputs)[1:3], self.kernel_size, strict=True)
        odd = [(side - size + 1) % 2 for side, size in sides]
        if not any(tf.is_tensor(side) for side in odd):
            return squares() if not any(odd) else super().convolution_op(inputs, kernel)
        plain = super().convolution_op
        return tf.cond(tf.equal(odd[0] + odd[1], 0), squares, lambda: plain(inputs, kernel))

    def compute_output_shape(self, input_shape):
        if self.upsampling:
            batch, height, width, channels = input_shape
            input_shape = batch, height and 2 * height, width and 2 * width, channels
        return super().compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "upsampling": self.upsampling}


def computes_squares(layer: keras.layers.Conv2D) -> bool:
    """Whether a convolution is faster when it computes the pixels of 2 x 2 squares together.

    Kernels for convolutions fill whole registers with filters: three take as long as sixteen. For a
    9 x 9 convolution to RGB, twelve filters on every second row and column, of 10 x 10, have a
    quarter more multiplications and take a third of the time.
    """
    return _is_plain(layer) and layer.filters <= 4 and min(layer.kernel_size) > 3


def kernel_of_squares(kernel):
    """Returns the kernel for 2 x 2 squares: `[k, l, i, o]` to `[k + 1, l + 1, i, 4 * o]`."""
    return ops.concatenate(_at_each_corner(kernel), axis=-1)


def kernel_of_phases(kernel, upsampling: bool | str = True):
    """Returns the kernel of `Conv2D` upsampling: `[k, l, i, o]` to `[a, b, i, 4 * o]`."""
    height, width, *channels = kernel.shape
    pairs = (height // 2 + 1, 2, width // 2 + 1, 2, *channels)
    grown = [ops.reshape(each, pairs) for each in _at_each_corner(kernel)]
    if upsampling == "zeros":  # of each square only the first pixel is not 0
        return ops.concatenate([each[:, 0, :, 0] for each in grown], axis=-1)
    return ops.concatenate([ops.sum(each, axis=(1, 3)) for each in grown], axis=-1)


def _at_each_corner(kernel):
    """Grows a kernel by a row and a column of zeros, in each of the four ways."""
    corners = itertools.product([(0, 1), (1, 0)], repeat=2)
    return [ops.pad(kernel, (*sides, (0, 0), (0, 0))) for sides in corners]


def _is_plain(layer):
    """Whether a convolution has padding "valid", and strides, dilation and groups of 1."""
    return {*layer.strides, *layer.dilation_rate, layer.groups} == {1} and layer.padding == "valid"


def depth_to_space(x):
    """Makes a square of four pixels of each, whose channels are those of `[row, column, c]`."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # one operation there, and in TFLite

        return tf.nn.depth_to_space(x, 2)
    batch, height, width, channels = ops.shape(x)
    x = ops.reshape(x, (batch, height, width, 2, 2, channels // 4))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (batch, 2 * height, 2 * width, channels // 4))
