"""Keras models that combine a generator with its loss, for `fit`."""

import keras
import numpy as np
from keras import ops

from tfstyle.layers import fast_kernels
from tfstyle.training.devices import replicas, sum_over_devices
from tfstyle.training.progress import LOSSES
from tfstyle.training.stability import STABILITY_BALANCE, changed, instability
from tfstyle.training.teacher import IMITATION_BALANCE, imitation


class StyleTransfer(keras.Model):
    """A generator with its perceptual loss, for `fit`.

    Args:
        generator: `keras.Model`, built by one of `GENERATORS`.
        perceptual_loss: `PerceptualLoss`.
        style_grams: The result of `perceptual_loss.style_grams` for the painting.
        jitter: Integer, see `Recipe`.
        stability: Float, see `Recipe`.
        batch_size: Integer, or None for batches of any size. TensorFlow's fast normalization works
            on one image at a time, so it must know their number: without it, a step takes longer.
        teacher: `keras.Model` whose pictures the generator learns to paint, or None.
        teacher_weight: Float, see `Recipe`.

    Attributes:
        has_only_teacher: Whether the next steps learn from the teacher alone. After a change call
            `make_train_function(force=True)`.

    Input shape:
        `[N, height, width, 3]` in [0, 1], or a tuple of it and the generator's further inputs. With
        `stability`, the arrays of `stability.sample_changes` follow.
    """

    def __init__(
        self,
        generator,
        perceptual_loss,
        style_grams,
        jitter=1,
        stability=0.0,
        batch_size=None,
        teacher=None,
        teacher_weight=1.0,
        **kwargs,
    ):
        # The generator casts its own inputs; a displacement of 3.3 pixels has no place in bfloat16.
        super().__init__(autocast=False, **kwargs)
        self.generator = generator
        self.perceptual_loss = perceptual_loss
        self.style_grams = style_grams
        self.jitter = jitter
        self.stability = stability
        self.batch_size = batch_size
        self.teacher = teacher
        self.teacher_weight = teacher_weight
        self.has_only_teacher = False
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
        inputs, changes = self._split(inputs)
        if changes:
            # Photographs and their second exposures, in one batch.
            others = inputs[1:]
            both = [ops.concatenate([inputs[0], changed(inputs[0], *changes)])]
            inputs = both + [ops.concatenate([other, other]) for other in others]
        with fast_kernels():
            return self.generator(inputs if len(inputs) > 1 else inputs[0], training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        inputs, changes = self._split(x)
        pictures, *second = ops.split(y_pred, 2) if changes else [y_pred]
        terms = dict.fromkeys(LOSSES, 0.0)
        if not self.has_only_teacher:
            terms |= self._perceptual(inputs, pictures)
        if changes:
            terms["instability"] = instability(pictures, *second, changes[0])  # pyright: ignore[reportCallIssue]
            terms["loss"] += self.stability * STABILITY_BALANCE * terms["instability"]
        if self.teacher:
            with fast_kernels():
                target = ops.stop_gradient(self.teacher(inputs[0], training=False))
            terms["imitation"] = imitation(pictures, target)
            terms["loss"] += self.teacher_weight * IMITATION_BALANCE * terms["imitation"]
        for tracker in self.trackers:
            tracker.update_state(terms[tracker.name])
        # Gradients of several devices are added up, and the loss is a mean.
        return terms["loss"] / replicas()

    def _perceptual(self, inputs, pictures):
        photographs, seen = self._jittered(inputs[0], pictures)
        with fast_kernels():
            content = self.perceptual_loss.content_features(photographs)
            terms = self.perceptual_loss(content, seen, *self.style_target(inputs))
        return {**terms, "loss": terms["total"]}

    def _split(self, inputs):
        """Returns the inputs of the generator, and those of the stability term, if there is one."""
        inputs = [self._of_known_batch(each) for each in keras.tree.flatten(inputs)]
        return (inputs[:-3], inputs[-3:]) if self.stability else (inputs, [])

    def _of_known_batch(self, tensor):
        # `fit` forgets the size of its batches.
        shape = (self.batch_size, *tensor.shape[1:])
        return ops.reshape(tensor, shape) if self.batch_size else tensor

    def _jittered(self, photographs, pictures):
        if self.jitter == 1:
            return photographs, pictures
        # The sum of the pixels decides the cut: as good as chance, with no state to keep.
        total = ops.sum(ops.cast(255 * photographs, "int32"))
        if replicas() > 1:  # the same cut for all parts of the batch, of what floats hold exactly
            total = ops.cast(total % self.jitter**2, "float32")
            total = ops.cast(sum_over_devices(total), "int32")
        top, left = total % self.jitter, total // self.jitter % self.jitter
        batch, height, width, channels = ops.shape(photographs)
        less = self.jitter - 1
        shape = (batch, height - less, width - less, channels)
        return [ops.slice(each, (0, top, left, 0), shape) for each in (photographs, pictures)]

    def style_target(self, inputs):
        """Returns the target Gram matrices, and the factors of the style loss."""
        return self.style_grams, 1.0


class ManyStylesTransfer(StyleTransfer):
    """A trunk with its perceptual loss. The style weights of a picture select its painting.

    Args:
        generator: `keras.Model` of `styles.trunk.build_trunk`.
        perceptual_loss: `PerceptualLoss` with style weight 1.
        style_grams: List of arrays `[styles, channels, channels]`, one for each style layer.
        balance: Floats `[styles, style layers]`, the weights of each painting's style layers.
        jitter: Integer, see `Recipe`.
        stability: Float, see `Recipe`.
        batch_size: See `StyleTransfer`.

    Input shape:
        Tuple of `[N, height, width, 3]` in [0, 1] and one-hot `[N, styles]`. With `stability`, the
        arrays of `stability.sample_changes` follow.
    """

    def __init__(self, generator, perceptual_loss, style_grams, balance, **kwargs):
        super().__init__(generator, perceptual_loss, style_grams, **kwargs)
        self.balance = np.float32(balance)

    def style_target(self, inputs):
        weights = ops.cast(inputs[1], "float32")
        grams = [ops.tensordot(weights, grams, 1) for grams in self.style_grams]
        return grams, ops.matmul(weights, self.balance)
