"""Training of one style: a generator learns one painting from many photographs."""

import contextlib
import dataclasses
import hashlib
import json
import time
import zipfile
from functools import partial
from pathlib import Path

import keras
import matplotlib.figure
import numpy as np
from keras import ops

from tfstyle.files import remove_partial, replacing, sha256
from tfstyle.generators import sample_noise, size_rule
from tfstyle.images import center_crop, find_images, read_image, write_image
from tfstyle.photographs import Photographs
from tfstyle.styles import (
    Style,
    build_generator,
    has_finite_weights,
    jit_compile,
    load,
    loss_of,
    stylized_pairs,
)

LOSSES = ("loss", "content", "style", "total_variation")
STEPS_PER_EPOCH = 100


class NonFiniteLossError(ArithmeticError):
    """The loss became infinite or no number; the last good weights are kept."""


class StyleTransfer(keras.Model):
    """A generator under its perceptual loss: what `fit` trains.

    Args:
        generator: `keras.Model` of `GENERATORS`.
        perceptual_loss: `PerceptualLoss`.
        style_grams: What `perceptual_loss.style_grams` gave for the painting.

    Input shape:
        `[N, height, width, 3]` in [0, 1], or the tuple of it and the generator's noise.
    """

    def __init__(self, generator, perceptual_loss, style_grams, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.perceptual_loss = perceptual_loss
        self.style_grams = style_grams
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
        photographs = keras.tree.flatten(x)[0]
        content = self.perceptual_loss.content_features(photographs)
        terms = self.perceptual_loss(content, y_pred, self.style_grams)
        terms["loss"] = terms["total"]
        for tracker in self.trackers:
            tracker.update_state(terms[tracker.name])
        return terms["loss"]


def train(
    recipe, photographs, folder, vgg="imagenet", precision="float32", previews=(), callbacks=()
):
    """Trains a generator as a recipe says, and goes on where an earlier call was cut off.

    After every 100 steps the folder has a new checkpoint, `history.csv`, `loss.png` and a
    preview. A call with the same recipe and folder after an interruption, at whatever moment,
    ends with the weights of an uninterrupted training.

    Sets the seed of Keras' random numbers to that of the recipe.

    Args:
        recipe: `Recipe`.
        photographs: Folder of photographs, or a sequence of image files: a thousand or more, of
            any content. Only crops of `recipe.crop` pixels are seen.
        folder: Where checkpoint, history and previews go.
        vgg: The network of the loss: see `PerceptualLoss`.
        precision: Keras dtype policy of the training: `"float32"`, `"mixed_bfloat16"` (faster on
            processors that have it) or `"mixed_float16"` (GPUs).
        previews: Image files to stylize after every 100 steps.
        callbacks: Further `keras.callbacks.Callback`s, such as `TensorBoard`.

    Returns:
        `Style`, float32, with what the training measured in its card.

    Raises:
        ValueError: on bad images, or if the folder holds a training of another recipe.
        NonFiniteLossError: at the first loss that is not finite; the checkpoint before it stays.
    """
    paths = photographs
    if isinstance(photographs, str | Path):
        paths = find_images(photographs)
    images = [center_crop(read_image(path), recipe.crop) for path in previews]
    keras.utils.set_random_seed(recipe.seed)
    with _dtype_policy(precision):
        generator, start = _begun_generator(recipe)
        progress = Progress(Path(folder), recipe, precision, paths, start, images)
        model = _compiled_model(recipe, generator, vgg)
        # One `fit` a report: within one, Keras reads ahead across the end of an epoch, and a
        # resumed training would see other samples than an uninterrupted one.
        for first in range(progress.restore(model), recipe.steps, STEPS_PER_EPOCH):
            dataset = Photographs(
                paths,
                recipe.crop,
                recipe.batch_size,
                recipe.seed,
                steps=min(STEPS_PER_EPOCH, recipe.steps - first),
                first=first,
                noise=partial(sample_noise, generator),
            )
            model.fit(
                dataset,
                initial_epoch=first // STEPS_PER_EPOCH,
                epochs=-(-recipe.steps // STEPS_PER_EPOCH),
                shuffle=False,
                callbacks=[progress, *callbacks],
            )
    trained = build_generator(recipe)
    trained.set_weights(generator.get_weights())
    return Style(recipe, trained, {"training": progress.summary()})


class Progress(keras.callbacks.Callback):
    """Writes what a training has reached, after every epoch; a checkpoint last.

    Args:
        folder: `pathlib.Path`.
        recipe: `Recipe`. In it, precision, the photographs' names and start a checkpoint must
            agree.
        precision: String, name of the dtype policy.
        paths: The photographs.
        start: Dictionary of what the card says about the style that the training began with.
        images: `PIL.Image.Image`s of one size, for the previews.
    """

    def __init__(self, folder, recipe, precision, paths, start, images):
        super().__init__()
        self._folder = folder
        self._recipe = recipe
        self._conditions = {"precision": precision, "photographs": len(paths), "start": start}
        names = "\n".join(Path(path).name for path in paths)
        self._names = hashlib.sha256(names.encode()).hexdigest()
        self._images = images
        self._checkpoint = folder / "checkpoint.npz"
        self._history = np.zeros((0, 2 + len(LOSSES)))
        self._started = time.perf_counter()

    def restore(self, model):
        """Puts the model into the state of the checkpoint, if any; returns the steps done."""
        remove_partial(self._folder)
        if not self._checkpoint.exists():
            return 0
        try:
            with np.load(self._checkpoint, allow_pickle=False) as file:
                saved = dict(file)
            setting = json.loads(str(saved["setting"]))
            state = [saved[f"variable_{number}"] for number in range(len(_state(model)))]
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            message = f"{self._checkpoint} is damaged. Delete it to begin anew."
            raise ValueError(message) from None
        self._refuse_other_training(setting)
        for variable, value in zip(_state(model), state, strict=True):
            variable.assign(value)
        self._history = saved["history"]
        print(f"Going on after step {self._steps} of {self._recipe.steps}.")
        return self._steps

    def summary(self):
        """Says in the words of the card what the training was and reached."""
        losses = (float(f"{loss:.4g}") for loss in self._history[-1, 2:])
        return {
            "steps": self._steps,
            "seconds": round(self._seconds),
            **self._conditions,
            "losses": dict(zip(LOSSES, losses, strict=True)),
        }

    def on_train_batch_end(self, batch, logs=None):
        if not np.isfinite(logs["loss"]):
            raise self._stopped(f"loss became {logs['loss']} at step {self._steps + batch + 1}")

    def on_epoch_end(self, epoch, logs=None):
        # The loss is that before the last update, which may have spoiled the weights itself.
        if not has_finite_weights(self.model.generator):
            raise self._stopped("weights became infinite or no number")
        steps = min((epoch + 1) * STEPS_PER_EPOCH, self._recipe.steps)
        now = time.perf_counter()
        row = [steps, self._seconds + now - self._started, *(logs[name] for name in LOSSES)]
        self._started = now
        self._history = np.vstack([self._history, row])
        self._write_history()
        if self._images:
            preview = stylized_pairs(self.model.generator, self._images, self._recipe.seed)
            write_image(preview, self._folder / "previews" / f"{steps:06}.jpg")
        self._write_checkpoint()
        self.model.stop_training = True

    @property
    def _steps(self):
        return int(self._history[-1, 0]) if len(self._history) else 0

    @property
    def _seconds(self):
        return self._history[-1, 1] if len(self._history) else 0.0

    def _stopped(self, what):
        kept = f"The weights after step {self._steps} are kept in {self._checkpoint}."
        return NonFiniteLossError(
            f"The {what}. {kept if self._steps else 'Nothing was saved yet.'} Train in another "
            "folder with a lower learning_rate, or in float32."
        )

    def _write_history(self):
        with replacing(self._folder / "history.csv") as temporary:
            header = ",".join(("step", "seconds", *LOSSES))
            np.savetxt(temporary, self._history, "%.6g", ",", header=header, comments="")
        with replacing(self._folder / "loss.png") as temporary:
            _plot(self._history, temporary)

    def _write_checkpoint(self):
        state = enumerate(_state(self.model))
        arrays = {f"variable_{n}": ops.convert_to_numpy(v) for n, v in state}
        with replacing(self._checkpoint) as temporary:
            setting = json.dumps(self._setting())
            np.savez(temporary, setting=setting, history=self._history, **arrays)

    def _setting(self):
        """Gives what decides a training; the painting by its content, without its credit."""
        values = dataclasses.asdict(self._recipe)
        for credit in ("title", "artist", "year", "rights", "source"):
            del values[credit]
        painting = {"painting": sha256(self._recipe.painting)}
        return {**values, **painting, **self._conditions, "names of photographs": self._names}

    def _refuse_other_training(self, saved):
        now = json.loads(json.dumps(self._setting()))  # tuples become lists, as in the file
        other = [
            f"{key} {saved.get(key)} (now {now[key]})" for key in now if saved.get(key) != now[key]
        ]
        if other:
            raise ValueError(
                f"{self._folder} holds another training: {', '.join(other)}. Choose another "
                "folder, or delete this one."
            )


def _begun_generator(recipe):
    """Gives the generator that a training begins with, and what the card says of its start."""
    generator = build_generator(recipe)
    multiple, minimum = size_rule(generator)
    if recipe.crop % multiple or recipe.crop < minimum:
        raise ValueError(
            f"crop must be a multiple of {multiple} and at least {minimum} for the generator "
            f"{recipe.generator!r}. Received: crop={recipe.crop}"
        )
    if not recipe.start:
        return generator, None
    start = load(recipe.start, recipe.generator)
    if start.recipe.generator_options != recipe.generator_options:
        raise ValueError(
            f"A training starts from a generator of the same options. {recipe.start} has "
            f"{start.recipe.generator_options}, the recipe {recipe.generator_options}."
        )
    generator.set_weights(start.model.get_weights())
    before = {key: start.card["training"].get(key) for key in ("steps", "seconds")}
    return generator, {"style": recipe.start, "sha256": start.card["sha256"], **before}


def _compiled_model(recipe, generator, vgg):
    model = StyleTransfer(generator, *loss_of(recipe, vgg))
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.steps)
    optimizer = keras.optimizers.Adam(schedule)
    if keras.config.dtype_policy().compute_dtype == "float16":
        # Keras begins with 32768, for losses near 1. Those of VGG's features are near 1e8 at the
        # start: it would come down by leaving out the first updates, one for each halving.
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0**-14)
    model.compile(optimizer=optimizer, jit_compile=jit_compile())
    optimizer.build(generator.trainable_variables)
    return model


def _state(model):
    """Lists all variables that a training changes."""
    return [*model.generator.weights, *model.optimizer.variables]


@contextlib.contextmanager
def _dtype_policy(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _plot(history, path):
    """Draws each loss against the steps, logarithmically."""
    figure = matplotlib.figure.Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="step", ylabel="loss", yscale="log")
    for name, values in zip(LOSSES, history[:, 2:].T, strict=True):
        if np.any(values > 0):
            axes.plot(history[:, 0], values, label=name)
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path)
