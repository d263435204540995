"""How this process treats the memory that it has freed."""

import ctypes
import sys

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8
_SETTINGS = {_M_MMAP_MAX: 0, _M_TRIM_THRESHOLD: 2**31 - 1, _M_ARENA_MAX: 1}


def keep_freed_memory():
    """Keeps memory that this process frees for its next allocations.

    Call it before Keras' first operation, as `tfstyle train` and `tfstyle trunk` do. By default,
    glibc returns each large array to the system when it is freed, and requests it again, page by
    page, for the next one. A training step does this with gigabytes and can lose a third of its
    time (`docs/notebook/training.md`). Numbers do not change. The process keeps its largest size
    until it ends, and needs more memory for large photographs: use it for trainings only.

    Three settings are needed together: no array by `mmap`, up to 2 GB kept at the end of the heap,
    and one heap for all threads, because the heaps of further threads are too small for arrays.

    Returns:
        Whether it has an effect: only on Linux with glibc.
    """
    mallopt = _of_glibc("mallopt")
    return bool(mallopt) and all(mallopt(*setting) for setting in _SETTINGS.items())


def return_freed_memory() -> bool:
    """Returns memory that this process has freed to the system.

    glibc keeps freed memory for later allocations, but does not use it for arrays above 32 MB,
    which come from the system. Painting calls this function between two passes over a large
    photograph, so that both do not add up.

    Returns:
        Whether some was returned: only on Linux with glibc.
    """
    malloc_trim = _of_glibc("malloc_trim")
    return bool(malloc_trim and malloc_trim(0))


def _of_glibc(name):
    """Returns a function of the C library, or None if it is not glibc."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
