"""How a style is written to its folder."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.files import replacing
from tfstyle.images.files import read_image, write_image
from tfstyle.images.geometry import center_crop
from tfstyle.images.pixels import to_pixels
from tfstyle.styles.card import write_card
from tfstyle.styles.folder import RECIPE, WEIGHTS, shared_painting
from tfstyle.styles.model import build_generator, stylized_pairs
from tfstyle.styles.weights import describe, has_finite_weights, save_weights


def save_style(
    style: Any,
    folder: str | os.PathLike[str],
    previews: Sequence[str | os.PathLike[str]] = (),
) -> None:
    """Writes a `Style`: see its method `save`."""
    if not has_finite_weights(style.model):
        raise ValueError("The style has weights that are not finite, and is not saved.")
    photographs = [center_crop(read_image(path), 256) for path in previews]
    images = [read_image(style.recipe.painting), *photographs]
    folder = Path(folder)
    painting = shared_painting(folder, style.recipe.painting, style.recipe.generator)
    with replacing(folder / style.recipe.generator) as temporary:
        temporary.mkdir()
        style.recipe.replace(painting=str(painting)).save(temporary / RECIPE)
        saved = type(style)(style.recipe, build_generator(style.recipe))
        pixels = [to_pixels(center_crop(image, 256)) for image in images]
        dtype = save_weights(
            style.model,
            temporary / WEIGHTS,
            saved.model,
            lambda: np.max([np.abs(style.stylize(x) - saved.stylize(x)) for x in pixels]),
        )
        if photographs:
            write_image(stylized_pairs(saved.model, photographs), temporary / "preview.jpg")
        _save_golden(saved, temporary / "golden.npz")
        facts = {"dtype": dtype, **describe(saved.model, temporary / WEIGHTS)}
        write_card(temporary, {**style.card, **facts})
    # Last: what is interrupted before leaves the older style with its own painting.
    if not (painting.exists() and painting.samefile(style.recipe.painting)):
        with replacing(painting) as temporary:
            shutil.copyfile(style.recipe.painting, temporary)


def _save_golden(style, path):
    """Keeps a small input and its output, to notice when a later version paints otherwise."""
    pixels = np.asarray(center_crop(read_image(style.recipe.painting), 96))[:64]
    np.savez_compressed(path, input=pixels, output=style.stylize(pixels))
