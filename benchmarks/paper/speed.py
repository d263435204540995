"""C9: milliseconds a picture.

From one float32 picture in memory to the other, medians, in turn for both generators. Weights do
not matter to the time; these are random.
"""

import numpy as np
import tensorflow as tf

from benchmarks.paper.pictures import charts
from benchmarks.paper.study import paint
from benchmarks.timing import measure as medians
from tfstyle import Recipe
from tfstyle.evaluation.losses import rounded
from tfstyle.styles.model import build_generator

CLAIMS = {"C9": "Stylization is a matter of milliseconds: real time on a GPU (section 1)."}

_TABLE = "Milliseconds a picture"


def trainings(study):
    return []


def measure(study):
    widths = {"johnson": study.options.width}
    recipes = {
        name: Recipe(generator=name, width=widths.get(name, 0)) for name in study.options.generators
    }
    models = {name: build_generator(recipe) for name, recipe in recipes.items()}
    rows = [{"generator": name} for name in models]
    for size in study.track(study.options.sizes, "speed"):
        pixels = np.random.default_rng(0).random((size, size, 3), "float32")
        runs = [lambda m=model, x=pixels: paint(m, x) for model in models.values()]
        for row, seconds in zip(rows, medians(runs, study.options.rounds), strict=True):
            row[str(size)] = rounded(1000 * seconds)
    return {"tables": {_TABLE: rows}, "facts": {"GPU": _gpu()}, "figures": []}


def draw(result):
    figure, axes = charts(1, xlabel="size", ylabel="ms a picture", xscale="log", yscale="log")
    for row in result["tables"][_TABLE]:
        name, *cells = row.items()
        sizes, milliseconds = zip(*cells, strict=True)
        axes[0].plot([int(size) for size in sizes], milliseconds, label=name[1], marker=".")
    axes[0].legend()
    return figure


def _gpu():
    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        return "none"
    return tf.config.experimental.get_device_details(devices[0]).get("device_name", "unnamed")
