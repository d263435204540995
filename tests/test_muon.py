import keras
import numpy as np
import pytest

from tfstyle.training.muon import Muon, orthogonalized


def moved(optimizer, value, gradients):
    """What an optimizer makes of a variable in one step a gradient."""
    variable = keras.Variable(value)
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)])
    return keras.ops.convert_to_numpy(variable)


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (16, 16)])
def test_singular_values_become_nearly_one_and_directions_stay(rng, shape):
    left, _, right = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
    values = np.geomspace(1, 1e-2, min(shape))
    matrix = np.float32(1e6 * (left * values) @ right)
    result = keras.ops.convert_to_numpy(orthogonalized(keras.ops.convert_to_tensor(matrix)))
    between = left.T @ result @ right.T
    assert np.diag(between).min() > 0.65 and np.diag(between).max() < 1.25
    # Float32 rounds by 1e-7 of the largest direction; the smallest is drawn up by a hundred.
    np.testing.assert_allclose(between, np.diag(np.diag(between)), atol=1e-3)


def test_no_gradient_is_no_step():
    zeros = np.zeros((3, 3, 4, 8), "float32")
    assert not moved(Muon(1e-2), zeros, [zeros, zeros]).any()


def test_kernels_move_along_the_momentum_as_far_as_adam_would(rng):
    first, second = np.float32(rng.normal(size=(2, 3, 3, 4, 8)))
    begin = np.zeros((3, 3, 4, 8), "float32")
    step = moved(Muon(1e-2), begin, [first]) - moved(Muon(1e-2), begin, [first, second])
    momentum = 0.95 * 0.05 * first + 0.05 * second
    ahead = (0.95 * momentum + 0.05 * second).reshape(36, 8)
    expected = keras.ops.convert_to_numpy(orthogonalized(keras.ops.convert_to_tensor(ahead)))
    # 6 is the root of 36. Two variables of steps 2e-3 are subtracted.
    np.testing.assert_allclose(step.reshape(36, 8), 1e-2 * 0.2 * 6 * expected, atol=1e-6)
    left, _, right = np.linalg.svd(ahead, full_matrices=False)
    along = left.T @ (step / 1e-2 / 0.2 / 6).reshape(36, 8) @ right.T
    assert np.diag(along).min() > 0.65 and np.diag(along).max() < 1.25
    # Of singular values near 1, the mean square of the elements is 1 / 36.
    assert np.sqrt(np.mean(np.square(step))) == pytest.approx(0.2 * 1e-2, rel=0.25)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_loudness_of_the_loss_does_not_matter(rng, scale):
    gradients = np.float32(rng.normal(size=(3, 1, 1, 4, 6)))
    begin = np.zeros((1, 1, 4, 6), "float32")
    expected = moved(Muon(1e-2), begin, gradients)
    scaled = moved(Muon(1e-2), begin, np.float32(scale) * gradients)
    np.testing.assert_allclose(scaled, expected, atol=1e-5)  # of steps of 2e-3


@pytest.mark.parametrize("shape", [(8,), (), (9, 9, 3, 4), (9, 9, 4, 3)])
def test_all_else_moves_as_with_adam(rng, shape):
    begin, *gradients = np.float32(rng.normal(size=(4, *shape)))
    expected = moved(keras.optimizers.Adam(1e-2), begin, gradients)
    np.testing.assert_array_equal(moved(Muon(1e-2), begin, gradients), expected)
