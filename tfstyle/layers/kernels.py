"""The choice between portable operations and TensorFlow's fast kernels.

Portable operations convert to TFLite, ONNX and other formats. The fast kernels compute the same
numbers on TensorFlow in a fraction of the time, but cannot be converted. Painting and training
enable them with `fast_kernels`.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Any

import keras

_asked = contextvars.ContextVar("fast_kernels", default=False)
_differentiated = contextvars.ContextVar("gradients", default=True)


@contextlib.contextmanager
def fast_kernels(gradients: bool = True) -> Iterator[None]:
    """Makes the layers use TensorFlow's fast kernels inside the `with` block.

    A layer decides when it is called. Put the block inside a function that `tf.function` compiles,
    not around it. On other backends it has no effect.

    Args:
        gradients: Whether the layers bring their own fast gradients. Pass False for a compiled
            function that only paints: TensorFlow never frees a graph with gradients of one's own,
            about 15 MB for each generator.

    Example:

        >>> with fast_kernels():
        ...     use_fast_kernels() == (keras.backend.backend() == "tensorflow")
        True
    """
    asked, differentiated = _asked.set(True), _differentiated.set(gradients)
    try:
        yield
    finally:
        _asked.reset(asked)
        _differentiated.reset(differentiated)


def use_fast_kernels() -> bool:
    """Whether a layer that is called now should use TensorFlow's fast kernels."""
    return _asked.get() and keras.backend.backend() == "tensorflow"


def with_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a function as `tf.custom_gradient` does, if gradients are asked for.

    Args:
        function: It returns its result and the function of its gradient.
    """
    import tensorflow as tf

    if _differentiated.get():
        return tf.custom_gradient(function)
    return lambda x: function(x)[0]
