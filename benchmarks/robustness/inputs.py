"""A tiny style, network, recipe and photographs: what breaks tfstyle does not need large ones."""

import keras
import numpy as np
from PIL import Image

from tfstyle import Recipe, Style
from tfstyle.styles.model import build_generator


def make_style(folder):
    """Saves a style of random weights, and returns its folder."""
    folder.mkdir()
    painting = folder / "stripes.png"
    pixels = np.full((48, 64, 3), (200, 120, 40), "uint8")
    pixels[:, ::4] += 30
    Image.fromarray(pixels).save(painting)
    keras.utils.set_random_seed(3)
    recipe = Recipe(painting=str(painting), width=4)
    Style(recipe, build_generator(recipe)).save(folder / "style")
    return folder / "style"


def make_photograph(path):
    """Writes a small photograph of smooth noise."""
    coarse = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype="uint8")
    Image.fromarray(coarse).resize((48, 40)).save(path)
    return path


def make_training(folder, steps):
    """Writes what a training needs: paths of network, recipe and photographs."""
    keras.utils.set_random_seed(2)
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="shallow")(image)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="deep")(x)
    photographs = folder / "photographs"
    photographs.mkdir(parents=True)
    keras.Model(image, x).save(folder / "network.keras")
    make_photograph(photographs / "1.png")
    make_photograph(photographs / "2.png")
    layers = {"content_layers": ("deep",), "style_layers": ("shallow", "deep")}
    sizes = {"width": 4, "crop": 32, "batch_size": 1, "steps": steps, "style_size": 48}
    recipe = Recipe(painting=str(photographs / "1.png"), style_weight=10.0, **layers, **sizes)
    recipe.save(folder / "recipe.toml")
    return folder / "network.keras", folder / "recipe.toml", photographs
