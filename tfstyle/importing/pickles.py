"""Files of PyTorch, read without PyTorch and without running what is in them.

A pickle is a program: it names functions and calls them. Here only four names are known, which make
dictionaries and arrays; any other is refused before anything is called.

Two layouts are read: the zip archive that `torch.save` writes since version 1.6, and the sequence
of pickles that it wrote before, from 2017 on.
"""

import functools
import io
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C  # begins a file of the older layout
_DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
_MOST_BYTES = 2**30  # of a whole file: style networks have some 7 MB


def read_pickle(path):
    """Reads what `torch.save` wrote.

    Args:
        path: Path of the file.

    Returns:
        Dictionaries, lists, numbers and strings as in the file, tensors as NumPy arrays.

    Raises:
        ValueError: if it is no such file, or has anything else in it.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"it is larger than {_MOST_BYTES:,} bytes")
        return _read_zip(path) if zipfile.is_zipfile(path) else _read_sequence(path)
    # A pickle that lies makes its reader raise nearly anything.
    except (
        *(ValueError, TypeError, AttributeError, LookupError, OSError, EOFError, MemoryError),
        *(ArithmeticError, RecursionError, pickle.UnpicklingError, zipfile.BadZipFile),
        *(NotImplementedError, RuntimeError),
    ) as error:
        reason = " ".join(f"{error or type(error).__name__}".split())[:200]
        raise ValueError(
            f"{path} cannot be read as weights of PyTorch: {reason}. Give a file of "
            "torch.save(model.state_dict(), PATH); it is read without running what is in it."
        ) from error


class _Callable:
    """A function that a pickle may call, and nothing else: it has no attributes to be changed.

    Args:
        function: The function.
    """

    __slots__ = ("_function",)

    def __init__(self, function):
        object.__setattr__(self, "_function", function)

    def __setattr__(self, name, value):
        raise AttributeError("a pickle changes nothing here")

    def __call__(self, *args):
        return self._function(*args)


class _Reader(pickle.Unpickler):
    """Reads pickles that name nothing but what `_KNOWN` and `_DTYPES` list.

    Args:
        file: Binary file.
        storage: Function that gives the flat array of a storage, of its dtype, key and length.
    """

    def __init__(self, file, storage=None):
        _refuse_large_memo(file)
        super().__init__(file, encoding="utf-8")
        self._storage = storage
        self._bytes = 0

    def find_class(self, module, name):
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]  # text: it cannot be called
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return _Callable(self._counted_tensor)
        if (module, name) in _KNOWN:
            return _KNOWN[module, name]
        raise pickle.UnpicklingError(f"it needs {module}.{name}, which is not run")

    def persistent_load(self, identity):
        kind, dtype, key, _, count, *_ = identity
        if kind != "storage" or self._storage is None or dtype not in _DTYPES.values():
            raise pickle.UnpicklingError("it refers to something that is no tensor")
        return self._storage(dtype, key, count)

    def _counted_tensor(self, storage, *place):
        """Gives a tensor, and refuses too many: a small file can ask for one again and again."""
        tensor = _tensor(storage, *place)
        self._bytes += tensor.nbytes
        if self._bytes > _MOST_BYTES:
            raise ValueError(f"its tensors have more than {_MOST_BYTES:,} bytes together")
        return tensor


def _refuse_large_memo(file):
    """Refuses a pickle that numbers its objects beyond its own length, and rewinds the file.

    Python makes a list as long as the largest number: 64 GB for a pickle of nine bytes.
    """
    start = file.tell()
    numbers = (
        argument or 0
        for code, argument, _ in pickletools.genops(file)
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT")
    )
    largest = max(numbers, default=0)
    if largest > file.tell() - start:
        raise ValueError(f"it numbers an object {largest}, and has not that many")
    file.seek(start)


def _tensor(storage, offset, size, stride, *_):
    """Gives the array of a tensor, whose values lie in a flat one."""
    size, stride = tuple(map(int, size)), tuple(map(int, stride))
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    count = int(np.prod(size, dtype=object)) if size else 1
    if min((offset, *size, *stride)) < 0 or (count and last >= len(storage)):
        raise ValueError("a tensor lies outside of its values")
    if count > len(storage):
        raise ValueError("a tensor has more values than are stored")
    start, width = storage[offset:], storage.itemsize
    return np.lib.stride_tricks.as_strided(start, size, [width * n for n in stride]).copy()


def _parameter(data, *_):
    return data


_KNOWN = {
    ("collections", "OrderedDict"): _Callable(OrderedDict),
    ("torch._utils", "_rebuild_parameter"): _Callable(_parameter),
}


def _read_zip(path):
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        name = next((name for name in entries if name.endswith("/data.pkl")), None)
        if name is None:
            raise ValueError("the archive has no data.pkl")
        if any(entry.file_size > entry.compress_size for entry in entries.values()):
            raise ValueError("the archive is compressed, which torch.save does not do")
        folder = name.removesuffix("data.pkl")
        order = entries.get(f"{folder}byteorder")
        if order is not None and archive.read(order).strip() != b"little":
            raise ValueError("its numbers are big-endian")

        read = functools.cache(archive.read)  # tensors may share their values

        def storage(dtype, key, count):
            return np.frombuffer(read(f"{folder}data/{key}"), dtype, count)

        return _Reader(io.BytesIO(archive.read(name)), storage).load()


def _read_sequence(path):
    """Reads the older layout, whose values stand behind the pickle that refers to them."""
    content = path.read_bytes()
    kinds = {}

    def note(dtype, key, count):
        kinds[key] = np.dtype(dtype), count
        if sum(kind.itemsize * size for kind, size in kinds.values()) > len(content):
            raise ValueError("its tensors claim more bytes than the file has")
        return np.zeros(count, dtype)

    file = _after_header(content)
    _Reader(file, note).load()
    values = {}
    for key in _Reader(file).load():
        dtype, _ = kinds[key]
        count = int.from_bytes(file.read(8), "little")
        values[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype, count)
    return _Reader(_after_header(content), lambda dtype, key, count: values[key]).load()


def _after_header(content):
    file = io.BytesIO(content)
    if _Reader(file).load() != _MAGIC:
        raise ValueError("it does not begin as a file of torch.save")
    for _ in ("version", "sizes of integers"):
        _Reader(file).load()
    return file
