"""The perceptual loss: content of a photograph, style of a painting."""

import copy
import difflib
import os
import re
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from numpy.typing import NDArray

from tfstyle.layers.kernels import use_fast_kernels
from tfstyle.layers.resampling import mirror_pad


class PerceptualLoss:
    """Content, style and total-variation loss on the features of a fixed network.

        content = mean((F_l(y) - F_l(x)) ** 2), summed over the content layers l
        style = w_l mean((G_l(y) - G_l(s)) ** 2), summed over the style layers l
        G_l(y) = F_l(y)^T F_l(y) / (channels * height * width)
        total_variation = mean of the squared differences of neighbours in y, down plus across
        total = content_weight * content + style_weight * style
                + total_variation_weight * total_variation

    for picture y, photograph x, style image s and features `F_l` of shape
    `[height * width, channels]`. All terms are means, also over the batch. Pixels are in [0, 1].
    The features are those of VGG19 for pixels of 0 to 255 ("caffe" mode), so content and style
    range from about 1e4 to 1e7, as in the paper's code. Gram matrices and means are computed in
    float32 whatever the dtype policy, because sums of squared features overflow in float16.

    Args:
        content_layers: Names of layers, such as `"relu4_2"` or the network's own.
        style_layers: Names of layers, of the same form.
        content_weight, style_weight, total_variation_weight: Floats. The defaults, 1, 10 and 0,
            are those of the paper's author.
        style_layer_weights: Floats w_l, one for each style layer. Defaults to 1 each, as in the
            paper's code. The deepest layer then contributes nearly all of the style loss.
        padding: How the network's "same" convolutions pad: `"replicate"` repeats the border
            pixels, `"zero"` adds zeros, as in the papers. Zeros change the features along the
            border. The border is a larger part of a small picture than of a larger painting, so
            generators compensate by painting a frame.
        network: `"imagenet"` (Keras downloads VGG19 once, 80 MB), the path of a weights file of
            `VGG19(include_top=False)`, or a `keras.Model` that has layers of these names and
            takes the same input as VGG19. Its layers are frozen.

    Raises:
        ValueError: if the network cannot be loaded or lacks a layer, if the number of style layer
            weights is not that of the style layers, or if the padding is unknown.

    Example: `loss = PerceptualLoss(); grams = loss.style_grams(painting)`, then
    `loss(loss.content_features(photographs), pictures, grams)["total"]`.

    Reference:
        Gatys, Ecker, Bethge, *Image Style Transfer Using Convolutional Neural Networks*, CVPR
        2016, equations 1 to 7; `train.lua` of the IN paper's code for the divisors.
    """

    def __init__(
        self,
        content_layers: Sequence[str] = ("relu4_2",),
        style_layers: Sequence[str] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
        content_weight: float = 1.0,
        style_weight: float = 10.0,
        total_variation_weight: float = 0.0,
        style_layer_weights: Sequence[float] = (),
        padding: str = "replicate",
        network: "str | os.PathLike[str] | keras.Model" = "imagenet",
    ) -> None:
        self.weights = {
            "content": content_weight,
            "style": style_weight,
            "total_variation": total_variation_weight,
        }
        self.style_layer_weights = _one_for_each(style_layer_weights, style_layers)
        self._content_layers = [_keras_name(name) for name in content_layers]
        self._style_layers = [_keras_name(name) for name in style_layers]
        if not isinstance(network, keras.Model):
            network = _vgg19(str(network))
        self.network = _cut(network, {*self._content_layers, *self._style_layers})
        if padding == "replicate":
            self.network = _replicating(self.network)
        elif padding != "zero":
            raise ValueError(f"padding must be 'replicate' or 'zero'. Received: {padding!r}")
        self.network.trainable = False

    def with_style_weights(
        self, style_weight: float, style_layer_weights: Sequence[float] = ()
    ) -> "PerceptualLoss":
        """Returns this loss with other style weights. Both losses share one network.

        Args:
            style_weight: Float.
            style_layer_weights: Floats, one for each style layer. Defaults to 1 each.

        Raises:
            ValueError: if the number of style layer weights is not that of the style layers.
        """
        other = copy.copy(self)
        other.weights = {**self.weights, "style": style_weight}
        other.style_layer_weights = _one_for_each(style_layer_weights, self._style_layers)
        return other

    def style_grams(self, style_image: Any) -> list[NDArray[Any]]:
        """Returns the Gram matrices of a style image. Compute them once per training.

        Args:
            style_image: Float array `[height, width, 3]` in [0, 1]. Its size decides the size of
                the brush strokes.

        Returns:
            List of float32 arrays `[1, channels, channels]`, one for each style layer.
        """
        features = self._features(ops.convert_to_tensor(style_image, "float32")[None])
        return [ops.convert_to_numpy(gram_matrix(features[name])) for name in self._style_layers]

    def content_features(self, photographs: Any) -> list[Any]:
        """Returns the content features of photographs.

        Args:
            photographs: Float `[N, height, width, 3]` in [0, 1].

        Returns:
            List of tensors, one for each content layer. No gradient flows into the photographs.
        """
        features = self._features(ops.convert_to_tensor(photographs, "float32"))
        return [ops.stop_gradient(features[name]) for name in self._content_layers]

    def __call__(
        self,
        content_features: Sequence[Any],
        pictures: Any,
        style_grams: Sequence[Any],
        style_balance: Any = 1.0,
    ) -> dict[str, Any]:
        """Returns the terms of the loss.

        Args:
            content_features: The result of `content_features` for the photographs.
            pictures: Float `[N, height, width, 3]`; values outside [0, 1] are not clipped.
            style_grams: The result of `style_grams` for the painting, or a list of matrices
                `[N, channels, channels]`, if each picture has a painting of its own.
            style_balance: Float, or floats `[N, style layers]`: further factors of the style loss
                of each picture and layer.

        Returns:
            Dictionary of float32 scalars: `content`, `style`, `total_variation` (unweighted)
            and `total` (their weighted sum).
        """
        pictures = ops.convert_to_tensor(pictures, "float32")
        features = self._features(pictures)
        content = [features[name] for name in self._content_layers]
        grams = [gram_matrix(features[name]) for name in self._style_layers]
        style = [
            weight * ops.mean(ops.square(ops.subtract(a, b)), axis=(1, 2))
            for weight, a, b in zip(self.style_layer_weights, grams, style_grams, strict=True)
        ]
        terms = {
            "content": sum(map(_mean_square, content, content_features)),
            "style": ops.mean(ops.sum(style_balance * ops.stack(style, axis=-1), axis=-1)),
            "total_variation": total_variation(self._weighted(pictures)),
        }
        total = sum(weight * terms[name] for name, weight in self.weights.items())
        return {**terms, "total": total}

    def _weighted(self, pictures):
        # Without a weight it is a number to look at: its gradient is 3 % of a training step.
        no_gradient = not self.weights["total_variation"]
        return ops.stop_gradient(pictures) if no_gradient else pictures

    def _features(self, images):
        # The "caffe" convention of VGG's authors: BGR, 0 to 255, ImageNet's mean taken away.
        pixels = keras.applications.vgg19.preprocess_input(
            255.0 * images, data_format="channels_last"
        )
        return self.network(pixels)


def gram_matrix(features):
    """Returns the Gram matrix: the inner products of all pairs of channels over all positions.

    Args:
        features: `[N, height, width, channels]`.

    Returns:
        float32 `[N, channels, channels]`, divided by `channels * height * width`.
    """
    height, width, channels = ops.shape(features)[1:]
    flat = ops.reshape(features, (-1, height * width, channels))
    # Divided at the end: the matrix is smaller than the features.
    return _products(flat) / ops.cast(height * width * channels, "float32")


def _products(flat):
    """Multiplies features `[N, positions, channels]` with themselves, in float32."""
    if not use_fast_kernels():
        flat = ops.cast(flat, "float32")
        return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat)
    import tensorflow as tf

    @tf.custom_gradient
    def products(flat):
        wide = tf.cast(flat, "float32")

        def gradient(upstream):
            # One product in place of two, and in the features' own dtype, that of the result.
            both = upstream + tf.linalg.matrix_transpose(upstream)
            return tf.matmul(flat, tf.cast(both, flat.dtype))

        return tf.matmul(wide, wide, transpose_a=True), gradient

    return products(flat)


def total_variation(pictures):
    """Returns the mean squared difference of neighbouring pixels, vertical plus horizontal.

    Args:
        pictures: `[N, height, width, 3]`.

    Returns:
        float32 scalar.
    """
    return _mean_square(pictures[:, 1:], pictures[:, :-1]) + _mean_square(
        pictures[:, :, 1:], pictures[:, :, :-1]
    )


def _mean_square(a, b):
    return ops.mean(ops.square(ops.cast(a, "float32") - ops.cast(b, "float32")))


class _ReplicatingConv2D(keras.layers.Conv2D):
    """A convolution of padding "same" that pads with copies of the border pixels, not zeros."""

    def convolution_op(self, inputs, kernel):
        # For a kernel of 3 x 3 "symmetric" is a repetition, and it takes a single pixel too.
        padded = mirror_pad(inputs, self.kernel_size[0] // 2, symmetric=True)
        return ops.conv(padded, kernel, padding="valid", data_format="channels_last")


def _replicating(network):
    """Copies a network, its convolutions of padding "same" as those that repeat the border."""

    def replicating(layer):
        kind = type(layer)
        if isinstance(layer, keras.layers.Conv2D) and layer.padding == "same":
            kind = _ReplicatingConv2D
        return kind.from_config(layer.get_config())

    clone = keras.models.clone_model(network, clone_function=replicating)
    clone.set_weights(network.get_weights())
    return clone


def _one_for_each(weights, layers):
    if weights and len(weights) != len(layers):
        raise ValueError(
            f"style_layer_weights must have one number for each of the {len(layers)} style "
            f"layers. Received: {list(weights)}"
        )
    return tuple(weights) or (1.0,) * len(layers)


def _keras_name(name):
    """Returns Keras' name of a VGG layer: its convolutions hold their ReLU."""
    return re.sub(r"^relu(\d)_(\d)$", r"block\1_conv\2", name)


def _vgg19(weights):
    try:
        return keras.applications.VGG19(include_top=False, weights=weights)
    except Exception as error:  # what Keras raises if a download fails
        raise ValueError(
            f"VGG19 could not be loaded from {weights!r}: {error}. Give the path of a weights file "
            "of `keras.applications.VGG19(include_top=False)`, by --vgg on the command line."
        ) from error


def _cut(network, names):
    """Ends the network at the deepest of the named layers; its outputs are a dictionary."""
    known = [layer.name for layer in network.layers]
    for name in sorted(names):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3) or known
            raise ValueError(
                f"The network has no layer {name!r}. Did you mean {' or '.join(near)}? "
                "VGG19's are relu1_1 to relu5_4."
            )
    outputs = {name: network.get_layer(name).output for name in sorted(names)}
    return keras.Model(network.inputs[0], outputs, name="features")
