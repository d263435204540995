"""float16 as GPU delegates compute it, emulated on a processor.

Every layer gives and takes float16. Sums over the image are added one by one in float16, where
`sequential_mean` takes the place of `portable.mean_of_means`: see `summed_one_by_one`. A
convolution's own sums are of float32, as in delegates from LiteRT 2.2 on.
"""

import unittest.mock

import keras
import tensorflow as tf
from keras import ops

from tfstyle.export import portable
from tfstyle.layers import Conv2D, ImageOutput, InstanceNormalization


def to_half(generator):
    """Gives a generator that computes in float16."""

    def clone(layer):
        kind = _HALF.get(type(layer), type(layer))
        config = layer.get_config()
        return kind.from_config({**config, "dtype": "float16"} if "dtype" in config else config)

    bare = keras.Model(generator.inputs, generator.outputs)
    half = keras.models.clone_model(bare, clone_function=clone)
    half.set_weights(generator.get_weights())
    return half


def summed_one_by_one():
    """Gives a context in which portable generators take the means of `sequential_mean`."""
    return unittest.mock.patch.object(portable, "mean_of_means", sequential_mean)


def sequential_mean(x):
    """The mean over width, then height, by sums of float16 from the first to the last."""
    for axis in (2, 1):
        sums = tf.cumsum(x, axis)
        last = sums[:, :, -1:] if axis == 2 else sums[:, -1:]
        x = last / tf.cast(tf.shape(x)[axis], x.dtype)
    return x


class HalfConvolution(keras.layers.Conv2D):
    """A convolution of float16 tensors, summed in float32."""

    def convolution_op(self, inputs, kernel):
        inputs, kernel = (ops.cast(x, "float32") for x in (inputs, kernel))
        return ops.cast(super().convolution_op(inputs, kernel), "float16")


class HalfUpsampling(HalfConvolution, Conv2D):
    """Likewise."""


class HalfBiasedUpsampling(portable.UpsamplingConvolution, HalfConvolution):
    """Likewise."""


class HalfPlain(InstanceNormalization):
    """What `InstanceNormalization` is in a TFLite file: nothing says float32 there."""

    def call(self, inputs):
        centered = inputs - sequential_mean(inputs)
        inverse = ops.rsqrt(
            sequential_mean(ops.square(centered)) + ops.cast(self.epsilon, inputs.dtype)
        )
        gamma, beta = (ops.cast(x, inputs.dtype) for x in (self.gamma, self.beta))
        return centered * gamma * inverse + beta


_HALF = {
    keras.layers.Conv2D: HalfConvolution,
    Conv2D: HalfUpsampling,
    portable.UpsamplingConvolution: HalfBiasedUpsampling,
    InstanceNormalization: HalfPlain,
    ImageOutput: ImageOutput,
}
