"""Exported files, proven by running them beside the style that they come from."""

import functools
import json
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="export needs TensorFlow: runs in all but tox -e jax")

import keras
import tensorflow as tf
from trained import ONE_OF_EACH_KIND

import tfstyle.export
from benchmarks import half
from tfstyle import Recipe, Style
from tfstyle.export import likeness, litert, portable, tflite, to_bytes, to_saved_model, to_tflite
from tfstyle.export import tflite as tflite_module
from tfstyle.export.inspection import delegate_problems, operations, partitions
from tfstyle.export.litert import Painter
from tfstyle.files import sha256
from tfstyle.generators import sample_noise, size_rule
from tfstyle.images.files import find_images
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.loading import load
from tfstyle.styles.model import build_generator

SIZES = [(256, 256), (360, 640), (641, 479)]
# What XNNPACK does not take, or GPU delegates.
UNWANTED = {"MIRROR_PAD", "RESIZE_NEAREST_NEIGHBOR", "TILE", "GATHER_ND", "CUSTOM"}


def random_style(generator="johnson", **options):
    keras.utils.set_random_seed(5)
    width = {"johnson": 4, "pyramid": 2, "mobile": 3}[generator]
    recipe = Recipe("stripes.png", title="Stripes", generator=generator, width=width, **options)
    style = Style(recipe, build_generator(recipe))
    rng = np.random.default_rng(5)
    # Other than ones and zeros, so that a gamma or beta that is lost is noticed.
    weights = [w + rng.normal(0, 0.2, w.shape) * (w.ndim == 1) for w in style.model.get_weights()]
    style.model.set_weights(
        [
            np.abs(w) if "variance" in v.path else w
            for w, v in zip(weights, style.model.weights, strict=True)
        ]
    )
    return style


# A pyramid takes the converter three times as long.
BOTH = ["johnson", pytest.param("pyramid", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=BOTH)
def style(request):
    return random_style(request.param)


@pytest.fixture(scope="module")
def johnson():
    return random_style()


@pytest.fixture(scope="module")
def noisy():
    return random_style("pyramid", noise_channels=1)


@pytest.fixture(scope="module", autouse=True)
def converted_once():
    """Converts each generator once for each size: a conversion takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("make_portable", "_numbered", "_convert_float"):
            patch.setattr(tflite, name, functools.cache(getattr(tflite, name)))
        yield


def photo(height, width, seed=0):
    """A photograph's like: detail at all sizes."""
    rng = np.random.default_rng(seed)
    image = sum(
        rng.standard_normal((-(-height // n), -(-width // n), 3))
        .repeat(n, 0)
        .repeat(n, 1)[:height, :width]
        * n**0.5
        for n in (1, 4, 16, 64)
    )
    return np.clip(0.5 + 0.05 * image, 0, 1).astype("float32")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# SavedModel


PLAIN = """
import sys
sys.modules["keras"] = sys.modules["tfstyle"] = None  # not to be found
import numpy as np, tensorflow as tf
folder, photograph, picture = sys.argv[1:]
signature = tf.saved_model.load(folder).signatures["serving_default"]
given = {name: tf.constant(array) for name, array in np.load(photograph).items()}
np.save(picture, signature(**given)["stylized"])
"""


@pytest.mark.parametrize("noise_channels", [0, 1])
def test_a_saved_model_runs_without_tfstyle_and_keras(style, noise_channels, tmp_path):
    if noise_channels and style.recipe.generator == "johnson":
        pytest.skip("johnson takes no noise")
    style = random_style(style.recipe.generator, noise_channels=noise_channels)
    folder = to_saved_model(style, tmp_path / "served")
    assert folder == tmp_path / "served" / "1" and names(tmp_path) == ["served"]
    images = np.stack([photo(64, 96), photo(64, 96, 1)])
    noise = sample_noise(style.model, 2, 64, 96, seed=0)
    inputs = dict(zip([z.name for z in style.model.inputs], [images, *noise], strict=True))
    np.savez(tmp_path / "in.npz", **inputs)
    # From elsewhere, lest the checkout be found.
    command = [sys.executable, "-c", PLAIN, folder, tmp_path / "in.npz", tmp_path / "out.npy"]
    run = subprocess.run(list(map(str, command)), cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    expected = stylize_pixels(style.model, images)
    # Painting uses TensorFlow's fast kernels, the file the formula: they round differently.
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=1e-4)


def test_a_saved_model_takes_any_size(style, tmp_path):
    signature = tf.saved_model.load(to_saved_model(style, tmp_path)).signatures["serving_default"]
    for height, width in ((70, 97), (3, 130), (1, 1)):
        image = photo(height, width)[None]
        picture = signature(image=tf.constant(image))["stylized"]
        # See above. One pixel is a flat image, whose normalizations magnify rounding.
        expected = stylize_pixels(style.model, image)
        np.testing.assert_allclose(picture, expected, atol=1e-4 if height > 1 else 5e-3)


def test_a_saved_model_replaces_its_like_alone(johnson, tmp_path):
    for _ in range(2):
        to_saved_model(johnson, tmp_path / "served")
    assert names(tmp_path / "served") == ["1"]
    (tmp_path / "other" / "1").mkdir(parents=True)
    to_saved_model(johnson, tmp_path / "other")
    (tmp_path / "other" / "1" / "saved_model.pb").unlink()
    with pytest.raises(ValueError, match="is not a SavedModel"):
        to_saved_model(johnson, tmp_path / "other")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="Give a folder"):
        to_saved_model(johnson, tmp_path / "file")


# TFLite


def test_a_file_of_free_size_paints_what_keras_paints(style, tmp_path):
    facts = to_tflite(style, tmp_path / "style.tflite")
    painter = Painter(tmp_path / "style.tflite")
    # A smaller photograph, mirrored again and again, has less contrast at the 1/32 of `pyramid`
    # than float16 has numbers for, and `FloatSafeNormalization` another epsilon than Keras.
    small = (9, 33) if style.recipe.generator == "johnson" else (48, 61)
    for size in ((64, 64), (70, 101), small, (64, 64)):
        pixels = photo(*size)
        expected = stylize_pixels(style.model, pixels[None])[0]
        # Sums in another order, through some twenty normalizations.
        np.testing.assert_allclose(painter.stylize(pixels), expected, atol=1e-3)
    assert not UNWANTED & operations(tmp_path / "style.tflite").keys()
    assert partitions(painter.interpreter) == 1
    assert "free height and width" in delegate_problems(tmp_path / "style.tflite")
    # Java's interpreter plans for a size before it can be given one.
    fresh = Painter(tmp_path / "style.tflite").interpreter
    fresh.allocate_tensors()
    (image,) = fresh.get_input_details()
    assert image["shape"][1:3].min() >= facts["minimum"]
    assert list(image["shape_signature"]) == [1, -1, -1, 3]
    assert facts["bytes"] == (tmp_path / "style.tflite").stat().st_size
    assert names(tmp_path) == ["style.json", "style.tflite"]


def test_a_painter_takes_what_to_bytes_gives_and_to_tflite_writes(style, tmp_path, rng):
    content, facts = to_bytes(style, "float16", size=(64, 96))
    assert facts == to_tflite(style, tmp_path / "style.tflite", "float16", size=(64, 96))
    pixels = rng.random((64, 96, 3), "float32")
    picture = Painter(content).stylize(pixels)
    np.testing.assert_array_equal(picture, Painter(tmp_path / "style.tflite").stylize(pixels))
    with pytest.raises(ValueError, match="The file is not a TFLite file"):
        Painter(b"bytes")


def test_what_is_left_out_changes_no_picture(monkeypatch):
    style, pixels = random_style("mobile"), photo(64, 96)
    short, _ = to_bytes(style, "int8_weights", size=(64, 96))
    monkeypatch.setattr(tflite, "compact", lambda content: content)
    whole, _ = to_bytes(style, "int8_weights", size=(64, 96))
    assert len(short) < len(whole) - 20_000
    monkeypatch.undo()
    # Keras has counted further: the same style by other names.
    assert to_bytes(random_style("mobile"), "int8_weights", size=(64, 96))[0] == short
    pictures = [Painter(content).stylize(pixels) for content in (short, whole)]
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize("precision", ["float32", "float16", "int8_weights", "int8_dynamic"])
def test_a_static_file_is_one_piece_for_every_delegate(style, precision, tmp_path):
    path = tmp_path / "style.tflite"
    to_tflite(style, path, precision, size=(64, 96))
    # The analyzer of TensorFlow 2.16 takes float16 weights, which are dequantized, for inputs.
    if precision != "float16" or tf.__version__ >= "2.20":
        assert delegate_problems(path) == []
    painter = Painter(path)
    signature = painter.interpreter.get_signature_list()
    assert signature == {"serving_default": {"inputs": ["image"], "outputs": ["stylized"]}}
    pixels = photo(64, 96)
    expected = stylize_pixels(style.model, pixels[None])[0]
    picture = painter.stylize(pixels)
    # The weights are random: what float16 and int8 cost is tested on trained ones below.
    limit = {"float32": 5e-3, "float16": 0.1}.get(precision, 0.5)
    assert np.abs(picture - expected).max() < limit and picture.std() > 0.01
    assert partitions(painter.interpreter) == 1


def test_a_static_file_keeps_the_photographs_proportions(johnson, tmp_path):
    to_tflite(johnson, tmp_path / "style.tflite", size=(32, 48))
    painter = Painter(tmp_path / "style.tflite")
    for size, expected in (((32, 48), (32, 48)), ((64, 64), (32, 32)), ((10, 20), (24, 48))):
        assert painter.stylize(photo(*size)).shape == (*expected, 3)
    # A photograph that fits less one row is neither scaled nor moved.
    pixels = photo(31, 48)
    padded = np.pad(pixels, ((0, 1), (0, 0), (0, 0)), mode="reflect")
    np.testing.assert_allclose(painter.stylize(pixels), painter.stylize(padded)[:31], atol=1e-6)


@pytest.mark.parametrize(
    "options", [{"padding": "zero"}, {"normalization": "batch"}], ids=["zero", "batch"]
)
def test_what_the_paper_compares_exports_too(options, tmp_path):
    style = random_style(**options)
    to_tflite(style, tmp_path / "style.tflite", size=32)
    pixels = photo(32, 32)
    expected = stylize_pixels(style.model, pixels[None])[0]
    picture = Painter(tmp_path / "style.tflite").stylize(pixels)
    np.testing.assert_allclose(picture, expected, atol=1e-3)


@pytest.mark.slow
def test_noise_is_an_input_or_a_constant(noisy, tmp_path):
    to_tflite(noisy, tmp_path / "free.tflite")
    to_tflite(noisy, tmp_path / "baked.tflite", size=(64, 96), seed=7)
    pixels = photo(64, 96)
    free, baked = (Painter(tmp_path / f"{name}.tflite") for name in ("free", "baked"))
    inputs = free.interpreter.get_signature_list()["serving_default"]["inputs"]
    assert sorted(inputs) == sorted(z.name for z in noisy.model.inputs) and len(inputs) == 7
    assert baked.interpreter.get_signature_list()["serving_default"]["inputs"] == ["image"]
    expected = stylize_pixels(noisy.model, pixels[None], seed=7)[0]
    for picture in (free.stylize(pixels, seed=7), baked.stylize(pixels)):
        np.testing.assert_allclose(picture, expected, atol=1e-3)
    assert np.abs(free.stylize(pixels, seed=8) - expected).max() > 0.01
    with pytest.raises(ValueError, match="stores the noise in the file, which needs a size"):
        to_tflite(noisy, tmp_path / "wrong.tflite", seed=7)


def test_the_json_beside_is_that_inside(johnson, tmp_path):
    facts = to_tflite(johnson, tmp_path / "style.tflite", "float16", size=np.int64(32))
    assert json.loads((tmp_path / "style.json").read_text()) == facts
    assert litert.read_facts(tmp_path / "style.tflite").items() <= facts.items()
    assert facts["name"] == "Stripes" and facts["precision"] == "float16"
    assert facts["size"] == [32, 32] and facts["multiple"] == 4
    assert [z["range"] for z in facts["tensors"]["inputs"]] == [[0, 1]]


# Trained styles: the promises of docs/notebook/export.md


@pytest.fixture(scope="module")
def zoo_file(tmp_path_factory):
    """Exports a style of the zoo, once: a function of name, generator and precision."""
    folder, written = tmp_path_factory.mktemp("zoo"), {}

    def export(name, generator, precision):
        key = (name, generator, precision)
        if key not in written:
            path = folder / f"{'_'.join(key)}.tflite"
            to_tflite(load(name, generator), path, precision)
            written[key] = path
        return written[key]

    return export


def real_photo(height, width):
    """The photograph of the README, in another size."""
    from PIL import Image

    image = Image.open(_root() / "docs/images/photograph.jpg").convert("RGB")
    return np.asarray(image.resize((width, height)), "float32") / 255


def _root():
    from pathlib import Path

    return Path(__file__).parents[1]


@pytest.mark.parametrize(("name", "generator"), ONE_OF_EACH_KIND)
def test_trained_float32(zoo_file, name, generator):
    painter, style = Painter(zoo_file(name, generator, "float32")), load(name, generator)
    for size in SIZES:
        pixels = real_photo(*size)
        assert np.abs(painter.stylize(pixels) - style.stylize(pixels)).max() < 1e-3


@pytest.mark.parametrize(
    ("precision", "floor", "shares"),
    [
        ("float16", 0.999, {"johnson": 0.52, "pyramid": 0.67}),
        ("int8_weights", 0.999, {"johnson": 0.33, "pyramid": 0.57}),
        ("int8_dynamic", 0.98, {"johnson": 0.33, "pyramid": 0.57}),
    ],
)
@pytest.mark.parametrize("generator", BOTH)
def test_trained_small_files(zoo_file, generator, precision, floor, shares):
    style, path = load("mosaic", generator), zoo_file("mosaic", generator, precision)
    whole = zoo_file("mosaic", generator, "float32").stat().st_size
    assert path.stat().st_size < shares[generator] * whole
    painter = Painter(path)
    for size in SIZES:
        pixels = real_photo(*size)
        picture = painter.stylize(pixels)
        assert likeness.similarity(picture[None], style.stylize(pixels)[None]) >= floor


def test_similarity_of_pictures_smaller_than_its_window():
    image, other = photo(8, 9)[None], photo(8, 9, 1)[None]
    assert likeness.similarity(image, image) > 1 - 1e-6 > likeness.similarity(image, other)


# float16, as GPU delegates compute


@pytest.fixture
def one_by_one():
    """Sums over the image in float16, one value after the other."""
    with half.summed_one_by_one():
        yield


@pytest.mark.parametrize(("name", "generator"), ONE_OF_EACH_KIND)
def test_trained_styles_survive_float16(one_by_one, name, generator):
    style = load(name, generator)
    pixels = real_photo(256, 256)[None]
    expected = style.stylize(pixels)
    safe = half.to_half(portable.make_portable(style.model)).predict_on_batch(pixels)
    plain = half.to_half(style.model).predict_on_batch(pixels)
    assert likeness.similarity(safe, expected) > 0.999
    if generator == "mobile":
        return  # with few channels its sums are small anyway
    # The emulation bites: without the rewriting it does not pass.
    assert not likeness.similarity(plain, expected) > 0.999


@pytest.mark.parametrize("contrast", [1e-3, 1, 50])
def test_no_sum_overflows_whatever_the_values(one_by_one, contrast):
    values = np.random.default_rng(0).choice([-contrast, contrast], (1, 1080, 1080, 1))
    values[0, 0] = contrast  # a row of the largest: 1600 times the usual deviation
    layer = portable.FloatSafeNormalization([1e-8], dtype="float16")
    layer.build(values.shape)
    layer.set_weights([np.ones(1), np.zeros(1)])
    pixels = tf.constant(values, tf.float16)
    picture = np.asarray(layer(pixels), "float32")
    # Of an infinite variance only beta, a constant, would be left.
    assert np.isfinite(picture).all() and np.ptp(picture) > 1
    assert np.isfinite(np.asarray(layer(0 * pixels))).all()  # a black photograph


def test_rewriting_changes_no_picture(style):
    pixels = photo(96, 64)[None]
    expected = style.model.predict_on_batch(pixels)
    found = portable.make_portable(style.model).predict_on_batch(pixels)
    np.testing.assert_allclose(found, expected, atol=1e-3)


# int8


def test_int8_is_measured(johnson, photographs, tmp_path):
    path = tmp_path / "style.tflite"
    images = find_images(photographs)[:4]
    facts = to_tflite(johnson, path, "int8", 32, images, refuse_damage=False)
    assert 0 < facts["similarity"] <= 1
    counts = operations(path)
    assert counts["QUANTIZE"] >= 10 and counts["CONV_2D"] == 16
    assert Painter(path).stylize(photo(32, 32)).shape == (32, 32, 3)


def test_int8_below_the_floor_is_refused(johnson, photographs, tmp_path, monkeypatch):
    content = tflite_module.convert(portable.make_portable(johnson.model), "float32", (32, 32))
    monkeypatch.setattr(tflite_module, "convert", lambda *arguments: content)
    monkeypatch.setattr(likeness, "similarity", lambda *arguments: 0.94)
    arguments = (johnson, tmp_path / "style.tflite", "int8", 32, find_images(photographs))
    with pytest.raises(ValueError, match=r"similarity of 0\.940.*0\.95.*int8_weights"):
        to_tflite(*arguments)
    assert names(tmp_path) == []
    assert to_tflite(*arguments, refuse_damage=False)["similarity"] == 0.94


# Mistakes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "int4"}, r"must be one of float32, .*int8. Received: 'int4'"),
        ({"precision": "int8", "size": 32}, "int8 is calibrated on photographs"),
        ({"precision": "int8", "photographs": ["a.jpg"]}, "int8 needs a size"),
        ({"size": 30}, r"multiples of 4 and at least 8. Received: 30x30. The nearest: 32x32"),
        ({"size": (4, 16)}, r"at least 8. Received: 4x16. The nearest: 8x16"),
        ({"size": (16, 16, 3)}, "Height and width"),
        ({"size": np.int64(30)}, "Received: 30x30"),
        ({"size": 32, "seed": -1}, "seed must not be negative"),
        ({"path": "style.json"}, "must end in .tflite"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(johnson, tmp_path, options, message):
    path = tmp_path / options.pop("path", "style.tflite")
    with pytest.raises(ValueError, match=message):
        to_tflite(johnson, path, **options)
    assert names(tmp_path) == []


def test_an_interrupted_export_leaves_the_old_file(johnson, tmp_path, monkeypatch):
    path = tmp_path / "style.tflite"
    to_tflite(johnson, path, size=32)
    before = sha256(path)

    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr("tfstyle.files._flush", fail)
    with pytest.raises(OSError, match="disk full"):
        to_tflite(johnson, path, size=64)
    assert sha256(path) == before and names(tmp_path) == ["style.json", "style.tflite"]


def test_another_backend_and_no_tensorflow_are_told(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ImportError, match="KERAS_BACKEND=tensorflow"):
        tfstyle.export.__getattr__("to_tflite")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError, match="pip install tensorflow"):
        tfstyle.export.__getattr__("to_saved_model")
    with pytest.raises(AttributeError, match="to_paper"):
        tfstyle.export.__getattr__("to_paper")


def test_the_runners_own_file_is_up_to_date(tmp_path):
    from make_tiny_tflite import TINY, make

    make(tmp_path / "tiny.tflite")
    old, new = litert.read_facts(TINY), litert.read_facts(tmp_path / "tiny.tflite")
    assert {**old, "versions": {}} == {**new, "versions": {}}, "python tests/make_tiny_tflite.py"
    assert size_rule(random_style().model) == (old["multiple"], old["minimum"])
    assert os.path.getsize(TINY) < 200e3  # noqa: PTH202
