"""The limit of memory for painting, and what fits into it. Does not import Keras."""

import contextlib
import os
import sys
from pathlib import Path

from tfstyle.facts import FACTS
from tfstyle.memory import return_freed_memory

DEFAULT_BYTES = 1.2e9  # of the whole process
_CGROUP_LIMITS = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"
_PART = 0.8  # the rest is for what else runs
_PROCESS_BYTES = 0.65e9  # of Python, TensorFlow and a generator, before it paints
# What TensorFlow's allocator comes to keep of freed memory from pass to pass, measured by
# `tfstyle stylize` on 20000 x 1500 pixels, whose strips are the lowest.
_KEPT_BYTES = 1.2e8
# Below it the strips of a large photograph are so low that their borders take most of the time.
_LEAST_WORKING_BYTES = 1e8
# Of the lowest strips, for each pixel of their width: all arrays of the fullest pass.
_COLUMN_BYTES = 1e4
# Pillow has 4 for a pixel, of the photograph and of the picture; its encoder of JPEG takes 2.
PIXEL_BYTES = 10


def budget(memory: float | None = None) -> float:
    """Returns the bytes that the process should not exceed.

    Args:
        memory: Limit in bytes, as the user gave it. Defaults to 1.2 GB, or less in a container
            with a low limit.

    Raises:
        ValueError: if the limit is not above 0.
    """
    if memory is not None:
        if not memory > 0:
            raise ValueError(f"memory must be above 0 bytes. Received: {memory}")
        return float(memory)
    return min(DEFAULT_BYTES, _PART * _container_bytes())


def fits_whole(generator: str, pixels: float, memory: float | None = None) -> bool:
    """Returns whether a generator can paint an image as a whole within the limit of memory.

    Args:
        generator: Name of the generator.
        pixels: Number of the image's pixels.
        memory: See `budget`.
    """
    return _PROCESS_BYTES + FACTS[generator].gigabytes * 1e3 * pixels <= budget(memory)


def working_bytes(memory: float | None, picture_bytes: int) -> float:
    """Returns what the arrays of a strip may take now, beside a picture that is made in memory.

    What TensorFlow keeps of freed memory counts as taken: arrays of another size may not fit there.
    """
    return_freed_memory()
    left = budget(memory) - _resident_bytes() - picture_bytes
    return max(_LEAST_WORKING_BYTES, left)


def machine_bytes() -> float:
    """Returns four fifths of the bytes of this machine's memory, or of its container's."""
    whole = _container_bytes()
    with contextlib.suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        whole = min(whole, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return _PART * whole


def least_bytes(height: int, width: int, pixel_bytes: int = PIXEL_BYTES) -> float:
    """Returns about the least memory in which a photograph is painted.

    Args:
        height: Of the photograph.
        width: Likewise.
        pixel_bytes: What a pixel of photograph and picture takes outside of strips; 0 if both are
            in files.
    """
    strip = max(_LEAST_WORKING_BYTES, _COLUMN_BYTES * width)
    return _PROCESS_BYTES + _KEPT_BYTES + strip + pixel_bytes * height * width


def _container_bytes():
    found = [float("inf")]
    for path in _CGROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):  # "max" is no number
            found.append(float(Path(path).read_text()))
    return min(found)


def _resident_bytes():
    """Returns the bytes of memory that the process holds now."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            lines = Path("/proc/self/status").read_text().splitlines()
            return next(float(line.split()[1]) * 1024 for line in lines if "VmRSS" in line)
    return _PROCESS_BYTES
