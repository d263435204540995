import keras
import numpy as np
import pytest
from scipy import ndimage

from tfstyle.generators import sample_noise
from tfstyle.perceptual import PerceptualLoss
from tfstyle.styles.model import build_generator
from tfstyle.training import train, train_trunk
from tfstyle.training.stability import changed, inside, instability, sample_changes, warp
from tfstyle.training.transfer import StyleTransfer


def bilinear(image, displacement):
    """The independent reference: SciPy's, in float64."""
    places = np.indices(image.shape[:2]) + np.moveaxis(np.float64(displacement), -1, 0)
    channels = [
        ndimage.map_coordinates(np.float64(image[..., c]), places, order=1, mode="nearest")
        for c in range(image.shape[-1])
    ]
    return np.stack(channels, -1)


def test_warp_is_scipys(rng):
    images = rng.normal(size=(2, 9, 7, 3)).astype("float32")
    displacement = rng.normal(scale=4, size=(2, 9, 7, 2)).astype("float32")
    expected = [bilinear(*each) for each in zip(images, displacement, strict=True)]
    # Float32 coordinates of up to 9 pixels have steps of 1e-6.
    np.testing.assert_allclose(warp(images, displacement), expected, atol=1e-5)


def test_whole_pixels_are_moved_exactly(rng):
    image = rng.random((1, 8, 8, 3), "float32")
    displacement = np.broadcast_to(np.float32([2, -1]), (1, 8, 8, 2))
    moved, seen = np.asarray(warp(image, displacement)), np.asarray(inside(displacement))
    np.testing.assert_array_equal(moved[:, :6, 1:], image[:, 2:, :7])
    assert seen[:, :6, 1:].all() and seen.sum() == 6 * 7


def test_changes_are_those_of_their_seed():
    first, again, other = (sample_changes(2, 40, 56, (5, 1, step)) for step in (7, 7, 8))
    assert [a.shape for a in first] == [(2, 40, 56, 2), (2, 40, 56, 3), (2, 40, 56, 3)]
    for a, b, c in zip(first, again, other, strict=True):
        assert a.dtype == "float32"
        np.testing.assert_array_equal(a, b)
        assert np.abs(a - c).max() > 0 and np.abs(a[0] - a[1]).max() > 0


def test_changes_are_as_strong_as_said():
    displacement, light, noise = sample_changes(64, 64, 64, (0, 1, 0))
    middles = displacement[:, 32, 32]
    # 64 draws of a deviation of 3 (shift) and 1 (warp): within a quarter.
    assert middles.std() == pytest.approx(np.hypot(3, 1), rel=0.25)
    steps = np.abs(np.diff(displacement, axis=1))
    assert steps.max() < 0.35, "the field folds, or jumps"
    assert 0.7 < light.min() < 0.95 and 1.05 < light.max() < 1.4
    assert 0.006 < noise.std() < 0.02 and abs(noise.mean()) < 1e-3


def test_a_generator_that_paints_each_pixel_by_itself_is_steady(rng):
    coarse = rng.random((1, 6, 6, 3), "float32")
    photographs = np.repeat(np.repeat(coarse, 8, 1), 8, 2)
    displacement, light, noise = sample_changes(1, 48, 48, (0, 1, 0))
    still, plain = np.zeros_like(displacement), np.ones_like(light)

    def measured(paint, *changes):
        second = changed(photographs, *changes)
        return float(instability(paint(photographs), paint(second), changes[0]))

    move = (displacement, plain, 0 * noise)
    # A linear function of single pixels commutes with bilinear reading, but for rounding.
    assert measured(lambda x: 1 - x, *move) == pytest.approx(0, abs=1e-6)
    assert measured(lambda x: 1 - x, still, plain, 0 * noise) == 0
    assert measured(lambda x: 1 - x, still, plain, noise) > 1e-4
    assert measured(lambda x: 1 - x, still, light, 0 * noise) > 1e-3
    grid = np.indices((48, 48)).sum(0)[None, :, :, None] % 2  # a pattern fixed to the frame
    assert measured(lambda x: 0.5 * x + 0.5 * grid, *move) > 0.05


def test_beyond_the_photograph_nothing_is_compared():
    pictures = np.zeros((1, 8, 8, 3), "float32")
    displacement = np.broadcast_to(np.float32([0, 4]), (1, 8, 8, 2))
    other = np.zeros_like(pictures)
    other[:, :, 4:] = 1  # where the pixels come from columns 8 to 11, which there are not
    assert float(instability(pictures, other, displacement)) == 0
    other[:, :, 3] = 0.5
    assert float(instability(pictures, other, displacement)) == pytest.approx(0.5 / 4)


@pytest.fixture
def short_epochs(monkeypatch):
    monkeypatch.setattr("tfstyle.training.loop.STEPS_PER_EPOCH", 2)


def test_the_term_is_part_of_the_loss_and_falls(
    recipe, photographs, network, tmp_path, short_epochs
):
    recipe = recipe.replace(steps=30, stability=100.0, learning_rate=1e-3)
    style = train(recipe, photographs, tmp_path, network)
    table = np.genfromtxt(tmp_path / "history.csv", delimiter=",", names=True)
    term = 100 * 1e7 * table["instability"]
    total = recipe.content_weight * table["content"] + recipe.style_weight * table["style"]
    np.testing.assert_allclose(table["loss"], total + term, rtol=1e-4)  # six digits in the file
    # At this weight it is nearly the whole loss.
    assert table["instability"][-3:].mean() < 0.7 * table["instability"][:3].mean()
    assert style.card["training"]["losses"]["instability"] > 0


@pytest.mark.slow
def test_a_trunk_trains_with_stability(recipe, photographs, network, tmp_path, short_epochs):
    recipes = {name: recipe.replace(stability=1.0, steps=2) for name in ("one", "two")}
    trunk = train_trunk(recipes, photographs, tmp_path, network, "mixed_bfloat16")
    assert trunk.card["training"]["losses"]["instability"] > 0


@pytest.mark.slow
def test_a_resumed_training_with_stability_ends_as_an_uninterrupted_one(
    recipe, photographs, network, tmp_path, short_epochs
):
    recipe = recipe.replace(steps=5, stability=1.0)
    whole = train(recipe, photographs, tmp_path / "whole", network)

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe, photographs, tmp_path / "parts", network, callbacks=[Stop()])
    parts = train(recipe, photographs, tmp_path / "parts", network)
    for a, b in zip(whole.model.get_weights(), parts.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert parts.card["training"]["losses"] == whole.card["training"]["losses"]


def test_both_exposures_have_the_same_noise_of_the_generator(recipe, network, rng):
    recipe = recipe.replace(generator="pyramid", noise_channels=2)
    generator = build_generator(recipe)
    loss = PerceptualLoss(**recipe.loss_options, network=network)
    grams = loss.style_grams(rng.random((32, 32, 3), "float32"))
    model = StyleTransfer(generator, loss, grams, stability=1.0)
    photographs = rng.random((2, 64, 64, 3), "float32")
    displacement, light, noise = sample_changes(2, 64, 64, (0, 1, 0))
    unchanged = (0 * displacement, np.ones_like(light), 0 * noise)
    inputs = (photographs, *sample_noise(generator, 2, 64, 64, seed=0), *unchanged)
    pictures = model(inputs, training=True)
    assert pictures.shape == (4, 64, 64, 3)
    np.testing.assert_allclose(pictures[:2], pictures[2:], atol=1e-5)  # they only round otherwise
    model.compute_loss(inputs, y_pred=pictures)
    assert float(model.trackers[-1].result()) < 1e-5
