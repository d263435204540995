"""Instance normalization, and the one whose gamma and beta a style decides."""

import keras
from keras import ops

from tfstyle.layers.kernels import use_fast_kernels


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
    """Normalizes each channel of each image, with statistics in float32 at least.

    Args:
        x: `[N, height, width, channels]`.
        gamma: `[channels]`, or `[N, 1, 1, channels]`.
        beta: Likewise.
        epsilon: Float.
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    has_kernel = dtype in ("float32", "bfloat16") and x.shape[0] is not None
    if has_kernel and use_fast_kernels():
        return _normalize_fused(x, gamma, beta, epsilon)
    x = ops.cast(x, "float64" if dtype == "float64" else "float32")
    centered = x - ops.mean(x, axis=(1, 2), keepdims=True)
    variance = ops.mean(ops.square(centered), axis=(1, 2), keepdims=True)
    # gamma joins the small [N, 1, 1, C] tensor: one full-size multiplication, not two.
    scale = ops.cast(gamma, x.dtype) * ops.rsqrt(variance + epsilon)
    return centered * scale + ops.cast(beta, x.dtype)


def _normalize_fused(x, gamma, beta, epsilon):
    """Normalizes with TensorFlow's kernel for batch normalization in training.

    For a batch of one image the two are the same. The kernel reads the image twice and writes it
    once, in bfloat16 too; the formula above passes over memory eight times. Its gradient is one
    kernel as well.
    """
    import tensorflow as tf

    def normalize(image, gamma, beta):
        options = {"mean": [], "variance": [], "epsilon": epsilon, "is_training": True}
        scale, offset = tf.reshape(gamma, [-1]), tf.reshape(beta, [-1])
        return tf.raw_ops.FusedBatchNormV3(x=image, scale=scale, offset=offset, **options).y

    images = tf.split(x, x.shape[0]) if x.shape[0] != 1 else [x]
    each = [
        parameter if parameter.shape.rank == 1 else parameter[number]
        for number in range(len(images))
        for parameter in (gamma, beta)
    ]
    normalized = list(map(normalize, images, each[::2], each[1::2]))
    return tf.concat(normalized, 0) if len(normalized) > 1 else normalized[0]
