"""The Keras layers that fast stylization needs and Keras does not have.

All take and give `[N, height, width, channels]`, leave height and width free, are
written with `keras.ops` for every Keras backend, and convert to TFLite builtins. A network of them,
`tfstyle.load("mosaic").model` too, is saved as any of Keras; `import tfstyle.layers` before
`keras.models.load_model` reads it, which must know them.

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
