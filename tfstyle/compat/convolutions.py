"""Convolutions whose configuration Keras 2 wrote with an argument that Keras 3 does not take."""

import keras

# Keras 2 wrote `groups` for these, always 1; Keras 3 refuses it.
_NAMES = (
    *("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    *("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
)


def convolutions():
    """Returns the names of these layers, each with what makes one of an old configuration."""
    return {name: _Without(getattr(keras.layers, name)) for name in _NAMES}


class _Without:
    """Makes a Keras layer of a configuration, less its `groups`.

    Args:
        layer: Class of `keras.layers`.
    """

    def __init__(self, layer):
        self._layer = layer
        self.__name__ = layer.__name__

    def from_config(self, config):
        config = {key: value for key, value in config.items() if key != "groups"}
        return self._layer.from_config(config)
