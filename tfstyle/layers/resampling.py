"""Padding and upsampling."""

import keras
from keras import ops

from tfstyle.layers.kernels import use_fast_kernels, with_gradient


def mirror_pad(x, padding, symmetric=False):
    """Pads height and width by reflection: see `ReflectionPadding2D`.

    Args:
        x: `[N, height, width, channels]`.
        padding: Integer, pixels added on each of the four sides.
        symmetric: Whether the border pixel is repeated.

    Returns:
        `[N, height + 2 * padding, width + 2 * padding, channels]`.
    """
    if use_fast_kernels():
        return _gathered(x, padding, symmetric)
    sides = (padding, padding)
    mode = "symmetric" if symmetric else "reflect"
    return ops.pad(x, ((0, 0), sides, sides, (0, 0)), mode=mode)


def _gathered(x, padding, symmetric):
    """Pads on TensorFlow by copying each pixel of the result with all its channels at once.

    This is three times as fast as `tf.pad`, which copies channel by channel. The gradient is that
    of `tf.pad`.
    """
    import tensorflow as tf

    sides = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    mode = "SYMMETRIC" if symmetric else "REFLECT"

    @with_gradient
    def pad(x):
        batch, height, width, channels = ops.shape(x)
        rows = _mirrored(height, padding, symmetric)
        columns = _mirrored(width, padding, symmetric)
        positions = rows[:, None] * width + columns
        pixels = tf.reshape(x, [batch, height * width, channels])

        def gradient(upstream):
            return tf.raw_ops.MirrorPadGrad(input=upstream, paddings=sides, mode=mode)

        return tf.gather(pixels, positions, axis=1), gradient

    return pad(x)


def _mirrored(side, padding, symmetric):
    """Returns the indices of a padded row: `cb|abcd|cb` or, if symmetric, `ba|abcd|dc`."""
    import tensorflow as tf

    indices = tf.range(-padding, side + padding)
    if symmetric:
        indices = tf.where(indices < 0, -1 - indices, indices)
        return tf.where(indices >= side, 2 * side - 1 - indices, indices)
    indices = tf.abs(indices)
    return tf.where(indices >= side, 2 * side - 2 - indices, indices)


@keras.saving.register_keras_serializable(package="tfstyle")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by reflecting the image at its border.

    Use it instead of zero padding. With zero padding, the network recognizes the border and paints
    a frame there (figure 3 of the paper). The row `abcd` becomes `dcb|abcd`. With `symmetric`, the
    border pixel is repeated: `dcba|abcd`. In TFLite the layer becomes `MIRROR_PAD`;
    `tfstyle.export` writes slices instead, which delegates support (`docs/notebook/export.md`).

    Args:
        padding: Integer, pixels added on each of the four sides. A `k` x `k` convolution
            keeps its size with `padding=(k - 1) // 2`. Defaults to 1, for 3 x 3.
        symmetric: Whether to repeat the border pixel. Defaults to False.

    Input shape:
        `[N, height, width, channels]`, with a height and a width above `padding`.

    Output shape:
        `[N, height + 2 * padding, width + 2 * padding, channels]`.

    Raises:
        ValueError: if `padding` is negative, or if height or width is known and too small.

    Example:

        >>> import numpy as np
        >>> row = np.arange(4.0).reshape(1, 1, 4, 1).repeat(4, axis=1)
        >>> np.array(ReflectionPadding2D(2)(row))[0, 0, :, 0].tolist()
        [2.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 1.0]
    """

    def __init__(self, padding=1, symmetric=False, **kwargs):
        super().__init__(**kwargs)
        if padding < 0:
            raise ValueError(f"padding must not be negative. Received: padding={padding}")
        self.padding = padding
        self.symmetric = symmetric
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs):
        height, width = inputs.shape[1:3]
        if min(height or 2**31, width or 2**31) <= self.padding:
            raise ValueError(
                f"Reflection by {self.padding} needs more than {self.padding} pixels of "
                f"height and width. Received: {height}x{width}. Use a larger image."
            )
        return mirror_pad(inputs, self.padding, self.symmetric)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        grow = 2 * self.padding
        return batch, height and height + grow, width and width + grow, channels

    def get_config(self):
        return {**super().get_config(), "padding": self.padding, "symmetric": self.symmetric}


@keras.saving.register_keras_serializable(package="tfstyle")
class Cropping2D(keras.layers.Cropping2D):
    """`keras.layers.Cropping2D` with a fast gradient on TensorFlow.

    The gradient is computed by padding with zeros. It has the same values as the gradient of
    TensorFlow's slices, which takes 28 times as long.

    Args:
        cropping: See `keras.layers.Cropping2D`.
        **kwargs: See `keras.layers.Cropping2D`.

    Input shape:
        `[N, height, width, channels]`.

    Output shape:
        `[N, height - top - bottom, width - left - right, channels]`.

    Example:

        >>> import numpy as np
        >>> Cropping2D(1)(np.zeros((1, 6, 8, 2))).shape == (1, 4, 6, 2)
        True
    """

    def call(self, inputs):
        crop = super().call
        if not use_fast_kernels():
            return crop(inputs)
        import tensorflow as tf

        @with_gradient
        def cropped(x):
            sides = [[0, 0], *map(list, self.cropping), [0, 0]]
            return crop(x), lambda upstream: tf.pad(upstream, sides)

        return cropped(inputs)


@keras.saving.register_keras_serializable(package="tfstyle")
class NearestUpsampling2D(keras.layers.Layer):
    """Repeats each pixel `factor` times in height and width.

    Use it before a convolution, instead of a transposed convolution, whose uneven overlap causes
    checkerboard patterns. In TFLite it becomes `RESIZE_NEAREST_NEIGHBOR`, also with free height
    and width. `keras.layers.UpSampling2D` becomes RESHAPE and TILE of rank 5, which GPU delegates
    refuse. `tfstyle.export` writes a factor of 2 as `DEPTH_TO_SPACE`, which XNNPACK supports, too
    (`docs/notebook/export.md`).

    Args:
        factor: Integer of at least 1, the same for height and width. Defaults to 2.

    Input shape:
        `[N, height, width, channels]`.

    Output shape:
        `[N, factor * height, factor * width, channels]`.

    Raises:
        ValueError: if `factor` is below 1.

    Example:

        >>> import numpy as np
        >>> x = np.array([[1.0, 2.0]]).reshape(1, 1, 2, 1)
        >>> np.array(NearestUpsampling2D(2)(x))[0, :, :, 0].tolist()
        [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]

    Reference:
        Odena, Dumoulin, Olah, *Deconvolution and Checkerboard Artifacts*, Distill 2016.
    """

    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        if factor < 1:
            raise ValueError(f"factor must be at least 1. Received: factor={factor}")
        self.factor = factor
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs):
        height, width = ops.shape(inputs)[1:3]
        size = (height * self.factor, width * self.factor)
        if keras.backend.backend() == "tensorflow":
            # `ops.image.resize` refuses a size that is known only at run time.
            import tensorflow as tf

            return tf.image.resize(inputs, size, method="nearest")
        return ops.image.resize(inputs, size, "nearest", data_format="channels_last")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return batch, height and height * self.factor, width and width * self.factor, channels

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
