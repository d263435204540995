"""The weights of a generator as a file, and what its card says of them."""

import collections
import importlib
import os
import re

import keras
import numpy as np
import safetensors.numpy

from tfstyle.files import sha256
from tfstyle.processor import processor_name
from tfstyle.styles.card import CARD
from tfstyle.styles.folder import RECIPE


def has_finite_weights(generator):
    """Whether no weight of a generator is infinite or no number."""
    return all(np.isfinite(weight).all() for weight in generator.get_weights())


def weighted_layers(model):
    """Lists the layers that have weights: alike for a trunk, its styles and their starts."""
    return [layer for layer in model.layers if layer.weights]


def load_weights(model, arrays, folder, card):
    """Gives a generator the weights that were read from a folder.

    Args:
        model: `keras.Model`.
        arrays: Dictionary of `contents.read_weights`. The names are those of the layers, counted
            by kind, and of their variables: `conv2d_1.kernel`; those of an HDF5 file
            `layers/conv2d_1/vars/0`.
        folder: `pathlib.Path` that they were read from.
        card: Dictionary of `read_card`.

    Raises:
        ValueError: if it is a generator of another size: the recipe beside is another's; or if
            the weights are of other layers.
    """
    if model.count_params() != card.get("parameters"):
        raise ValueError(
            f"{folder / RECIPE} describes a generator of {model.count_params()} parameters, "
            f"{CARD} one of {card.get('parameters')}. Copy the {folder.name} folder again."
        )
    found = [(variable, arrays.get(name, arrays.get(old))) for variable, name, old in _named(model)]
    if len(found) != len(arrays) or any(
        array is None or array.shape != tuple(variable.shape) for variable, array in found
    ):
        raise ValueError(
            f"{folder} does not hold the weights of the generator that {RECIPE} describes: they "
            f"are of other layers. Copy the {folder.name} folder again."
        )
    for variable, array in found:
        variable.assign(np.asarray(array, "float32"))


def save_weights(model, path, half, change):
    """Writes the weights in float16 if that changes no picture visibly, else in float32.

    Args:
        model: `keras.Model`.
        path: Of the new safetensors file. Equal weights are equal files.
        half: `keras.Model` like it, whose weights become what the file gives back.
        change: Function of no arguments that gives the largest difference of any pixel,
            in [0, 1], between pictures of the two.

    Returns:
        `"float16"` or `"float32"`.
    """
    with np.errstate(over="ignore"):
        half.set_weights([np.float16(weight) for weight in model.get_weights()])
    # No number is below 1/255 where a weight beyond 65504 became infinite.
    dtype = "float16" if change() <= 1 / 255 else "float32"
    if dtype == "float32":
        half.set_weights(model.get_weights())
    arrays = {
        name: np.ascontiguousarray(keras.ops.convert_to_numpy(variable), dtype)
        for variable, name, _ in _named(half)
    }
    path.write_bytes(safetensors.numpy.save(arrays))
    return dtype


def describe(model, weights):
    """Gives what a card says of a generator and the file of its weights."""
    return {
        "parameters": model.count_params(),
        "bytes": weights.stat().st_size,
        "sha256": sha256(weights),
        **environment(),
    }


def environment():
    """Gives what a number was measured with: Keras' backend, versions of packages, hardware."""
    return {
        "backend": keras.backend.backend(),
        "versions": versions(),
        "hardware": f"{processor_name()}, {os.cpu_count()} cores",
    }


def versions():
    """Gives the versions of tfstyle and of the packages that compute its pictures."""
    names = ("tfstyle", "keras", keras.backend.backend(), "numpy")
    modules = {name: name for name in names} | {"pillow": "PIL"}
    # Those that the modules state: a vendor's build may lack metadata.
    return {name: importlib.import_module(module).__version__ for name, module in modules.items()}


def _named(model):
    """Gives each variable, its name in a file, and the one that Keras gave it in an HDF5 file.

    A layer's own name will not do: its number counts the layers of the whole process.
    """
    counts = collections.Counter()
    for layer in model.layers:
        kind = re.sub("([a-z])([A-Z])", r"\1_\2", type(layer).__name__).lower()
        name = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
        for index, variable in enumerate(layer.weights):
            yield variable, f"{name}.{variable.name}", f"layers/{name}/vars/{index}"
