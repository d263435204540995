"""What a file of weights holds, looked at before a generator is built of it; needs no Keras."""

import math

import numpy as np

from tfstyle.styles.card import CARD


def check_contents(path, card, recipe):
    """Refuses a file of weights that its card and recipe do not describe.

    A generator is as large as its recipe says. So the recipe is compared with the file first, and
    the file with its own size: neither a number nor an array that claims to be large can make a
    process take more memory than the file has bytes.

    Args:
        path: `pathlib.Path` of an HDF5 file.
        card: Dictionary of `read_card`.
        recipe: `Recipe`.

    Raises:
        ValueError: if it is no HDF5 file; if it has links, or data in other files; if it has
            another number of parameters than the card says, a width that is not the recipe's, or
            weights that are not finite.
    """
    import h5py

    again = f"Copy the {path.parent.name} folder again."
    try:
        with h5py.File(path, "r") as file:
            arrays = _arrays(file)
            _refuse_claims(arrays, path)
            found = sum(math.prod(array.shape) for array in arrays.values())
            channels = {array.shape[-1] for array in arrays.values() if array.shape}
            finite = all(np.isfinite(array[()]).all() for array in arrays.values())
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        message = f"{path} does not hold the weights of the generator that its recipe describes"
        raise ValueError(f"{message}: {' '.join(str(error).split())[:200]}. {again}") from error
    if found != card["parameters"]:
        raise ValueError(
            f"{path} does not hold the weights of the generator that {CARD} describes: it has "
            f"{found} parameters, and should have {card['parameters']}. {again}"
        )
    if recipe.explicit.width not in channels:
        raise ValueError(
            f"The recipe beside {path} describes a generator of width {recipe.explicit.width}, "
            f"which the weights do not have. {again}"
        )
    if not finite:
        raise ValueError(f"{path} has weights that are not finite. {again}")


def _arrays(group, prefix=""):
    """Gives all arrays by their names, and follows no links."""
    import h5py

    arrays = {}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{prefix}{name} is a link, and weights have none")
        item = group[name]
        if isinstance(item, h5py.Dataset):
            arrays[prefix + name] = item
        elif prefix.count("/") < 8:
            arrays |= _arrays(item, f"{prefix}{name}/")
        else:
            raise ValueError("its groups are nested too deeply")
    return arrays


def _refuse_claims(arrays, path):
    for name, array in arrays.items():
        if array.is_virtual or array.external:
            raise ValueError(f"{name} lies in another file")
        if array.dtype.kind not in "fiu":
            raise ValueError(f"{name} holds no numbers")
    claimed = sum(math.prod(array.shape) * array.dtype.itemsize for array in arrays.values())
    if claimed > path.stat().st_size:
        raise ValueError(f"its arrays claim {claimed} bytes, more than the file has")
