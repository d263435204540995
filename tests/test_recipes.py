import inspect
from pathlib import Path

import pytest

from tfstyle import Recipe
from tfstyle.facts import FACTS
from tfstyle.generators import GENERATORS
from tfstyle.styles.recipe import load_recipes


def test_a_recipe_survives_its_file(tmp_path):
    recipe = Recipe(
        painting=str(tmp_path / "a" / "The Wave.png"),
        title='The "Wave"',
        generator="pyramid",
        noise_channels=3,
        style_layers=("relu1_2", "relu3_1"),
        style_weight=2.5,
        style_layer_weights=(30, 0.5),
        learning_rate=1e-4,
        steps=7,
    )
    path = tmp_path / "b" / "recipe.toml"
    recipe.save(path)
    loaded = Recipe.load(path)
    assert "../a/The Wave.png" in path.read_text()
    assert loaded.replace(painting=recipe.painting) == recipe
    path.write_text("\ufeff" + path.read_text())  # as Windows' editor saves it
    assert Recipe.load(path) == loaded


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("style_wieght = 3.0", "no key 'style_wieght'. Did you mean 'style_weight'"),
        ("xyz = 1", "no key 'xyz'. Keys are painting"),
        ("steps = 0", "steps must be above 0. Received: 0"),
        ("steps = 1.5", "steps must be of type int. Received: 1.5"),
        ("steps = true", "steps must be of type int. Received: True"),
        ('style_weight = "3"', "style_weight must be of type float"),
        ("learning_rate = nan", "learning_rate must be finite"),
        ("style_weight = nan", "style_weight must be finite"),
        ("content_weight = -1", "content_weight must be finite and not negative"),
        ("total_variation_weight = inf", "total_variation_weight must be finite"),
        ("seed = -1", "seed must be finite and not negative"),
        ("steps = ", "not a TOML file"),
        ("painting = 3", "painting must be of type str. Received: 3"),
        ("style_layers = [1]", r"style_layers must be a list of names. Received: \[1\]"),
        ("style_layer_weights = [1.0]", r"each of the 4 style layers. Received: \[1.0\]"),
        ("style_layer_weights = [1, 1, 1, inf]", "style_layer_weights must be finite"),
        ('style_layer_weights = ["a"]', "style_layer_weights must be a list of numbers"),
        ("style_size = 4", "style_size must be at least 16. Received: 4"),
        ("style_layers = []", "style_layers must name at least one layer"),
        ("noise_channels = 1", "noise_channels are only for the generator 'pyramid'"),
        ("[paintings.mosaic]", "is the recipe of a trunk: use tfstyle trunk"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        Recipe.load(path)
    assert str(path) in str(error.value)


def test_a_painting_that_is_no_table_is_named(tmp_path):
    path = tmp_path / "trunk.toml"
    path.write_text('[paintings]\nmosaic = "mosaic.jpg"')
    with pytest.raises(ValueError, match=r"\[paintings.mosaic\] must be a table"):
        load_recipes(path)


def test_a_recipe_in_a_folder_that_is_a_link_finds_its_painting(tmp_path):
    (tmp_path / "deep" / "real").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "real")
    (tmp_path / "painting.jpg").touch()
    Recipe(painting=str(tmp_path / "painting.jpg")).save(tmp_path / "link" / "recipe.toml")
    assert Path(Recipe.load(tmp_path / "link" / "recipe.toml").painting).exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="there is no such recipe"):
        Recipe.load(tmp_path / "recipe.toml")


def test_whole_numbers_serve_as_floats():
    assert Recipe(style_weight=3).style_weight == 3.0


def test_each_generator_has_values_of_its_own():
    assert Recipe().explicit == Recipe(width=32, jitter=4, learning_rate=1e-3)
    given = Recipe(generator="pyramid", learning_rate=5e-4)
    assert given.explicit == given.replace(width=8, jitter=8)
    for name, build in GENERATORS.items():
        width = Recipe(generator=name).generator_options["width"]
        assert width == inspect.signature(build).parameters["width"].default


def test_another_generator_brings_its_own_values():
    recipe = Recipe("a.png", width=24, jitter=2, learning_rate=0.1, epsilon=1e-3, crop=192)
    assert recipe.with_generator("johnson") is recipe
    small = recipe.with_generator("mobile")
    assert small == Recipe("a.png", generator="mobile", crop=192)
    assert small.explicit.width == FACTS["mobile"].width
