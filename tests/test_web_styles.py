"""The files of the page's styles: one for every size, one for every blend, pictures of before."""

import json

import numpy as np
import pytest
from PIL import Image

from tfstyle.export import blending, web_page, web_styles
from tfstyle.export.portable import make_portable
from tfstyle.export.resizing import resized, shape_rules, without_metadata
from tfstyle.export.tflite import convert
from tfstyle.generators import noise_inputs, size_rule
from tfstyle.styles.model import build_generator
from tfstyle.styles.trunk import Trunk, build_trunk

# Of the zoo's own options the other tests here convert a generator.
OPTIONS = {
    "johnson, zeros, batch": {"padding": "zero", "normalization": "batch"},
    "pyramid, noise": {"generator": "pyramid", "noise_channels": 2},
}


@pytest.fixture(scope="module")
def example():
    """The photograph that visitors see first."""
    return web_page.first_photograph()


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONS)
def test_one_file_becomes_that_of_any_size(name, recipe):
    model = build_generator(recipe.replace(**OPTIONS[name]))
    portable = make_portable(model)
    convert_to = lambda size: convert(portable, "int8_weights", size)  # noqa: E731
    content, rules = shape_rules(convert_to, *size_rule(model))
    for size in ((352, 96), (96, 352)):
        assert resized(content, rules, size) == without_metadata(convert_to(size))
    assert json.loads(json.dumps(rules)) == rules


def test_a_file_that_size_changes_otherwise_is_refused():
    with pytest.raises(ValueError, match="changes only the shapes"):
        shape_rules(lambda size: model_of(size[0] * size[1]), 32, 32)
    with pytest.raises(ValueError, match="one length"):
        shape_rules(lambda size: model_of(*range(size[0])), 32, 32)


def model_of(*numbers):
    """A TFLite file of one constant."""
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    model = schema.ModelT()
    tensor, buffer = schema.TensorT(), schema.BufferT()
    buffer.data = list(np.array(numbers, "<i4").tobytes())
    tensor.buffer = 1
    graph = schema.SubGraphT()
    graph.tensors = [tensor]
    model.subgraphs, model.buffers = [graph], [schema.BufferT(), buffer]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


@pytest.fixture
def trunk(recipe):
    """A trunk of two paintings, of random weights."""
    recipes = {name: recipe.replace(title=name.title()) for name in ("dots", "lines")}
    trunk = Trunk(recipes, build_trunk(recipes))
    rng = np.random.default_rng(4)
    trunk.model.set_weights(
        [
            w + 0.3 * rng.standard_normal(w.shape).astype("float32")
            for w in trunk.model.get_weights()
        ]
    )
    return trunk


@pytest.mark.slow
def test_a_blend_is_the_mean_of_gamma_and_beta_in_the_file(trunk, rng):
    size = (64, 96)
    files = {
        name: without_metadata(convert(model, "int8_weights", size))
        for name, model in blending.portable_styles(trunk)
    }
    ranges, values = blending.value_ranges(list(files.values()))
    weights = {"dots": 0.3, "lines": 0.7}
    mixed = blending.with_values(files["dots"], ranges, np.array([0.3, 0.7]) @ values)
    pixels = rng.random((1, *size, 3), "float32")
    entry = {"shapes": [], "noise": []}
    found = web_styles.paint(mixed, entry, pixels)
    expected = trunk.bake(weights).model(pixels).numpy()
    # int8 weights: their steps, through 16 layers of random weights. The paintings themselves
    # differ by ten times as much.
    assert np.abs(found - expected).mean() < 0.02
    others = [web_styles.paint(content, entry, pixels) for content in files.values()]
    assert np.abs(others[0] - others[1]).mean() > 0.1


def test_files_that_differ_in_more_than_numbers_are_no_trunk(trunk):
    (_, model), *_ = blending.portable_styles(trunk)
    one, other = (without_metadata(convert(model, "int8_weights", (64, side))) for side in (64, 96))
    with pytest.raises(ValueError, match="only in gamma and beta"):
        blending.value_ranges([one, other])
    with pytest.raises(ValueError, match="equal lengths"):
        blending.value_ranges([one, one + b"more"])


def test_the_files_of_a_style_paint_its_pictures(style, tmp_path, example):
    style.recipe = style.recipe.replace(title="Stripes", artist="A. Painter", rights="CC0 1.0")
    place = style.save(tmp_path / "mine") and tmp_path / "mine" / "johnson"
    folder = tmp_path / "styles"
    folder.mkdir()
    entry = web_styles.write_style(place, folder, example)
    assert (entry["name"], entry["title"], entry["artist"]) == ("mine", "Stripes", "A. Painter")
    content = (tmp_path / entry["file"]).read_bytes()
    with Image.open(example) as photograph:
        pixels, (height, width) = web_styles.fit(photograph, 512, 4, 8)
    expected = style.stylize(pixels[:, :height, :width])[0]
    found = web_styles.paint(content, entry, pixels)[0, :height, :width]
    # Random weights in int8. Another photograph's picture differs by ten times as much.
    assert np.abs(found - expected).mean() < 0.02
    with Image.open(tmp_path / entry["sample"]) as sample:
        # WebP halves the resolution of colours, and what random weights paint is full of it.
        assert np.abs(np.asarray(sample) / 255 - np.clip(found, 0, 1)).mean() < 0.06
    golden = np.fromfile(tmp_path / entry["golden"], "uint8")
    assert golden.size == web_styles.golden_pixels(example).size
    for name in ("thumbnail", "painting"):
        with Image.open(tmp_path / entry[name]) as image:
            assert image.width == image.height == web_styles.THUMBNAIL


@pytest.mark.slow
def test_a_trunk_has_one_file_and_numbers_for_each_painting(trunk, tmp_path, example):
    trunk.save(tmp_path / "trunk")
    folder = tmp_path / "styles"
    folder.mkdir()
    entry = web_styles.write_trunk(tmp_path / "trunk", folder, example)
    assert [style["title"] for style in entry["styles"]] == ["Dots", "Lines"]
    count = sum(count for _, count in entry["ranges"])
    for style in entry["styles"]:
        assert np.fromfile(tmp_path / style["values"], "<f4").shape == (count,)
    assert len(list(folder.glob("*.tflite"))) == 1


def test_noise_is_an_input_and_the_same_as_the_pages(recipe):
    model = build_generator(recipe.replace(**OPTIONS["pyramid, noise"]))
    name, ratio, channels = noise_inputs(model)[0]
    found = web_styles._noise((64, 96), ratio, channels)
    assert found.shape == (1, 64 // ratio, 96 // ratio, channels) and name.startswith("noise_")
    state, expected = 1, []

    def random():
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return state / 2**32

    for _ in range(found.size):
        radius = np.sqrt(-2 * np.log(1 - random()))
        expected.append(radius * np.cos(2 * np.pi * random()))
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-5, atol=1e-6)
