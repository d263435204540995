import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import tfstyle
from tfstyle import GENERATORS, Style
from tfstyle.images import center_crop, find_images, read_image, to_pixels
from tfstyle.styles import build_generator

if keras.backend.backend() != "tensorflow":
    pytest.skip("export needs TensorFlow: runs in the other environments", allow_module_level=True)

from tfstyle.export import to_saved_model, to_tflite
from tfstyle.export.inspection import compare, gpu_faults, operations, partitions, similarity
from tfstyle.export.litert import Painter
from tfstyle.export.portable import PortableInstanceNormalization, portable_generator

from tfstyle.layers import InstanceNormalization

ROOT = Path(tfstyle.__file__).parents[1]
PHOTOGRAPH = Path(__file__).parents[1] / "docs" / "images" / "photograph.jpg"


@pytest.fixture(params=GENERATORS)
def any_style(request, recipe, rng):
    """A small style of random weights, of each generator."""
    return random_style(recipe.replace(generator=request.param), rng)


@pytest.fixture
def noisy_style(recipe, rng):
    return random_style(recipe.replace(generator="pyramid", noise_channels=2), rng)


def random_style(recipe, rng):
    keras.utils.set_random_seed(3)
    model = build_generator(recipe)
    # Not the neutral gamma and beta of a network that has learned nothing.
    model.set_weights([w + rng.normal(0, 0.1, w.shape) for w in model.get_weights()])
    return Style(recipe, model, {})


def photograph(height, width):
    return to_pixels(center_crop(read_image(PHOTOGRAPH), 256).resize((width, height)))


SERVE = """
import sys, numpy, tensorflow
sys.modules["tfstyle"] = None  # TensorFlow itself imports Keras
model = tensorflow.saved_model.load(sys.argv[1])
signature = model.signatures["serving_default"]
with numpy.load(sys.argv[2]) as images:
    pictures = {name: signature(image=images[name])["stylized"].numpy() for name in images}
numpy.savez(sys.argv[3], **pictures)
"""


def test_a_saved_model_serves_any_size_by_itself(any_style, tmp_path):
    folder = to_saved_model(any_style, tmp_path / "served")
    assert folder == tmp_path / "served" / "1"
    images = {f"{h}x{w}": photograph(h, w)[None] for h, w in ((64, 64), (70, 97), (3, 130), (1, 1))}
    images["batch"] = np.concatenate([photograph(64, 96), photograph(64, 96)[::-1]]).reshape(
        2, 64, 96, 3
    )
    np.savez(tmp_path / "images.npz", **images)
    files = [str(tmp_path / name) for name in ("images.npz", "pictures.npz")]
    command = [sys.executable, "-c", SERVE, str(folder), *files]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr[-2000:]
    with np.load(tmp_path / "pictures.npz") as pictures:
        for name, image in images.items():
            expected = any_style.stylize(image)
            # Compiled as another graph: float32 in another order.
            np.testing.assert_allclose(pictures[name], expected, atol=1e-4)


def test_a_saved_model_takes_noise(noisy_style, tmp_path, rng):
    import tensorflow as tf

    signature = tf.saved_model.load(to_saved_model(noisy_style, tmp_path)).signatures[
        "serving_default"
    ]
    inputs = {
        z.name: rng.normal(size=(1, 64 // r, 64 // r, 2)).astype("float32")
        for z, r in zip(noisy_style.model.inputs[1:], (32, 16, 8, 4, 2, 1), strict=True)
    }
    pixels = photograph(64, 64)[None]
    expected = noisy_style.model.predict_on_batch([pixels, *inputs.values()])
    found = signature(image=tf.constant(pixels), **{k: tf.constant(v) for k, v in inputs.items()})
    np.testing.assert_allclose(found["stylized"], expected, atol=1e-4)


def test_a_file_of_free_size_paints_as_keras(any_style, tmp_path):
    painter = Painter(to_tflite(any_style, tmp_path / "style.tflite"))
    for height, width in ((64, 64), (90, 70), (1, 1), (64, 131)):
        pixels = photograph(height, width)
        np.testing.assert_allclose(painter.paint(pixels), any_style.stylize(pixels), atol=1e-3)
    facts = json.loads((tmp_path / "style.json").read_text())
    assert facts["name"] == any_style.recipe.title or facts["name"] == "Untitled"


def test_a_file_of_fixed_size_is_for_every_delegate(any_style, tmp_path):
    content = to_tflite(any_style, tmp_path / "style.tflite", size=(64, 96)).read_bytes()
    assert gpu_faults(content) == []
    assert not any(name.startswith("Flex") for name in operations(content))
    assert partitions(content) >= 1
    found = compare(any_style, content, Image.fromarray(np.uint8(255 * photograph(60, 80))))
    assert found["size"] == [64, 85]  # scaled up to the file's height
    assert found["difference"] < 1e-3 and found["ssim"] > 0.9999 and found["milliseconds"] > 0


def test_a_file_of_free_size_is_not_for_gpus(any_style, tmp_path):
    content = to_tflite(any_style, tmp_path / "style.tflite").read_bytes()
    assert "free height and width" in gpu_faults(content)


@pytest.mark.parametrize(("precision", "least"), [("float16", 0.999), ("int8_weights", 0.9)])
def test_smaller_files(any_style, tmp_path, precision, least):
    whole = to_tflite(any_style, tmp_path / "whole.tflite", size=64)
    small = to_tflite(any_style, tmp_path / "small.tflite", precision, size=64)
    assert small.stat().st_size < whole.stat().st_size
    found = compare(any_style, small.read_bytes(), read_image(PHOTOGRAPH), rounds=1)
    # Random weights suffer more than trained ones: see the test of the zoo.
    assert found["ssim"] > least


@pytest.mark.parametrize(
    ("precision", "least", "share"), [("float16", 0.999, 0.51), ("int8_weights", 0.98, 0.265)]
)
def test_smaller_files_of_the_zoo(tmp_path, precision, least, share):
    style = tfstyle.load("mosaic")
    whole = to_tflite(style, tmp_path / "whole.tflite", size=256)
    small = to_tflite(style, tmp_path / "small.tflite", precision, size=256)
    assert small.stat().st_size < share * whole.stat().st_size
    found = compare(style, small.read_bytes(), read_image(PHOTOGRAPH), rounds=1)
    assert found["ssim"] > least


def test_int8_is_refused_below_the_floor(any_style, tmp_path, photographs):
    path, images = tmp_path / "style.tflite", find_images(photographs)[:2]
    with pytest.raises(ValueError, match="no more those of the style: SSIM"):
        to_tflite(any_style, path, "int8", 64, images, floor=1.0)
    assert not list(tmp_path.iterdir())
    to_tflite(any_style, path, "int8", 64, images, floor=0)
    assert {"CONV_2D", "QUANTIZE"} <= operations(path.read_bytes()).keys()


def test_noise_is_an_input_or_part_of_the_file(noisy_style, tmp_path):
    pixels = photograph(64, 96)
    given = Painter(to_tflite(noisy_style, tmp_path / "given.tflite"))
    for seed in (1, 2):
        expected = noisy_style.stylize(pixels, seed)
        np.testing.assert_allclose(given.paint(pixels, seed), expected, atol=1e-3)
    baked = Painter(to_tflite(noisy_style, tmp_path / "baked.tflite", size=(64, 96), seed=2))
    np.testing.assert_allclose(baked.paint(pixels), expected, atol=1e-3)
    assert len(baked.interpreter.get_input_details()) == 1


def test_the_portable_generator_paints_the_same(any_style):
    pixels = photograph(64, 96)[None]
    portable = portable_generator(any_style)
    kinds = {type(layer) for layer in portable.layers}
    assert PortableInstanceNormalization in kinds and InstanceNormalization not in kinds
    expected = any_style.model.predict_on_batch(pixels)
    np.testing.assert_allclose(portable.predict_on_batch(pixels), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "generator"), [("mosaic", "johnson"), ("mosaic", "pyramid"), ("starry_night", None)]
)
def test_no_sum_overflows_float16(name, generator):
    """Emulates the sums of normalization in float16, at 1080 pixels."""
    style = tfstyle.load(name, generator)
    portable = portable_generator(style)
    layers = [x for x in portable.layers if isinstance(x, PortableInstanceNormalization)]
    probe = keras.Model(portable.inputs, [layer.input for layer in layers])
    # Of the width the whole, of the height a strip: a row is what is summed.
    image = read_image(PHOTOGRAPH).resize((1088, 1088)).crop((0, 400, 1088, 528))
    for layer, x in zip(layers, probe.predict_on_batch(to_pixels(image)[None]), strict=True):
        x = np.asarray(x)
        assert np.abs(x).max() < 65504
        half = x.astype("float16")
        mean = half.mean(2, dtype="float16", keepdims=True).mean(1, dtype="float16", keepdims=True)
        squares = np.square(half - mean)
        # As a GPU may do it: one sum after the other, rounded each time.
        rows = np.add.accumulate(squares, axis=2, dtype="float16")[:, :, -1]
        assert np.isfinite(rows).all(), layer.name
        # Ten times as much would still fit.
        assert np.square(x - x.mean((1, 2), keepdims=True)).sum(2).max() < 6550, layer.name


def test_a_flat_channel_is_safe_in_float16():
    layer = PortableInstanceNormalization(1e-12, dtype="float16")
    layer.build((None, None, None, 2))
    layer.set_weights([np.array([1.0, 2.0]), np.array([0.5, -1.0])])
    y = np.asarray(layer(np.full((1, 32, 32, 2), 3.0, "float16")))
    np.testing.assert_array_equal(y[0, 0, 0], np.float16([0.5, -1.0]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "style.bin"}, r"must end in \.tflite"),
        ({"precision": "int4"}, "precision must be one of float32, float16"),
        ({"size": 65}, r"multiples of \d+, at least \d+, for .* Received: \[65, 65\]. Near"),
        ({"size": 0}, r"Received: \[0, 0\]"),
        ({"precision": "int8", "size": 64}, "int8 needs a size, and photographs"),
        ({"precision": "int8", "photographs": [PHOTOGRAPH]}, "int8 needs a size"),
        ({"seed": 1}, "A seed needs a size"),
    ],
)
def test_what_cannot_be_exported_is_refused(any_style, tmp_path, arguments, message):
    arguments = {**arguments, "path": tmp_path / arguments.get("path", "style.tflite")}
    with pytest.raises(ValueError, match=message):
        to_tflite(any_style, **arguments)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_leaves_nothing(any_style, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        to_tflite(any_style, tmp_path / "file" / "style.tflite", size=64)
    with pytest.raises(ValueError, match=r"is a file\. Give a folder"):
        to_saved_model(any_style, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_similarity_knows_the_same_and_other_pictures(rng):
    a = photograph(64, 64)
    assert similarity(a, a) == pytest.approx(1)
    assert similarity(a, a[::-1]) < 0.5
