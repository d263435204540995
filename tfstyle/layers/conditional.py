"""Instance normalization with a gamma and a beta for each style."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.normalization import known_channels, normalize_images


@keras.saving.register_keras_serializable(package="tfstyle")
class ConditionalInstanceNormalization(keras.layers.Layer):
    """Instance normalization with one scale and offset for each style, or a blend of them.

    Use it to train one generator on many styles. The styles share all convolutions. Each style has
    one row of `gammas` and `betas` in each of these layers.

        gamma[n, c] = sum_s weights[n, s] * gammas[s, c]
        beta[n, c]  = sum_s weights[n, s] * betas[s, c]
        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    Mean and variance are those of `InstanceNormalization`. With a single style of weight 1, both
    layers compute the same.

    Args:
        styles: Integer of at least 1.
        epsilon: Float above 0, added to the variance. Defaults to 1e-5.

    Call arguments:
        inputs: `[N, height, width, channels]`; only `channels` must be known when built.
        weights: `[N, styles]`: one-hot for one style, or positive with a sum of 1 for a blend.

    Output shape:
        The same as `inputs`.

    Raises:
        ValueError: if `styles` is below 1, `epsilon` is not above 0, `inputs` is not 4-D or its
            number of channels is unknown, or `weights` is not of shape `[N, styles]`.

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

    def __init__(self, styles: int, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if styles < 1:
            raise ValueError(f"styles must be at least 1. Received: styles={styles}")
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0. Received: epsilon={epsilon}")
        self.styles = styles
        self.epsilon = epsilon
        self.input_spec = keras.layers.InputSpec(ndim=4)  # Keras checks `inputs` alone

    def build(self, inputs_shape: Any, weights_shape: Any) -> None:
        self._check_weights(weights_shape)
        channels = known_channels(inputs_shape)
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: channels})
        options = {"shape": (self.styles, channels), "autocast": False}
        self.gammas = self.add_weight(initializer="ones", name="gammas", **options)
        self.betas = self.add_weight(initializer="zeros", name="betas", **options)

    def call(self, inputs: Any, weights: Any) -> Any:
        self._check_weights(weights.shape)
        weights = ops.cast(weights, self.gammas.dtype)
        gamma, beta = (
            ops.matmul(weights, rows)[:, None, None] for rows in (self.gammas, self.betas)
        )
        return ops.cast(normalize_images(inputs, gamma, beta, self.epsilon), self.compute_dtype)

    def compute_output_shape(self, inputs_shape: Any, weights_shape: Any) -> Any:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "styles": self.styles, "epsilon": self.epsilon}

    def _check_weights(self, weights_shape):
        if len(weights_shape) != 2 or weights_shape[1] != self.styles:
            raise ValueError(
                f"weights must be of shape [N, {self.styles}]: for each image a row, one-hot or "
                f"summing to 1, of one weight a style. Received: {tuple(weights_shape)}"
            )
