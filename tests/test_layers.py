import keras
import numpy as np
import pytest
from gradients import gradients
from keras import ops

from tfstyle.layers import (
    ConditionalInstanceNormalization,
    ImageInput,
    ImageOutput,
    InstanceNormalization,
    NearestUpsampling2D,
    ReflectionPadding2D,
)

LAYERS = {
    "normalization": lambda: InstanceNormalization(epsilon=1e-2),
    "padding": lambda: ReflectionPadding2D(3),
    "upsampling": lambda: NearestUpsampling2D(3),
    "input": lambda: ImageInput(multiple=2, minimum=4),
    "output": lambda: ImageOutput(),
}


def formula(x, gamma, beta, epsilon):
    """The paper's formula, image by image and channel by channel, in float64."""
    y = np.empty(x.shape)
    for n in range(x.shape[0]):
        for c in range(x.shape[3]):
            channel = np.float64(x[n, :, :, c])
            variance = ((channel - channel.mean()) ** 2).mean()
            y[n, :, :, c] = gamma[c] * (channel - channel.mean()) / np.sqrt(variance + epsilon)
            y[n, :, :, c] += beta[c]
    return y


def normalization_of(rng, channels, epsilon=1e-5):
    layer = InstanceNormalization(epsilon=epsilon)
    layer.build((None, None, None, channels))
    layer.set_weights([rng.normal(1, 0.5, channels), rng.normal(0, 2, channels)])
    return layer


@pytest.mark.parametrize("epsilon", [1e-5, 0.3])
def test_normalization_is_the_papers_formula(rng, epsilon):
    x = rng.normal(rng.normal(0, 5, 6), rng.uniform(0.1, 4, 6), (3, 9, 7, 6)).astype("float32")
    layer = normalization_of(rng, 6, epsilon)
    expected = formula(x, *layer.get_weights(), epsilon)
    # float32 has 7 digits; means of 5 standard deviations cost one of them.
    np.testing.assert_allclose(layer(x), expected, atol=2e-5)


def test_normalization_is_group_normalization_with_a_group_a_channel(rng):
    x = rng.normal(2, 3, (2, 8, 5, 4)).astype("float32")
    ours = normalization_of(rng, 4)
    groups = keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)
    groups.build(x.shape)
    groups.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(x), groups(x), atol=1e-5)  # float32 sums in another order

    weights = rng.normal(size=x.shape).astype("float32")
    for ours_gradient, groups_gradient in zip(
        *(input_and_weight_gradients(layer, x, weights) for layer in (ours, groups)), strict=True
    ):
        np.testing.assert_allclose(ours_gradient, groups_gradient, atol=5e-5, rtol=1e-4)


def input_and_weight_gradients(layer, x, weights):
    variable = keras.Variable(x)
    return gradients(lambda: ops.sum(layer(variable) * weights), [variable, *layer.weights])


def conditional_of(rng, styles, channels):
    layer = ConditionalInstanceNormalization(styles, epsilon=1e-3)
    layer.build((None, None, None, channels), (None, styles))
    layer.set_weights([rng.normal(1, 0.5, (styles, channels)), rng.normal(size=(styles, channels))])
    return layer


def test_conditional_normalization_is_its_formula_for_each_image(rng):
    layer = conditional_of(rng, 3, 4)
    x = rng.normal(2, 3, (3, 6, 5, 4)).astype("float32")
    weights = np.float32([[0, 1, 0], [0.25, 0.25, 0.5], [1, 0, 0]])
    y = layer(x, weights)
    for image, picture, row in zip(x, y, weights, strict=True):
        gamma, beta = (row @ rows for rows in layer.get_weights())
        np.testing.assert_allclose(picture, formula(image[None], gamma, beta, 1e-3)[0], atol=2e-5)


def test_conditional_normalization_of_one_style_is_instance_normalization(rng):
    ours, plain = conditional_of(rng, 1, 4), InstanceNormalization(epsilon=1e-3)
    plain.build((None, None, None, 4))
    plain.set_weights([rows[0] for rows in ours.get_weights()])
    x = keras.Variable(rng.normal(2, 3, (2, 8, 5, 4)).astype("float32"))
    one, factors = np.ones((2, 1), "float32"), rng.normal(size=x.shape).astype("float32")
    np.testing.assert_allclose(ours(x, one), plain(x), atol=1e-6)
    found = gradients(lambda: ops.sum(ours(x, one) * factors), [x, *ours.weights])
    expected = gradients(lambda: ops.sum(plain(x) * factors), [x, *plain.weights])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.reshape(a, b.shape), b, atol=5e-5)


def test_conditional_normalization_teaches_only_the_styles_in_use(rng):
    layer = conditional_of(rng, 3, 2)
    x = rng.normal(size=(1, 4, 4, 2)).astype("float32")
    weights, factors = np.float32([[0, 1, 0]]), rng.normal(size=x.shape).astype("float32")
    for gradient in gradients(lambda: ops.sum(layer(x, weights) * factors), layer.weights):
        assert np.abs(gradient[1]).min() > 0 and not np.any(gradient[[0, 2]])


def test_conditional_normalization_survives_its_config(rng):
    layer = conditional_of(rng, 2, 3)
    image, weights = keras.Input((None, None, 3)), keras.Input((2,))
    model = keras.Model([image, weights], layer(image, weights))
    copy = keras.Model.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    inputs = [rng.normal(size=(2, 4, 5, 3)), np.float32([[0.5, 0.5], [0, 1]])]
    np.testing.assert_array_equal(model(inputs), copy(inputs))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"styles": 0}, "styles must be at least 1"), ({"styles": 2, "epsilon": 0}, "epsilon must")],
)
def test_conditional_normalization_refuses_nonsense(options, message):
    with pytest.raises(ValueError, match=message):
        ConditionalInstanceNormalization(**options)


def test_conditional_normalization_refuses_other_numbers_of_styles():
    with pytest.raises(ValueError, match=r"weights must be of shape \[N, 3\]"):
        ConditionalInstanceNormalization(3)(np.zeros((1, 4, 4, 2)), np.ones((1, 2)))


def test_normalization_looks_at_one_image_alone(rng):
    layer = normalization_of(rng, 3)
    x = rng.normal(size=(4, 6, 6, 3)).astype("float32")
    alone = np.concatenate([layer(image[None]) for image in x])
    np.testing.assert_allclose(layer(x), alone, atol=1e-6)


def test_normalization_forgets_contrast_and_brightness(rng):
    layer = normalization_of(rng, 3)
    x = rng.normal(size=(1, 16, 16, 3)).astype("float32")
    # epsilon beside a variance of 0.25 ** 2 changes the result by 1e-5 / 0.0625 / 2.
    np.testing.assert_allclose(layer(0.25 * x + 7), layer(x), atol=1e-3)


def test_normalization_is_the_same_in_training(rng):
    model = keras.Sequential([keras.Input((None, None, 3)), normalization_of(rng, 3)])
    x = rng.normal(size=(2, 5, 5, 3))
    np.testing.assert_array_equal(model(x, training=True), model(x, training=False))


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_flat_images_give_beta(rng, float32_policy, policy):
    keras.config.set_dtype_policy(policy)
    layer = normalization_of(rng, 3)
    beta = layer.get_weights()[1]
    y = np.float32(ops.convert_to_numpy(ops.cast(layer(np.full((2, 64, 64, 3), 1e4)), "float32")))
    # bfloat16 keeps 8 bits of a beta of about 2.
    np.testing.assert_allclose(y, np.broadcast_to(beta, y.shape), atol=2e-2)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_does_not_overflow(rng, float32_policy, policy):
    keras.config.set_dtype_policy(policy)
    layer = normalization_of(rng, 3)
    # 1e4 squared is 1e8, its sum over 64 x 64 pixels 4e11; float16 ends at 65504.
    x = np.float32(np.float16(rng.normal(0, 1e4, (1, 64, 64, 3)).clip(-6e4, 6e4)))
    y = ops.convert_to_numpy(ops.cast(layer(x), "float32"))
    expected = formula(x, *layer.get_weights(), 1e-5)
    # Values to 8 in steps of 1/32 (bfloat16); the input is rounded to 8 bits too.
    np.testing.assert_allclose(y, expected, atol=0.1)
    assert layer(x).dtype == keras.config.dtype_policy().compute_dtype


def test_gradient_through_flat_images_is_finite(rng):
    layer = normalization_of(rng, 3)
    found = input_and_weight_gradients(layer, np.full((1, 8, 8, 3), 0.5, "float32"), 1.0)
    assert all(np.isfinite(gradient).all() for gradient in found)


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_reflection_is_numpys(rng, padding):
    x = rng.normal(size=(2, 5, 7, 3)).astype("float32")
    sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    np.testing.assert_array_equal(ReflectionPadding2D(padding)(x), np.pad(x, sides, "reflect"))


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_upsampling_repeats_pixels(rng, factor):
    x = rng.normal(size=(2, 3, 5, 2)).astype("float32")
    expected = x.repeat(factor, axis=1).repeat(factor, axis=2)
    np.testing.assert_array_equal(NearestUpsampling2D(factor)(x), expected)


def test_output_is_clipped_but_not_in_training():
    x = np.full((1, 2, 2, 3), 4.0)
    assert np.max(ImageOutput()(x)) == 1
    assert np.max(ImageOutput()(x, training=True)) == 1.5


@pytest.mark.parametrize("name", LAYERS)
def test_layers_survive_saving_with_free_height_and_width(rng, tmp_path, name):
    image = keras.Input((None, None, 3))
    model = keras.Model(image, LAYERS[name]()(image))
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for shape in ((2, 8, 6, 3), (1, 4, 10, 3)):
        x = rng.normal(size=shape).astype("float32")
        np.testing.assert_array_equal(loaded(x), model(x))
        assert tuple(model.layers[-1].compute_output_shape(shape)) == loaded(x).shape


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InstanceNormalization(epsilon=0), "epsilon must be above 0"),
        (lambda: InstanceNormalization()(np.zeros((2, 3))), "ndim=4"),
        (lambda: InstanceNormalization().build((None, 4, 4, None)), "number of channels"),
        (lambda: ReflectionPadding2D(-1), "must not be negative"),
        (lambda: ReflectionPadding2D(4)(np.zeros((1, 4, 9, 1))), "Received: 4x9"),
        (lambda: NearestUpsampling2D(0), "at least 1"),
        (lambda: ImageInput(4, 8)(np.zeros((1, 8, 10, 3))), "multiples of 4"),
        (lambda: ImageInput(4, 8)(np.zeros((1, 4, 8, 3))), "at least 8"),
    ],
)
def test_errors_name_the_cure(make, message):
    with pytest.raises(ValueError, match=message):
        make()
