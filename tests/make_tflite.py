"""Writes tests/data/*.tflite, which tests/test_litert.py runs where no TensorFlow is installed.

python tests/make_tflite.py
"""

from pathlib import Path

import keras
import numpy as np
from tfstyle.export import to_tflite

from tfstyle import Recipe, Style
from tfstyle.styles import build_generator

ROOT = Path(__file__).parents[1]


def main():
    recipe = Recipe(
        painting=str(ROOT / "docs/images/painting.jpg"),
        title="Random strokes",
        artist="tfstyle",
        rights="public domain",
        width=2,
    )
    keras.utils.set_random_seed(0)
    style = Style(recipe, build_generator(recipe))
    rng = np.random.default_rng(0)
    weights = style.model.get_weights()
    style.model.set_weights([w + rng.normal(0, 0.2, w.shape) for w in weights])
    folder = Path(__file__).parent / "data"
    to_tflite(style, folder / "free.tflite")
    to_tflite(style, folder / "fixed.tflite", size=64)
    pixels = rng.random((64, 64, 3), "float32")
    np.savez_compressed(folder / "tflite.npz", input=pixels, output=style.stylize(pixels))


if __name__ == "__main__":
    main()
