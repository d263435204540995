"""Keras layers for fast style transfer.

All layers take and return `[N, height, width, channels]` with any height and width. They are
written with `keras.ops`, so they run on every Keras backend, and they convert to TFLite builtins.

Models with these layers are saved and loaded like any Keras model. A program that loads one with
`keras.models.load_model` must `import tfstyle.layers` first, so that Keras knows the layers.

Migrating from TensorFlow Addons
--------------------------------
`tfa.layers.InstanceNormalization` ended with TensorFlow 2.15. `InstanceNormalization` here takes
its arguments and computes the same; its default epsilon is 1e-5, that of Addons 1e-3. After
`import tfstyle.compat` Keras loads models that Addons wrote: `docs/guide/migrate.md`.
"""

from tfstyle.layers.conditional import ConditionalInstanceNormalization
from tfstyle.layers.convolution import Conv2D
from tfstyle.layers.kernels import fast_kernels
from tfstyle.layers.normalization import InstanceNormalization
from tfstyle.layers.pixels import ImageInput, ImageOutput, TanhOutput
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
    "TanhOutput",
    "fast_kernels",
]
