"""The slow reference: one picture at a time, by optimizing its pixels.

This is what a generator approximates in one pass, so it says how good one is: see
`evaluation`.
"""

import keras
import numpy as np
import scipy.optimize
from keras import ops

from tfstyle.layers import fast_kernels


def optimize(photograph, perceptual_loss, style_grams, iterations=100, callback=None, start=None):
    """Lowers the perceptual loss of one picture by L-BFGS.

    Args:
        photograph: float32 array `[height, width, 3]` in [0, 1].
        perceptual_loss: `PerceptualLoss`.
        style_grams: What `perceptual_loss.style_grams` gave.
        iterations: Integer, L-BFGS iterations. 100 are near the end at 256 x 256.
        callback: Function of no arguments, called after each iteration.
        start: float32 array as the photograph, the picture to begin with. Defaults to the
            photograph; Gatys et al. begin with noise.

    Returns:
        The picture, a float32 array as the photograph, in [0, 1]; and the float64 array
        `[1 + iterations]` of the total loss at the start and after each iteration. It is shorter
        if L-BFGS finds no way down.

    Reference:
        Gatys, Ecker, Bethge, *Image Style Transfer Using Convolutional Neural Networks*, CVPR
        2016; kept within the range of pixels as in Johnson,
        Alahi, Fei-Fei, arXiv 1603.08155, section 4.1.
    """
    batch = ops.convert_to_tensor(photograph[None], "float32")
    targets = perceptual_loss.content_features(batch)

    def total(picture):
        with fast_kernels():
            return perceptual_loss(targets, picture, style_grams)["total"]

    value_and_gradient = _differentiate(total)

    def objective(flat):
        value, gradient = value_and_gradient(flat.astype("float32").reshape(batch.shape))
        return float(value), np.asarray(gradient, "float64").ravel()

    start = (photograph if start is None else start).ravel()
    losses = [objective(start)[0]]

    def record(intermediate_result):
        losses.append(float(intermediate_result.fun))
        if callback:
            callback()

    result = scipy.optimize.minimize(
        objective,
        start.astype("float64"),
        method="L-BFGS-B",
        jac=True,
        bounds=scipy.optimize.Bounds(0, 1),
        callback=record,
        # Iterations alone decide: a tolerance would end some photographs earlier than others.
        options={"maxiter": iterations, "maxfun": 10 * iterations, "ftol": 0, "gtol": 0},
    )
    return result.x.astype("float32").reshape(photograph.shape), np.array(losses)


def _differentiate(function):
    """Gives the function of `(value, gradient)` of a scalar function, compiled.

    Keras has no gradient of its own, so this is the one place that asks for the backend.
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(jax.value_and_grad(function))
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        @tf.function
        def value_and_gradient(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = function(x)
            return value, tape.gradient(value, x)

        return lambda x: value_and_gradient(tf.convert_to_tensor(x))
    raise ValueError(
        "The slow reference needs the TensorFlow or JAX backend of Keras. "
        f"Received: {keras.backend.backend()}"
    )
