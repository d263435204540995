from functools import partial
from itertools import product

import keras
import numpy as np
import pytest
from gradients import gradients
from keras import ops

from tfstyle.generators import GENERATORS, johnson, sample_noise, size_rule
from tfstyle.painting.whole import stylize_pixels

BUILDERS = {**GENERATORS, "johnson of styles": partial(johnson, styles=3)}
WIDTH = {"johnson": 4, "johnson of styles": 4, "pyramid": 3, "mobile": 3}
SIDES = {name: (128, 192) if name == "pyramid" else (16, 24) for name in BUILDERS}


def tiny(name, **options):
    keras.utils.set_random_seed(0)
    generator = BUILDERS[name](width=WIDTH[name], **options)
    rng = np.random.default_rng(0)
    generator.set_weights([w + rng.normal(0, 0.1, w.shape) for w in generator.get_weights()])
    return generator


def paint(generator, x, **options):
    """Calls a generator; one of many styles paints a blend of all of them."""
    blends = [np.full((len(x), z.shape[-1]), 1 / z.shape[-1]) for z in generator.inputs[1:]]
    return generator([x, *blends] if blends else x, **options)


def photograph(rng, height, width, batch=1):
    """Large patches with the contrast of a photograph, in [0, 1].

    The coarsest scale of `pyramid` sees means of 32 x 32 pixels: noise would leave it nothing.
    """
    side = height // 4
    coarse = rng.uniform(0, 1, (batch, 4, width // side, 3))
    return coarse.repeat(side, axis=1).repeat(side, axis=2).astype("float32")


@pytest.mark.parametrize(
    ("name", "parameters"),
    # The paper's code has 1,672,323 and 116,915 with a bias before each normalization; its
    # johnson ends with 3 x 3 in place of 9 x 9.
    [("johnson", 1_677_635), ("pyramid", 116_291), ("mobile", 92_371)],
)
def test_parameters(name, parameters):
    assert GENERATORS[name]().count_params() == parameters


@pytest.mark.parametrize("padding", ["reflect", "zero"])
@pytest.mark.parametrize("name", BUILDERS)
def test_height_and_width_are_free(rng, name, padding):
    generator = tiny(name, padding=padding)
    height, width = SIDES[name]
    for shape in ((1, height, width, 3), (2, width, height, 3)):
        y = paint(generator, rng.uniform(size=shape))
        assert y.shape == shape
        assert 0 <= np.min(y) < np.max(y) <= 1


@pytest.mark.parametrize(
    ("name", "normalization"), [*product(BUILDERS, ["instance"]), *product(GENERATORS, ["batch"])]
)
def test_every_weight_receives_a_gradient(rng, name, normalization):
    generator = tiny(name, normalization=normalization)
    # Batch normalization of one image could cancel what comes before it.
    x = photograph(rng, *SIDES[name], batch=3)
    target = rng.normal(size=x.shape).astype("float32")

    def loss():
        return ops.sum(paint(generator, x, training=True) * target)

    found = gradients(loss, generator.trainable_variables)
    for variable, gradient in zip(generator.trainable_variables, found, strict=True):
        assert gradient is not None and np.abs(gradient).max() > 0, variable.path


def contrast_change(generator, x):
    return max(
        np.abs(np.array(paint(generator, a * x + b)) - np.array(paint(generator, x))).max()
        for a, b in ((0.5, 0.25), (0.7, 0.0), (0.6, 0.4))
    )


@pytest.mark.parametrize("name", BUILDERS)
def test_contrast_and_brightness_of_the_photograph_do_not_matter(rng, name):
    x = photograph(rng, *SIDES[name])
    # epsilon beside the variances of the first convolution leaves less than a grey level.
    assert contrast_change(tiny(name), x) <= 1 / 255


@pytest.mark.parametrize("name", GENERATORS)
def test_contrast_matters_to_batch_normalization(rng, name):
    generator = tiny(name, normalization="batch")
    for _ in range(3):
        generator(photograph(rng, *SIDES[name], batch=4), training=True)
    assert contrast_change(generator, photograph(rng, *SIDES[name])) > 10 / 255


def test_contrast_matters_near_zero_padded_borders(rng):
    x = photograph(rng, 64, 64)
    assert contrast_change(tiny("johnson", padding="zero"), x) > 1 / 255


@pytest.mark.parametrize("name", BUILDERS)
def test_generators_survive_saving(rng, tmp_path, name):
    generator = tiny(name)
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    x = photograph(rng, *SIDES[name])
    np.testing.assert_array_equal(paint(loaded, x), paint(generator, x))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", BUILDERS)
def test_mixed_precision_paints_the_same(rng, float32_policy, name, policy):
    x = photograph(rng, *SIDES[name])
    expected = np.array(paint(tiny(name), x))
    keras.config.set_dtype_policy(policy)
    y = paint(tiny(name), x)
    assert keras.backend.standardize_dtype(y.dtype) == "float32"
    # bfloat16 keeps 8 bits a layer, and there are up to 18 layers.
    assert np.abs(np.array(y) - expected).mean() < 0.02


def test_noise_is_decided_by_the_seed(rng):
    generator = tiny("pyramid", noise_channels=2)
    x = photograph(rng, *SIDES["pyramid"])
    noise = sample_noise(generator, 1, *SIDES["pyramid"], seed=1)
    assert [z.shape[1:] for z in noise][::5] == [(4, 6, 2), (128, 192, 2)]
    assert abs(np.mean(noise[-1])) < 0.1 and abs(np.std(noise[-1]) - 1) < 0.05
    pictures = [stylize_pixels(generator, x, seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert np.abs(pictures[0] - pictures[2]).max() > 1 / 255
    assert sample_noise(tiny("pyramid"), 1, 64, 64, seed=1) == []


@pytest.mark.parametrize(
    ("name", "shape"),
    [("johnson", (1, 14, 16, 3)), ("pyramid", (1, 32, 64, 3)), ("mobile", (1, 16, 12, 3))],
)
def test_a_size_that_does_not_fit_is_refused(name, shape):
    multiple, minimum = size_rule(tiny(name))
    with pytest.raises(ValueError, match=f"multiples of {multiple} and at least {minimum}"):
        tiny(name)(np.zeros(shape))


@pytest.mark.parametrize("build", GENERATORS.values(), ids=GENERATORS)
def test_channels_first_is_refused(build, monkeypatch):
    monkeypatch.setattr(keras.config, "image_data_format", lambda: "channels_first")
    with pytest.raises(ValueError, match="channels are last"):
        build()


@pytest.mark.parametrize("build", GENERATORS.values(), ids=GENERATORS)
def test_unknown_options_are_refused(build):
    with pytest.raises(ValueError, match="one of instance, batch"):
        build(normalization="layer")
    with pytest.raises(ValueError, match="one of reflect, zero"):
        build(padding="circular")


@pytest.mark.parametrize("axis", [1, 2])
def test_the_mirrored_kernels_of_a_pyramid_paint_the_mirrored_picture(axis, rng):
    """No layer prefers a direction: where a style moves what it paints, its weights do."""
    generator = tiny("pyramid")
    image = rng.random((1, 128, 192, 3), "float32")
    picture = np.array(generator(image))
    weights = [np.flip(w, axis - 1) if w.ndim == 4 else w for w in generator.get_weights()]
    generator.set_weights(weights)
    mirrored = np.array(generator(np.flip(image, axis)))
    # The normalizations of a few pixels enlarge the rounding of sums in another order.
    np.testing.assert_allclose(np.flip(mirrored, axis), picture, atol=3e-3)
    assert np.abs(mirrored - picture).max() > 0.1
