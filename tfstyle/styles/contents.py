"""Reads the files of a style, and checks them before a generator is built. Needs no Keras."""

import hashlib

import numpy as np
import safetensors
import safetensors.numpy

from tfstyle.styles.card import CARD, read_card
from tfstyle.styles.folder import RECIPE, check_painting, find_style, is_in_zoo, weights_path
from tfstyle.styles.recipe import Recipe


def read_style(style, generator=None):
    """Reads a style, without building its generator.

    Args:
        style: As `tfstyle.load` takes it.
        generator: Likewise.

    Returns:
        A tuple `(recipe, weights, folder, card)`, as `model.load_generator` takes them.

    Raises:
        ValueError: if there is no such style or generator, or its files are damaged or do not
            belong together.
    """
    folder = find_style(style, generator)
    card = read_card(folder)
    weights = read_weights(folder, card)
    recipe = Recipe.load(folder / RECIPE)
    check_painting(folder.parent, recipe)
    check_contents(weights, folder, card, recipe)
    return recipe, weights, folder, card


def read_weights(folder, card):
    """Reads the weights of a trained generator, whose hash the card states.

    The file is read once: what is checked is what is used.

    Args:
        folder: `pathlib.Path`.
        card: Dictionary of `read_card`.

    Returns:
        Dictionary of name to array: see `weights.load_weights`.

    Raises:
        ValueError: if the file is missing, other than the card's, or neither safetensors nor HDF5;
            or if it has links, data in other files, or arrays larger than itself.
    """
    path = weights_path(folder)
    if path.stat().st_size != card["bytes"]:
        raise _damaged(path)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != card["sha256"]:
        raise _damaged(path)
    try:
        if path.suffix == ".safetensors":
            return safetensors.numpy.load(content)
        from tfstyle.styles.hdf5 import read_hdf5

        return read_hdf5(content, trusted=is_in_zoo(path))
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(
            f"{path} does not hold the weights of the generator that its recipe describes: "
            f"{reason}. Copy the {folder.name} folder again."
        ) from error


def check_contents(arrays, folder, card, recipe):
    """Refuses weights that their card and recipe do not describe.

    A generator is as large as its recipe says. So the recipe is compared with the weights first:
    no number in it can make a process take more memory than the file has bytes.

    Args:
        arrays: Dictionary of `read_weights`.
        folder: `pathlib.Path` that they were read from.
        card: Dictionary of `read_card`.
        recipe: `Recipe`.

    Raises:
        ValueError: if they have another number of parameters than the card says, a width that is
            not the recipe's, or are not finite.
    """
    path, again = weights_path(folder), f"Copy the {folder.name} folder again."
    found = sum(array.size for array in arrays.values())
    if found != card["parameters"]:
        raise ValueError(
            f"{path} does not hold the weights of the generator that {CARD} describes: it has "
            f"{found} parameters, and should have {card['parameters']}. {again}"
        )
    if recipe.explicit.width not in {array.shape[-1] for array in arrays.values() if array.shape}:
        raise ValueError(
            f"The recipe beside {path} describes a generator of width {recipe.explicit.width}, "
            f"which the weights do not have. {again}"
        )
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError(f"{path} has weights that are not finite. {again}")


def _damaged(path):
    return ValueError(
        f"{path} is damaged, or of another style: its SHA-256 is not that of {CARD}. Copy the "
        "style again."
    )
