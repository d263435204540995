"""Training on several devices: each one computes an equal part of every batch.

JAX uses `keras.distribution.DataParallel`, TensorFlow `tf.distribute.MirroredStrategy`. On JAX a
step is one computation over the whole batch, which the compiler divides. On TensorFlow each device
runs the step on its part, and the gradients are added up: what a loss takes from a whole batch must
be added up, too, by `sum_over_devices`.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras

from tfstyle.training.division import check_division


class Devices:
    """The devices of a training, on which every weight has a copy.

    Args:
        asked: Integer, how many devices to use, or `"all"`: all GPUs or TPUs, or without one all
            devices of the CPU, of which there is one if it was not divided.
        batch_size: Integer, images in a batch, of which each device takes an equal part.

    Raises:
        ValueError: if there are fewer devices, or the batch cannot be divided among them.
    """

    def __init__(self, asked: int | str, batch_size: int) -> None:
        check_division(batch_size, asked)
        self.names = tuple(_names(asked))
        check_division(batch_size, len(self.names))
        self._several = len(self.names) > 1
        self._distribution: Any = _distribution(self.names) if self._several else None
        # What a model sees at once: on JAX the batch, which is divided within the step.
        divided = self._several and keras.backend.backend() == "tensorflow"
        self.batch_size = batch_size // len(self.names) if divided else batch_size

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Returns the context in which a model is built, compiled and fitted."""
        return self._distribution.scope() if self._several else contextlib.nullcontext()

    def copied(
        self, model: keras.Model, build: Callable[[keras.Model], keras.Model]
    ) -> keras.Model:
        """Returns the model; of several devices a copy on all of them, made within `scope`.

        Args:
            model: `keras.Model`.
            build: Function that builds it anew from itself, with any weights.
        """
        if not self._several:
            return model
        copy = build(model)
        copy.set_weights(model.get_weights())
        copy.trainable = model.trainable
        return copy

    def on_one(
        self, function: Callable[[keras.Model], Any], model: keras.Model
    ) -> Callable[[keras.Model], Any]:
        """Returns a function of a copy of `model` which calls another one with the model itself.

        Previews are of any number of photographs, which devices could not divide.
        """
        if not self._several:
            return function

        def run(copy):
            model.set_weights(copy.get_weights())
            with _no_distribution():
                return function(model)

        return run


def sum_over_devices(value: Any) -> Any:
    """Adds up a value that each device has computed from its part of the batch.

    Args:
        value: Float tensor, without a gradient.

    Returns:
        The sum; the value itself where one computation sees the whole batch.
    """
    if replicas() == 1:
        return value
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def replicas() -> int:
    """Returns into how many parts TensorFlow divides the batch of the step that runs; else 1."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def _names(asked):
    if asked == 1:
        return [""]
    names = _available()
    if asked == "all":
        return names
    if asked > len(names):
        raise ValueError(
            f"devices must be {len(names)} at most: {keras.backend.backend()} sees "
            f"{', '.join(names)}. Received: {asked}"
        )
    return names[:asked]


def _available():
    if keras.backend.backend() not in ("jax", "tensorflow"):
        raise ValueError(f"{keras.backend.backend()} trains on one device: use TensorFlow or JAX.")
    return keras.distribution.list_devices()


# One for all trainings: TensorFlow counts the sums of each strategy from 0, and a sum must have the
# shape that the sum of its number had before.
@functools.cache
def _distribution(names):
    if keras.backend.backend() == "jax":
        return keras.distribution.DataParallel(devices=list(names))
    import tensorflow as tf

    return tf.distribute.MirroredStrategy([name.upper() for name in names])


@contextlib.contextmanager
def _no_distribution() -> Iterator[None]:
    """Leaves the scope of a `DataParallel`; that of a `MirroredStrategy` does not matter."""
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)
