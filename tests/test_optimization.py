import numpy as np
import pytest

from tfstyle.evaluation import equivalent_iterations, evaluate
from tfstyle.images import find_images
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


@pytest.mark.parametrize(
    ("loss", "iterations"), [(11, 0), (10, 0), (9, 1), (5, 1), (4.9, 2), (2, 3), (1, 3)]
)
def test_equivalent_iterations(loss, iterations):
    assert equivalent_iterations(loss, [10, 5, 3, 2]) == iterations


def test_evaluation_of_a_style(style, photographs, network):
    paths = find_images(photographs)[:2]
    calls = []
    result = evaluate(style, paths, network, 32, 5, lambda: calls.append(1))
    assert result["photographs"] == 2 and result["size"] == 32
    assert len(calls) == 2 * 6
    total = result["content"] + 10 * result["style"]
    assert result["total"] == pytest.approx(total, rel=2e-3)  # four digits are kept
    assert 0 <= result["lbfgs_equivalent"] <= 5 and len(result["lbfgs_equivalents"]) == 2
    assert result["ratio_to_lbfgs"] > 1  # random weights
    without = evaluate(style, paths, network, 32, iterations=0)
    assert without["total"] == result["total"] and "ratio_to_lbfgs" not in without
