"""The choice between portable operations and TensorFlow's fast kernels.

Portable operations convert to TFLite, ONNX and other formats. The fast kernels compute the same
numbers on TensorFlow in a fraction of the time, but cannot be converted. Painting and training
enable them with `fast_kernels`.
"""

import contextlib
import contextvars
from collections.abc import Iterator

import keras

_asked = contextvars.ContextVar("fast_kernels", default=False)


@contextlib.contextmanager
def fast_kernels() -> Iterator[None]:
    """Makes the layers use TensorFlow's fast kernels inside the `with` block.

    A layer decides when it is called. Put the block inside a function that `tf.function` compiles,
    not around it. On other backends it has no effect.

    Example:

        >>> with fast_kernels():
        ...     use_fast_kernels() == (keras.backend.backend() == "tensorflow")
        True
    """
    token = _asked.set(True)
    try:
        yield
    finally:
        _asked.reset(token)


def use_fast_kernels() -> bool:
    """Whether a layer that is called now should use TensorFlow's fast kernels."""
    return _asked.get() and keras.backend.backend() == "tensorflow"
