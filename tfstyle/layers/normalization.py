"""Instance normalization."""

from typing import Any

import keras
from keras import constraints, initializers, ops, regularizers

from tfstyle.layers.kernels import use_fast_kernels

# Of an image whose variance TensorFlow's kernel gives to 6e-5; of 6 million pixels to 8e-3.
_KERNEL_PIXELS = 2**18


@keras.saving.register_keras_serializable(package="tfstyle")
class InstanceNormalization(keras.layers.Layer):
    """Normalizes each channel of each image to mean 0 and variance 1, then scales and shifts it.

    Use it instead of batch normalization where the contrast of an image must not influence the
    result, as in style transfer. It computes the same in training and inference. An image's
    result does not depend on the other images of the batch.

        mean[n, c]     = 1 / (height * width) * sum_ij x[n, i, j, c]
        variance[n, c] = 1 / (height * width) * sum_ij (x[n, i, j, c] - mean[n, c]) ** 2
        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    The variance is the biased one. Mean and variance are computed in float32 or float64, whatever
    the dtype policy, because their sums over `height * width` overflow in float16. A convolution
    before this layer needs no bias: subtracting the mean cancels it.

    The arguments after `epsilon` are those of `tfa.layers.InstanceNormalization`: models that
    TensorFlow Addons wrote have them. `tfstyle.compat` loads these models.

    Args:
        epsilon: Float above 0, added to the variance. Defaults to 1e-5, as in the paper's
            code, which is negligible for feature maps with variances near 1. A constant channel
            (variance 0) becomes `beta`. The default of TensorFlow Addons is 1e-3.
        axis: Integer, the axis of the channels; not 0, the axis of the batch. Defaults to -1.
        center: Whether to add a trained `beta`. Defaults to True; otherwise `beta` is 0.
        scale: Whether to multiply by a trained `gamma`. Defaults to True; otherwise it is 1.
        gamma_initializer, beta_initializer: See `keras.initializers`. Default to ones and zeros.
        gamma_regularizer, beta_regularizer: See `keras.regularizers`. Default to none.
        gamma_constraint, beta_constraint: See `keras.constraints`. Default to none.

    Input shape:
        `[N, height, width, channels]`, or with one or three axes instead of height and width.
        Only `channels` must be known when the layer is built.

    Output shape:
        The same as the input.

    Raises:
        ValueError: if `epsilon` is not above 0, if `axis` is the batch, if the input is not 3-D to
            5-D, or its number of channels unknown or other than when built.

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

    def __init__(
        self,
        epsilon: float = 1e-5,
        axis: int = -1,
        center: bool = True,
        scale: bool = True,
        gamma_initializer: Any = "ones",
        beta_initializer: Any = "zeros",
        gamma_regularizer: Any = None,
        beta_regularizer: Any = None,
        gamma_constraint: Any = None,
        beta_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0. Received: epsilon={epsilon}")
        if axis == 0:
            raise ValueError("axis must be that of the channels; 0 is the batch. Received: axis=0")
        self.epsilon = epsilon
        self.axis = axis
        self.center = center
        self.scale = scale
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.beta_constraint = constraints.get(beta_constraint)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=3, max_ndim=5)

    def build(self, input_shape: Any) -> None:
        channels = known_channels(input_shape, self.axis)
        self.input_spec = keras.layers.InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self.gamma = self._add_weight("gamma", channels) if self.scale else None
        self.beta = self._add_weight("beta", channels) if self.center else None

    def _add_weight(self, name, channels):
        return self.add_weight(
            shape=(channels,),
            name=name,
            initializer=getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
            # Not cast to the policy's dtype: they act on float32 values, and so do their gradients.
            autocast=False,
        )

    def scale_and_shift(self) -> tuple[Any, Any]:
        """Returns gamma and beta `[channels]`; ones and zeros in place of those it lacks."""
        channels = self.input_spec.axes[self.axis]
        gamma = ops.ones((channels,)) if self.gamma is None else self.gamma
        beta = ops.zeros((channels,)) if self.beta is None else self.beta
        return gamma, beta

    def call(self, inputs: Any) -> Any:
        gamma, beta = self.scale_and_shift()
        rank = len(inputs.shape)
        axis = self.axis % rank
        if axis != rank - 1:
            shape = [-1 if each == axis else 1 for each in range(rank)]
            gamma, beta = ops.reshape(gamma, shape), ops.reshape(beta, shape)
        axes = tuple(each for each in range(1, rank) if each != axis)
        return ops.cast(self.normalize(inputs, gamma, beta, axes), self.compute_dtype)

    def normalize(self, x: Any, gamma: Any, beta: Any, axes: tuple[int, ...]) -> Any:
        """Applies the formula over `axes`, with gamma and beta of a shape that fits `x`."""
        return normalize_images(x, gamma, beta, self.epsilon, axes)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "axis": self.axis,
            "center": self.center,
            "scale": self.scale,
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
            "beta_constraint": constraints.serialize(self.beta_constraint),
        }

    @classmethod
    def from_config(cls, config):
        # Addons writes the number of channels as `groups`, and ignores it when it reads it.
        return super().from_config({k: v for k, v in config.items() if k != "groups"})


def known_channels(shape, axis=-1):
    """Returns the number of channels of a shape.

    Raises:
        ValueError: if it is None.
    """
    if shape[axis] is None:
        place = "the last axis" if axis == -1 else f"axis {axis}"
        raise ValueError(
            f"The number of channels must be known: give {place} of the input a size. "
            f"Received: {tuple(shape)}"
        )
    return shape[axis]


def normalize_images(x, gamma, beta, epsilon, axes=(1, 2)):
    """Normalizes each channel of each image, with statistics in float32 or float64.

    Args:
        x: `[N, height, width, channels]`, or another order or rank.
        gamma: Scale, `[channels]` or any shape that broadcasts to `x`, as `[N, 1, 1, channels]`.
        beta: Offset, of the same shape as `gamma`.
        epsilon: Float, added to the variance.
        axes: The axes of height and width, over which the statistics are computed.
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    has_kernel = dtype in ("float32", "bfloat16") and x.shape[0] is not None
    is_image = len(x.shape) == 4 and axes == (1, 2)
    if is_image and has_kernel and use_fast_kernels():
        return _normalize_fused(x, gamma, beta, epsilon)
    x = ops.cast(x, "float64" if dtype == "float64" else "float32")
    centered = x - ops.mean(x, axis=axes, keepdims=True)
    variance = ops.mean(ops.square(centered), axis=axes, keepdims=True)
    # gamma joins the small [N, 1, 1, C] tensor: one full-size multiplication, not two.
    scale = ops.cast(gamma, x.dtype) * ops.rsqrt(variance + epsilon)
    return centered * scale + ops.cast(beta, x.dtype)


def _normalize_fused(x, gamma, beta, epsilon):
    """Normalizes with TensorFlow's kernel for batch normalization in training.

    For a batch of one image the two are the same. The kernel reads the image twice and writes it
    once, in bfloat16 too; the formula above passes over memory eight times. Its gradient is one
    kernel as well.

    The kernel adds up in one float32, which loses digits as an image grows: large ones are summed
    up by rows.
    """
    import tensorflow as tf

    def normalize(image, gamma, beta):
        height, width = ops.shape(image)[1:3]
        is_large = height * width > _KERNEL_PIXELS
        ways = (
            lambda: _normalize_by_rows(image, gamma, beta, epsilon),
            lambda: fused(image, gamma, beta),
        )
        if image.dtype != "float32" or isinstance(is_large, bool):  # bfloat16 has fewer digits
            return ways[image.dtype != "float32" or not is_large]()
        return tf.cond(is_large, *ways)

    def fused(image, gamma, beta):
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


def _normalize_by_rows(x, gamma, beta, epsilon):
    """Normalizes one image by the formula, whose sums are of rows first: exact to 4e-7.

    TensorFlow adds up a mean over height and width at once as naively as the kernel does.
    """
    import tensorflow as tf

    def mean_of(values):
        rows = tf.reduce_mean(values, axis=2, keepdims=True)
        return tf.reduce_mean(rows, axis=1, keepdims=True)

    mean = mean_of(x)
    scale = gamma * tf.math.rsqrt(mean_of(tf.math.squared_difference(x, mean)) + epsilon)
    return (x - mean) * scale + beta
