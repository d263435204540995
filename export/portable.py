"""A generator rewritten for phones: the same pictures, in arithmetic and operations that they have.

GPU delegates compute in float16, whose largest number is 65504. In the styles of the zoo a single
value before a normalization reaches 238 and its square 56,000: the variance, a sum of such squares
over the image, is infinite, and the picture black. `FloatSafeNormalization` cannot overflow,
whatever the photograph. `CenteredInput` and `HalvingPooling` keep the contrast of a pale sky, which
the 11 bits of float16 would drown in its brightness.

XNNPACK, the delegate for processors, has neither MIRROR_PAD nor RESIZE_NEAREST_NEIGHBOR, so that
the generator falls into 16 pieces with a copy between each two, and GPU delegates have no symmetric
MIRROR_PAD. `SlicedReflection` and `DepthToSpaceUpsampling` say the same with STRIDED_SLICE,
CONCATENATION and DEPTH_TO_SPACE: one piece.

Where an image is nearly flat, a normalization divides by nearly nothing, and rounding becomes
visible. `EvenContrast` brings all images to one contrast first. Each convolution before a
normalization gets a bias that takes away what a flat image gives; it costs nothing, and the
normalization cancels it. So flat images are nearer to the formulas than Keras in float32 is.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tfstyle.generators import sample_noise
from tfstyle.layers import (
    Conv2D,
    ImageInput,
    InstanceNormalization,
    NearestUpsampling2D,
    ReflectionPadding2D,
)
from tfstyle.layers.convolution import depth_to_space, kernel_of_phases

# Standard deviation of each channel before a normalization, after scaling. Photographs have
# peaks of up to 40 deviations of an ordinary image; the limit of 6 on a square is that of 78.
_DEVIATION = 1 / 32
# The variance, near 1/1024, is brought near 4, so that an epsilon beside it is a normal float16.
_GAIN = 4096
_SMALLEST = 2.0**-14  # the smallest normal float16; GPUs may take what is below for 0


def make_portable(generator):
    """Returns a generator that paints the same pictures and runs in float16 on every delegate.

    The channels before each normalization are scaled by powers of two to a standard deviation
    near 1/32 on a fixed image of noise. The normalization cancels the factors, and powers of two
    cause no rounding in float32. If the generator takes no noise, the contrast of the image is
    evened too: see `EvenContrast`.

    Args:
        generator: `keras.Model` of `generators`.

    Returns:
        `keras.Model`, with weights of its own.
    """
    scales = _scales(generator)
    centered = scales and not _has(generator, keras.layers.ZeroPadding2D)
    evened = centered and len(generator.inputs) == 1  # noise has contrast enough
    scaled_later = _has(generator, keras.layers.Rescaling)
    producers = _producers(generator)
    biased = {producers[name].name for name in scales} if evened else set()
    contrasts = {}  # what `EvenContrast` multiplied by, of tensors by their id

    def clone(layer):
        config = layer.get_config()
        if layer.name in scales:
            epsilon = layer.epsilon * np.square(scales[layer.name])
            return FloatSafeNormalization(epsilon.tolist(), name=layer.name)
        if isinstance(layer, ImageInput) and centered:
            return CenteredInput.from_config(config)
        if isinstance(layer, keras.layers.Rescaling) and evened:
            return EvenContrast(layer.scale, name=layer.name)
        if layer.name in biased and isinstance(layer, keras.layers.Conv2D):
            config["use_bias"] = True
            if getattr(layer, "upsampling", False):
                return UpsamplingConvolution.from_config(config)
        if isinstance(layer, keras.layers.AveragePooling2D):
            return HalvingPooling(layer.pool_size[0], name=layer.name)
        if isinstance(layer, ReflectionPadding2D):
            return SlicedReflection.from_config(config)
        if isinstance(layer, NearestUpsampling2D) and layer.factor == 2:
            return DepthToSpaceUpsampling.from_config(config)
        return type(layer).from_config(config)

    def call(layer, *inputs, **options):
        if isinstance(layer, FloatSafeNormalization):
            contrast = contrasts.get(id(inputs[0]))
            return layer(*inputs) if contrast is None else layer([*inputs, contrast])
        outputs = layer(*inputs, **options)
        if isinstance(layer, CenteredInput) and evened and not scaled_later:
            outputs = EvenContrast(1.0, name="even_contrast")(outputs)
        if isinstance(outputs, list):
            outputs, contrast = outputs
            contrasts[id(outputs)] = contrast
        elif id(inputs[0]) in contrasts:
            contrasts[id(outputs)] = contrasts[id(inputs[0])]
        return outputs

    # A bare model: cloning would also compile, which fails without an optimizer.
    bare = keras.Model(generator.inputs, generator.outputs, name=generator.name)
    portable = keras.models.clone_model(bare, clone_function=clone, call_function=call)
    for layer in generator.layers:
        target = portable.get_layer(layer.name)
        weights = layer.get_weights()
        # The bias that the generator lacks.
        zeros = [np.zeros(weight.shape) for weight in target.weights[len(weights) :]]
        target.set_weights([*weights, *zeros])
    for name, scale in scales.items():
        source = portable.get_layer(producers[name].name)
        source.set_weights([weight * scale for weight in source.get_weights()])
    _set_biases(portable, biased)
    return portable


class FloatSafeNormalization(keras.layers.Layer):
    """`InstanceNormalization` of a scaled input, without overflow in float16.

        mean[n, c] = mean over i of (mean over j of x[n, i, j, c])
        square     = min((x - mean) ** 2, 6)
        variance   = max(4096 * (mean of square + epsilon * factor ** 2), 2 ** -14)
        y = gamma * 64 * (x - mean) / sqrt(variance) + beta

    A mean is taken over width, then over height. For an image of up to 1080 x 1080 pixels, no sum
    of squares is above 6 * 1080 = 6480, and 4096 * 6 = 24,576 is below 65,504, the largest
    float16. The limit of 6 is a RELU6, which TFLite's MUL applies at no cost.

    Args:
        epsilon: List of floats, one for each channel: the epsilon of `InstanceNormalization` times
            the square of the scale of the input.

    Input shape:
        `[N, height, width, channels]`, or a list of it and the factor of `EvenContrast`.

    Output shape:
        As the first input.
    """

    def __init__(self, epsilon, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        input_shape = self.compute_output_shape(input_shape)
        self.gamma = self.add_weight(shape=(input_shape[-1],), name="gamma")
        self.beta = self.add_weight(shape=(input_shape[-1],), name="beta")

    def call(self, inputs):
        inputs, *contrast = inputs if isinstance(inputs, list) else [inputs]
        epsilon = ops.cast(_GAIN * np.array(self.epsilon), inputs.dtype)
        for each in contrast:
            epsilon = epsilon * each * each
        centered = inputs - mean_of_means(inputs)
        variance = mean_of_means(ops.relu6(centered * centered))
        inverse = ops.rsqrt(ops.maximum(variance * _GAIN + epsilon, _SMALLEST))
        return centered * (self.gamma * _GAIN**0.5 * inverse) + self.beta

    def compute_output_shape(self, input_shape):
        return input_shape[0] if isinstance(input_shape, list) else input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


class CenteredInput(ImageInput):
    """`ImageInput` minus the mean colour of each image.

    A normalization after a convolution cancels a constant that is added to a whole channel, if the
    border is padded by reflection. A generator that pads with zeros keeps `ImageInput`.
    """

    def call(self, inputs):
        images = super().call(inputs)
        return images - mean_of_means(images)


class EvenContrast(keras.layers.Layer):
    """Multiplies each image so that its largest absolute value is `gain / 2`.

        factor = 1 / (2 * max(largest absolute value, 2 ** -12))

    A normalization after a convolution cancels the factor, if its epsilon is multiplied by the
    factor's square.

    Args:
        gain: Float, multiplies the image further.

    Input shape:
        `[N, height, width, channels]`, images minus their mean colour.

    Output shape:
        List of the input's shape and `[N, 1, 1, 1]`, the factor.
    """

    def __init__(self, gain, **kwargs):
        super().__init__(**kwargs)
        self.gain = gain

    def call(self, inputs):
        largest = ops.max(ops.abs(inputs), axis=(1, 2, 3), keepdims=True)
        factor = 0.5 / ops.maximum(largest, 2.0**-12)
        return [inputs * (self.gain * factor), factor]

    def compute_output_shape(self, input_shape):
        return [input_shape, (input_shape[0], 1, 1, 1)]

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}


class HalvingPooling(keras.layers.Layer):
    """Average pooling by a power of two, in steps of 2, so that no sum has more than four values.

    Steps that several of these layers share become one operation in the TFLite file.

    Args:
        ratio: Integer, a power of two: the size of the pooled squares in pixels.

    Input shape:
        `[N, height, width, channels]`.

    Output shape:
        `[N, height // ratio, width // ratio, channels]`.
    """

    def __init__(self, ratio, **kwargs):
        super().__init__(**kwargs)
        self.ratio = ratio

    def call(self, inputs):
        for _ in range(self.ratio.bit_length() - 1):
            inputs = ops.average_pool(inputs, 2)
        return inputs

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        sides = (side and side // self.ratio for side in (height, width))
        return batch, *sides, channels

    def get_config(self):
        return {**super().get_config(), "ratio": self.ratio}


class SlicedReflection(ReflectionPadding2D):
    """`ReflectionPadding2D` that concatenates one slice for each mirrored row and column."""

    def call(self, inputs):
        rows = self._pad(inputs, lambda x, at: x[:, at], axis=1)
        return self._pad(rows, lambda x, at: x[:, :, at], axis=2)

    def _pad(self, x, cut, axis):
        first = 0 if self.symmetric else 1
        numbers = range(first, first + self.padding)
        before = [cut(x, slice(n, n + 1)) for n in reversed(numbers)]
        after = [cut(x, slice(-1 - n, -n or None)) for n in numbers]
        # XNNPACK concatenates up to five tensors.
        parts = [_concatenate(before, axis), x, _concatenate(after, axis)]
        return ops.concatenate(parts, axis=axis)


class UpsamplingConvolution(Conv2D):
    """`Conv2D` with upsampling that adds its bias before DEPTH_TO_SPACE, which costs nothing."""

    def call(self, inputs):
        kernel = kernel_of_phases(self.kernel, self.upsampling)
        y = super(Conv2D, self).convolution_op(inputs, kernel) + ops.tile(self.bias, 4)
        return depth_to_space(y)


class DepthToSpaceUpsampling(NearestUpsampling2D):
    """`NearestUpsampling2D` by 2: four copies of each channel become a square of four pixels."""

    def call(self, inputs):
        return tf.nn.depth_to_space(ops.concatenate([inputs] * 4, axis=-1), 2)


def mean_of_means(x):
    """Returns the mean over width, then height: `[N, 1, 1, channels]`."""
    return ops.mean(ops.mean(x, axis=2, keepdims=True), axis=1, keepdims=True)


def _concatenate(tensors, axis):
    return tensors[0] if len(tensors) == 1 else ops.concatenate(tensors, axis=axis)


def _set_biases(portable, names):
    """Sets the biases of the named convolutions so that they return 0 where the image is flat."""
    layers = [
        layer
        for layer in portable.layers
        if layer.name in names and isinstance(layer, keras.layers.Conv2D)
    ]
    if not layers:
        return
    flat = np.full((1, 64, 64, 3), 0.5, "float32")
    values = keras.Model(portable.inputs, [layer.output for layer in layers]).predict_on_batch(flat)
    values = values if isinstance(values, list) else [values]  # of one output there is no list
    for layer, value in zip(layers, values, strict=True):
        kernel, _ = layer.get_weights()
        middle = np.asarray(value)[0, value.shape[1] // 2, value.shape[2] // 2]
        layer.set_weights([kernel, -middle])


def _has(generator, kind):
    return any(isinstance(layer, kind) for layer in generator.layers)


def _scales(generator):
    """Returns the power of two for each channel, by the name of the normalization after it."""
    layers = [layer for layer in generator.layers if isinstance(layer, InstanceNormalization)]
    if not layers:
        return {}
    images = _noise_image()[None]
    noise = sample_noise(generator, *images.shape[:3], seed=0)
    model = keras.Model(generator.inputs, [layer.input for layer in layers])
    values = model([images, *noise])
    values = values if isinstance(values, list) else [values]
    deviations = [np.std(np.asarray(x, "float64"), axis=(0, 1, 2)) for x in values]
    return {
        layer.name: 2.0 ** np.round(np.log2(_DEVIATION / np.maximum(deviation, 2.0**-10)))
        for layer, deviation in zip(layers, deviations, strict=True)
    }


def _noise_image(side=256):
    """Returns noise with detail at all sizes, as a photograph has: `[side, side, 3]`."""
    rng = np.random.default_rng(0)
    image = np.zeros((side, side, 3))
    for pixels in (64, 32, 16, 8, 4, 2, 1):
        count = side // pixels
        coarse = rng.standard_normal((count, count, 3)) + rng.standard_normal((count, count, 1))
        image += coarse.repeat(pixels, 0).repeat(pixels, 1) * pixels**0.5
    return np.clip(0.5 + 0.25 * image / image.std(), 0, 1).astype("float32")


def _producers(generator):
    """Returns the layer that sets the scale of each normalization's input, by the latter's name.

    It is the convolution before it. In `pyramid` it can be another normalization: a positive scale
    passes through the ReLU between them.
    """
    layers = {id(layer.output): layer for layer in generator.layers}
    producers = {}
    for layer in generator.layers:
        if isinstance(layer, InstanceNormalization):
            source = layers[id(layer.input)]
            while not source.weights:
                source = layers[id(source.input)]
            producers[layer.name] = source
    return producers
