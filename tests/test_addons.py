"""Parity with TensorFlow Addons, whose numbers `addons/make_fixtures.py` wrote to `data`."""

from pathlib import Path

import keras
import numpy as np
import pytest
from gradients import gradients
from keras import ops

from tfstyle.generators import johnson
from tfstyle.layers import InstanceNormalization

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def addons():
    with np.load(DATA / "addons_instance_normalization.npz") as file:
        return dict(file)


@pytest.mark.parametrize("epsilon", [1e-3, 1e-5])
def test_instance_normalization_is_that_of_addons(addons, epsilon):
    layer = InstanceNormalization(epsilon=epsilon)
    layer.build(addons["x"].shape)
    layer.set_weights([addons["gamma"], addons["beta"]])
    x = keras.Variable(addons["x"])
    found = gradients(
        lambda: ops.sum(addons["sum_weights"] * layer(x)), [x, layer.gamma, layer.beta]
    )
    found = dict(zip(("x_gradient", "gamma_gradient", "beta_gradient"), found, strict=True))
    found["outputs"] = ops.convert_to_numpy(layer(x.value))
    for name, value in found.items():
        # Gradients are float32 sums of 351 terms near 1, so either side is off by up to 2e-5;
        # where the variance is 1e-4, x_gradient reaches 545. The unbiased variance, the nearest
        # wrong formula, is off by 3e-2.
        np.testing.assert_allclose(
            value, addons[f"{name}_{epsilon:g}"], rtol=1e-5, atol=5e-5, err_msg=name
        )


def test_keras2_weights_give_the_same_picture():
    network = johnson(width=4)
    network.load_weights(DATA / "addons_johnson.h5")
    with np.load(DATA / "addons_johnson.npz") as file:
        images, expected = file["images"], file["pictures"]
    pictures = ops.convert_to_numpy(network(images))
    # float32 through 16 convolutions in another order of summation; a step of 8 bits is 4e-3.
    np.testing.assert_allclose(pictures, expected, rtol=0, atol=2e-5)
