"""Training: a generator learns one painting, or a trunk many, from many photographs."""

import contextlib
import dataclasses
import hashlib
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
from keras import ops

from tfstyle.files import sha256
from tfstyle.generators import sample_noise
from tfstyle.images import center_crop, find_images, read_image
from tfstyle.layers import ConditionalInstanceNormalization, InstanceNormalization
from tfstyle.muon import Muon
from tfstyle.perceptual import PerceptualLoss
from tfstyle.photographs import Photographs, draw_styles, middles
from tfstyle.progress import LOSSES, Progress
from tfstyle.recipes import CREDIT_KEYS, PAINTING_KEYS
from tfstyle.starts import begin, begin_trunk
from tfstyle.styles import (
    Style,
    build_generator,
    jit_compile,
    loss_of,
    stylized_pairs,
)
from tfstyle.trunks import Trunk, build_trunk, stylized_grid

STEPS_PER_EPOCH = 100

# What `style_weight * style` is for photographs that nobody has painted yet. In a good picture it
# falls to a twentieth, beside a content term of 0.4e6. At 1e7 faces are lost.
STYLE_BALANCE = 4e6

_OPTIMIZERS = {"muon": Muon, "adam": keras.optimizers.Adam}


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
        generator: `keras.Model` of `trunks.build_trunk`.
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
        callbacks: Further `keras.callbacks.Callback`s, such as `TensorBoard`. Each 100 steps are
            a call of `fit` with one epoch: those that count epochs, such as `EarlyStopping`, have
            no effect.

    Returns:
        `Style`, float32, with what the training measured in its card. Its recipe has the style
        weight that was found, and the generator's own values, where they were 0.

    Raises:
        ValueError: on bad images, or if the folder holds a training of another recipe.
        NonFiniteLossError: at the first loss that is not finite; the checkpoint before it stays.
    """
    recipe = recipe.explicit
    paths, images = _images(photographs, previews, recipe.crop)
    keras.utils.set_random_seed(recipe.seed)
    with _dtype_policy(precision):
        loss, grams = loss_of(recipe, vgg)
        recipe = _balanced({"": recipe}, loss, {"": grams}, paths)[""]
        loss = PerceptualLoss(**recipe.loss_options, network=loss.network)
        generator = build_generator(recipe)
        start = begin(generator, recipe, loss, grams, paths)
        progress = Progress(
            Path(folder),
            recipe.steps,
            STEPS_PER_EPOCH,
            _setting({"": recipe}, paths, precision),
            start,
            preview=partial(stylized_pairs, images=images, seed=recipe.seed) if images else None,
        )
        model = StyleTransfer(generator, loss, grams, recipe.jitter)
        _fit(model, recipe, paths, partial(sample_noise, generator), progress, callbacks)
    trained = build_generator(recipe)
    trained.set_weights(generator.get_weights())
    facts = {"precision": precision, "photographs": len(paths), "start": progress.start}
    return Style(recipe, trained, {"training": {**progress.summary(), **facts}})


def train_trunk(
    recipes, photographs, folder, vgg="imagenet", precision="float32", previews=(), callbacks=()
):
    """Trains one generator for many paintings: see `train`.

    Each picture has one painting, drawn so that all come up equally often. The style terms are
    balanced by the recipes' style weights: see `balanced`.

    Args:
        recipes: Dictionary of style name to `Recipe`. They differ in painting, credit, style
            size and style weights alone.
        photographs: As for `train`.
        folder: As for `train`.
        vgg: As for `train`.
        precision: As for `train`.
        previews: As for `train`.
        callbacks: As for `train`.

    Returns:
        `Trunk`, float32, with what the training measured in its card. The recipes are those of
        `train`.

    Raises:
        ValueError: if the recipes differ in more; and as `train`.
        NonFiniteLossError: as `train`.
    """
    recipes = {name: recipe.explicit for name, recipe in recipes.items()}
    _refuse_different(recipes)
    shared = next(iter(recipes.values()))
    paths, images = _images(photographs, previews, shared.crop)
    keras.utils.set_random_seed(shared.seed)
    with _dtype_policy(precision):
        # The weights are each painting's own: `balance`, below.
        neutral = shared.replace(style_weight=1.0, style_layer_weights=())
        loss = loss_of(neutral, vgg)[0]
        each = {name: loss_of(recipe, loss.network)[1] for name, recipe in recipes.items()}
        recipes = _balanced(recipes, loss, each, paths)
        generator = build_trunk(recipes)
        start = begin_trunk(generator, recipes)
        progress = Progress(
            Path(folder),
            shared.steps,
            STEPS_PER_EPOCH,
            _setting(recipes, paths, precision),
            start,
            preview=images and (lambda model: stylized_grid(Trunk(recipes, model), images)),
        )
        grams = [np.concatenate(layer) for layer in zip(*each.values(), strict=True)]
        balance = [_layer_weights(recipe) * recipe.style_weight for recipe in recipes.values()]
        model = ManyStylesTransfer(generator, loss, grams, balance, shared.jitter)
        _fit(model, shared, paths, partial(draw_styles, len(recipes)), progress, callbacks)
    trained = build_trunk(recipes)
    trained.set_weights(generator.get_weights())
    facts = {"precision": precision, "photographs": len(paths), "start": progress.start}
    return Trunk(recipes, trained, {"training": {**progress.summary(), **facts}})


def seconds_per_step(recipe, photographs, vgg="imagenet", precision="float32"):
    """Measures how long a step of a training takes on this machine.

    Args:
        recipe: `Recipe`.
        photographs: As for `train`.
        vgg: As for `train`.
        precision: As for `train`.

    Returns:
        Float, the median of five steps after two of warming up.
    """
    recipe = recipe.explicit
    paths, _ = _images(photographs, (), recipe.crop)
    with _dtype_policy(precision):
        loss, grams = loss_of(recipe, vgg)
        model = StyleTransfer(build_generator(recipe), loss, grams, recipe.jitter)
        _freeze(model.generator, recipe.trainable)
        _compile(model, recipe)
        noise = partial(sample_noise, model.generator)
        options = (recipe.crop, recipe.batch_size, recipe.seed)
        dataset = Photographs(paths, *options, steps=7, further=noise)
        seconds = []
        for index in range(len(dataset)):
            began = time.perf_counter()
            model.train_on_batch(*dataset[index])
            seconds.append(time.perf_counter() - began)
    return float(np.median(seconds[2:]))


def fastest_precision():
    """Gives the dtype policy for `train` that is the fastest on this processor."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "float32"
    # Without such instructions bfloat16 is slower than float32.
    return "mixed_bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


def balanced(recipe, style_grams, photograph_grams):
    """Finds the weights that let every painting speak equally loud, and each of its layers.

        style_weight = STYLE_BALANCE / style(photographs)
        w_l = style_L(photographs) / style_l(photographs), L the deepest layer

    where `style` is the style term of photographs that nobody has painted. Between paintings it
    differs by a factor of 60, as do the squares of their Gram matrices: with one weight for all,
    one painting drowns the photograph and another is not seen. With this one every training
    begins at the same loss. Between layers it differs by a factor of 1,000.

    Args:
        recipe: `Recipe`.
        style_grams: What `PerceptualLoss.style_grams` gave for the painting.
        photograph_grams: List of what it gave for each of some photographs.

    Returns:
        The recipe, its weights that were 0 in three digits.
    """
    terms = np.mean(
        [
            [np.mean(np.square(a - b)) for a, b in zip(style_grams, grams, strict=True)]
            for grams in photograph_grams
        ],
        axis=0,
    )
    each = zip(_layer_weights(recipe), terms, strict=True)
    weights = np.array([weight or _three_digits(terms[-1] / term) for weight, term in each])
    style_weight = recipe.style_weight or _three_digits(STYLE_BALANCE / np.sum(weights * terms))
    if recipe.style_layer_weights:
        recipe = recipe.replace(style_layer_weights=tuple(weights.tolist()))
    return recipe.replace(style_weight=style_weight)


def _three_digits(value):
    return float(f"{value:.3g}")


def _images(photographs, previews, crop):
    """Gives the paths of the photographs, and the previews as images."""
    paths = photographs
    if isinstance(photographs, str | Path):
        paths = find_images(photographs)
    if not paths:
        raise ValueError("photographs must not be empty: give a thousand or more, of any content.")
    return paths, [center_crop(read_image(path), crop) for path in previews]


def _balanced(recipes, loss, style_grams, paths):
    """Gives the recipes with the style weights that are to be found."""
    if all(all((r.style_weight, *r.style_layer_weights)) for r in recipes.values()):
        return recipes
    crop = next(iter(recipes.values())).crop
    grams = [loss.style_grams(pixels) for pixels in middles(paths, crop, count=16)]
    return {name: balanced(recipe, style_grams[name], grams) for name, recipe in recipes.items()}


def _layer_weights(recipe):
    return np.array(recipe.style_layer_weights or [1.0] * len(recipe.style_layers))


def _refuse_different(recipes):
    shared = [
        {
            key: value
            for key, value in dataclasses.asdict(recipe).items()
            if key not in PAINTING_KEYS
        }
        for recipe in recipes.values()
    ]
    for key in shared[0]:
        if any(other[key] != shared[0][key] for other in shared):
            raise ValueError(f"The recipes of a trunk must agree in {key}.")


def _fit(model, recipe, paths, further, progress, callbacks):
    """Trains to the last step of the recipe, from the checkpoint of `progress` on."""
    _freeze(model.generator, recipe.trainable)
    _compile(model, recipe)
    # One `fit` a report: within one, Keras reads ahead across the end of an epoch, and a
    # resumed training would see other samples than an uninterrupted one.
    for first in range(progress.restore(model), recipe.steps, STEPS_PER_EPOCH):
        # One compiled step for both sizes of crop would round otherwise than that of a training
        # which goes on after the small ones.
        model.make_train_function(force=first - STEPS_PER_EPOCH < recipe.small_crop_steps <= first)
        dataset = Photographs(
            paths,
            recipe.crop // 2 if first < recipe.small_crop_steps else recipe.crop,
            recipe.batch_size,
            recipe.seed,
            steps=min(STEPS_PER_EPOCH, recipe.steps - first),
            first=first,
            further=further,
        )
        model.fit(
            dataset,
            initial_epoch=first // STEPS_PER_EPOCH,
            epochs=-(-recipe.steps // STEPS_PER_EPOCH),
            shuffle=False,
            # The checkpoint last: of what is not in it the others see every report again.
            callbacks=[*callbacks, progress],
        )


def _freeze(generator, trainable):
    kinds = (
        InstanceNormalization,
        ConditionalInstanceNormalization,
        keras.layers.BatchNormalization,
    )
    for layer in generator.layers:
        layer.trainable = trainable == "all" or isinstance(layer, kinds)


def _compile(model, recipe):
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.steps)
    optimizer = _OPTIMIZERS[recipe.optimizer](schedule)
    if keras.config.dtype_policy().compute_dtype == "float16":
        # Keras begins with 32768, for losses near 1. Those of VGG's features are near 1e8 at the
        # start: it would come down by leaving out the first updates, one for each halving.
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0**-14)
    model.compile(optimizer=optimizer, jit_compile=jit_compile())
    optimizer.build(model.generator.trainable_variables)


def _setting(recipes, paths, precision):
    """Gives what decides a training; the paintings by their content, without their credit."""
    names = "\n".join(Path(path).name for path in paths)
    setting = {
        "precision": precision,
        "photographs": len(paths),
        "names of photographs": hashlib.sha256(names.encode()).hexdigest(),
    }
    for name, recipe in recipes.items():
        values = {**dataclasses.asdict(recipe), "painting": sha256(recipe.painting)}
        for key in CREDIT_KEYS:
            del values[key]
        setting |= {f"{name} {key}".strip(): value for key, value in values.items()}
    return setting


@contextlib.contextmanager
def _dtype_policy(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
