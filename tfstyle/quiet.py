"""Keras without the lines that TensorFlow logs while it is loaded."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# TensorFlow's own setting: 0 shows all, 1 no information, 2 no warnings, 3 no errors.
_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def load_keras() -> None:
    """Imports Keras and its backend, quietly unless the user asks for TensorFlow's log.

    A level that the user has set is kept. Without one, and with one that hides information, there
    are no lines while TensorFlow is loaded: they come from C++ before its logging heeds the level.
    Exceptions pass.
    """
    if "keras" in sys.modules:
        return
    wanted = os.environ.setdefault(_LEVEL, "3") in ("0", "1") or "tensorflow" in sys.modules
    with contextlib.nullcontext() if wanted else without_stderr():
        import keras  # noqa: F401


@contextlib.contextmanager
def without_stderr() -> Iterator[None]:
    """Keeps C++ from writing to the error stream inside the `with` block."""
    if not sys.stderr:  # Python has none if the caller has closed it
        yield
        return
    sys.stderr.flush()
    stderr = os.dup(2)
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


@contextlib.contextmanager
def without_libtiff(source: Any) -> Iterator[None]:
    """Keeps libtiff from writing to the error stream, past Python, of flaws in a TIFF.

    Args:
        source: Path, or binary file that can be sought in.
    """
    start = b""
    with contextlib.suppress(OSError, ValueError):
        if hasattr(source, "read"):
            start = source.read(4)
            source.seek(0)
        elif Path(source).is_file():  # not a pipe, which would wait for its writer
            with Path(source).open("rb") as file:
                start = file.read(4)
    is_tiff = start[:2] in (b"II", b"MM")
    with without_stderr() if is_tiff else contextlib.nullcontext():
        yield
