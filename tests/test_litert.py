"""The runner needs LiteRT, NumPy and Pillow: the tox environment `litert` has no more."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tfstyle.export.litert import Painter
from tfstyle.export.metadata import read_metadata

from tfstyle.images import read_image

DATA = Path(__file__).parent / "data"
FILES = ["free.tflite", "fixed.tflite"]

# No import of Keras or TensorFlow, even where they are installed.
RUN = """
import sys
sys.modules.update(dict.fromkeys(("keras", "tensorflow", "jax", "h5py", "scipy", "matplotlib")))
from tfstyle.export.litert import main
main()
"""


def run(*arguments, cwd):
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


@pytest.fixture
def photo(tmp_path, rng):
    pixels = rng.integers(0, 256, (9, 13, 3), dtype="uint8")
    image = Image.fromarray(pixels).resize((130, 90))
    image.save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.mark.parametrize("name", FILES)
def test_the_picture_is_that_of_keras(name):
    with np.load(DATA / "tflite.npz", allow_pickle=False) as golden:
        picture = Painter(DATA / name).paint(golden["input"])
        # float32, by another library.
        np.testing.assert_allclose(picture, golden["output"], atol=1e-3)


@pytest.mark.parametrize(("name", "size"), [("free.tflite", (130, 90)), ("fixed.tflite", (64, 44))])
def test_a_photograph_is_painted_on_the_command_line(photo, tmp_path, name, size):
    result = run(DATA / name, photo, "out.png", "--threads", 2, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    picture = read_image(tmp_path / "out.png")
    assert picture.size == size and np.asarray(picture).std() > 1


def test_the_file_says_what_it_is():
    facts = read_metadata((DATA / "fixed.tflite").read_bytes())
    assert facts["size"] == [64, 64] and facts["multiple"] == 4 and facts["range"] == [0, 1]
    assert "Painting: public domain" in facts["license"]
    assert Painter(DATA / "free.tflite").facts["size"] is None


MISTAKES = {
    "nowhere.tflite": "No such file",
    "photo.png": "this is not a TFLite file",
    "short.tflite": "",
    "foreign.tflite": "was not exported by tfstyle",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_files_that_are_none_are_refused(photo, tmp_path, name):
    content = (DATA / "free.tflite").read_bytes()
    (tmp_path / "short.tflite").write_bytes(content[: len(content) // 2])
    (tmp_path / "foreign.tflite").write_bytes(content.replace(b"tfstyle", b"tfother"))
    result = run(name, photo, "out.png", cwd=tmp_path)
    assert result.returncode == 2 and MISTAKES[name] in result.stderr
    assert result.stderr.startswith(f"Error: {name}: ") and result.stderr.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


def test_photographs_that_are_none_are_refused(tmp_path):
    result = run(DATA / "free.tflite", "nowhere.jpg", "out.png", cwd=tmp_path)
    assert result.returncode == 2 and "nowhere.jpg" in result.stderr


def test_an_image_too_large_for_the_file_is_refused():
    with pytest.raises(ValueError, match=r"paints images of 64x64 at most. Received: 65x20"):
        Painter(DATA / "fixed.tflite").paint(np.zeros((65, 20, 3), "float32"))


def test_the_json_beside_says_the_same():
    facts = json.loads((DATA / "fixed.json").read_text())
    assert facts == read_metadata((DATA / "fixed.tflite").read_bytes())
