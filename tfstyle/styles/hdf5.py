"""Files of weights of earlier versions: HDF5, read in a process of its own.

HDF5's library is native code that was not made for hostile files: a file can end the process that
reads it. So what does not come with tfstyle is read by a process that only gives back the arrays.

    python -P hdf5.py < model.weights.h5 > model.safetensors
"""

import io
import math
import subprocess
import sys

import h5py
import safetensors.numpy

_SECONDS = 60  # a file of the zoo takes 0.3


def read_hdf5(content, trusted=False):
    """Reads an HDF5 file of weights.

    Args:
        content: Bytes of the file.
        trusted: Boolean, whether to read it in this process, which is faster by 0.3 s.

    Returns:
        Dictionary of name to array, the names as in the file: `layers/conv2d_1/vars/0`.

    Raises:
        ValueError: if it is no HDF5 file; if it has links, data in other files, or arrays that
            claim more bytes than the file has; or if reading it ends the process that reads it.
    """
    if trusted:
        return _arrays_of(content)
    try:
        # -P: no file beside this one shadows a module.
        result = subprocess.run(
            [sys.executable, "-P", __file__], input=content, capture_output=True, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"HDF5 does not read it within {_SECONDS} s") from error
    if result.returncode == 2:
        raise ValueError(result.stderr.decode(errors="replace"))
    if result.returncode:
        raise ValueError(f"HDF5 crashed on it, with exit code {result.returncode}")
    return safetensors.numpy.load(result.stdout)


def _arrays_of(content):
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            arrays = _arrays(file)
            _refuse_claims(arrays, len(content))
            return {name: array[()] for name, array in arrays.items()}
    except (OSError, RuntimeError, KeyError, TypeError, MemoryError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from error


def _arrays(group, prefix=""):
    """Gives all arrays by their names, and follows no links."""
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


def _refuse_claims(arrays, size):
    for name, array in arrays.items():
        if array.is_virtual or array.external:
            raise ValueError(f"{name} lies in another file")
        if array.dtype.kind not in "fiu":
            raise ValueError(f"{name} holds no numbers")
    claimed = sum(math.prod(array.shape) * array.dtype.itemsize for array in arrays.values())
    if claimed > size:
        raise ValueError(f"its arrays claim {claimed} bytes, more than the file has")


if __name__ == "__main__":
    try:
        found = _arrays_of(sys.stdin.buffer.read())
    except ValueError as error:
        sys.stderr.write(str(error))
        sys.exit(2)
    sys.stdout.buffer.write(safetensors.numpy.save(found))
