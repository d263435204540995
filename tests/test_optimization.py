import numpy as np
import pytest

from tfstyle.optimization import optimize
from tfstyle.perceptual import PerceptualLoss


@pytest.fixture
def loss(network, recipe):
    return PerceptualLoss(**recipe.loss_options, network=network)


def test_the_loss_falls_after_every_iteration(rng, loss):
    photograph, painting = rng.uniform(size=(2, 16, 20, 3)).astype("float32")
    grams = loss.style_grams(painting)
    calls = []
    picture, losses = optimize(photograph, loss, grams, 12, lambda: calls.append(1))
    assert picture.shape == photograph.shape and picture.dtype == "float32"
    assert len(losses) == 13 == len(calls) + 1
    assert np.all(np.diff(losses) < 0) and losses[-1] < losses[0] / 2
    targets = loss.content_features(photograph[None])
    for x, value in ((photograph, losses[0]), (picture, losses[-1])):
        # The optimizer holds float64 pixels, the loss float32 ones.
        assert float(loss(targets, x[None], grams)["total"]) == pytest.approx(value, rel=1e-3)


def test_a_painting_is_its_own_best_picture(rng, loss):
    painting = rng.uniform(size=(16, 20, 3)).astype("float32")
    picture, losses = optimize(painting, loss, loss.style_grams(painting), 3)
    # Sums of float32 features do not cancel to the last digit.
    assert losses[0] < 1e-2
    np.testing.assert_allclose(picture, painting, atol=1e-2)


def test_it_may_begin_with_another_picture_than_the_photograph(rng, loss):
    photograph, painting, noise = rng.uniform(size=(3, 16, 20, 3)).astype("float32")
    grams = loss.style_grams(painting)
    _, losses = optimize(photograph, loss, grams, 12, start=noise)
    targets = loss.content_features(photograph[None])
    assert losses[0] == pytest.approx(float(loss(targets, noise[None], grams)["total"]), rel=1e-3)
    assert losses[-1] < losses[0] / 2
