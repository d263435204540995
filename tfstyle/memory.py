"""How this process treats the memory that it has freed."""

import ctypes
import sys

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8
_SETTINGS = {_M_MMAP_MAX: 0, _M_TRIM_THRESHOLD: 2**31 - 1, _M_ARENA_MAX: 1}


def keep_freed_memory():
    """Lets this process keep memory that it has freed for its next allocations.

    To be called before Keras' first operation; `tfstyle train` and `tfstyle trunk` do. glibc gives
    each large array back to the system as soon as it is freed, and takes it anew, page by page, for
    the next. A step of a training does so with gigabytes, in which a third of its time can go:
    `docs/training.md`. Numbers are not changed by it. The process stays as large as it once was,
    until it ends, and to paint large photographs takes more: for trainings alone.

    Each setting is useless alone: no array by `mmap`, no end of the heap given back (up to 2 GB
    of it), and one heap for all threads, since those of further heaps are too small for arrays.

    Returns:
        Whether it has an effect: on Linux with glibc alone.
    """
    mallopt = sys.platform == "linux" and getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(mallopt) and all(mallopt(*setting) for setting in _SETTINGS.items())
