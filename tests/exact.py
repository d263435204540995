"""What a style paints by its formulas, in float64."""

import keras
import numpy as np

from tfstyle.generators import size_rule
from tfstyle.images.geometry import fitting, mirror


def paint_exactly(generator, pixels):
    """Paints `[height, width, 3]` with a generator whose every layer computes in float64.

    Where an image is flat, float32 is no reference: Keras rounds the mean of a channel, and a
    normalization divides what is left by sqrt(1e-5). Styles of the zoo are up to 0.18 off there.
    """

    def clone(layer):
        config = layer.get_config()
        return type(layer).from_config(
            {**config, **({"dtype": "float64"} if "dtype" in config else {})}
        )

    exact = keras.models.clone_model(
        keras.Model(generator.inputs, generator.outputs), clone_function=clone
    )
    exact.set_weights(generator.get_weights())
    height, width = pixels.shape[:2]
    rule = size_rule(generator)
    grown = mirror(pixels[None], fitting(height, *rule), fitting(width, *rule))
    return np.asarray(exact([grown.astype("float64")]))[0, :height, :width]


def flat_images(side):
    """Gives images that are flat, or nearly so: a dictionary of float32 `[side, side, 3]`.

    The spot is 60 standard deviations off: files clip what is beyond 78 (`export/portable.py`).
    """
    rng = np.random.default_rng(0)
    black = np.zeros((side, side, 3), "float32")
    square, halves, point = black + 1, black + np.float32([0.9, 0.8, 0.1]), black + np.float32(0.5)
    square[side // 4 : side // 2, side // 4 : side // 2] = (1, 0, 0)
    halves[:, side // 2 :] = (0.1, 0.2, 0.7)
    spot = slice(side // 3, side // 3 + max(1, side // 60))
    point[spot, spot] += 1 / 255
    ramp = np.linspace(0, 1, side, dtype="float32")
    rows, columns = np.meshgrid(ramp, ramp, indexing="ij")
    gradient = np.stack([columns, rows, 1 - columns], axis=-1)
    noise = rng.standard_normal((side, side, 3), dtype="float32")
    return {
        "black": black,
        "white": black + 1,
        "grey": black + 0.5,
        "blue": black + np.float32([0.2, 0.4, 0.9]),
        "a red square on white": square,
        "two colours": halves,
        "a gradient": gradient,
        "a pale gradient": 0.5 + 0.02 * (gradient - 0.5),
        "noise of 0.002": 0.5 + 0.002 * noise,
        "noise of 0.03": np.clip(0.5 + 0.03 * noise, 0, 1),
        "a spot, one level": point,
    }
