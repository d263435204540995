"""The runner, on a small file: also where neither TensorFlow nor Keras is (`tox -e litert`)."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from tfstyle.export.litert import Painter, read_facts
from tfstyle.images.files import read_image
from tfstyle.images.look import with_colors_of
from tfstyle.images.pixels import to_pixels

# `johnson(4)` of random weights, free size: written by tests/make_tiny_tflite.py.
TINY = Path(__file__).parent / "data" / "tiny.tflite"

# An interpreter in which TensorFlow, Keras and all else that the runner must not need is missing.
WITHOUT = """
import runpy, sys
missing = ("keras", "tensorflow", "jax", "torch", "scipy", "h5py", "typer", "matplotlib")
for name in missing:
    sys.modules[name] = None
sys.argv[0] = "litert"
runpy.run_module("tfstyle.export.litert", run_name="__main__")
"""


def run(*arguments):
    command = [sys.executable, "-c", WITHOUT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "photo.png"
    pixels = np.random.default_rng(0).integers(0, 256, (22, 37, 3), "uint8")
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("threads", [(), ("--threads", 1)])
def test_it_paints_without_tensorflow_and_keras(photograph, tmp_path, threads):
    done = run(TINY, photograph, tmp_path / "picture.png", *threads)
    assert done.returncode == 0, done.stderr
    picture = np.asarray(read_image(tmp_path / "picture.png"))
    assert picture.shape == (22, 37, 3) and picture.std() > 10


def test_pictures_are_those_of_the_file_that_keras_wrote():
    with np.load(TINY.with_suffix(".npz")) as expected:
        picture = Painter(TINY).stylize(expected["input"])
        # The file keeps biases in float16, whose steps are 2 ** -11 near 0.5.
        np.testing.assert_allclose(picture, expected["output"], atol=2**-11)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (16, 16), (64, 52)])
def test_any_size_comes_back(size):
    pixels = np.random.default_rng(0).uniform(size=(*size, 3)).astype("float32")
    painter = Painter(TINY)
    for _ in range(2):
        picture = painter.stylize(pixels)
        assert picture.shape == pixels.shape and np.isfinite(picture).all()


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((8, 8, 3), "uint8"), r"must be floats \[height, width, 3\] in \[0, 1\]"),
        (np.zeros((1, 8, 8, 3)), r"must be floats \[height, width, 3\] in \[0, 1\]"),
        (np.zeros((0, 8, 3)), r"Received: \[0, 8, 3\]"),
        (np.full((8, 8, 3), 255.0), "divide by 255"),
        (np.full((8, 8, 3), np.nan), "divide by 255"),
    ],
)
def test_other_arrays_are_refused(pixels, message):
    with pytest.raises(ValueError, match=message):
        Painter(TINY).stylize(pixels)


def test_grain_strength_and_colors_are_those_of_style(photograph, tmp_path):
    pixels = to_pixels(read_image(photograph))
    painter = Painter(TINY)
    plain = painter.stylize(pixels)
    assert np.abs(painter.stylize(pixels, grain=0.1) - plain).max() > 0.01
    half = painter.stylize(pixels, strength=0.5)
    np.testing.assert_allclose(half, (pixels + plain) / 2, atol=1e-6)
    kept = painter.stylize(pixels, keep_colors=True)
    np.testing.assert_allclose(kept, with_colors_of(pixels, plain), atol=1e-6)
    options = ("--grain", 0.1, "--strength", 0.5, "--keep-colors", "--seed", 3)
    done = run(TINY, photograph, tmp_path / "picture.png", *options)
    assert done.returncode == 0, done.stderr
    expected = painter.stylize(pixels, 3, 0.1, 0.5, True)
    found = to_pixels(read_image(tmp_path / "picture.png"))
    np.testing.assert_allclose(found, expected, atol=0.51 / 255)
    done = run(TINY, photograph, tmp_path / "picture.png", "--strength", 2)
    assert done.returncode == 2 and "strength must be in [0, 1]" in done.stderr


def test_transparency_and_profile_are_those_of_the_photograph(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (22, 37, 4), "uint8")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(pixels).save(tmp_path / "photo.png", icc_profile=profile)
    assert run(TINY, tmp_path / "photo.png", tmp_path / "picture.png").returncode == 0
    picture = read_image(tmp_path / "picture.png")
    np.testing.assert_array_equal(picture.getchannel("A"), pixels[..., 3])
    assert picture.info["icc_profile"] == profile


def test_sizes_may_follow_each_other():
    painter = Painter(TINY)
    pixels = np.random.default_rng(0).uniform(size=(32, 20, 3)).astype("float32")
    first = painter.stylize(pixels)
    painter.stylize(pixels[:16])
    np.testing.assert_allclose(painter.stylize(pixels), first, atol=1e-6)


def test_the_file_says_what_it_is():
    facts = read_facts(TINY)
    assert facts["multiple"] == 4 and facts["minimum"] == 8 and facts["size"] is None
    assert facts["name"] == "Stripes" and facts["license"] == "painting: CC0 1.0"


def test_mistakes_are_one_line(photograph, tmp_path):
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(TINY.read_bytes()[:5000])
    other = tmp_path / "other.tflite"
    other.write_text("No model.")
    for file, photo, picture, message in (
        (tmp_path / "none.tflite", photograph, "a.png", "there is no such file"),
        (other, photograph, "a.png", "not a TFLite file"),
        (damaged, photograph, "a.png", "is damaged"),
        (TINY, TINY, "a.png", "not an image"),
        (TINY, photograph, "a.docx", "cannot write images of this kind"),
    ):
        done = run(file, photo, tmp_path / picture)
        assert done.returncode == 2
        lines = [line for line in done.stderr.splitlines() if not line.startswith("INFO")]
        assert len(lines) == 1 and lines[0].startswith("Error: ") and message in lines[0], lines
    assert not (tmp_path / "a.png").exists()


def test_what_lies_outside_of_the_file_is_no_matter_for_native_code():
    from ai_edge_litert import schema_py_generated as schema

    content = bytearray(TINY.read_bytes())
    model = schema.Model.GetRootAs(content)
    shape = model.Subgraphs(0).Tensors(0)._tab
    place = shape.Pos + shape.Offset(4)  # of the offset of its shape
    content[place : place + 4] = (2**30).to_bytes(4, "little")
    with pytest.raises(ValueError, match="is damaged"):
        Painter(bytes(content))


def test_threads_are_at_least_one():
    with pytest.raises(ValueError, match="threads must be at least 1"):
        Painter(TINY, threads=0)
