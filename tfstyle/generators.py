"""The two generators of the paper, and a small one, as functions that return a `keras.Model`.

The models map RGB images `[N, height, width, 3]` in [0, 1] to pictures of the same shape and
range in float32. Height and width are free multiples of 4 (`johnson`, `mobile`) or 32 (`pyramid`).
"""

from collections.abc import Callable
from functools import partial

import keras
from keras import layers

from tfstyle.facts import FACTS
from tfstyle.layers import (
    ConditionalInstanceNormalization,
    Conv2D,
    Cropping2D,
    ImageInput,
    ImageOutput,
    InstanceNormalization,
    NearestUpsampling2D,
    ReflectionPadding2D,
    TanhOutput,
)
from tfstyle.noise import draw_noise

_NORMALIZATIONS = {
    "instance": InstanceNormalization,
    # Torch's values: the paper's code compares with these. Torch's momentum 0.1 is Keras' 0.9.
    "batch": lambda: layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
}
_PADDINGS = {
    "reflect": ReflectionPadding2D,
    "zero": layers.ZeroPadding2D,
    # TensorFlow's "SAME": a stride of 2 begins at the first pixel, not at the zero before it.
    "same": layers.ZeroPadding2D,
}
_UPSAMPLINGS = {"nearest": True, "transposed": "zeros"}
_HEADS = {
    "linear": ImageOutput,
    "tanh": TanhOutput,
    "tanh_above_black": partial(TanhOutput, 0.0),
    "normalized_tanh": TanhOutput,
}
# Of an image that is upsampled after it: see `_Convolutions.upsampled`.
_SMALL_PADDINGS = {**_PADDINGS, "reflect": partial(ReflectionPadding2D, symmetric=True)}
_RATIOS = FACTS["pyramid"].noise_ratios
# A convolution 3 x 3 of a pale photograph has a variance that is not far above epsilon, which would
# count: the picture would depend on contrast. The normalization behind it cancels this factor.
_PYRAMID_GAIN = 16.0


def johnson(
    width: int = 32,
    normalization: str = "instance",
    padding: str = "reflect",
    styles: int = 0,
    upsampling: str = "nearest",
    head: str = "linear",
    epsilon: float = 1e-5,
) -> keras.Model:
    """Builds the residual generator of Johnson et al., which paints the better pictures.

    Layers: a 9 x 9 convolution, two 3 x 3 convolutions of stride 2, five residual blocks without
    activation after the sum, two upsamplings by 2 with a 3 x 3 convolution each, and a 9 x 9
    convolution to RGB. Every convolution but the last is followed by a normalization, and by ReLU
    unless a sum follows.

    Differences from the paper's code: nearest-neighbour upsampling and a convolution instead of a
    transposed convolution, which avoids checkerboard patterns; reflection instead of replication;
    a last kernel of 9 x 9, as in Johnson et al.; and no bias before a normalization.

    Args:
        width: Integer, channels at full size; `2 * width` and `4 * width` at 1/2 and 1/4 of it.
            Defaults to 32, as in the paper. Fewer channels are faster.
        normalization: `"instance"`, or `"batch"` for comparison.
        padding: `"reflect"`, or `"zero"` for comparison, which paints a frame along the border.
            `"same"` also pads with zeros, where TensorFlow's "SAME" puts them.
        styles: Integer. Above 0, the generator can paint this many styles: its normalizations are
            `ConditionalInstanceNormalization`, and its inputs are a list of the image and
            `style_weights` `[N, styles]`. Defaults to 0.
        upsampling: `"nearest"`, or `"transposed"` for weights of other projects.
        head: `"linear"`: `ImageOutput`. For weights of other projects, one of `"tanh"`:
            `TanhOutput`; `"tanh_above_black"`: the same with `middle=0`; `"normalized_tanh"`: a
            normalization, then `TanhOutput`.
        epsilon: Float above 0, of the instance normalizations. Defaults to 1e-5.

    Returns:
        `keras.Model` that maps float32 `[N, height, width, 3]` in [0, 1] to the same shape and
        range. Height and width must be multiples of 4 and at least 8.

    Raises:
        ValueError: if an option is unknown, if `styles` is combined with batch
            normalization, or if Keras' image data format is not `"channels_last"`.

    Example:

        >>> import numpy as np
        >>> johnson(width=4)(np.zeros((1, 16, 24, 3))).shape == (1, 16, 24, 3)
        True

    Reference:
        Johnson, Alahi, Fei-Fei, *Perceptual Losses for Real-Time Style Transfer and
        Super-Resolution*, arXiv 1603.08155; `models/johnson.lua` of the paper's code.
    """
    style_weights = keras.Input((styles,), name="style_weights") if styles else None
    convolve = _Convolutions(normalization, padding, style_weights, epsilon)
    image = keras.Input((None, None, 3), name="image")
    x = _image_input("johnson")(image)
    x = convolve(x, width, kernel=9)
    x = convolve(x, 2 * width, strides=2)
    x = convolve(x, 4 * width, strides=2)
    for _ in range(5):
        branch = convolve(x, 4 * width)
        x = x + convolve(branch, 4 * width, activation=None)
    x = convolve.upsampled(x, 2 * width, upsampling)
    x = convolve.upsampled(x, width, upsampling)
    x = convolve.to_image(x, 9, head)
    return keras.Model([image, style_weights] if styles else image, x, name="johnson")


def pyramid(
    width: int = 8,
    normalization: str = "instance",
    padding: str = "reflect",
    noise_channels: int = 0,
) -> keras.Model:
    """Builds the multi-scale generator of Ulyanov et al., which has 14 times fewer weights.

    The image is average-pooled by 32, 16, 8, 4, 2 and 1. A block of three convolutions (3 x 3,
    3 x 3, 1 x 1) processes each scale. Starting at the coarsest scale, the result so far is
    normalized, upsampled, concatenated with the normalized next scale, and passed through another
    block.

    The result is normalized before it is upsampled, not after it as in the paper's code. Both give
    the same, because repeating each pixel changes neither mean nor variance, but there are only a
    quarter of the pixels before.

    Args:
        width: Integer, channels that each scale adds. Defaults to 8, as in the paper's code.
        normalization: `"instance"`, or `"batch"` for comparison.
        padding: `"reflect"`, or `"zero"` for comparison.
        noise_channels: Integer, channels of noise z that are concatenated with the image at every
            scale. Defaults to 0, as in the paper's final code. Above 0, the model's inputs are a
            list of the image and one z for each scale: see `sample_noise`.

    Returns:
        `keras.Model` that maps float32 `[N, height, width, 3]` in [0, 1] to the same shape and
        range. Height and width must be multiples of 32 and at least 64.

    Raises:
        ValueError: if the normalization or padding is unknown, or if Keras' image data format is
            not `"channels_last"`.

    Example:

        >>> import numpy as np
        >>> pyramid(width=2)(np.zeros((1, 64, 96, 3))).shape == (1, 64, 96, 3)
        True

    Reference:
        Ulyanov, Lebedev, Vedaldi, Lempitsky, *Texture Networks*, arXiv 1603.03417, figure 2;
        `models/pyramid.lua` of the paper's code.
    """
    convolve = _Convolutions(normalization, padding)

    def block(x, channels):
        return convolve(convolve(convolve(x, channels), channels), channels, kernel=1)

    image = keras.Input((None, None, 3), name="image")
    checked = _image_input("pyramid")(image)
    noises, path = [], None
    for number, ratio in enumerate(_RATIOS, start=1):
        scale = checked
        if ratio > 1:
            # In float32 whatever the policy: float16 would sum up to 1024 pixels with 11 bits.
            scale = layers.AveragePooling2D(ratio, dtype="float32")(checked)
        scale = layers.Rescaling(_PYRAMID_GAIN)(scale)
        if noise_channels:
            noises.append(keras.Input((None, None, noise_channels), name=f"noise_{ratio}"))
            scale = layers.Concatenate()([scale, noises[-1]])
        scale = block(scale, width)
        if path is None:
            path = scale
            continue
        lower = NearestUpsampling2D()(convolve.normalize(path))
        path = layers.Concatenate()([lower, convolve.normalize(scale)])
        path = block(path, number * width)
    picture = convolve.to_image(path, kernel=1)
    return keras.Model([image, *noises] if noises else image, picture, name="pyramid")


def mobile(
    width: int = 8, normalization: str = "instance", padding: str = "reflect"
) -> keras.Model:
    """Builds a small residual generator for phones, with 18 times fewer weights than `johnson`.

    Layers: a 5 x 5 and a 3 x 3 convolution of stride 2, four residual blocks, two upsamplings by 2
    with a 3 x 3 convolution each, and a 5 x 5 convolution to RGB. Nothing is computed at full size
    before the second upsampling: there a narrow `johnson` spends half of its time.

    It learns sooner from the pictures of a trained style than from a painting alone: see `teacher`
    of `Recipe`.

    Args:
        width: Integer, channels at full size; `3 * width` and `4 * width` at 1/2 and 1/4 of it.
            Defaults to 8.
        normalization: `"instance"`, or `"batch"` for comparison.
        padding: `"reflect"`, or `"zero"` for comparison.

    Returns:
        `keras.Model` that maps float32 `[N, height, width, 3]` in [0, 1] to the same shape and
        range. Height and width must be multiples of 4 and at least 16.

    Raises:
        ValueError: if the normalization or padding is unknown, or if Keras' image data format is
            not `"channels_last"`.

    Example:

        >>> import numpy as np
        >>> mobile(width=2)(np.zeros((1, 16, 24, 3))).shape == (1, 16, 24, 3)
        True
    """
    convolve = _Convolutions(normalization, padding)
    image = keras.Input((None, None, 3), name="image")
    x = _image_input("mobile")(image)
    x = convolve(x, 3 * width, kernel=5, strides=2)
    x = convolve(x, 4 * width, strides=2)
    for _ in range(4):
        branch = convolve(x, 4 * width)
        x = x + convolve(branch, 4 * width, activation=None)
    x = convolve.upsampled(x, 3 * width)
    x = convolve.upsampled(x, width)
    return keras.Model(image, convolve.to_image(x, 5), name="mobile")


GENERATORS: dict[str, Callable[..., keras.Model]] = {
    "johnson": johnson,
    "pyramid": pyramid,
    "mobile": mobile,
}


def _image_input(name):
    return ImageInput(FACTS[name].multiple, FACTS[name].minimum)


def noise_inputs(generator):
    """Lists a generator's noise inputs z, coarsest first.

    Returns:
        List of tuples of the name, the ratio of the image's sides to those of z, and the channels.
    """
    noises = [each for each in generator.inputs if each.name.startswith("noise_")]
    return [(z.name, r, z.shape[-1]) for z, r in zip(noises, _RATIOS, strict=False)]


def sample_noise(generator, batch, height, width, seed):
    """Draws a generator's noise inputs z from N(0, 1).

    The noise is Gaussian, as in the paper's formula; the paper's code draws it uniformly.

    Args:
        generator: A model of this module.
        batch: Integer, number of images.
        height: Integer, pixels of the images.
        width: Integer, pixels of the images.
        seed: Integer or sequence of integers. Equal seeds give equal noise on every backend.

    Returns:
        List of float32 arrays `[batch, height / ratio, width / ratio, noise_channels]`, one for
        each scale, coarsest first; empty for a generator without noise.
    """
    noise = [(ratio, channels) for _, ratio, channels in noise_inputs(generator)]
    return draw_noise(noise, batch, height, width, seed)


def size_rule(generator):
    """Returns the number that height and width must be multiples of, and their minimum."""
    check = next(layer for layer in generator.layers if isinstance(layer, ImageInput))
    return check.multiple, check.minimum


class _Convolutions:
    """Applies padding, convolution, normalization and activation, as one generator has them."""

    def __init__(self, normalization, padding, style_weights=None, epsilon=1e-5):
        if keras.config.image_data_format() != "channels_last":
            raise ValueError(
                "The generators need images whose channels are last. Call "
                'keras.config.set_image_data_format("channels_last") first, or set '
                '"image_data_format" in keras.json to it.'
            )
        _check("normalization", normalization, _NORMALIZATIONS)
        _check("padding", padding, _PADDINGS)
        if style_weights is not None and normalization != "instance":
            raise ValueError("Many styles need normalization='instance'.")
        self._normalization = _NORMALIZATIONS[normalization]
        self._options = {"epsilon": epsilon} if normalization == "instance" else {}
        self._style_weights = style_weights
        self._starts_late = padding == "same"
        self._padding = _PADDINGS[padding]
        self._small_padding = _SMALL_PADDINGS[padding]

    def __call__(self, x, channels, kernel=3, strides=1, activation: str | None = "relu"):
        x = self.normalize(self._convolve(x, channels, kernel, strides, use_bias=False))
        return layers.Activation(activation)(x) if activation else x

    def upsampled(self, x, channels, upsampling="nearest"):
        """Upsamples by 2, then convolves 3 x 3 as `__call__` does."""
        _check("upsampling", upsampling, _UPSAMPLINGS)
        if upsampling == "transposed":
            return self._transposed(x, channels)
        # A large image padded by 1 is this small one padded by 1, less a pixel at each border.
        # What reflection gives beside the border is of the same small pixel as the border itself.
        x = self._small_padding(1)(x)
        x = Conv2D(channels, 3, upsampling=True, use_bias=False)(x)
        return layers.Activation("relu")(self.normalize(Cropping2D(1)(x)))

    def _transposed(self, x, channels):
        """Convolves 3 x 3, transposed: zeros between the pixels, and at the borders."""
        sides = ((1, 0), (1, 0)) if self._starts_late else 1
        x = layers.ZeroPadding2D(sides)(x)
        x = Conv2D(channels, 3, upsampling="zeros", use_bias=False)(x)
        x = x if self._starts_late else Cropping2D(1)(x)
        return layers.Activation("relu")(self.normalize(x))

    def normalize(self, x):
        if self._style_weights is None:
            return self._normalization(**self._options)(x)
        styles = self._style_weights.shape[-1]
        layer = ConditionalInstanceNormalization(styles, **self._options)
        return layer(x, self._style_weights)

    def to_image(self, x, kernel, head="linear"):
        _check("head", head, _HEADS)
        is_normalized = head == "normalized_tanh"
        x = self._convolve(x, 3, kernel, strides=1, use_bias=not is_normalized)
        return _HEADS[head]()(self.normalize(x) if is_normalized else x)

    def _convolve(self, x, channels, kernel, strides, use_bias):
        if kernel > 1:
            late = self._starts_late and strides == 2
            x = self._padding(((0, 1), (0, 1)) if late else kernel // 2)(x)
        return Conv2D(channels, kernel, strides, use_bias=use_bias)(x)


def _check(name, value, known):
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}. Received: {value!r}")
