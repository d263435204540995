"""The generator of a style as a Keras model: built, loaded, and shown at work."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from tfstyle.generators import GENERATORS
from tfstyle.images.geometry import montage
from tfstyle.images.pixels import to_image, to_pixels
from tfstyle.painting.processes import refuse_fork
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.recipe import Recipe
from tfstyle.styles.weights import load_weights

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def build_generator(recipe: Recipe) -> keras.Model:
    """Builds the untrained generator of a recipe, under the present dtype policy of Keras."""
    refuse_fork()
    generator = GENERATORS[recipe.generator](**recipe.generator_options)
    generator.compile(optimizer=None, jit_compile=jit_compile())
    return generator


def load_generator(
    recipe: Recipe, weights: dict, folder: Path, card: dict, precision: str = "float32"
) -> keras.Model:
    """Builds the generator of a style, and reads its weights.

    Args:
        recipe: `Recipe`.
        weights: Dictionary of `read_weights`.
        folder: That they were read from.
        card: What `read_card` returned.
        precision: `"float32"` or `"bfloat16"`: in which it computes.

    Raises:
        ValueError: if they are not the weights of this generator.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_POLICIES[precision])
    try:
        generator = build_generator(recipe)
    finally:
        keras.config.set_dtype_policy(before)
    load_weights(generator, weights, folder, card)
    return generator


def jit_compile() -> bool:
    """Whether to compile with XLA: for JAX only.

    TensorFlow on a CPU is faster without: oneDNN's convolutions are out of XLA's reach there,
    and each new image size would cost seconds of compilation.
    """
    return keras.backend.backend() == "jax"


def stylized_pairs(
    generator: keras.Model, images: Sequence[Image.Image], seed: int = 0
) -> Image.Image:
    """Puts photographs above their stylized pictures in one image.

    Args:
        generator: `keras.Model` of `build_generator`.
        images: `PIL.Image.Image`s of one size.
        seed: Integer, for generators that take noise.
    """
    pixels = stylize_pixels(generator, np.stack([to_pixels(image) for image in images]), seed)
    return montage([images, [to_image(picture) for picture in pixels]])
