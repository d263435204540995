import keras
import numpy as np
import pytest
from keras import ops

from tfstyle import load, load_trunk
from tfstyle.images.files import find_images, read_image
from tfstyle.styles.folder import is_trunk
from tfstyle.styles.objective import loss_of, painting_grams
from tfstyle.styles.recipe import load_recipes, save_recipes
from tfstyle.styles.trunk import Trunk, build_trunk
from tfstyle.training import STYLE_BALANCE, train, train_trunk
from tfstyle.training.crops import draw_styles, middles
from tfstyle.training.transfer import ManyStylesTransfer


@pytest.fixture
def recipes(recipe, painting, photographs):
    """Three styles: a painting, and two photographs in place of paintings."""
    others = find_images(photographs)[:2]
    paths = {"stripes": painting, "first": others[0], "second": others[1]}
    return {
        name: recipe.replace(painting=str(path), style_size=40 + 4 * number, title=name)
        for number, (name, path) in enumerate(paths.items())
    }


@pytest.fixture
def trunk(recipes, rng):
    """A trunk of random weights."""
    keras.utils.set_random_seed(4)
    model = build_trunk(recipes)
    model.set_weights([w + rng.normal(0, 0.1, w.shape) for w in model.get_weights()])
    return Trunk(recipes, model, {"training": {"steps": 0}})


@pytest.fixture
def pixels(rng):
    return rng.random((2, 16, 24, 3), "float32")


def paint(trunk, pixels, weights):
    return trunk.model.predict_on_batch([pixels, np.tile(np.float32(weights), (len(pixels), 1))])


@pytest.mark.parametrize(
    ("styles", "weights"),
    [
        ("first", [0, 1, 0]),
        ({"second": 2.0}, [0, 0, 1]),
        ({"stripes": 3, "second": 1}, [0.75, 0, 0.25]),
    ],
)
def test_a_baked_style_paints_as_the_trunk(trunk, pixels, styles, weights):
    style = trunk.bake(styles)
    expected = paint(trunk, pixels, weights)
    # Blended before the matrix multiplication, or by it: float32 in another order.
    np.testing.assert_allclose(style.stylize(pixels), expected, atol=1e-4)
    np.testing.assert_allclose(trunk.stylize(pixels, styles), expected, atol=1e-4)
    heaviest = trunk.recipes[list(trunk.recipes)[int(np.argmax(weights))]]
    assert style.recipe.replace(title=heaviest.title) == heaviest
    assert not any("conditional" in layer.name for layer in style.model.layers)


def test_a_blend_is_painted_by_the_trunk_as_it_is_now(trunk, rng, monkeypatch):
    blend, pixels = {"stripes": 3, "second": 1}, rng.random((13, 22, 3), "float32")
    expected = trunk.bake(blend).stylize(pixels, seed=2, grain=0.1)
    trained = Trunk(trunk.recipes, trunk.model)
    monkeypatch.setattr("tfstyle.styles.trunk.build_generator", None)  # nothing is compiled for it
    # As above: float32 in another order.
    np.testing.assert_allclose(
        trained.stylize(pixels, blend, seed=2, grain=0.1), expected, atol=1e-4
    )
    before = trained.stylize(pixels, blend)
    trained.model.set_weights([1.2 * weight for weight in trained.model.get_weights()])
    after = trained.stylize(pixels, blend)
    assert np.abs(after - before).max() > 0.01
    monkeypatch.undo()
    np.testing.assert_allclose(after, trained.bake(blend).stylize(pixels), atol=1e-4)


def test_styles_of_a_trunk_differ(trunk, pixels):
    pictures = [trunk.stylize(pixels, name) for name in trunk.recipes]
    assert np.abs(pictures[0] - pictures[1]).max() > 0.01
    assert np.abs(pictures[1] - pictures[2]).max() > 0.01


def test_a_saved_trunk_paints_the_same(trunk, pixels, tmp_path, photographs):
    saved = trunk.save(tmp_path / "trunk", previews=find_images(photographs)[:2])
    loaded = load_trunk(tmp_path / "trunk")
    for name in trunk.recipes:
        picture = loaded.stylize(pixels, name)
        np.testing.assert_array_equal(saved.stylize(pixels, name), picture)
        np.testing.assert_allclose(trunk.stylize(pixels, name), picture, atol=1 / 255)
    assert [recipe.title for recipe in loaded.recipes.values()] == list(trunk.recipes)
    assert all(read_image(recipe.painting) for recipe in loaded.recipes.values())
    with np.load(tmp_path / "trunk" / "golden.npz", allow_pickle=False) as golden:
        assert golden["output"].shape == (3, *golden["input"].shape)
    assert read_image(tmp_path / "trunk" / "preview.jpg").height == 4 * 164 - 4


def test_a_trunk_replaces_nothing_but_a_trunk(trunk, tmp_path):
    (tmp_path / "project" / "photos").mkdir(parents=True)
    (tmp_path / "file").touch()
    for place in ("project", "file"):
        with pytest.raises(ValueError, match=f"{place} holds other files"):
            trunk.save(tmp_path / place)
    assert (tmp_path / "project" / "photos").exists() and (tmp_path / "file").is_file()
    (tmp_path / "empty").mkdir()
    trunk.save(tmp_path / "empty")
    trunk.save(tmp_path / "empty")


def test_a_trunk_with_a_name_of_the_zoo_is_read_where_it_was_written(trunk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert trunk.save("trunk").recipes.keys() == trunk.recipes.keys()


@pytest.mark.parametrize("name", ["../../escaped", "a/b", "first:1", "one, two", ""])
def test_names_of_paintings_are_no_paths(trunk, tmp_path, name):
    save_recipes({name: next(iter(trunk.recipes.values()))}, tmp_path / "recipe.toml")
    with pytest.raises(ValueError, match="may only have letters, digits, - and _"):
        load_recipes(tmp_path / "recipe.toml")


def test_a_baked_style_is_saved_as_any_other(trunk, pixels, tmp_path):
    style = trunk.bake("stripes")
    np.testing.assert_allclose(
        style.save(tmp_path).stylize(pixels), style.stylize(pixels), atol=1 / 255
    )


@pytest.mark.parametrize(
    ("styles", "message"),
    [
        ("frist", "no style 'frist'. Did you mean first"),
        ({"first": -1, "second": 2}, "must not be negative"),
        ({"first": 0}, "sum above 0"),
        ({}, "sum above 0"),
        ({"first": float("nan")}, "must not be negative"),
    ],
)
def test_blends_that_are_none_are_refused(trunk, styles, message):
    with pytest.raises(ValueError, match=message):
        trunk.bake(styles)


def test_a_generators_folder_is_no_trunk(trunk, style, tmp_path):
    style.save(tmp_path / "style")
    trunk.save(tmp_path / "trunk")
    assert is_trunk(tmp_path / "trunk") and not is_trunk(tmp_path / "style" / "johnson")


def test_a_trunk_is_no_style(trunk, style, tmp_path, monkeypatch):
    trunk.save(tmp_path / "many")
    for name in (tmp_path / "many", "trunk"):
        with pytest.raises(ValueError, match=f"{name} is a trunk.*load_trunk.*mosaic:0.6,great"):
            load(name)
    # A folder of the name of the zoo's trunk is found before it.
    monkeypatch.chdir(tmp_path)
    style.save("trunk")
    assert load("trunk").recipe.generator == "johnson"


def test_a_trunk_without_its_paintings_is_not_saved(trunk, tmp_path):
    gone = trunk.recipes["first"].replace(painting=str(tmp_path / "gone.png"))
    trunk.recipes["first"] = gone
    with pytest.raises(ValueError, match=r"gone\.png: there is no such file"):
        trunk.save(tmp_path / "trunk")
    assert not list(tmp_path.iterdir())


def test_a_trunk_that_is_none_is_refused(trunk, tmp_path):
    with pytest.raises(ValueError, match="There is no trunk 'nothing'"):
        load_trunk("nothing")
    trunk.save(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ValueError, match="is damaged"):
        load_trunk(tmp_path)


def test_recipes_of_a_trunk_survive_their_file(recipes, tmp_path):
    save_recipes(recipes, tmp_path / "recipe.toml")
    assert load_recipes(tmp_path / "recipe.toml").keys() == recipes.keys()
    for name, recipe in load_recipes(tmp_path / "recipe.toml").items():
        assert read_image(recipe.painting).size == read_image(recipes[name].painting).size
        assert recipe.replace(painting=recipes[name].painting) == recipes[name]


def test_a_recipe_without_paintings_is_no_trunk(recipe, tmp_path):
    recipe.save(tmp_path / "recipe.toml")
    with pytest.raises(ValueError, match=r"needs a table \[paintings.NAME\]"):
        load_recipes(tmp_path / "recipe.toml")


def test_all_styles_are_drawn_equally_often():
    rows = [draw_styles(5, 2, 8, 8, (0, 1, step))[0] for step in range(15)]
    np.testing.assert_array_equal(np.concatenate(rows).sum(0), np.full(5, 6))
    np.testing.assert_array_equal(rows[3], draw_styles(5, 2, 8, 8, (0, 1, 3))[0])
    orders = np.concatenate(rows).argmax(1).reshape(6, 5)
    assert len({tuple(order) for order in orders}) > 1
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)


@pytest.fixture
def short_epochs(monkeypatch):
    monkeypatch.setattr("tfstyle.training.loop.STEPS_PER_EPOCH", 2)


def test_a_trunk_learns_every_style(recipes, photographs, network, tmp_path):
    recipes = {
        name: recipe.replace(steps=60, learning_rate=1e-2, style_weight=0.0)
        for name, recipe in recipes.items()
    }
    trunk = train_trunk(recipes, photographs, tmp_path, network)
    weights = {name: recipe.style_weight for name, recipe in trunk.recipes.items()}
    assert all(weights.values()) and len({*weights.values()}) == 3
    assert trunk.card["training"]["steps"] == 60
    rows = [layer.get_weights() for layer in trunk.model.layers if "conditional" in layer.name]
    for gammas, betas in rows:
        assert np.all(np.abs(gammas - 1).max(1) > 0) and np.all(np.abs(betas).max(1) > 0)


def test_each_picture_of_a_trunk_is_held_to_its_own_painting(recipes, network):
    loss = loss_of(recipes["first"], network)[0]
    grams = [painting_grams(recipe, loss) for recipe in recipes.values()]
    stacked = [np.concatenate(layer) for layer in zip(*grams, strict=True)]
    model = ManyStylesTransfer(build_trunk(recipes), loss, stacked, [[2.0], [3.0], [5.0]])
    targets, balance = model.style_target([None, np.eye(3)[[2, 0]]])
    np.testing.assert_array_equal(ops.convert_to_numpy(balance), [[5], [2]])
    for number, target in enumerate(targets):
        expected = np.concatenate([grams[row][number] for row in (2, 0)])
        np.testing.assert_allclose(ops.convert_to_numpy(target), expected, rtol=1e-6)


@pytest.mark.parametrize("layer_weights", [(), (0.0, 0.0), (3.0, 0.0)])
def test_a_trunk_weighs_each_layer_of_each_painting(
    recipes, photographs, network, tmp_path, monkeypatch, layer_weights
):
    def stop(model, *others, **options):
        raise InterruptedError(model)

    monkeypatch.setattr("tfstyle.training.loop._fit", stop)
    given = {"style_weight": 0.0, "style_layer_weights": layer_weights}
    recipes = {name: recipe.replace(**given) for name, recipe in recipes.items()}
    with pytest.raises(InterruptedError) as begun:
        train_trunk(recipes, photographs, tmp_path, network)
    model = begun.value.args[0]
    pixels = np.stack(middles(find_images(photographs), recipes["first"].crop, 16))
    content = model.perceptual_loss.content_features(pixels)
    for row in np.eye(len(recipes), dtype="float32"):
        grams, balance = model.style_target([pixels, np.tile(row, (len(pixels), 1))])
        balance = ops.convert_to_numpy(balance)
        shallow, deep = (
            float(model.perceptual_loss(content, pixels, grams, balance * layer)["total"])
            for layer in np.eye(2, dtype="float32")
        )
        assert shallow + deep == pytest.approx(STYLE_BALANCE, rel=0.01)
        if layer_weights == (0.0, 0.0):
            plain = [
                float(model.perceptual_loss(content, pixels, grams, layer)["total"])
                for layer in np.eye(2, dtype="float32")
            ]
            # Halfway between the ratio of the layers themselves and 1.
            assert shallow / deep == pytest.approx((plain[0] / plain[1]) ** 0.5, rel=0.01)
        if layer_weights == (3.0, 0.0):
            assert balance[0, 0] == pytest.approx(3 * balance[0, 1])


def test_a_blend_is_credited_to_all_its_paintings(trunk):
    recipes = {
        name: recipe.replace(title=name, artist="One", rights="public domain")
        for name, recipe in trunk.recipes.items()
    }
    first, second, _ = recipes
    trunk = Trunk(recipes, trunk.model)
    blend = trunk.bake({first: 0.4, second: 0.6}).recipe
    assert (blend.title, blend.artist) == (f"{second}, {first}", "One")
    assert (blend.painting, blend.rights) == (recipes[second].painting, "public domain")
    assert trunk.bake(first).recipe == recipes[first]


@pytest.mark.slow
def test_a_resumed_trunk_ends_as_an_uninterrupted_one(
    recipes, photographs, network, tmp_path, short_epochs
):
    recipes = {n: r.replace(steps=6, crop=64, small_crop_steps=2) for n, r in recipes.items()}
    previews = find_images(photographs)[:1]
    whole = train_trunk(recipes, photographs, tmp_path / "whole", network, previews=previews)

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_trunk(recipes, photographs, tmp_path / "parts", network, callbacks=[Stop()])
    parts = train_trunk(recipes, photographs, tmp_path / "parts", network)
    for a, b in zip(whole.model.get_weights(), parts.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    sheet = read_image(tmp_path / "whole" / "previews" / "000006.jpg")
    assert sheet.size == (64, 4 * 68 - 4)


def test_a_trunk_starts_from_a_style(recipes, style, photographs, network, tmp_path, pixels):
    style.save(tmp_path / "first")
    start = {"start": str(tmp_path / "first"), "steps": 1, "learning_rate": 1e-9}
    recipes = {name: recipe.replace(**start) for name, recipe in recipes.items()}
    trunk = train_trunk(recipes, photographs, tmp_path / "training", network)
    for name in recipes:
        # float16 on disk; Adam's steps are as long as the learning rate.
        np.testing.assert_allclose(trunk.stylize(pixels, name), style.stylize(pixels), atol=1 / 255)


def test_a_trunk_starts_from_a_trunk(trunk, photographs, network, tmp_path, pixels):
    trunk.card["training"] = {"steps": 5, "seconds": 2}
    start = trunk.save(tmp_path / "first")
    settings = {"start": str(tmp_path / "first"), "steps": 1, "learning_rate": 1e-9}
    recipes = {name: recipe.replace(**settings) for name, recipe in trunk.recipes.items()}
    again = train_trunk(recipes, photographs, tmp_path / "training", network)
    for name in recipes:
        # Adam's steps are as long as the learning rate.
        expected = start.stylize(pixels, name)
        np.testing.assert_allclose(again.stylize(pixels, name), expected, atol=1e-4)
    record = {"style": str(tmp_path / "first"), "sha256": start.card["sha256"]}
    assert again.card["training"]["start"] == {**record, "steps": 5, "seconds": 2}


def test_starts_of_another_kind_are_refused(trunk, recipes, photographs, network, tmp_path):
    trunk.save(tmp_path / "first")
    recipe = recipes["first"].replace(start=str(tmp_path / "first"), steps=1)
    with pytest.raises(ValueError, match=r"same kind and options. .*'johnson'.*'pyramid'"):
        train(recipe.replace(generator="pyramid", crop=64), photographs, tmp_path / "a", network)
    for others, message in (
        (dict.fromkeys(("one", "two"), recipe), "has 3, the recipe 2"),
        ({name: recipe.replace(width=8) for name in recipes}, "same kind and options"),
    ):
        with pytest.raises(ValueError, match=message):
            train_trunk(others, photographs, tmp_path / "b", network)


def test_a_style_starts_from_the_row_of_a_trunk_that_paints_it_best(
    recipes, trunk, photographs, network, tmp_path, pixels
):
    trunk = trunk.save(tmp_path / "trunk")
    recipe = recipes["second"].replace(
        start=str(tmp_path / "trunk"), steps=1, learning_rate=1e-9, trainable="normalization"
    )
    style = train(recipe, photographs, tmp_path / "training", network)
    loss, grams = loss_of(recipe, network)
    images = np.stack(middles(find_images(photographs), recipe.crop, 2))
    content = loss.content_features(images)
    totals = {
        name: float(loss(content, trunk.stylize(images, name), grams)["total"]) for name in recipes
    }
    assert len({*totals.values()}) == 3
    best = min(totals, key=totals.get)
    assert style.card["training"]["start"]["style"] == best
    np.testing.assert_allclose(style.stylize(pixels), trunk.stylize(pixels, best), atol=2 / 255)


@pytest.mark.parametrize("normalization", ["instance", "batch"])
def test_normalization_alone_can_be_trained(recipe, photographs, network, tmp_path, normalization):
    recipe = recipe.replace(normalization=normalization, trainable="normalization")
    trained = train(recipe, photographs, tmp_path / "training", network)
    begun = train(
        recipe.replace(steps=1, learning_rate=1e-12), photographs, tmp_path / "0", network
    )
    for variable, before in zip(trained.model.weights, begun.model.weights, strict=True):
        changed = np.abs(variable - before).max() > 1e-6
        moves = variable.name in ("gamma", "beta", "moving_mean", "moving_variance")
        assert changed == moves, variable.path


def test_recipes_that_differ_in_more_than_paintings_are_refused(
    recipes, photographs, network, tmp_path
):
    recipes["first"] = recipes["first"].replace(learning_rate=0.1)
    with pytest.raises(ValueError, match="must agree in learning_rate"):
        train_trunk(recipes, photographs, tmp_path, network)


@pytest.mark.parametrize("layer_weights", [(), (0.0, 0.0), (3.0, 0.0)])
def test_a_balanced_weight_makes_every_painting_as_loud(
    recipe, photographs, network, tmp_path, layer_weights
):
    recipe = recipe.replace(style_weight=0.0, style_layer_weights=layer_weights, steps=1)
    loud, soft = (
        train(recipe.replace(painting=str(path)), photographs, tmp_path / path.stem, network)
        for path in find_images(photographs)[:2]
    )
    assert loud.recipe.style_weight != soft.recipe.style_weight
    for style in (loud, soft):
        trained = style.card["training"]["losses"]  # with the weights that were found
        assert trained["style"] > 0
        total = trained["content"] + style.recipe.style_weight * trained["style"]
        assert trained["loss"] == pytest.approx(total, rel=1e-3)
        loss, grams = loss_of(style.recipe, network)
        pixels = np.stack(middles(find_images(photographs), recipe.crop, 16))
        terms = loss(loss.content_features(pixels), pixels, grams)
        assert float(terms["total"]) == pytest.approx(STYLE_BALANCE, rel=0.01)
        weights = style.recipe.style_layer_weights
        assert len(weights) == len(layer_weights) and weights[:1] != (0.0,)
        if layer_weights == (0.0, 0.0):
            shares = []
            for chosen in ((1.0, 0.0), (0.0, 1.0)):
                loss.style_layer_weights = chosen
                terms = loss(loss.content_features(pixels), pixels, grams)
                shares.append(float(terms["total"]))
            # The geometric mean of 1 and the weight that would make both count as much.
            assert weights == pytest.approx(((shares[1] / shares[0]) ** 0.5, 1.0), rel=0.01)
