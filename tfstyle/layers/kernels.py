"""Which operations the layers are written with: plain ones, or TensorFlow's fast kernels.

Plain operations convert to TFLite, to ONNX and to other engines. The fast kernels give the same
numbers on TensorFlow in a fraction of the time, and convert to nothing. Painting and training ask
for them with `fast_kernels`.
"""

import contextlib
import contextvars
from collections.abc import Iterator

import keras

_asked = contextvars.ContextVar("fast_kernels", default=False)


@contextlib.contextmanager
def fast_kernels() -> Iterator[None]:
    """Lets the layers use TensorFlow's fast kernels inside the `with` block.

    They are chosen when a layer is called. So the block belongs inside of a function that
    `tf.function` compiles, not around it. On other backends it has no effect.

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
