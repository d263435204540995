"""Loads a trained style. Imports Keras only for the engine that needs it."""

import os

from tfstyle.quiet import load_keras
from tfstyle.styles.contents import read_style
from tfstyle.styles.engine import best_choice, check_choice
from tfstyle.styles.errors import reading
from tfstyle.styles.style import Style


def load(
    style: str | os.PathLike[str],
    generator: str | None = None,
    precision: str = "float32",
    engine: str = "keras",
) -> Style:
    """Loads a trained style.

    Args:
        style: Name of a style of the zoo (`list_styles` names them), path of a style's folder, or
            address on the Hugging Face Hub, `hf://user/repo` or `hf://user/repo@revision`.
        generator: `"johnson"`, `"pyramid"` or `"mobile"`. Defaults to the first of these that the
            style has.
        precision: One of

            - `"float32"`, the default: the same picture on every machine, up to one level of 255;
            - `"bfloat16"`: faster on processors that support it; most pixels differ a little;
            - `"auto"`: bfloat16 if this processor supports it and the style was measured to look
              the same in it.
        engine: One of

            - `"keras"`, the default: the backend that Keras runs on;
            - `"openvino"`: the fastest on a CPU. It needs the package openvino, and no TensorFlow
              once the network of a style is in the cache;
            - `"auto"`: openvino if it is installed, otherwise keras.

    Returns:
        `Style`.

    Raises:
        ValueError: if there is no such precision or engine.
        UnusableStyleError: a ValueError, if there is no such style or generator, the name is that
            of a style of the zoo and of one in the working directory, or its files are damaged or
            not complete.
        ImportError: if the engine is not installed.

    Example: `tfstyle.load("mosaic").stylize("photo.jpg").save("picture.jpg")`
    """
    check_choice(precision, engine)
    with reading(style):
        recipe, weights, folder, card = read_style(style, generator)
    precision, engine = best_choice(card, precision, engine)

    def load_model():
        load_keras()
        from tfstyle.styles.model import load_generator

        return load_generator(recipe, weights, folder, card, precision)

    if engine == "keras":
        with reading(style):
            return Style(recipe, load_model(), card)
    from tfstyle.styles.networks import cached_network

    run = cached_network(recipe, card, load_model, precision)
    return Style(recipe, card=card, load_model=load_model, run=run)
