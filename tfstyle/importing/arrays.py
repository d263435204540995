"""Files of weights of PyTorch and TensorFlow 1: names and arrays."""

from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from tfstyle.importing.pickles import read_pickle

_TENSORFLOW = (".ckpt", ".index", ".meta")


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Reads the arrays of a file, and runs nothing that is in it.

    Args:
        path: Of a file of `torch.save` (of a state dict, or of a dictionary that has one as
            `state_dict`), of a `.safetensors` file, or of a TensorFlow checkpoint: the file
            `.ckpt`, one of its parts, or its folder.

    Returns:
        Dictionary of name to array.

    Raises:
        ValueError: if the file is missing, damaged or of another kind.
    """
    path = Path(path)
    if not path.exists() and not path.with_name(f"{path.name}.index").exists():
        raise ValueError(f"{path}: there is no such file.")
    if path.is_dir() or path.suffix in _TENSORFLOW or ".ckpt" in path.name:
        return _read_checkpoint(path)
    content = _read_safetensors(path) if path.suffix == ".safetensors" else read_pickle(path)
    if isinstance(content, dict):
        content = content.get("state_dict", content)
    if not isinstance(content, dict) or not content:
        raise ValueError(f"{path} holds no weights by name. Save model.state_dict() in PyTorch.")
    # Of a model that was trained on several GPUs each name begins with "module.".
    arrays = {
        str(name).removeprefix("module."): value
        for name, value in content.items()
        if isinstance(value, np.ndarray)
    }
    if not arrays:
        raise ValueError(f"{path} holds no weights. Save model.state_dict() in PyTorch.")
    return arrays


def _read_checkpoint(path):
    import tensorflow as tf

    if path.is_dir():
        found = tf.train.latest_checkpoint(str(path))
        if found is None:
            raise ValueError(f"{path} has no file named checkpoint. Give the file .ckpt itself.")
        path = Path(found)
    prefix = path.with_suffix("") if path.suffix in (".index", ".meta") else path
    prefix = prefix.with_suffix("") if prefix.suffix.startswith(".data-") else prefix
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise ValueError(f"{prefix} is no checkpoint of TensorFlow: {reason}") from error


def _read_safetensors(path):
    try:
        return safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, KeyError, TypeError) as error:
        raise ValueError(f"{path} cannot be read as safetensors: {error}") from error
