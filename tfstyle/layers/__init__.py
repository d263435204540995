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

from tfstyle.layers.convolution import Conv2D
from tfstyle.layers.kernels import fast_kernels
from tfstyle.layers.normalization import ConditionalInstanceNormalization, InstanceNormalization
from tfstyle.layers.pixels import ImageInput, ImageOutput
from tfstyle.layers.resampling import Cropping2D, NearestUpsampling2D, ReflectionPadding2D

__all__ = [
    "ConditionalInstanceNormalization",
    "Conv2D",
    "Cropping2D",
    "ImageInput",
    "ImageOutput",
    "InstanceNormalization",
    "NearestUpsampling2D",
    "ReflectionPadding2D",
    "fast_kernels",
]
