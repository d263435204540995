"""The generator as processors of phones want it: the same pictures, safe in float16.

GPU delegates compute in float16, which ends at 65504 and whose smallest normal number is 6e-5. A
sum of squares over 1080 x 1080 pixels is far beyond, an epsilon of 1e-5 below, where a GPU
may read 0. Instance normalization forgets the scale of what comes in, so both are mended
without changing a picture:

1. The kernel of each convolution before a normalization is divided, so that its output has a
   standard deviation near `DEVIATION`, and epsilon by the square of the same number.
2. Means are taken over the width, then over the height. No sum has more than one side's pixels.
3. Variance plus epsilon is held above `LEAST`, a thousandth of the variance to be expected, so
   that a flat channel is divided by something. There the difference to the mean is 0 anyway.

With these a row of 1080 pixels overflows only if all of it is 31 standard deviations off; 22 is the
most that we met in one pixel.
"""

import keras
import numpy as np
from keras import ops

from tfstyle.images import center_crop, read_image, to_pixels
from tfstyle.layers import InstanceNormalization

DEVIATION = 0.25
LEAST = 2.0**-14  # the smallest normal number of float16


class PortableInstanceNormalization(InstanceNormalization):
    """Instance normalization in the input's own dtype, by sums over one side at a time."""

    def call(self, inputs):
        centered = inputs - _mean(inputs)
        variance = _mean(ops.square(centered)) + self.epsilon
        return centered * (self.gamma * ops.rsqrt(ops.maximum(variance, LEAST))) + self.beta


def portable_generator(style):
    """Gives the generator of a style with the changes that this module describes.

    Args:
        style: `Style`. Its painting says how large the outputs of the convolutions are.

    Returns:
        `keras.Model` of the same inputs, float32.
    """
    model = style.model
    divisors = _divisors(model, to_pixels(center_crop(read_image(style.recipe.painting), 256)))

    def clone(layer):
        if not isinstance(layer, InstanceNormalization):
            return layer.__class__.from_config(layer.get_config())
        divisor = divisors.get(layer.name, 1.0)
        return PortableInstanceNormalization(layer.epsilon / divisor**2, name=layer.name)

    # Not the model itself: a copy would be compiled like it, with an optimizer of none.
    uncompiled = keras.Model(model.input, model.output)
    copy = keras.models.clone_model(uncompiled, clone_function=clone)
    copy.set_weights(model.get_weights())
    for convolution, normalization in _pairs(model):
        layer = copy.get_layer(convolution.name)
        layer.set_weights([layer.get_weights()[0] / divisors[normalization.name]])
    return copy


def _mean(x):
    return ops.mean(ops.mean(x, axis=2, keepdims=True), axis=1, keepdims=True)


def _pairs(model):
    """Gives each convolution whose output is normalized at once, with its normalization."""
    convolutions = {
        id(layer.output): layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)
    }
    normalizations = [layer for layer in model.layers if isinstance(layer, InstanceNormalization)]
    return [
        (convolutions[id(layer.input)], layer)
        for layer in normalizations
        if id(layer.input) in convolutions
    ]


def _divisors(model, pixels):
    pairs = _pairs(model)
    if not pairs:
        return {}
    probe = keras.Model(model.inputs, [layer.input for _, layer in pairs])
    rng = np.random.default_rng(0)
    noise = [
        rng.standard_normal((1, 256 // ratio, 256 // ratio, z.shape[-1]), dtype="float32")
        for ratio, z in zip((32, 16, 8, 4, 2, 1), model.inputs[1:], strict=False)
    ]
    outputs = keras.tree.flatten(
        probe.predict_on_batch([pixels[None], *noise] if noise else pixels[None])
    )
    return {
        layer.name: float(np.sqrt(np.mean(np.var(output, axis=(1, 2)))) / DEVIATION)
        for (_, layer), output in zip(pairs, outputs, strict=True)
    }
