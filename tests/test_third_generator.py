"""A generator is a function and its row of facts: with these two everything else works."""

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from tfstyle import layers, list_styles, load
from tfstyle.commands.main import app
from tfstyle.facts import FACTS, Facts
from tfstyle.generators import GENERATORS
from tfstyle.training import train


def plain(width=4, normalization="instance", padding="reflect"):
    image = keras.Input((None, None, 3), name="image")
    x = layers.ImageInput(multiple=2, minimum=4)(image)
    x = layers.ReflectionPadding2D(1)(x)
    x = layers.Conv2D(width, 3, strides=2, use_bias=False)(x)
    x = keras.layers.ReLU()(layers.InstanceNormalization()(x))
    x = layers.ReflectionPadding2D(1)(layers.NearestUpsampling2D()(x))
    x = layers.ImageOutput()(layers.Conv2D(3, 3)(x))
    return keras.Model(image, x, name="plain")


ROW = Facts(
    multiple=2,
    minimum=4,
    width=4,
    jitter=2,
    learning_rate=1e-3,
    gigabytes=0.1,
    float_convolutions=0,
)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(GENERATORS, "plain", plain)
    monkeypatch.setitem(FACTS, "plain", ROW)


def test_it_is_trained_saved_loaded_listed_and_exported(
    recipe, photographs, network, tmp_path, monkeypatch, rng
):
    recipe = recipe.replace(generator="plain", width=0, steps=2)
    style = train(recipe, photographs, tmp_path / "training", network)
    folder = tmp_path / "stripes"
    style.save(folder)
    pixels = rng.random((21, 30, 3), "float32")
    picture = load(folder).stylize(pixels)
    np.testing.assert_allclose(picture, style.stylize(pixels), atol=2 / 255)
    assert list_styles(tmp_path) == {"stripes": ["plain"]}

    monkeypatch.chdir(tmp_path)
    words = ["export", "./stripes", "--output", "stripes.tflite", "--size", "24x32"]
    run = CliRunner().invoke(app, words, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    litert = pytest.importorskip("tfstyle.export.litert")
    whole = rng.random((24, 32, 3), "float32")
    exported = litert.Painter(tmp_path / "stripes.tflite").stylize(whole)
    np.testing.assert_allclose(exported, style.stylize(whole), atol=2 / 255)


def test_large_images_are_streamed(tmp_path, recipe, rng):
    from tfstyle import Style
    from tfstyle.styles.model import build_generator

    recipe = recipe.replace(generator="plain", width=0)
    style = Style(recipe, build_generator(recipe))
    pixels = rng.random((64, 48, 3), "float32")
    streamed = style.stylize(pixels, memory=1)
    np.testing.assert_allclose(streamed, style.stylize(pixels), atol=1 / 255)


def test_a_trunk_needs_a_generator_of_many_styles(recipe, photographs, network, tmp_path):
    from tfstyle.training import train_trunk

    with pytest.raises(ValueError, match="johnson"):
        train_trunk(
            {"a": recipe.replace(generator="plain", width=0)}, photographs, tmp_path, network
        )
