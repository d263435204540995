"""The instance normalization of keras-contrib, which adds epsilon to the deviation."""

import keras
from keras import ops

from tfstyle.layers import InstanceNormalization


@keras.saving.register_keras_serializable(package="tfstyle")
class ContribInstanceNormalization(InstanceNormalization):
    """`keras_contrib.layers.InstanceNormalization` with an axis.

        y = gamma * (x - mean) / (sqrt(variance) + epsilon) + beta

    Use it for files that keras-contrib wrote, and `InstanceNormalization` for anything new. Where
    the variance is far above epsilon the two are the same.

    Args:
        axis: Integer, the axis of the channels. keras-contrib's default, None, is refused: it has
            one mean, one gamma and one beta for all channels, which is another normalization.
        epsilon: Float above 0, added to the standard deviation. Defaults to 1e-3.
        **kwargs: See `InstanceNormalization`.

    Input shape:
        As `InstanceNormalization`.

    Output shape:
        As the input.

    Raises:
        ValueError: if `axis` is None, and as `InstanceNormalization`.
    """

    def __init__(self, axis=None, epsilon=1e-3, **kwargs):
        if axis is None:
            raise ValueError(
                "This file has keras-contrib's InstanceNormalization with axis=None. It has one "
                "mean, one gamma and one beta for all channels of an image, and not one for each "
                "channel as instance normalization has. For such a layer use "
                "keras.layers.LayerNormalization(axis=[1, 2, 3]) with constant weights, or train "
                "the model again with axis=-1."
            )
        super().__init__(epsilon=epsilon, axis=axis, **kwargs)

    def normalize(self, x, gamma, beta, axes):
        x = ops.cast(x, "float32")
        centered = x - ops.mean(x, axis=axes, keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(centered), axis=axes, keepdims=True))
        return centered * (gamma / (deviation + self.epsilon)) + beta
