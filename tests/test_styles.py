import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
import safetensors.numpy
from PIL import Image, ImageCms

import tfstyle
from tfstyle import Style, list_styles, load
from tfstyle.files import replacing, sha256
from tfstyle.images.files import find_images, read_image
from tfstyle.images.pixels import luminance, to_image
from tfstyle.images.profiles import srgb_profile
from tfstyle.media.animation import read_animation, stylize_animation
from tfstyle.styles.card import read_card, write_card
from tfstyle.styles.folder import find_style
from tfstyle.styles.model import build_generator
from tfstyle.styles.objective import loss_of


@pytest.fixture(scope="module")
def saved_style(recipe, _generator, photographs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "mine"
    style = Style(recipe, _generator[0], {"training": {"steps": 0}})
    style.save(folder, find_images(photographs)[:2])
    return folder


@pytest.fixture
def folder(mine):
    return mine


def sample(rng, *shape, dtype="float32"):
    pixels = rng.uniform(size=shape)
    return np.uint8(pixels * 255) if dtype == "uint8" else pixels.astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "float16"])
@pytest.mark.parametrize("shape", [(1, 1, 3), (16, 24, 3), (37, 5, 3), (2, 9, 30, 3)])
def test_arrays_keep_shape_and_dtype(rng, style, shape, dtype):
    picture = style.stylize(sample(rng, *shape, dtype=dtype))
    assert picture.shape == shape and picture.dtype == dtype
    assert picture.min() >= 0 and picture.max() <= (255 if dtype == "uint8" else 1)


def test_arrays_files_and_images_give_the_same_picture(rng, style, tmp_path):
    pixels = sample(rng, 20, 30, 3, dtype="uint8")
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    expected = style.stylize(pixels)
    assert len(np.unique(expected)) > 20
    for photograph in (tmp_path / "photo.png", str(tmp_path / "photo.png"), to_image(pixels / 255)):
        np.testing.assert_array_equal(np.asarray(style.stylize(photograph)), expected)
    # Rounding to 8 bits is half a step at most; float32 adds next to nothing.
    floats = style.stylize(np.float32(pixels) / 255)
    np.testing.assert_allclose(floats, expected / 255, atol=0.51 / 255)
    np.testing.assert_array_equal(style.stylize(pixels[None])[0], expected)


def test_a_fitting_size_is_neither_padded_nor_cut(rng, style):
    pixels = sample(rng, 1, 16, 24, 3)
    # One is compiled, the other not: other orders of float32 sums.
    np.testing.assert_allclose(style.stylize(pixels), style.model(pixels), atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(13, 22), (3, 17)])
def test_other_sizes_are_mirrored_and_cut(rng, style, height, width):
    pixels = sample(rng, 1, height, width, 3)
    sides = ((0, 0), (0, max(8, -(-height // 4) * 4) - height), (0, -width % 4), (0, 0))
    expected = np.array(style.model(np.pad(pixels, sides, mode="reflect")))
    np.testing.assert_allclose(style.stylize(pixels), expected[:, :height, :width], atol=1e-5)


def test_a_batch_is_its_images_one_by_one(rng, style):
    pixels = sample(rng, 3, 16, 20, 3, dtype="uint8")
    single = np.int16([style.stylize(image) for image in pixels])
    assert np.abs(style.stylize(pixels) - single).max() <= 1


def test_grain_wakes_flat_areas_and_a_seed_decides_it(style):
    flat = np.full((24, 32, 3), 40, "uint8")
    plain, grained = style.stylize(flat), style.stylize(flat, grain=0.05)
    inner = np.s_[8:-8, 8:-8]
    assert grained[inner].std() > 4 * plain[inner].std()
    np.testing.assert_array_equal(style.stylize(flat, grain=0.05), grained)
    assert np.any(style.stylize(flat, seed=1, grain=0.05) != grained)
    # The same in a batch, in a file and in a `PIL.Image.Image`.
    image = np.asarray(style.stylize(Image.fromarray(flat), grain=0.05))
    np.testing.assert_array_equal(image, grained)
    batch = style.stylize(np.stack([flat, flat]), grain=0.05)
    assert np.abs(np.int16(batch) - grained).max() <= 1
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"grain must be in \[0, 1\]"):
            style.stylize(flat, grain=wrong)


def test_strength_lets_the_photograph_shine_through(rng, style):
    photograph = sample(rng, 24, 32, 3, dtype="uint8")
    np.testing.assert_array_equal(style.stylize(photograph, strength=0), photograph)
    np.testing.assert_array_equal(style.stylize(photograph, strength=1), style.stylize(photograph))
    middle = (np.float32(photograph) + style.stylize(photograph)) / 2
    half = style.stylize(photograph, strength=0.5)
    assert np.abs(half - middle).max() <= 1  # rounded twice
    np.testing.assert_array_equal(
        np.asarray(style.stylize(Image.fromarray(photograph), strength=0.5)), half
    )
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"strength must be in \[0, 1\]"):
            style.stylize(photograph, strength=wrong)


def test_colors_can_be_those_of_the_photograph(rng, style):
    photograph = rng.uniform(0.4, 0.6, (24, 32, 3)).astype("float32")
    picture = style.stylize(photograph)
    kept = style.stylize(photograph, keep_colors=True)
    assert np.ptp(luminance(kept) - luminance(photograph)) > 0.1  # it is painted
    inside = (kept.min(axis=-1) > 0) & (kept.max(axis=-1) < 1)
    assert inside.mean() > 0.5
    np.testing.assert_allclose(luminance(kept)[inside], luminance(picture)[inside], atol=1e-5)
    chroma, expected = (np.diff(each, axis=-1)[inside] for each in (kept, photograph))
    np.testing.assert_allclose(chroma, expected, atol=1e-5)
    grey = np.repeat(photograph[..., :1], 3, axis=-1)
    kept = style.stylize(grey, strength=0.7, keep_colors=True)
    assert np.ptp(kept, axis=-1).max() < 1e-5
    # Of the luminance that people agree on: pure green is bright, blue dark.
    np.testing.assert_allclose(luminance(np.eye(3, dtype="float32")), [0.2126, 0.7152, 0.0722])


@pytest.mark.slow
def test_many_styles_are_no_reason_to_warn(style, caplog):
    photograph = np.zeros((8, 8, 3), "uint8")
    for _ in range(7):
        Style(style.recipe, build_generator(style.recipe)).stylize(photograph)
    assert not caplog.records


def test_transparency_and_profile_are_kept(rng, style):
    image = Image.fromarray(sample(rng, 12, 14, 4, dtype="uint8"), "RGBA")
    image.info["icc_profile"] = srgb_profile()
    picture = style.stylize(image)
    assert picture.mode == "RGBA" and picture.size == image.size
    assert picture.getchannel("A").tobytes() == image.getchannel("A").tobytes()
    assert picture.info["icc_profile"] == image.info["icc_profile"]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4), "uint8"), r"shape \[height, width, 3\].*Received: \[4, 4\]"),
        (np.zeros((4, 4, 5), "uint8"), r"Received: \[4, 4, 5\]"),
        (np.zeros((0, 4, 3), "uint8"), r"Received: \[0, 4, 3\]"),
        (np.zeros((4, 4, 3), "int32"), "uint8 or float. Received: int32"),
        (np.full((4, 4, 3), 255.0), "divide by 255"),
        (np.full((4, 4, 3), np.nan), r"in \[0, 1\]"),
    ],
)
def test_other_arrays_are_refused(style, array, message):
    with pytest.raises(ValueError, match=message):
        style.stylize(array)


def test_arrays_with_alpha_are_painted_as_what_is_visible(rng, style):
    array = sample(rng, 12, 14, 4, dtype="uint8")
    array[3:9, 2:11, 3] = 0
    other = array.copy()
    other[3:9, 2:11, :3] = sample(rng, 6, 9, 3, dtype="uint8")
    pictures = [style.stylize(each) for each in (array, other)]
    seen = array[..., 3] > 0
    np.testing.assert_array_equal(pictures[0][seen], pictures[1][seen])
    np.testing.assert_array_equal(pictures[0][..., 3], array[..., 3])
    np.testing.assert_array_equal(np.asarray(style.stylize(Image.fromarray(array))), pictures[0])
    floats = style.stylize(np.stack([array, other]) / np.float64(255))
    assert floats.shape == (2, 12, 14, 4) and floats.dtype == "float64"
    np.testing.assert_allclose(floats[0], pictures[0] / 255, atol=0.51 / 255)


def test_odd_floats_are_sensible(rng, style):
    array = sample(rng, 9, 8, 3, dtype="float64")
    expected = style.stylize(array)
    for dtype in ("longdouble", "float16", "float32"):
        found = style.stylize(array.astype(dtype))
        assert found.dtype == dtype
        # float16 rounds what goes in, and an instance normalization of noise makes more of it.
        np.testing.assert_allclose(found, expected, atol=0.05 if dtype == "float16" else 1e-4)
    array[0, 0] = 1.0000001, 1.0009, -1e-7
    assert style.stylize(array).max() <= 1
    array[0, 0] = 1.01
    with pytest.raises(ValueError, match="divide by 255"):
        style.stylize(array)


def test_large_batches_are_painted_in_pieces(rng, style, monkeypatch):
    photographs = sample(rng, 7, 16, 12, 3, dtype="uint8")
    whole = style.stylize(photographs)
    monkeypatch.setattr("tfstyle.images.arrays._PIXELS_AT_ONCE", 2 * 16 * 12)
    sizes = []
    predict = style._predict

    def count(pixels, seed):
        sizes.append(len(pixels))
        return predict(pixels, seed)

    monkeypatch.setattr(style, "_predict", count)
    assert np.abs(np.int16(style.stylize(photographs)) - whole).max() <= 1
    assert sizes == [2, 2, 2, 1]


def test_a_style_is_safe_in_threads(rng, style):
    photographs = [sample(rng, 8 + 4 * number, 20, 3, dtype="uint8") for number in range(4)]
    expected = [style.stylize(photograph) for photograph in photographs]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(style.stylize, photographs * 5))
    for picture, other in zip(found, expected * 5, strict=True):
        assert np.abs(np.int16(picture) - other).max() <= 1


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="about TensorFlow's tensors")
def test_a_tensor_without_values_names_the_model(style):
    import tensorflow as tf

    message = r"this tensor has no values yet.*call style\.model"
    with pytest.raises(ValueError, match=message):
        style.stylize(keras.Input((8, 8, 3)))
    with pytest.raises(ValueError, match=message):
        tf.function(style.stylize)(tf.zeros((8, 8, 3)))
    photographs = tf.data.Dataset.from_tensors(tf.zeros((8, 8, 3)))
    with pytest.raises(ValueError, match=message):
        photographs.map(style.stylize)
    eager = tf.zeros((8, 8, 3))
    np.testing.assert_array_equal(style.stylize(eager), style.stylize(eager.numpy()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are of POSIX")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_is_refused_at_once_with_the_cure(style):
    pixels = np.zeros((8, 8, 3), "uint8")
    style.stylize(pixels)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            style.stylize(pixels)
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    assert text.startswith("RuntimeError: ") and 'multiprocessing.get_context("spawn")' in text


def test_mask_and_stroke_are_those_of_the_look(rng, style):
    photograph = sample(rng, 24, 16, 3, dtype="uint8")
    mask = np.zeros((24, 16), "uint8")
    mask[:, 8:] = 255
    found, picture = style.stylize(photograph, mask=mask), style.stylize(photograph)
    np.testing.assert_array_equal(found[:, :8], photograph[:, :8])
    np.testing.assert_array_equal(found[:, 8:], picture[:, 8:])
    bold = style.stylize(photograph, stroke=2)
    assert bold.shape == photograph.shape and np.abs(np.int16(bold) - picture).max() > 5


def test_an_animation_is_painted_frame_by_frame(rng, style, tmp_path):
    frames = [Image.fromarray(sample(rng, 12, 20, 3, dtype="uint8")) for _ in range(2)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], duration=[50, 90])
    stylize_animation(style, tmp_path / "a.png", tmp_path / "b.png")
    found = read_animation(tmp_path / "b.png")
    assert found.durations == [50, 90]
    for frame, picture in zip(frames, found.frames, strict=True):
        np.testing.assert_array_equal(picture.convert("RGB"), style.stylize(frame))


def test_a_saved_style_paints_the_same(rng, style, folder):
    loaded = load(folder)
    pixels = sample(rng, 33, 47, 3, dtype="uint8")
    difference = np.int16(loaded.stylize(pixels)) - style.stylize(pixels)
    assert np.abs(difference).max() <= 1
    assert loaded.recipe.replace(painting="") == style.recipe.replace(painting="")
    assert read_image(loaded.recipe.painting).size == (64, 48)
    assert loaded.card["training"] == {"steps": 0}
    assert loaded.card["parameters"] == style.model.count_params()
    names = {path.name for path in (folder / "johnson").iterdir()}
    assert names == {"recipe.toml", "model.safetensors", "card.json", "preview.jpg", "golden.npz"}
    assert read_image(folder / "johnson" / "preview.jpg").size == (516, 516)


@pytest.mark.slow
def test_saving_again_replaces_and_leaves_the_other_generator(rng, own_style, folder):
    recipe = own_style.recipe.replace(generator="pyramid")
    Style(recipe, build_generator(recipe)).save(folder)
    own_style.model.set_weights([w * 1.1 for w in own_style.model.get_weights()])
    saved = own_style.save(folder)
    assert list_styles(folder.parent) == {"mine": ["johnson", "pyramid"]}
    pixels = sample(rng, 16, 16, 3, dtype="uint8")
    np.testing.assert_array_equal(load(folder).stylize(pixels), saved.stylize(pixels))
    assert load(folder, generator="pyramid").recipe.generator == "pyramid"
    assert load(folder / "pyramid").recipe.generator == "pyramid"
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


def test_weights_are_float16_only_where_that_is_not_seen(own_style, tmp_path):
    first, *others, last, bias = own_style.model.get_weights()
    # Of random weights the pictures have more contrast than of trained ones.
    own_style.model.set_weights([first, *others, last / 4, bias])
    half = own_style.save(tmp_path / "half")
    assert half.card["dtype"] == "float16"
    # float16 ends at 65504. The normalization behind the first kernel cancels its scale.
    own_style.model.set_weights([1e6 * first, *others, last / 4, bias])
    full = own_style.save(tmp_path / "full")
    assert full.card["dtype"] == "float32"
    # The tiny network is mostly HDF5's own headers.
    assert full.card["bytes"] > 1.2 * half.card["bytes"]


def test_golden_is_what_the_style_paints(folder):
    with np.load(folder / "johnson" / "golden.npz") as golden:
        np.testing.assert_array_equal(load(folder).stylize(golden["input"]), golden["output"])


def test_an_interrupted_save_leaves_the_old_style(rng, own_style, folder, tmp_path, monkeypatch):
    pixels = sample(rng, 16, 16, 3, dtype="uint8")
    before = load(folder).stylize(pixels)
    own_style.model.set_weights([w * 1.1 for w in own_style.model.get_weights()])

    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr("tfstyle.styles.saving.write_card", fail)
    painting = sha256(folder / "painting.png")
    Image.new("RGB", (64, 48)).save(tmp_path / "black.png")
    other = Style(own_style.recipe.replace(painting=str(tmp_path / "black.png")), own_style.model)
    for interrupted in (own_style, other):
        with pytest.raises(OSError, match="disk full"):
            interrupted.save(folder)
    np.testing.assert_array_equal(load(folder).stylize(pixels), before)
    assert sha256(folder / "painting.png") == painting
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


def test_a_save_killed_between_its_renames_is_undone_by_the_next(rng, style, folder, monkeypatch):
    pixels = sample(rng, 16, 16, 3, dtype="uint8")
    before = load(folder).stylize(pixels)
    replace = Path.replace

    def killed(path, target):
        if path.is_dir() and target == folder / "johnson":
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed)
        style.save(folder)
    assert not (folder / "johnson").exists()
    with pytest.raises(OSError, match="disk full"), replacing(folder / "johnson"):
        raise OSError("disk full")
    np.testing.assert_array_equal(load(folder).stylize(pixels), before)
    style.save(folder)
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


def test_a_folder_takes_the_place_of_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for _ in range(2):
        with replacing(tmp_path / "link") as temporary:
            temporary.mkdir()
    assert not list((tmp_path / "link").iterdir()) and (tmp_path / "real" / "file").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_painting_is_learned_as_it_is_seen(style, network, tmp_path):
    seen = Image.new("RGB", (32, 32), "white")
    seen.paste("red", (8, 8, 24, 24))
    cut_out = seen.convert("RGBA")
    cut_out.paste((0, 0, 0, 0), (0, 0, 32, 8))
    # A profile whose green is that of sRGB's red.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"-XYZ").replace(b"gXYZ", b"rXYZ").replace(b"-XYZ", b"gXYZ")
    tagged = Image.merge("RGB", [seen.getchannel(name) for name in "GRB"])
    seen.save(tmp_path / "seen.png")
    cut_out.save(tmp_path / "cut_out.png")
    tagged.save(tmp_path / "tagged.png", icc_profile=swapped)

    def grams(name):
        recipe = style.recipe.replace(
            painting=str(tmp_path / name),
            style_size=32,
            style_layers=("shallow",),
            content_layers=("shallow",),
        )
        return loss_of(recipe, network)[1][0]

    for name in ("cut_out.png", "tagged.png"):
        np.testing.assert_allclose(grams(name), grams("seen.png"), rtol=0.02)


def test_a_folder_with_a_name_of_the_zoo_is_read_where_it_was_written(style, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = style.recipe.replace(generator="pyramid")
    saved = Style(recipe, build_generator(recipe)).save("starry_night")
    assert saved.recipe.generator == "pyramid" and saved.recipe.width == recipe.width
    assert style.save("mosaic").card["parameters"] == style.model.count_params()
    # Neither is what `load("mosaic")` means without a doubt.
    with pytest.raises(ValueError, match=r"mosaic is a style of the zoo and a folder here. .*\./m"):
        load("mosaic")
    for path in ("./mosaic", Path("mosaic")):
        assert load(path).model.count_params() == style.model.count_params()


def test_a_style_knows_its_name_from_within(folder, monkeypatch):
    for place in (folder, folder / "johnson"):
        monkeypatch.chdir(place)
        assert find_style(".").parent.name == "mine"


def test_another_painting_does_not_replace_that_of_another_generator(style, folder, tmp_path):
    before = sha256(folder / "painting.png")
    for name in ("black.jpg", "black.png"):
        Image.new("RGB", (64, 48)).save(tmp_path / name)
        recipe = style.recipe.replace(generator="pyramid", painting=str(tmp_path / name))
        other = Style(recipe, build_generator(recipe))
        with pytest.raises(ValueError, match=r"mine holds a style of another painting, with johns"):
            other.save(folder)
    assert sha256(folder / "painting.png") == before and not (folder / "pyramid").exists()
    Style(recipe.replace(generator="johnson"), style.model).save(folder)  # the only one there
    assert sha256(folder / "painting.png") != before


@pytest.mark.parametrize("missing", ["painting", "preview"])
def test_a_style_without_its_images_is_not_saved(style, tmp_path, missing):
    previews = []
    if missing == "painting":
        style.recipe = style.recipe.replace(painting=str(tmp_path / "gone.png"))
    else:
        previews = [tmp_path / "gone.png"]
    with pytest.raises(ValueError, match=r"gone\.png: there is no such file"):
        style.save(tmp_path / "mine", previews)
    assert not list(tmp_path.iterdir())


def no_weights(path):
    path.write_bytes(b"These are no weights.")


def other_layers(path):
    arrays = safetensors.numpy.load_file(path)
    arrays["dense.kernel"] = arrays.pop("conv2d.kernel")
    safetensors.numpy.save_file(arrays, path)


def other_shapes(path):
    arrays = safetensors.numpy.load_file(path)
    arrays["conv2d.kernel"] = arrays["conv2d.kernel"].reshape(-1, 4)
    safetensors.numpy.save_file(arrays, path)


@pytest.mark.parametrize("write", [no_weights, other_layers, other_shapes])
def test_weights_of_no_such_generator_are_refused_in_one_line(folder, write):
    place = folder / "johnson"
    path = place / "model.safetensors"
    write(path)
    write_card(place, {**read_card(place), "sha256": sha256(path), "bytes": path.stat().st_size})
    with pytest.raises(ValueError, match="does not hold the weights of the generator") as error:
        load(folder)
    assert str(place) in str(error.value) and len(str(error.value).splitlines()) == 1


def damage_weights(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_weights, "model.safetensors is damaged"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda f: (f / "card.json").write_text('{"sha256":'), "card.json is missing or damaged"),
        (lambda f: (f / "card.json").write_text("[]"), "card.json is missing or damaged"),
        (lambda f: (f / "card.json").unlink(), "not a style, or was not written to its end"),
        (lambda f: (f / "recipe.toml").unlink(), "there is no such recipe"),
        (shutil.rmtree, "not a style"),
    ],
)
def test_a_damaged_style_is_refused(folder, damage, message):
    damage(folder / "johnson")
    with pytest.raises(ValueError, match=message):
        load(folder)


def test_a_recipe_of_another_network_is_refused(folder):
    path = folder / "johnson" / "recipe.toml"
    path.write_text(path.read_text().replace("width = 4", "width = 8"))
    with pytest.raises(ValueError, match=r"generator of .* parameters"):
        load(folder)


def test_unknown_names_offer_the_nearest(folder):
    with pytest.raises(ValueError, match=r"no style 'mosiac'.*Did you mean mosaic"):
        load("mosiac")
    with pytest.raises(ValueError, match=r"no generator 'pyramid'. It has johnson"):
        load(folder, generator="pyramid")
    with pytest.raises(ValueError, match=r"generator must be one of johnson, pyramid, mobile"):
        build_generator(tfstyle.Recipe(generator="unet"))


def test_cards_are_readable(folder):
    card = json.loads((folder / "johnson" / "card.json").read_text())
    assert {"parameters", "dtype", "bytes", "sha256", "backend", "versions", "hardware"} <= set(
        card
    )
