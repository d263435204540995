import errno

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from tfstyle import johnson, mobile, pyramid
from tfstyle.images.look import Look
from tfstyle.layers import (
    ImageInput,
    ImageOutput,
    InstanceNormalization,
    NearestUpsampling2D,
    ReflectionPadding2D,
)
from tfstyle.painting import budget, scratch, streamed
from tfstyle.painting.graph import Graph
from tfstyle.painting.plan import Plan
from tfstyle.painting.reach import CannotStreamError, Reach, reach_of
from tfstyle.painting.scratch import Scratch, StoredImage
from tfstyle.painting.sources import NormalRows, Photograph
from tfstyle.painting.streamed import Moments, _Passes, paint_rows
from tfstyle.painting.whole import stylize_pixels

GENERATORS = {
    "johnson": lambda: johnson(width=4),
    "johnson, zero": lambda: johnson(width=3, padding="zero"),
    "johnson, batch": lambda: johnson(width=4, normalization="batch"),
    "trunk": lambda: johnson(width=4, styles=3),
    "pyramid": lambda: pyramid(width=2),
    "mobile": lambda: mobile(width=2),
    "pyramid, noise": lambda: pyramid(width=2, noise_channels=2),
    "others": lambda: of_other_layers(),
}

# Float32 sums in another order. A level of an 8-bit picture is 1/255.
TOLERANCE = {"atol": 0.1 / 255, "rtol": 0}


def of_other_layers():
    """A generator of layers that those of tfstyle have not."""
    image = keras.Input((None, None, 3))
    checked = ImageInput(multiple=4, minimum=8)(image)
    x = layers.Conv2D(5, (3, 5), padding="same", dilation_rate=(2, 1))(checked)
    x = layers.LeakyReLU()(InstanceNormalization()(x))
    low = layers.MaxPooling2D(2)(x)
    low = layers.DepthwiseConv2D(4, padding="same")(low)
    low = layers.UpSampling2D(2)(InstanceNormalization()(low))
    x = layers.Concatenate()([x, low, layers.AveragePooling2D(1)(checked)])
    x = layers.ZeroPadding2D(((2, 1), (1, 2)))(x)
    x = layers.SeparableConv2D(6, 4)(x)
    x = keras.ops.relu(x) - 0.5 * InstanceNormalization()(x)
    x = layers.Conv2D(4, 2, strides=2)(ReflectionPadding2D(3)(x))
    x = layers.Cropping2D(((1, 2), (2, 1)))(NearestUpsampling2D(2)(InstanceNormalization()(x)))
    x = layers.Cropping2D(((1, 2), (1, 2)))(x)
    return keras.Model(image, ImageOutput()(layers.Conv2D(3, 1)(x)))


@pytest.fixture(params=GENERATORS)
def generator(request, rng):
    keras.utils.set_random_seed(1)
    generator = GENERATORS[request.param]()
    generator.compile(optimizer=None)
    for weight in generator.weights:
        if weight.name in ("gamma", "gammas", "beta", "betas", "moving_mean"):
            weight.assign(weight + 0.3 * rng.normal(size=weight.shape))
    return generator


def streamed_picture(generator, image, look=None, working=2e5, monkeypatch=None, **options):
    picture = np.full(image.shape, np.nan, "float32")
    rows = []

    def write(top, strip):
        rows.append(top)
        picture[top : top + len(strip)] = strip

    monkeypatch.setattr(streamed, "working_bytes", lambda *_: working)
    paint_rows(generator, image, write, look or Look(), **options)
    return picture, rows


def weights_of(generator):
    return None if len(generator.inputs[-1].shape) == 4 else np.float32([0.5, 0.2, 0.3])


@pytest.mark.parametrize("limit", [1e9, 3e5, 0], ids=["all kept", "some kept", "nothing kept"])
def test_strips_give_the_picture_of_the_whole_image(generator, limit, monkeypatch):
    rng = np.random.default_rng(int(limit) + len(generator.weights))
    height, width = rng.integers(1, 140), rng.integers(1, 70)
    working = 10 ** rng.uniform(5, 7)
    monkeypatch.setattr(streamed, "_SCRATCH_BYTES", limit)
    monkeypatch.setattr(streamed, "_HEIGHTS", (48, 20, 12))
    image = rng.random((height, width, 3), "float32")
    weights = weights_of(generator)
    expected = stylize_pixels(generator, image[None], seed=5, style_weights=weights)[0]
    options = {"style_weights": weights, "look": Look(seed=5), "monkeypatch": monkeypatch}
    picture, _ = streamed_picture(generator, image, working=working, **options)
    np.testing.assert_allclose(picture, expected, **TOLERANCE)


def test_strips_are_many_and_low(monkeypatch, rng):
    image = rng.random((64, 24, 3), "float32")
    _, rows = streamed_picture(johnson(width=2), image, working=1, monkeypatch=monkeypatch)
    assert rows == list(range(0, 64, 4))


@pytest.mark.parametrize(
    "look",
    [
        {"grain": 0.1, "seed": 3},
        {"strength": 0.4, "keep_colors": True},
        {"mask": np.linspace(0, 1, 300, dtype="float32").reshape(20, 15)},
        {"stroke": 2.0, "grain": 0.05},
        {"stroke": 0.5, "mask": np.eye(9, dtype="float32"), "strength": 0.8},
    ],
    ids=lambda look: "-".join(look),
)
def test_a_look_is_that_of_the_whole_image(look, monkeypatch, rng):
    keras.utils.set_random_seed(1)
    generator = pyramid(width=2, noise_channels=1)
    generator.compile(optimizer=None)
    image = rng.integers(0, 256, (150, 70, 3), dtype="uint8")
    look = Look(**look)
    expected = look.apply(
        lambda images, seed: stylize_pixels(generator, images, seed), image[None] / np.float32(255)
    )[0]
    picture, _ = streamed_picture(generator, image, look, monkeypatch=monkeypatch)
    np.testing.assert_allclose(picture, expected, **TOLERANCE)


@pytest.fixture
def low_memory(monkeypatch):
    """Lets no photograph fit."""
    monkeypatch.setattr(budget, "DEFAULT_BYTES", budget._PROCESS_BYTES)


@pytest.mark.parametrize(
    "kind", ["uint8", "float64", "float16", "batch", "transparent", "hidden", "image", "layered"]
)
def test_a_style_paints_the_same_with_little_memory(kind, style, rng, monkeypatch):
    channels = 4 if kind in ("transparent", "hidden", "layered") else 3
    image = rng.integers(1, 256, (2, 70, 50, channels), dtype="uint8")
    if kind == "hidden":
        image[:, 10:40, 20:30, 3] = 0
    if kind.startswith("float"):
        image = (image / 255).astype(kind)
    if kind != "batch":
        image = image[0]
    if kind in ("image", "layered"):
        image = Image.fromarray(image)
    expected = style.stylize(image, memory=1e12)
    called = []
    monkeypatch.setattr(streamed, "paint_rows", lambda *a: (called.append(1), paint_rows(*a)))
    picture = style.stylize(image, memory=1)
    assert len(called) == (2 if kind == "batch" else 1)
    assert type(picture) is type(expected)
    assert np.asarray(picture).dtype == np.asarray(expected).dtype
    scale = 255 if kind.startswith("float") else 1
    # A value at half a level may be rounded either way.
    difference = np.abs(np.asarray(picture, "float32") - np.asarray(expected, "float32")) * scale
    assert difference.max() <= 1
    assert difference.mean() < 0.01


def test_it_is_chosen_by_the_memory(style, low_memory):
    image = np.zeros((64, 64, 3), "uint8")
    parts = []
    style.stylize(image, progress=parts.append)
    assert parts == sorted(parts)
    assert parts[-1] == 1
    parts.clear()
    style.stylize(image, memory=2e9, progress=parts.append)
    assert not parts


def test_the_memory_of_a_whole_image_grows_with_it():
    assert budget.fits_whole("johnson", 512 * 512)
    assert not budget.fits_whole("johnson", 3024 * 4032, 4e9)
    assert budget.fits_whole("johnson", 3024 * 4032, 8e9)


def test_a_container_leaves_less(monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(budget, "_CGROUP_LIMITS", (limit, tmp_path / "missing"))
    limit.write_text("max\n")
    assert budget.budget() == budget.DEFAULT_BYTES
    limit.write_text("1000000000\n")
    assert budget.budget() == 0.8e9
    assert budget.budget(3e9) == 3e9
    with pytest.raises(ValueError, match="memory must be above 0"):
        budget.budget(0)


@pytest.mark.parametrize("build", [johnson, pyramid], ids=["johnson", "pyramid"])
def test_the_estimate_holds_the_lowest_strips(build, tmp_path):
    width = 3200
    graph = Graph(build())
    image = id(graph.generator.inputs[0])
    photograph = Photograph(np.zeros((640, width, 3), "uint8"), 640, width)
    plan = Plan(graph, graph.sizes({image: (640, width)}), 1e15)
    passes = _Passes(plan, {image: photograph}, {}, None, lambda: 1, None)
    taken = []
    for each in plan.passes:
        assert passes._rows(each) == 4
        middle = plan.sizes[each.target][0] // 8 * 4
        taken.append(sum(passes._bytes(each, middle, middle + 4).values()))
        passes.images |= {key: StoredImage(None) for key in each.keeps}
    # Not far above them either: a photograph would be said to need memory that it does not.
    assert max(taken) < budget._COLUMN_BYTES * width < 2 * max(taken)


def test_the_estimate_grows_with_width_and_pixels():
    narrow, wide = budget.least_bytes(100, 10, 0), budget.least_bytes(100, 60_000, 0)
    assert narrow == budget.least_bytes(9_000, 5_000, 0) < wide
    assert budget.least_bytes(100, 60_000) == wide + budget.PIXEL_BYTES * 100 * 60_000
    # The plain command paints what JPEG can hold, or says that it takes more.
    assert budget.least_bytes(20_000, 30_000, 0) < budget.DEFAULT_BYTES


def test_strips_have_the_memory_that_is_left(monkeypatch):
    for held, expected in ((0.7e9, 0.45e9), (0.9e9, 0.25e9), (9e9, budget._LEAST_WORKING_BYTES)):
        monkeypatch.setattr(budget, "_resident_bytes", lambda held=held: held)
        assert budget.working_bytes(1.2e9, int(5e7)) == pytest.approx(expected)


def test_an_unknown_layer_paints_whole_images():
    image = keras.Input((None, None, 3))
    x = layers.GlobalAveragePooling2D(keepdims=True)(ImageInput(4, 8)(image))
    model = keras.Model(image, x)
    with pytest.raises(CannotStreamError, match="GlobalAveragePooling2D"):
        Graph(model)
    assert not streamed.can_stream(model)


def test_strided_same_padding_is_refused():
    with pytest.raises(CannotStreamError, match="padding='valid'"):
        reach_of(layers.Conv2D(3, 3, strides=2, padding="same"))


@pytest.mark.parametrize("case", range(30))
def test_a_reach_covers_what_the_layer_sees(case):
    rng = np.random.default_rng(case)
    before, after = rng.integers(-2, 4, 2)
    up, stride, kernel = rng.integers(1, 4, 3)
    reach = Reach(up, stride, kernel, before, after)
    side = int(rng.integers(20, 40))
    first, last = sorted(rng.choice(reach.size(side) + 1, 2, replace=False))
    top, bottom = reach.needs(first, last, side)
    seen = {
        (row * stride - before + k) // up for row in range(first, last) for k in range(kernel)
    } & {*range(side)}
    assert not seen or (top <= min(seen) and max(seen) < bottom)
    assert 0 <= top <= bottom <= side
    # The layer, called on the strip alone, gives the wanted rows.
    assert top * up % stride == 0
    assert reach.first(top) <= first
    assert last <= reach.first(top) + reach.size(bottom - top)


def test_moments_join_those_of_strips(rng):
    # A mean of a thousand deviations: a sum of squares in float32 would lose the variance.
    x = 1000 + rng.normal(size=(1, 50, 20, 3)).astype("float32")
    moments = Moments()
    for top, bottom in ((0, 7), (7, 8), (8, 50)):
        moments.add(keras.ops.convert_to_tensor(x[:, top:bottom]))
    x = x.astype("float64")
    np.testing.assert_allclose(moments.mean, x.mean((0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(moments.variance, x.var((0, 1, 2)), rtol=1e-4)


def test_moments_do_not_lose_digits_in_large_strips(rng):
    x = rng.normal(0.3, 1, size=(1, 128, 4000, 2)).astype("float32")
    moments = Moments()
    moments.add(keras.ops.convert_to_tensor(x))
    # 5e-5 where one float32 adds up all of it.
    np.testing.assert_allclose(moments.variance, x.astype("float64").var((0, 1, 2)), rtol=1e-5)


def test_noise_by_rows_is_that_of_the_whole(rng):
    one, two = np.random.default_rng(4), np.random.default_rng(4)
    for shape in ((150, 5, 3), (141, 7, 1)):
        rows = NormalRows(one, shape)
        whole = two.standard_normal(shape, dtype="float32")
        for top, bottom in ((100, 140), (0, 3), (63, 64), (0, shape[0])):
            np.testing.assert_array_equal(rows.read(top, bottom)[0], whole[top:bottom])


def test_a_scratch_uses_its_blocks_again(tmp_path, rng):
    with Scratch(tmp_path) as file:
        for _ in range(3):
            image = StoredImage(file)
            strips = rng.random((4, 50, 99, 16), "float32")
            for strip in strips:
                image.append(strip)
            whole = strips.reshape(200, 99, 16)
            np.testing.assert_array_equal(image.read(30, 170)[0], whole[30:170])
            image.release(149)  # within the third strip, which stays
            np.testing.assert_array_equal(image.read(100, 200)[0], whole[100:200])
            image.release(200)
        # The last half-empty block of each strip is all that is wasted.
        assert file.size < strips.nbytes + 4 * scratch._BLOCK
    assert not list(tmp_path.iterdir())


def test_the_scratch_keeps_to_its_limit():
    graph = Graph(johnson(width=4))
    image = graph.generator.inputs[0]
    sizes = graph.sizes({id(image): (256, 256)})
    plan = Plan(graph, sizes, 1e12)
    assert 0 < plan.scratch_bytes < sum(plan.bytes.values())
    less = Plan(graph, sizes, plan.scratch_bytes / 2)
    assert less.scratch_bytes <= plan.scratch_bytes / 2
    assert sum(less.seconds) > sum(plan.seconds)
    assert Plan(graph, sizes, 0).scratch_bytes == 0


def test_an_interruption_leaves_no_files(monkeypatch, tmp_path, style):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def interrupt(part):
        if part > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        style.stylize(np.zeros((64, 64, 3), "uint8"), memory=1, progress=interrupt)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_line(monkeypatch, style):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Scratch, "_transfer", full)
    with pytest.raises(OSError, match=r"^\S+ is full: .* set TMPDIR") as raised:
        style.stylize(np.zeros((64, 64, 3), "uint8"), memory=1)
    assert "\n" not in str(raised.value)


def test_a_photograph_is_mirrored_at_two_borders(rng):
    image = rng.random((5, 3, 3), "float32")
    rows = Photograph(image, 12, 8)
    expected = np.pad(image, ((0, 7), (0, 5), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(rows.read(4, 11)[0], expected[4:11])
