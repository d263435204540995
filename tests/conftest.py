import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TFSTYLE_CACHE", str(Path(tempfile.gettempdir()) / "tfstyle_tests"))

# At the end: of tfstyle the installed one is tested, but benchmarks/ is in the checkout alone.
sys.path.append(str(Path(__file__).parents[1]))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data():
    """The folder of VGG19 weights and photographs, which are not part of the repository."""
    folder = os.environ.get("TFSTYLE_DATA")
    if not folder:
        pytest.skip("needs TFSTYLE_DATA, the folder of vgg19_notop.weights.h5: runs in .ci/run")
    return Path(folder)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """A folder of eight small photographs: smooth noise, of two shapes."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(1)
    for number in range(8):
        coarse = rng.integers(0, 256, (6, 8, 3), dtype="uint8")
        image = Image.fromarray(coarse).resize((48, 40) if number % 2 else (40, 56))
        image.save(folder / f"{number}.jpg", quality=95)
    return folder


@pytest.fixture(scope="session")
def painting(tmp_path_factory):
    path = tmp_path_factory.mktemp("painting") / "Stripes.png"
    pixels = np.full((48, 64, 3), (200, 120, 40), "uint8")
    pixels[:, ::4] += 30
    pixels[::6, :, 2] += 60
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def network():
    """A tiny random network in place of VGG19."""
    from tiny_vgg import tiny_vgg

    return tiny_vgg()


@pytest.fixture(scope="session")
def recipe(painting):
    from tfstyle import Recipe

    return Recipe(
        painting=str(painting),
        width=4,
        content_layers=("deep",),
        style_layers=("shallow", "deep"),
        crop=32,
        batch_size=2,
        steps=4,
        style_size=48,
        style_weight=10.0,
    )


def _random_style(recipe):
    import keras

    from tfstyle import Style
    from tfstyle.styles.model import build_generator

    keras.utils.set_random_seed(3)
    return Style(recipe, build_generator(recipe), {"training": {"steps": 0}})


# To build a network and to compile it takes two seconds, more than most tests. So the tests of a
# process share one, and one folder that it was saved to.
@pytest.fixture(scope="session")
def _generator(recipe):
    generator = _random_style(recipe).model
    return generator, generator.get_weights()


@pytest.fixture
def style(recipe, _generator):
    """A style of random weights. A test that changes them takes `own_style`."""
    from tfstyle import Style

    generator, weights = _generator
    yield Style(recipe, generator, {"training": {"steps": 0}})
    for ours, theirs in zip(generator.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs, "This test must take own_style.")


@pytest.fixture
def own_style(recipe):
    """A style of random weights that a test can change."""
    return _random_style(recipe)


@pytest.fixture(scope="session")
def saved_style(recipe, _generator, tmp_path_factory):
    """The folder of a saved style of random weights. A test that changes it takes `mine`."""
    from tfstyle import Style

    credit = {"title": "Stripes [/study]", "artist": "A. Painter", "rights": "public domain"}
    folder = tmp_path_factory.mktemp("saved") / "mine"
    Style(recipe.replace(**credit), _generator[0], {"training": {"steps": 0}}).save(folder)
    return folder


@pytest.fixture
def mine(saved_style, tmp_path):
    """A copy of that folder, in `tmp_path`."""
    return shutil.copytree(saved_style, tmp_path / "mine")


@pytest.fixture
def float32_policy():
    import keras

    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)
