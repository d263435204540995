"""Trains a generator on one painting, or a trunk on many."""

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from tfstyle.generators import sample_noise
from tfstyle.images.files import find_images, read_image
from tfstyle.images.geometry import center_crop
from tfstyle.layers import ConditionalInstanceNormalization, InstanceNormalization
from tfstyle.perceptual import PerceptualLoss
from tfstyle.styles.model import build_generator, jit_compile, stylized_pairs
from tfstyle.styles.objective import loss_of, painting_grams
from tfstyle.styles.recipe import PAINTING_KEYS, Recipe
from tfstyle.styles.style import Style
from tfstyle.styles.trunk import Trunk, build_trunk, stylized_grid
from tfstyle.training.balance import balanced_recipes, layer_weights
from tfstyle.training.begun import begun, refuse_other, setting_of
from tfstyle.training.crops import Photographs, draw_styles
from tfstyle.training.devices import Devices
from tfstyle.training.lock import locked
from tfstyle.training.muon import Muon
from tfstyle.training.plan import Plan
from tfstyle.training.progress import Progress, set_steps
from tfstyle.training.report import Report
from tfstyle.training.stability import sample_changes
from tfstyle.training.starts import begin, begin_trunk
from tfstyle.training.teacher import teacher_of
from tfstyle.training.transfer import ManyStylesTransfer, StyleTransfer

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]  # a folder, or image files
Vgg = str | os.PathLike[str] | keras.Model

STEPS_PER_EPOCH = 100

_STEPS_TO_MEASURE = 7  # the first two of them warm up

_OPTIMIZERS = {"muon": Muon, "adam": keras.optimizers.Adam}


def train(
    recipe: Recipe,
    photographs: Paths,
    folder: str | os.PathLike[str],
    vgg: Vgg = "imagenet",
    precision: str = "float32",
    previews: Sequence[str | os.PathLike[str]] = (),
    callbacks: Sequence[keras.callbacks.Callback] = (),
    minutes: float | None = None,
    report: Callable[[Report], object] | None = None,
    devices: int | str = 1,
) -> Style:
    """Trains a generator by a recipe, or resumes an interrupted training.

    A checkpoint is written to the folder twice a minute and after every 100 steps. After every 100
    steps, `history.csv`, `loss.png` and a preview are written, too. After an interruption, call
    `train` again with the same recipe and folder: it ends with the weights of an uninterrupted
    training.

    Sets the seed of Keras' random numbers to that of the recipe.

    Args:
        recipe: `Recipe`.
        photographs: Folder of photographs, or a sequence of image files. Use a thousand or more,
            of any content. The training only sees crops of `recipe.crop` pixels.
        folder: Folder for checkpoint, history and previews.
        vgg: The network of the loss: see `PerceptualLoss`.
        precision: Keras dtype policy of the training: `"float32"`, `"mixed_bfloat16"` (faster on
            processors that support it) or `"mixed_float16"` (GPUs).
        previews: Image files to stylize after every 100 steps.
        callbacks: Further `keras.callbacks.Callback`s, such as `TensorBoard`. Every 100 steps are
            a separate call of `fit` with one epoch, so callbacks that count epochs, such as
            `EarlyStopping`, have no effect.
        minutes: Float, time of the whole training, which replaces `recipe.steps`. The training
            plans as many steps as fit, and changes the plan if steps become slower or faster. None
            trains `recipe.steps`.
        report: Function that is called with a `training.Report` after every step and every
            preview. It replaces Keras' progress bar.
        devices: Integer, or `"all"`: on how many devices to train: see `training.devices`. Each
            one computes an equal part of `recipe.batch_size`. An interrupted training can go on
            with another number of devices.

    Returns:
        `Style` in float32, whose card holds the measurements of the training. Its recipe has the
        steps that were trained. The values that were 0 are replaced: the style weight by the one
        that was chosen, others by the defaults of the generator.

    Raises:
        ValueError: if an image cannot be used, if the folder holds a training of another recipe,
            or if the devices cannot divide a batch.
        FolderInUseError: a ValueError, if another process is training in the folder.
        NonFiniteLossError: if the loss becomes infinite or NaN. The last checkpoint is kept.
    """
    began = time.perf_counter()
    recipe = recipe.explicit
    paths, images = _images(photographs, previews, recipe.crop)
    across = Devices(devices, recipe.batch_size)
    keras.utils.set_random_seed(recipe.seed)
    with locked(folder), _dtype_policy(precision):
        asked = _asked(folder, {"": recipe}, paths, precision, minutes)
        loss, grams = loss_of(recipe, vgg)
        recipe = balanced_recipes({"": recipe}, loss, {"": grams}, paths)[""]
        loss = loss.with_style_weights(recipe.style_weight, recipe.style_layer_weights)
        generator = build_generator(recipe)
        start = begin(generator, recipe, loss, grams, paths)
        paint = images and partial(stylized_pairs, images=images, seed=recipe.seed)
        call = _Call(folder, paths, precision, minutes, callbacks, report, across, asked, began)
        weights, progress = call.fit(
            {"": recipe},
            generator,
            lambda: build_generator(recipe),
            start,
            loss,
            transfer=partial(StyleTransfer, style_grams=grams),
            further=partial(sample_noise, generator),
            paint=paint,
        )
        recipe = recipe.replace(steps=progress.done)
    trained = build_generator(recipe)
    trained.set_weights(weights)
    return Style(recipe, trained, _card(progress, precision, paths))


def train_trunk(
    recipes: dict[str, Recipe],
    photographs: Paths,
    folder: str | os.PathLike[str],
    vgg: Vgg = "imagenet",
    precision: str = "float32",
    previews: Sequence[str | os.PathLike[str]] = (),
    callbacks: Sequence[keras.callbacks.Callback] = (),
    report: Callable[[Report], object] | None = None,
    devices: int | str = 1,
) -> Trunk:
    """Trains one generator on many paintings, a trunk: see `train`.

    Each photograph is painted in one of the styles, all of them equally often. The recipes' style
    weights balance the paintings: see `balanced`.

    Args:
        recipes: Dictionary of style name to `Recipe`. They may only differ in painting, credit,
            style size and style weights.
        photographs: See `train`.
        folder: See `train`.
        vgg: See `train`.
        precision: See `train`.
        previews: See `train`.
        callbacks: See `train`.
        report: See `train`.
        devices: See `train`.

    Returns:
        `Trunk` in float32, whose card holds the measurements of the training. Values of 0 in the
        recipes are replaced as by `train`.

    Raises:
        ValueError: if the recipes differ in anything else, or for the reasons of `train`.
        NonFiniteLossError: if the loss becomes infinite or NaN. The last checkpoint is kept.
    """
    began = time.perf_counter()
    recipes = {name: recipe.explicit for name, recipe in recipes.items()}
    _refuse_different(recipes)
    shared = next(iter(recipes.values()))
    if shared.teacher:
        raise ValueError(f"A trunk has no teacher. Received: {shared.teacher!r}")
    paths, images = _images(photographs, previews, shared.crop)
    across = Devices(devices, shared.batch_size)
    keras.utils.set_random_seed(shared.seed)
    with locked(folder), _dtype_policy(precision):
        asked = _asked(folder, recipes, paths, precision)
        # The weights are each painting's own: `balance`, below.
        neutral = shared.replace(style_weight=1.0, style_layer_weights=())
        loss = PerceptualLoss(**neutral.loss_options, network=vgg)
        each = {name: painting_grams(recipe, loss) for name, recipe in recipes.items()}
        recipes = balanced_recipes(recipes, loss, each, paths)
        generator = build_trunk(recipes)
        start = begin_trunk(generator, recipes)
        paint = images and (lambda model: stylized_grid(Trunk(recipes, model), images))
        grams = [np.concatenate(layer) for layer in zip(*each.values(), strict=True)]
        balance = [layer_weights(recipe) * recipe.style_weight for recipe in recipes.values()]
        call = _Call(folder, paths, precision, None, callbacks, report, across, asked, began)
        weights, progress = call.fit(
            recipes,
            generator,
            lambda: build_trunk(recipes),
            start,
            loss,
            transfer=partial(ManyStylesTransfer, style_grams=grams, balance=balance),
            further=partial(draw_styles, len(recipes)),
            paint=paint,
        )
    trained = build_trunk(recipes)
    trained.set_weights(weights)
    return Trunk(recipes, trained, _card(progress, precision, paths))


def seconds_per_step(
    recipe: Recipe,
    photographs: Paths,
    vgg: Vgg = "imagenet",
    precision: str = "float32",
) -> float:
    """Measures how long a training step takes on this machine.

    Args:
        recipe: `Recipe`.
        photographs: See `train`.
        vgg: See `train`.
        precision: See `train`.

    Returns:
        Float, seconds: the median of five steps after two steps of warm-up.
    """
    recipe = recipe.explicit
    paths, _ = _images(photographs, (), recipe.crop)
    with _dtype_policy(precision):
        loss, grams = loss_of(recipe, vgg)
        generator = build_generator(recipe)
        options = _transfer_options(recipe, recipe.batch_size, teacher_of(recipe))
        model = StyleTransfer(generator, loss, grams, **options)
        _freeze(model.generator, recipe.trainable)
        _compile(model, recipe)
        further = _with_changes(recipe, partial(sample_noise, generator))
        options = (recipe.crop, recipe.batch_size, recipe.seed)
        dataset = Photographs(paths, *options, steps=7, further=further)
        seconds = []
        for index in range(len(dataset)):
            began = time.perf_counter()
            model.train_on_batch(*dataset[index])
            seconds.append(time.perf_counter() - began)
    return float(np.median(seconds[2:]))


def _images(
    photographs: Paths, previews: Sequence[str | os.PathLike[str]], crop: int
) -> tuple[Sequence[str | os.PathLike[str]], list[Image.Image]]:
    """Returns the paths of the photographs, and the previews as images."""
    if isinstance(photographs, str | os.PathLike):
        photographs = find_images(photographs)
    paths = photographs
    if not paths:
        raise ValueError("photographs must not be empty: give a thousand or more, of any content.")
    return paths, [center_crop(read_image(path), crop) for path in previews]


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


@dataclasses.dataclass(frozen=True)
class _Call:
    """The arguments that `train` and `train_trunk` have in common, ready for use."""

    folder: str | os.PathLike[str]
    paths: Sequence[str | os.PathLike[str]]
    precision: str
    minutes: float | None
    callbacks: Sequence[keras.callbacks.Callback]
    report: Callable[[Report], object] | None
    across: Devices
    asked: dict
    began: float

    def fit(self, recipes, generator, build, start, loss, transfer, further, paint):
        """Trains a copy of a generator on all devices.

        Args:
            recipes: Dictionary of style name to `Recipe`. They share all but `PAINTING_KEYS`.
            generator: `keras.Model` with the initial weights.
            build: Function without arguments that builds the same generator, with any weights.
            start: Entry of the card about the initial weights.
            loss: `PerceptualLoss`, whose network is replaced by its copy on all devices.
            transfer: Function of generator and loss, with the options of `StyleTransfer`, that
                returns the model to fit.
            further: Function of crops that returns the further inputs of the generator.
            paint: Function that takes a generator and returns a preview; empty for no previews.

        Returns:
            The trained weights, and the `Progress` of the training.
        """
        across, recipe = self.across, next(iter(recipes.values()))
        teacher = teacher_of(recipe)
        plan = Plan(recipe.steps, 60 * self.minutes if self.minutes else None, self.began)
        setting = setting_of(recipes, self.paths, self.precision, self.minutes)
        preview = paint and across.on_one(paint, generator)
        progress = Progress(
            Path(self.folder), plan, setting, self.asked, start, preview, self.report, self.began
        )
        with across.scope():
            loss.network = across.copied(loss.network, keras.models.clone_model)
            teacher = teacher and across.copied(teacher, keras.models.clone_model)
            options = _transfer_options(recipe, across.batch_size, teacher)
            model = transfer(across.copied(generator, lambda _: build()), loss, **options)
            verbose = 0 if self.report else "auto"
            _fit(model, recipe, self.paths, further, plan, progress, self.callbacks, verbose)
        return model.generator.get_weights(), progress


def _transfer_options(recipe, batch_size, teacher=None):
    return {
        "jitter": recipe.jitter,
        "stability": recipe.stability,
        "batch_size": batch_size,
        "teacher": teacher,
        "teacher_weight": recipe.teacher_weight,
    }


def _fit(model, recipe, paths, further, plan, progress, callbacks, verbose):
    """Trains to the last step of the plan, from the checkpoint of `progress` on."""
    _freeze(model.generator, recipe.trainable)
    _compile(model, recipe)
    further = _with_changes(recipe, further)

    def batches(first, last):
        crop = recipe.crop // 2 if first < recipe.small_crop_steps else recipe.crop
        options = (crop, recipe.batch_size, recipe.seed)
        return Photographs(paths, *options, steps=last - first, first=first, further=further)

    # One `fit` a report: within one, Keras reads ahead across the end of an epoch, and a
    # resumed training would see other samples than an uninterrupted one.
    done = progress.restore(model)
    plan.start()
    model.has_only_teacher = done < recipe.teacher_steps
    if not plan.is_made:
        progress.measure(model, batches(0, _STEPS_TO_MEASURE))
    set_steps(model, plan.steps)
    ends = (recipe.small_crop_steps, recipe.teacher_steps)
    while done < plan.steps:
        last = min((done // STEPS_PER_EPOCH + 1) * STEPS_PER_EPOCH, plan.steps)
        model.has_only_teacher = done < recipe.teacher_steps
        if any(done - STEPS_PER_EPOCH < end <= done for end in ends if done):
            # The loss has changed. And one compiled step for both sizes of crop would round
            # otherwise than that of a training which goes on after the small ones.
            model.make_train_function(force=True)
        model.fit(
            batches(done, last),
            initial_epoch=done // STEPS_PER_EPOCH,
            epochs=-(-plan.steps // STEPS_PER_EPOCH),
            shuffle=False,
            verbose=verbose,
            # The checkpoint last: of what is not in it the others see every report again.
            callbacks=[*callbacks, progress],
        )
        done = progress.done


def _card(progress, precision, paths):
    """Returns the card of what was trained."""
    facts = {"precision": precision, "photographs": len(paths), "start": progress.start}
    return {"training": {**progress.summary(), **facts}}


def _asked(folder, recipes, paths, precision, minutes=None):
    """Returns the setting that was asked for, after comparing it with that of the folder."""
    asked = setting_of(recipes, paths, precision, minutes)
    saved = begun(folder)
    if saved:
        refuse_other(Path(folder), saved, asked)
    return asked


def _with_changes(recipe, further):
    """Adds the inputs of the stability term, if the recipe has one, to those of the generator."""
    if not recipe.stability:
        return further
    return lambda *crops: [*further(*crops), *sample_changes(*crops)]


def _freeze(generator, trainable):
    kinds = (
        InstanceNormalization,
        ConditionalInstanceNormalization,
        keras.layers.BatchNormalization,
    )
    for layer in generator.layers:
        layer.trainable = trainable == "all" or isinstance(layer, kinds)


def _compile(model, recipe):
    model.schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.steps)
    # A variable, for the plan may change.
    model.schedule.decay_steps = keras.Variable(recipe.steps, trainable=False, dtype="float32")
    optimizer = _OPTIMIZERS[recipe.optimizer](model.schedule)
    if keras.config.dtype_policy().compute_dtype == "float16":
        # Keras begins with 32768, for losses near 1. Those of VGG's features are near 1e8 at the
        # start: it would come down by leaving out the first updates, one for each halving.
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0**-14)
    model.compile(optimizer=optimizer, jit_compile=jit_compile())
    optimizer.build(model.generator.trainable_variables)


@contextlib.contextmanager
def _dtype_policy(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
