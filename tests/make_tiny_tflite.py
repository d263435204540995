"""Writes tests/data/tiny.tflite, which the runner is tested with where there is no TensorFlow.

python tests/make_tiny_tflite.py
"""

from pathlib import Path

import keras
import numpy as np

from tfstyle import Recipe, Style
from tfstyle.export import to_tflite
from tfstyle.styles.model import build_generator

TINY = Path(__file__).parent / "data" / "tiny.tflite"


def make(path):
    """Writes the file, and beside it a photograph and its picture by Keras."""
    keras.utils.set_random_seed(0)
    recipe = Recipe(
        "stripes.png",
        title="Stripes",
        artist="tfstyle",
        year="2026",
        rights="CC0 1.0",
        source="random",
        width=4,
    )
    style = Style(recipe, build_generator(recipe))
    rng = np.random.default_rng(0)
    # Other than ones and zeros, so that a gamma or beta that is lost is noticed.
    weights = [w + rng.normal(0, 0.2, w.shape) * (w.ndim == 1) for w in style.model.get_weights()]
    # Of float16, as in the file: what differs is then the arithmetic alone.
    style.model.set_weights([np.float16(w) for w in weights])
    to_tflite(style, path, "float16")
    pixels = rng.uniform(size=(26, 35, 3)).astype("float32")
    np.savez_compressed(path.with_suffix(".npz"), input=pixels, output=style.stylize(pixels))


if __name__ == "__main__":
    make(TINY)
    TINY.with_suffix(".json").unlink()
