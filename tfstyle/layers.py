"""The Keras layers that fast stylization needs and Keras does not have.

All take and give `[N, height, width, channels]`, leave height and width free, are
written with `keras.ops` for every Keras backend, and convert to TFLite builtins. A network of them,
`tfstyle.load("mosaic").model` too, is saved as any of Keras; `import tfstyle.layers` before
`keras.models.load_model` reads it, which must know them.

Migrating from TensorFlow Addons
--------------------------------
`tfa.layers.InstanceNormalization` ended with TensorFlow 2.15. It computes what
`InstanceNormalization` here computes; its default epsilon is 1e-3, ours 1e-5:

    tfa.layers.InstanceNormalization()      # before
    InstanceNormalization(epsilon=1e-3)     # after

Its weights are `gamma` and `beta` of shape `[channels]`, as here, in this order. Build the same
network with this layer, and `network.load_weights("old.h5")` reads the file that Keras 2 wrote:
Keras 3 goes by the order of the layers, not by their names. `tests/test_addons.py` does both.
"""

import itertools

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfstyle")
class InstanceNormalization(keras.layers.Layer):
    """Gives each channel of each image mean 0 and variance 1, then scales and shifts it.

    Use it in place of batch normalization wherever the contrast of one image must not
    matter to the result, as in stylization. It acts alike in training and inference, on
    each image alone, whatever else is in the batch.

        mean[n, c]     = 1 / (height * width) * sum_ij x[n, i, j, c]
        variance[n, c] = 1 / (height * width) * sum_ij (x[n, i, j, c] - mean[n, c]) ** 2
        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    The variance is biased. Mean and variance are computed in float32 at least, whatever the
    dtype policy: their sums over `height * width` overflow in float16. A convolution
    before this layer needs no bias, which the subtraction of the mean would cancel.

    Args:
        epsilon: Float above 0, added to the variance. Defaults to 1e-5, as in the paper's
            code; beside feature maps with variances near 1 it is invisible, and a flat
            channel (variance 0) gives `beta`.

    Input shape:
        `[N, height, width, channels]`; only `channels` must be known when built.

    Output shape:
        As the input.

    Raises:
        ValueError: if `epsilon` is not above 0, if the input is not 4-D, or its number of
            channels unknown or other than when built.

    Example:

        >>> import numpy as np
        >>> x = 5 + 3 * np.random.default_rng(0).normal(size=(2, 32, 32, 4))
        >>> y = InstanceNormalization()(x)
        >>> bool(abs(np.mean(y)) < 1e-5), bool(abs(np.std(y) - 1) < 1e-5)
        (True, True)

    Reference:
        Ulyanov, Vedaldi, Lempitsky, *Instance Normalization: The Missing Ingredient for Fast
        Stylization*, arXiv 1607.08022, section 2.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0. Received: epsilon={epsilon}")
        self.epsilon = epsilon
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape):
        channels = _known_channels(input_shape)
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: channels})
        # Not cast to the policy's dtype: they act on float32 values, and so do their gradients.
        options = {"shape": (channels,), "autocast": False}
        self.gamma = self.add_weight(initializer="ones", name="gamma", **options)
        self.beta = self.add_weight(initializer="zeros", name="beta", **options)

    def call(self, inputs):
        y = _normalize(inputs, self.gamma, self.beta, self.epsilon)
        return ops.cast(y, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="tfstyle")
class ConditionalInstanceNormalization(keras.layers.Layer):
    """Instance normalization whose scale and shift are those of a style, or of a blend of styles.

    Use it to let one generator paint many styles: all its convolutions are shared, and a
    style is one row of `gammas` and `betas` in each of these layers.

        gamma[n, c] = sum_s weights[n, s] * gammas[s, c]
        beta[n, c]  = sum_s weights[n, s] * betas[s, c]
        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    Mean and variance are those of `InstanceNormalization`, which this layer equals for one
    style of weight 1.

    Args:
        styles: Integer of at least 1.
        epsilon: Float above 0, added to the variance. Defaults to 1e-5.

    Call arguments:
        inputs: `[N, height, width, channels]`; only `channels` must be known when built.
        weights: `[N, styles]`: one-hot for a style, or summing to 1 for a blend.

    Output shape:
        As `inputs`.

    Raises:
        ValueError: if `styles` is below 1, `epsilon` not above 0, if `inputs` are refused as
            those of `InstanceNormalization` are, or `weights` is not `[N, styles]`.

    Example:

        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(size=(2, 8, 8, 4))
        >>> blend = np.array([[1, 0, 0], [0.5, 0, 0.5]])
        >>> ConditionalInstanceNormalization(3)(x, blend).shape == (2, 8, 8, 4)
        True

    Reference:
        Dumoulin, Shlens, Kudlur, *A Learned Representation for Artistic Style*, arXiv
        1610.07629, section 2.2, equation 5.
    """

    def __init__(self, styles, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if styles < 1:
            raise ValueError(f"styles must be at least 1. Received: styles={styles}")
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0. Received: epsilon={epsilon}")
        self.styles = styles
        self.epsilon = epsilon
        self.input_spec = keras.layers.InputSpec(ndim=4)  # Keras checks `inputs` alone

    def build(self, inputs_shape, weights_shape):
        self._check_weights(weights_shape)
        channels = _known_channels(inputs_shape)
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: channels})
        options = {"shape": (self.styles, channels), "autocast": False}
        self.gammas = self.add_weight(initializer="ones", name="gammas", **options)
        self.betas = self.add_weight(initializer="zeros", name="betas", **options)

    def call(self, inputs, weights):
        self._check_weights(weights.shape)
        weights = ops.cast(weights, self.gammas.dtype)
        gamma, beta = (
            ops.matmul(weights, rows)[:, None, None] for rows in (self.gammas, self.betas)
        )
        return ops.cast(_normalize(inputs, gamma, beta, self.epsilon), self.compute_dtype)

    def compute_output_shape(self, inputs_shape, weights_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "styles": self.styles, "epsilon": self.epsilon}

    def _check_weights(self, weights_shape):
        if len(weights_shape) != 2 or weights_shape[1] != self.styles:
            raise ValueError(
                f"weights must be of shape [N, {self.styles}]: for each image a row, one-hot or "
                f"summing to 1, of one weight a style. Received: {tuple(weights_shape)}"
            )


def _known_channels(shape):
    if shape[-1] is None:
        raise ValueError(
            "The number of channels must be known: give the last axis of the input a size. "
            f"Received: {tuple(shape)}"
        )
    return shape[-1]


def _normalize(x, gamma, beta, epsilon):
    """Normalizes each channel of each image, in float32 at least.

    Args:
        x: `[N, height, width, channels]`.
        gamma: `[channels]`, or `[N, 1, 1, channels]`.
        beta: Likewise.
        epsilon: Float.
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    x = ops.cast(x, "float64" if dtype == "float64" else "float32")
    centered = x - ops.mean(x, axis=(1, 2), keepdims=True)
    variance = ops.mean(ops.square(centered), axis=(1, 2), keepdims=True)
    # gamma joins the small [N, 1, 1, C] tensor: one full-size multiplication, not two.
    scale = ops.cast(gamma, x.dtype) * ops.rsqrt(variance + epsilon)
    return centered * scale + ops.cast(beta, x.dtype)


@keras.saving.register_keras_serializable(package="tfstyle")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by mirroring the image about its border.

    Zero padding tells the network where the border is, and it paints there (the paper,
    figure 3); a mirror does not. `abcd` becomes `dcb|abcd`; with `symmetric`, which repeats
    the border pixel too, `cba|abcd`. In TFLite it is `MIRROR_PAD`; `tfstyle.export` writes
    slices, for delegates (`docs/export.md`, Delegates).

    Args:
        padding: Integer, pixels added on each of the four sides. A `k` x `k` convolution
            keeps its size with `padding=(k - 1) // 2`. Defaults to 1, for 3 x 3.
        symmetric: Whether the mirror stands beside the border pixel, not on it. Defaults to
            False.

    Input shape:
        `[N, height, width, channels]`, height and width above `padding`.

    Output shape:
        `[N, height + 2 * padding, width + 2 * padding, channels]`.

    Raises:
        ValueError: if `padding` is negative, or height or width known and too small.

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
        sides = (self.padding, self.padding)
        mode = "symmetric" if self.symmetric else "reflect"
        return ops.pad(inputs, ((0, 0), sides, sides, (0, 0)), mode=mode)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        grow = 2 * self.padding
        return batch, height and height + grow, width and width + grow, channels

    def get_config(self):
        return {**super().get_config(), "padding": self.padding, "symmetric": self.symmetric}


@keras.saving.register_keras_serializable(package="tfstyle")
class NearestUpsampling2D(keras.layers.Layer):
    """Repeats each pixel `factor` times in height and width.

    Before a convolution it takes the place of a transposed convolution, whose uneven overlap
    draws a checkerboard. In TFLite it is `RESIZE_NEAREST_NEIGHBOR`, also with free height and
    width; `keras.layers.UpSampling2D` becomes RESHAPE and TILE of rank 5, which GPU delegates
    refuse. `tfstyle.export` writes a factor of 2 as `DEPTH_TO_SPACE`, for XNNPACK too
    (`docs/export.md`, Delegates).

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


@keras.saving.register_keras_serializable(package="tfstyle")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` that can upsample its input by 2, without making the large image.

    With `upsampling` it gives what `NearestUpsampling2D(2)` and `keras.layers.Conv2D` of the
    same weights give, in less than half the multiplications. A kernel of 3 x 3 meets only
    2 x 2 different pixels there, in one of four ways, as its corner stands on an even or odd row
    and column:

        y[2 i + p, 2 j + q] = sum_ab kernel_pq[a, b] x[i + a, j + b]
        kernel_pq[a, b] = sum of kernel[k, l] with (p + k) // 2 = a and (q + l) // 2 = b

    So one convolution computes four times the channels, and `DEPTH_TO_SPACE` makes them pixels.

    Named like its base because a file of weights names layers by their class: files of
    networks that upsample before a `keras.layers.Conv2D` stay readable.

    Args:
        *args: Those of `keras.layers.Conv2D`; likewise `**kwargs`.
        upsampling: Whether to upsample first. Defaults to False.

    Input shape:
        `[N, height, width, channels]`.

    Output shape:
        `[N, 2 * height - k + 1, 2 * width - k + 1, filters]` with upsampling, for a kernel of
        `k` x `k`.

    Raises:
        ValueError: on upsampling with an even kernel, padding, or strides, dilation or groups
            other than 1.

    Example:

        >>> import numpy as np
        >>> Conv2D(5, 3, upsampling=True)(np.zeros((1, 6, 8, 2))).shape == (1, 10, 14, 5)
        True

    Reference:
        Aitken et al., *Checkerboard artifact free sub-pixel convolution*, arXiv 1707.02937,
        where the same two are compared as initializations.
    """

    def __init__(self, *args, upsampling=False, **kwargs):
        super().__init__(*args, **kwargs)
        steps = {*self.strides, *self.dilation_rate, self.groups}
        plain = steps == {1} and self.padding == "valid"
        if upsampling and not (plain and all(size % 2 for size in self.kernel_size)):
            raise ValueError(
                "Upsampling needs an odd kernel, padding='valid', and strides, dilation and groups "
                f"of 1. Received: kernel_size={self.kernel_size}, padding={self.padding!r}, "
                f"strides={self.strides}, dilation_rate={self.dilation_rate}, groups={self.groups}"
            )
        self.upsampling = upsampling

    def convolution_op(self, inputs, kernel):
        if not self.upsampling:
            return super().convolution_op(inputs, kernel)
        return _depth_to_space(super().convolution_op(inputs, _of_phases(kernel)))

    def compute_output_shape(self, input_shape):
        if self.upsampling:
            batch, height, width, channels = input_shape
            input_shape = batch, height and 2 * height, width and 2 * width, channels
        return super().compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "upsampling": self.upsampling}


def _of_phases(kernel):
    """Gives the kernel of `Conv2D` upsampling: `[k, l, i, o]` to `[a, b, i, 4 * o]`."""
    height, width, *channels = kernel.shape
    pairs = (height // 2 + 1, 2, width // 2 + 1, 2, *channels)
    phases = [
        ops.sum(ops.reshape(ops.pad(kernel, (*sides, (0, 0), (0, 0))), pairs), axis=(1, 3))
        for sides in itertools.product([(0, 1), (1, 0)], repeat=2)
    ]
    return ops.concatenate(phases, axis=-1)


def _depth_to_space(x):
    """Makes a square of four pixels of each, whose channels are those of `[row, column, c]`."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # one operation there, and in TFLite

        return tf.nn.depth_to_space(x, 2)
    batch, height, width, channels = ops.shape(x)
    x = ops.reshape(x, (batch, height, width, 2, 2, channels // 4))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (batch, 2 * height, 2 * width, channels // 4))


@keras.saving.register_keras_serializable(package="tfstyle")
class ImageInput(keras.layers.Layer):
    """Passes images on unchanged, and refuses sizes that the generator cannot give back.

    Args:
        multiple: Integer, what height and width must be multiples of: the product of the
            strides (or the largest pooling ratio) behind this layer.
        minimum: Integer, the least height and width.

    Input shape:
        `[N, height, width, 3]`, RGB in [0, 1].

    Output shape:
        As the input.

    Raises:
        ValueError: if height or width is known and does not fit.
    """

    def __init__(self, multiple, minimum, **kwargs):
        super().__init__(**kwargs)
        self.multiple = multiple
        self.minimum = minimum

    def call(self, inputs):
        for side in inputs.shape[1:3]:
            if side is not None and (side % self.multiple or side < self.minimum):
                raise ValueError(
                    f"This generator takes heights and widths that are multiples of "
                    f"{self.multiple} and at least {self.minimum}. Received images of shape "
                    f"{tuple(inputs.shape)}. `Style.stylize` takes any size; or pad the "
                    f"images first."
                )
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "multiple": self.multiple, "minimum": self.minimum}


@ops.custom_gradient
def _clip_for_training(pixels):
    """Clips to [0, 1], with the gradient of pixels beyond it where a step would bring them back."""
    clipped = ops.clip(pixels, 0, 1)

    def gradient(*args, upstream=None):
        upstream = args[0] if upstream is None else upstream
        leads_out = (clipped - pixels) * upstream > 0  # a step goes against the gradient
        return ops.where(leads_out, 0.0, upstream)

    return clipped, gradient


@keras.saving.register_keras_serializable(package="tfstyle")
class ImageOutput(keras.layers.Layer):
    """Maps the last feature map, whose values are near [-2, 2], to RGB in [0, 1].

        y = x / 4 + 1 / 2, clipped to [0, 1]

    In training a pixel beyond the range keeps the gradient that leads it back, and no other: it
    goes as far as the range and can return. A squashing function lets it die there: scaled tanh
    leaves black patches, sigmoid dark smudges (`benchmarks/heads.py`). Not clipped in training, a
    generator learns pictures that nobody sees (`docs/training.md`, What is beyond the range).

    Input shape:
        `[N, height, width, 3]`.

    Output shape:
        As the input; float32 whatever the dtype policy of the layers before.
    """

    def __init__(self, **kwargs):
        # bfloat16 has 8 bits: in [0.5, 1] its steps are those of an 8-bit picture.
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, inputs, training=False):
        pixels = inputs / 4 + 0.5
        return _clip_for_training(pixels) if training else ops.clip(pixels, 0, 1)

    def compute_output_shape(self, input_shape):
        return input_shape
