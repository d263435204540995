"""A generator under its perceptual loss: the model that `fit` trains."""

import keras
import numpy as np
from keras import ops

from tfstyle.training.progress import LOSSES


class StyleTransfer(keras.Model):
    """A generator under its perceptual loss: what `fit` trains.

    Args:
        generator: `keras.Model` of `GENERATORS`.
        perceptual_loss: `PerceptualLoss`.
        style_grams: What `perceptual_loss.style_grams` gave for the painting.
        jitter: Integer, see `Recipe`.

    Input shape:
        `[N, height, width, 3]` in [0, 1], or the tuple of it and the generator's further inputs.
    """

    def __init__(self, generator, perceptual_loss, style_grams, jitter=1, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.perceptual_loss = perceptual_loss
        self.style_grams = style_grams
        self.jitter = jitter
        # As an attribute of the model the network's weights are known to every backend.
        self.network = perceptual_loss.network
        self.trackers = [keras.metrics.Mean(name) for name in LOSSES]
        # The parts are built. To build them, `fit` on JAX would take a first batch and lose it.
        self.built = True

    @property
    def metrics(self):
        # Without this Keras lists those of the generator too, whose own loss, 0, hides ours.
        return self.trackers

    def call(self, inputs, training=False):
        inputs = list(inputs) if isinstance(inputs, tuple) else inputs
        return self.generator(inputs, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        inputs = keras.tree.flatten(x)
        photographs, pictures = self._jittered(inputs[0], y_pred)
        content = self.perceptual_loss.content_features(photographs)
        terms = self.perceptual_loss(content, pictures, *self.style_target(inputs))
        terms["loss"] = terms["total"]
        for tracker in self.trackers:
            tracker.update_state(terms[tracker.name])
        return terms["loss"]

    def _jittered(self, photographs, pictures):
        if self.jitter == 1:
            return photographs, pictures
        # The sum of the pixels decides the cut: as good as chance, with no state to keep.
        total = ops.sum(ops.cast(255 * photographs, "int32"))
        top, left = total % self.jitter, total // self.jitter % self.jitter
        batch, height, width, channels = ops.shape(photographs)
        less = self.jitter - 1
        shape = (batch, height - less, width - less, channels)
        return [ops.slice(each, (0, top, left, 0), shape) for each in (photographs, pictures)]

    def style_target(self, inputs):
        """Gives the Gram matrices to reach, and the balance of the style term."""
        return self.style_grams, 1.0


class ManyStylesTransfer(StyleTransfer):
    """A trunk under its perceptual loss: each picture's painting is that of its style weights.

    Args:
        generator: `keras.Model` of `styles.trunk.build_trunk`.
        perceptual_loss: `PerceptualLoss` of style weight 1.
        style_grams: List of arrays `[styles, channels, channels]`, one a style layer.
        balance: Floats `[styles, style layers]`, the weights of each painting's style terms.
        jitter: Integer, see `Recipe`.

    Input shape:
        The tuple of `[N, height, width, 3]` in [0, 1] and one-hot `[N, styles]`.
    """

    def __init__(self, generator, perceptual_loss, style_grams, balance, jitter=1, **kwargs):
        super().__init__(generator, perceptual_loss, style_grams, jitter, **kwargs)
        self.balance = np.float32(balance)

    def style_target(self, inputs):
        weights = ops.cast(inputs[1], "float32")
        grams = [ops.tensordot(weights, grams, 1) for grams in self.style_grams]
        return grams, ops.matmul(weights, self.balance)
