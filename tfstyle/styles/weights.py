"""The weights of a generator as a file, and what its card says of them."""

import importlib
import os

import h5py
import keras
import numpy as np

from tfstyle.files import replacing, sha256
from tfstyle.processor import processor_name
from tfstyle.styles.card import CARD
from tfstyle.styles.folder import RECIPE


def has_finite_weights(generator):
    """Whether no weight of a generator is infinite or no number."""
    return all(np.isfinite(weight).all() for weight in generator.get_weights())


def weighted_layers(model):
    """Lists the layers that have weights: alike for a trunk, its styles and their starts."""
    return [layer for layer in model.layers if layer.weights]


def load_weights(model, path, card):
    """Reads weights into the generator that a card describes.

    Raises:
        ValueError: if it is a generator of another size: the recipe beside is another's; or if
            the file is no HDF5, or of other layers.
    """
    if model.count_params() != card.get("parameters"):
        raise ValueError(
            f"{path.parent / RECIPE} describes a generator of {model.count_params()} parameters, "
            f"{CARD} one of {card.get('parameters')}. Copy the {path.parent.name} folder again."
        )
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"{path} does not hold the weights of the generator that {RECIPE} beside it describes. "
            f"Copy the {path.parent.name} folder again."
        ) from error


def save_weights(model, path, half, change):
    """Writes the weights in float16 if that changes no picture visibly, else in float32.

    Args:
        model: `keras.Model`.
        path: Of the new HDF5 file.
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
    half.save_weights(path)
    _compact(path, dtype)
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


def _compact(path, dtype):
    """Rewrites an HDF5 file of Keras with floats of a dtype, and with the small headers of 1.8.

    A pyramid has 400 groups, and Keras' headers of them take more room than its weights. They have
    times, too: without them equal weights are equal files, with equal hashes.
    """
    with replacing(path) as temporary, h5py.File(path, "r") as old, _timeless(temporary) as new:
        timeless = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
        timeless.set_obj_track_times(False)

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                values = item[()]
                new[name] = values.astype(dtype) if values.dtype == "float32" else values
            else:
                h5py.h5g.create(new.id, name.encode(), gcpl=timeless)
            # Keras writes the layer's name there, whose number is the process', and reads none.
            new[name].attrs.update({k: v for k, v in item.attrs.items() if k != "name"})

        new.attrs.update(old.attrs)
        old.visititems(copy)


def _timeless(path):
    """Creates an HDF5 file whose root says no time."""
    options = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    options.set_obj_track_times(False)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_V18)
    return h5py.File(h5py.h5f.create(os.fsencode(path), h5py.h5f.ACC_TRUNC, options, access))
