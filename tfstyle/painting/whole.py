"""Applies a generator to whole images, with Keras."""

import weakref
from collections.abc import Sequence

import keras
import numpy as np

from tfstyle.generators import noise_inputs, size_rule
from tfstyle.layers import fast_kernels
from tfstyle.painting.sizes import Needs, Run, paint

_runs: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def stylize_pixels(
    generator: keras.Model,
    pixels: np.ndarray,
    seed: int | Sequence[int] = 0,
    style_weights: np.ndarray | None = None,
) -> np.ndarray:
    """Runs a generator on images of any size.

    Args:
        generator: `keras.Model` of `build_generator`, or of `styles.trunk.build_trunk`.
        pixels: Array `[N, height, width, 3]` in [0, 1].
        seed: Integer or sequence of them, seed of the noise of a generator that takes noise.
        style_weights: Array `[styles]`, for a trunk.

    Returns:
        float32 array of the same shape, in [0, 1].
    """
    if generator not in _runs:
        _runs[generator] = _compiled(generator)
    return paint(_runs[generator], needs_of(generator), pixels, seed, style_weights)


def needs_of(generator: keras.Model) -> Needs:
    """Returns the sizes of inputs that a generator takes."""
    noise = tuple((ratio, channels) for _, ratio, channels in noise_inputs(generator))
    return Needs(*size_rule(generator), noise)


def _compiled(generator: keras.Model) -> Run:
    """Compiles a generator for one image of any size."""
    if keras.backend.backend() == "tensorflow":
        return _compiled_by_tensorflow(generator)
    if keras.backend.backend() == "openvino":
        # Keras' own way compiles each size anew, and lets OpenVINO choose the precision.
        from tfstyle.painting.openvino import OpenVino, network_of

        return OpenVino(network_of(generator), generator.compute_dtype)
    generator = weakref.proxy(generator)  # else the dictionary would keep it alive
    return lambda inputs: np.asarray(
        keras.ops.convert_to_numpy(
            generator.predict_on_batch(inputs if len(inputs) > 1 else inputs[0])
        ),
        "float32",
    )


def _compiled_by_tensorflow(generator: keras.Model) -> Run:
    import tensorflow as tf

    # Free sizes: each new size would cost a second. One image, which the fast kernels need.
    signature = [tf.TensorSpec([1, *each.shape[1:]]) for each in generator.inputs]
    reference = weakref.ref(generator)

    @tf.function(input_signature=signature, autograph=False)
    def run(*inputs):
        with fast_kernels(gradients=False):
            return reference()(list(inputs) if len(inputs) > 1 else inputs[0], training=False)  # pyright: ignore[reportOptionalCall, reportGeneralTypeIssues]

    # Called as it is, TensorFlow would warn a process of five styles of functions "in a loop".
    traced = run.get_concrete_function()
    return lambda inputs: traced(*map(tf.constant, inputs)).numpy()
