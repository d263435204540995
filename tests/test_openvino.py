"""Generators on OpenVINO give the pictures of Keras."""

import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

import tfstyle
from tfstyle.generators import GENERATORS, johnson
from tfstyle.painting.sizes import paint
from tfstyle.painting.whole import needs_of, stylize_pixels
from tfstyle.styles.engine import best_precision
from tfstyle.styles.folder import find_style

openvino = pytest.importorskip("openvino", reason="runs where tfstyle[openvino] is installed")

from tfstyle.painting.openvino import OpenVino, network_of  # noqa: E402

GENERATORS_AND_OPTIONS = {
    "johnson": ("johnson", {"width": 8}),
    "pyramid": ("pyramid", {"width": 4}),
    "noise": ("pyramid", {"width": 4, "noise_channels": 2}),
    "batch normalization, zeros": (
        "johnson",
        {"width": 4, "normalization": "batch", "padding": "zero"},
    ),
}


def build(name):
    keras.utils.set_random_seed(1)
    generator, options = GENERATORS_AND_OPTIONS[name]
    return GENERATORS[generator](**options)


@pytest.mark.parametrize("name", GENERATORS_AND_OPTIONS)
def test_pictures_are_those_of_keras(rng, name):
    generator = build(name)
    pixels = rng.random((2, 70, 90, 3), dtype="float32")
    expected = stylize_pixels(generator, pixels, seed=3)
    found = paint(OpenVino(network_of(generator)), needs_of(generator), pixels, seed=3)
    assert np.abs(found - expected).max() < 1 / 255


def test_a_trunk_blends(rng):
    keras.utils.set_random_seed(1)
    trunk = johnson(width=4, styles=3)
    for layer in trunk.layers:
        if "conditional" in layer.name:
            layer.set_weights([rng.normal(1, 0.3, w.shape) for w in layer.get_weights()])
    pixels, weights = rng.random((1, 20, 24, 3), dtype="float32"), [0.2, 0.5, 0.3]
    expected = stylize_pixels(trunk, pixels, style_weights=np.array(weights))
    found = paint(OpenVino(network_of(trunk)), needs_of(trunk), pixels, 0, np.array(weights))
    assert np.abs(found - expected).max() < 1 / 255


def test_float32_is_float32_and_bfloat16_is_not(rng):
    # On processors without bfloat16 OpenVINO computes it by rounding, or not at all.
    generator = build("johnson")
    pixels = rng.random((1, 64, 64, 3), dtype="float32")
    expected = stylize_pixels(generator, pixels)
    error = {
        precision: np.abs(
            paint(OpenVino(network_of(generator), precision), needs_of(generator), pixels)
            - expected
        ).max()
        for precision in ("float32", "bfloat16")
    }
    assert error["float32"] < 1e-3
    assert error["bfloat16"] < 0.1


def test_several_threads_paint_their_own_pictures(rng):
    run = OpenVino(network_of(build("johnson")))
    images = rng.random((8, 1, 32, 32, 3), dtype="float32")
    expected = [run([image]) for image in images]
    found = [None] * len(images)

    def work(first):
        for number in range(first, len(images), 4):
            for _ in range(5):
                found[number] = run([images[number]])

    threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(found, expected)


def test_a_layer_of_another_kind_is_named():
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.GaussianNoise(1, name="grainy")(image))
    with pytest.raises(ValueError, match="cannot run the layer 'grainy' of kind GaussianNoise"):
        network_of(model)


def test_a_style_is_painted_without_keras_the_second_time(saved_style, tmp_path, monkeypatch, rng):
    monkeypatch.setenv("TFSTYLE_CACHE", str(tmp_path / "cache"))
    pixels = rng.integers(0, 256, (30, 41, 3), "uint8")
    expected = np.int16(tfstyle.load(saved_style).stylize(pixels))
    first = tfstyle.load(saved_style, engine="openvino")
    assert np.abs(first.stylize(pixels) - expected).max() <= 1
    assert isinstance(first.model, keras.Model)
    np.save(tmp_path / "pixels.npy", pixels)
    code = """
import sys, numpy, tfstyle
style = tfstyle.load(sys.argv[1], engine="auto")
numpy.save("picture.npy", style.stylize(numpy.load("pixels.npy")))
assert not {"keras", "tensorflow", "jax", "torch"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, saved_style], cwd=tmp_path, check=True)
    assert np.abs(np.load(tmp_path / "picture.npy") - expected).max() <= 1


def test_threads_are_as_many_as_the_environment_allows(saved_style, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    compiled = tfstyle.load(saved_style, engine="openvino")._run._compiled
    assert compiled.get_property("INFERENCE_NUM_THREADS") == 1
    assert not compiled.get_property("ENABLE_CPU_PINNING")  # or all processes share one core


@pytest.mark.parametrize("damage", ["truncate", "folder is read-only"])
def test_a_cache_that_is_of_no_use_is_no_reason_not_to_paint(
    saved_style, tmp_path, monkeypatch, damage
):
    cache = tmp_path / "cache"
    monkeypatch.setenv("TFSTYLE_CACHE", str(cache))
    pixels = np.full((16, 16, 3), 100, "uint8")
    if damage == "truncate":
        tfstyle.load(saved_style, engine="openvino")
        (network,) = cache.rglob("network.xml")
        network.write_text(network.read_text()[:999])
    else:
        cache.write_text("a file where the folder should be")
    picture = tfstyle.load(saved_style, engine="openvino").stylize(pixels)
    assert np.abs(np.int16(picture) - tfstyle.load(saved_style).stylize(pixels)).max() <= 1


def test_precision_and_engine_are_chosen_by_name(saved_style):
    with pytest.raises(ValueError, match="precision must be one of float32, bfloat16, auto"):
        tfstyle.load(saved_style, precision="float16")
    with pytest.raises(ValueError, match="engine must be one of keras, openvino, auto"):
        tfstyle.load(saved_style, engine="torch")
    assert (
        tfstyle.load(saved_style, precision="bfloat16").model.layers[2].compute_dtype == "bfloat16"
    )


@pytest.mark.parametrize(
    ("has_it", "likeness", "engine", "expected"),
    [
        (True, 0.997, "keras", "bfloat16"),
        (True, 0.997, "openvino", "bfloat16"),
        (True, 0.994, "keras", "float32"),
        (True, None, "keras", "float32"),
        (False, 0.997, "openvino", "float32"),
    ],
)
def test_auto_is_bfloat16_only_where_it_is_fast_and_looks_the_same(
    monkeypatch, has_it, likeness, engine, expected
):
    monkeypatch.setattr("tfstyle.styles.engine.has_bfloat16", lambda: has_it)
    card = {} if likeness is None else {"bfloat16": likeness}
    assert best_precision(card, engine) == expected


@pytest.mark.parametrize("name", ["mosaic", "great_wave"])
def test_golden_pictures(name):
    for path in sorted(find_style(name).parent.glob("*/golden.npz")):
        golden = np.load(path)
        style = tfstyle.load(name, path.parent.name, engine="openvino")
        difference = np.int16(style.stylize(golden["input"])) - golden["output"]
        assert np.abs(difference).max() <= 1
