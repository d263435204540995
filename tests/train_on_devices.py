"""Trains on one device and on several, of which the CPU is divided into: for test_devices.py.

Its arguments: the number of devices, folder for the results, painting, photographs. A process of
its own, for a backend counts its devices once.
"""

import os
import shutil
import sys
from pathlib import Path

COUNT, FOLDER, PAINTING, PHOTOGRAPHS = int(sys.argv[1]), *map(Path, sys.argv[2:5])
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={COUNT}"

import keras  # noqa: E402
import numpy as np  # noqa: E402

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * COUNT
    tf.config.set_logical_device_configuration(cpu, parts)

from tiny_vgg import tiny_vgg  # noqa: E402

from tfstyle import GENERATORS, Recipe, layers, train, train_trunk  # noqa: E402
from tfstyle.images.files import find_images, read_image  # noqa: E402
from tfstyle.images.pixels import to_pixels  # noqa: E402
from tfstyle.training import loop  # noqa: E402

loop.STEPS_PER_EPOCH = 2  # pyright: ignore[reportPrivateImportUsage]


class StoppedError(Exception):
    """Interrupts a training."""


def tiny(width, styles=0, **options):
    """A generator that compiles in a second: the true ones have nothing else to divide."""
    image = keras.Input((None, None, 3), name="image")
    weights = keras.Input((styles,), name="style_weights") if styles else None
    x = layers.ImageInput(4, 8)(image)
    for _ in range(2):
        x = layers.Conv2D(width, 3, use_bias=False)(layers.ReflectionPadding2D(1)(x))
        if styles:
            x = layers.ConditionalInstanceNormalization(styles)(x, weights)
        else:
            x = layers.InstanceNormalization()(x)
        x = keras.layers.ReLU()(x)
    x = layers.ImageOutput()(layers.Conv2D(3, 3)(layers.ReflectionPadding2D(1)(x)))
    return keras.Model([image, weights] if styles else image, x, name="johnson")


GENERATORS["johnson"] = tiny


def stop_at(step):
    def tell(report):
        if report.step == step and report.losses:
            raise StoppedError

    return tell


def silent(report):
    """Replaces the progress bar."""


def options(devices):
    # Three previews, which neither 2 nor 4 devices can divide.
    previews = find_images(PHOTOGRAPHS)[:3]
    return {"vgg": tiny_vgg(), "previews": previews, "report": silent, "devices": devices}


def save(name, pictures):
    with np.load(FOLDER / name / "checkpoint.npz") as saved:
        history = saved["history"][:, 2:]
        numbers = sorted(
            (key for key in saved if key.startswith("variable_")), key=lambda k: int(k[9:])
        )
        arrays = {f"variable_{n:03}": saved[key] for n, key in enumerate(numbers)}
    np.savez(FOLDER / f"{name}.npz", history=history, pictures=pictures, **arrays)


recipe = Recipe(
    painting=str(PAINTING),
    width=4,
    content_layers=("deep",),
    style_layers=("shallow", "deep"),
    crop=32,
    batch_size=4,
    steps=4,
    style_size=48,
    style_weight=10.0,
    # What a step takes from the whole batch.
    jitter=4,
    stability=1.0,
)
photograph = to_pixels(read_image(find_images(PHOTOGRAPHS)[0]))

style = train(recipe, PHOTOGRAPHS, FOLDER / "one", **options(1))
save("one", style.stylize(photograph))

# Interrupted on several devices, and continued there and on one.
try:
    train(recipe, PHOTOGRAPHS, FOLDER / "several", **{**options(COUNT), "report": stop_at(3)})
except StoppedError:
    shutil.copytree(FOLDER / "several", FOLDER / "moved")
for name, devices in (("several", COUNT), ("moved", 1)):
    style = train(recipe, PHOTOGRAPHS, FOLDER / name, **options(devices))
    save(name, style.stylize(photograph))

recipes = {
    "stripes": recipe.replace(steps=2),
    "photograph": recipe.replace(steps=2, painting=str(find_images(PHOTOGRAPHS)[1])),
}
for name, devices in (("trunk_one", 1), ("trunk_several", COUNT)):
    trunk = train_trunk(recipes, PHOTOGRAPHS, FOLDER / name, **options(devices))
    save(name, np.stack([trunk.stylize(photograph, each) for each in recipes]))
