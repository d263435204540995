"""Instance normalization in two halves, for images that are normalized strip by strip.

On TensorFlow each half is one kernel; the formula passes over memory three times or more.
"""

import keras
import numpy as np
from keras import ops

_ALIGNMENT = 64  # bytes: TensorFlow ends the process on others
_IS_TENSORFLOW = keras.backend.backend() == "tensorflow"


def moments(strip) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean and biased variance of each channel, computed in float32.

    Args:
        strip: `[1, rows, width, channels]`.

    Returns:
        Two float64 arrays `[channels]`.
    """
    if _IS_TENSORFLOW:
        import tensorflow as tf

        channels, count = strip.shape[-1], strip.shape[1] * strip.shape[2]
        options = {"mean": [], "variance": [], "is_training": True}
        scale, offset = tf.ones(channels), tf.zeros(channels)
        found = tf.raw_ops.FusedBatchNormV3(x=strip, scale=scale, offset=offset, **options)
        # The kernel's variance is unbiased.
        mean, variance = found.batch_mean, np.asarray(found.batch_variance, "float64")
        return np.asarray(mean, "float64"), variance * ((count - 1) / count)
    strip = ops.cast(strip, "float32")
    mean = ops.mean(strip, axis=(0, 1, 2))
    variance = ops.mean(ops.square(strip - mean), axis=(0, 1, 2))
    return np.asarray(mean, "float64"), np.asarray(variance, "float64")


def normalize(strip, mean, variance, gamma, beta, epsilon):
    """Returns `gamma * (strip - mean) / sqrt(variance + epsilon) + beta`.

    Args:
        strip: `[1, rows, width, channels]`, of float32 or bfloat16.
        mean: float32 `[channels]`.
        variance: Likewise.
        gamma: Likewise.
        beta: Likewise.
        epsilon: Float.
    """
    if _IS_TENSORFLOW:
        import tensorflow as tf

        values = {"mean": mean, "variance": variance, "scale": gamma, "offset": beta}
        values = {name: tf.cast(value, "float32") for name, value in values.items()}
        options = {"epsilon": epsilon, "is_training": False}
        return tf.raw_ops.FusedBatchNormV3(x=strip, **values, **options).y
    y = ops.batch_normalization(
        ops.cast(strip, "float32"), mean, variance, -1, beta, gamma, epsilon
    )
    return ops.cast(y, strip.dtype)


def as_tensor(array: np.ndarray):
    """Returns a tensor of an array's numbers; on TensorFlow in the same memory, if `aligned`.

    Args:
        array: Not to be written to afterwards.
    """
    if _IS_TENSORFLOW and array.dtype == "float32" and _is_aligned(array):
        import tensorflow as tf

        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    return ops.convert_to_tensor(array)


def aligned(shape: tuple, dtype: np.dtype) -> np.ndarray:
    """Returns an empty array whose memory TensorFlow can use as it is."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    content = np.empty(size + _ALIGNMENT, "uint8")
    start = -content.ctypes.data % _ALIGNMENT
    return content[start : start + size].view(dtype).reshape(shape)


def _is_aligned(array):
    return array.flags["C_CONTIGUOUS"] and array.ctypes.data % _ALIGNMENT == 0
