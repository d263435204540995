"""The slow reference: optimizes the pixels of one picture at a time, as Gatys et al. do.

A generator approximates its result in one pass. `evaluation` compares the two.
"""

import keras
import numpy as np
import scipy.optimize
from keras import ops

from tfstyle.layers import fast_kernels


def optimize(photograph, perceptual_loss, style_grams, iterations=100, callback=None, start=None):
    """Minimizes the perceptual loss of one picture by L-BFGS.

    Args:
        photograph: float32 array `[height, width, 3]` in [0, 1].
        perceptual_loss: `PerceptualLoss`.
        style_grams: The result of `perceptual_loss.style_grams` for the painting.
        iterations: Integer, L-BFGS iterations. After 100 at 256 x 256, the loss hardly falls.
        callback: Function without arguments, called after each iteration.
        start: float32 array of the photograph's shape, the initial picture. Defaults to the
            photograph; Gatys et al. start from noise.

    Returns:
        Tuple of the picture, a float32 array of the photograph's shape in [0, 1], and a float64
        array `[1 + iterations]` of the total loss at the start and after each iteration. The
        latter is shorter if L-BFGS stops early because it cannot lower the loss.

    Reference:
        Gatys, Ecker, Bethge, *Image Style Transfer Using Convolutional Neural Networks*, CVPR
        2016. Pixels are bounded to [0, 1] as in Johnson, Alahi, Fei-Fei, arXiv 1603.08155,
        section 4.1.
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
    """Returns the function of `(value, gradient)` of a scalar function, compiled.

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
