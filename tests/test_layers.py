from functools import partial

import keras
import numpy as np
import pytest
from gradients import gradients
from keras import ops

from tfstyle.layers import (
    ConditionalInstanceNormalization,
    Conv2D,
    ImageInput,
    ImageOutput,
    InstanceNormalization,
    NearestUpsampling2D,
    ReflectionPadding2D,
)

LAYERS = {
    "normalization": lambda: InstanceNormalization(epsilon=1e-2),
    "normalization without gamma": lambda: InstanceNormalization(scale=False, epsilon=1e-2),
    "normalization without beta": lambda: InstanceNormalization(center=False, epsilon=1e-2),
    "conditional": lambda: ConditionalInstanceNormalization(2, epsilon=1e-2),
    "padding": lambda: ReflectionPadding2D(3),
    "symmetric": lambda: ReflectionPadding2D(1, symmetric=True),
    "upsampling": lambda: NearestUpsampling2D(3),
    "convolution": lambda: Conv2D(4, 3, use_bias=False, upsampling=True),
    "input": lambda: ImageInput(multiple=2, minimum=4),
    "output": lambda: ImageOutput(),
}
BLENDS = np.float32([[0, 1, 0], [0.25, 0.25, 0.5], [1, 0, 0]])

both = pytest.mark.parametrize(
    "make",
    [InstanceNormalization, partial(ConditionalInstanceNormalization, 3)],
    ids=["instance", "conditional"],
)


def random_layer(rng, make, channels, epsilon=1e-5):
    layer = make(epsilon=epsilon)
    normalize(layer, np.zeros((1, 4, 4, channels)))
    gamma, beta = layer.weights
    layer.set_weights([rng.normal(1, 0.5, gamma.shape), rng.normal(0, 2, beta.shape)])
    return layer


def normalize(layer, x, blends=None, **options):
    """Calls either layer, the conditional one for its second style unless told otherwise."""
    if isinstance(layer, InstanceNormalization):
        return layer(x, **options)
    one_hot = np.tile(BLENDS[0], (x.shape[0], 1))
    return layer(x, one_hot if blends is None else blends, **options)


def second_style(values):
    """Picks what `normalize` uses of `[styles, channels]`, and leaves other shapes as they are."""
    return [value[1] if value.ndim == 2 else value for value in values]


def input_and_weight_gradients(layer, x, factors, blends=None):
    x = keras.Variable(x)
    return gradients(lambda: ops.sum(normalize(layer, x, blends) * factors), [x, *layer.weights])


def formula(x, gamma, beta, epsilon):
    """The paper's formula, image by image and channel by channel, in float64."""
    y = np.empty(x.shape)
    gamma, beta = (np.broadcast_to(row, (x.shape[0], x.shape[3])) for row in (gamma, beta))
    for n, c in np.ndindex(gamma.shape):
        channel = np.float64(x[n, :, :, c])
        variance = ((channel - channel.mean()) ** 2).mean()
        y[n, :, :, c] = gamma[n, c] * (channel - channel.mean()) / np.sqrt(variance + epsilon)
        y[n, :, :, c] += beta[n, c]
    return y


def formula_gradients(x, gamma, epsilon, factors):
    """Gradients of `sum(factors * y)` with respect to x, and to gamma and beta of each image.

    With z = (x - mean) / deviation and the mean of each image and channel:
    dx = gamma / deviation * (factors - mean(factors) - z * mean(factors * z)).
    """
    x, factors = np.float64(x), np.float64(factors)
    mean = partial(np.mean, axis=(1, 2), keepdims=True)
    deviation = np.sqrt(mean((x - mean(x)) ** 2) + epsilon)
    z = (x - mean(x)) / deviation
    dx = factors - mean(factors) - z * mean(factors * z)
    dx *= gamma[:, None, None] / deviation
    return dx, (factors * z).sum((1, 2)), factors.sum((1, 2))


@pytest.mark.parametrize("epsilon", [1e-5, 0.3])
@both
def test_normalization_is_the_papers_formula_and_its_gradient(rng, make, epsilon):
    x = rng.normal(rng.normal(0, 5, 6), rng.uniform(0.1, 4, 6), (3, 9, 7, 6)).astype("float32")
    factors = rng.normal(size=x.shape).astype("float32")
    layer = random_layer(rng, make, 6, epsilon)
    blends = np.ones((3, 1)) if make is InstanceNormalization else BLENDS
    gamma, beta = (blends @ np.atleast_2d(rows) for rows in layer.get_weights())
    # float32 has 7 digits; means of 5 standard deviations cost one of them.
    y = normalize(layer, x, blends)
    np.testing.assert_allclose(y, formula(x, gamma, beta, epsilon), atol=2e-5)

    dx, *rows = formula_gradients(x, gamma, epsilon, factors)
    expected = [dx, *(blends.T @ row for row in rows)]
    found = input_and_weight_gradients(layer, x, factors, blends)
    for a, b in zip(found, expected, strict=True):
        # Sums over 63 pixels cancel, and their terms have those 6 digits.
        np.testing.assert_allclose(a, b.reshape(a.shape), atol=1e-4, rtol=1e-5)


@both
def test_normalization_is_group_normalization_with_a_group_a_channel(rng, make):
    x = rng.normal(2, 3, (2, 8, 5, 4)).astype("float32")
    factors = rng.normal(size=x.shape).astype("float32")
    ours = random_layer(rng, make, 4)
    groups = keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)
    groups.build(x.shape)
    groups.set_weights(second_style(ours.get_weights()))
    # float32 sums in another order.
    np.testing.assert_allclose(normalize(ours, x), groups(x), atol=1e-5)
    found = second_style(input_and_weight_gradients(ours, x, factors))
    variable = keras.Variable(x)
    expected = gradients(lambda: ops.sum(groups(variable) * factors), [variable, *groups.weights])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=5e-5, rtol=1e-4)


@both
def test_normalization_looks_at_one_image_alone(rng, make):
    layer = random_layer(rng, make, 3)
    x = rng.normal(size=(4, 6, 6, 3)).astype("float32")
    alone = np.concatenate([normalize(layer, image[None]) for image in x])
    np.testing.assert_allclose(normalize(layer, x), alone, atol=1e-6)


@both
def test_normalization_forgets_contrast_and_brightness(rng, make):
    layer = random_layer(rng, make, 3)
    x = rng.normal(size=(1, 16, 16, 3)).astype("float32")
    # epsilon beside a variance of 0.25 ** 2 changes the result by 1e-5 / 0.0625 / 2.
    np.testing.assert_allclose(normalize(layer, 0.25 * x + 7), normalize(layer, x), atol=1e-3)


@both
def test_normalization_is_the_same_in_training(rng, make):
    layer = random_layer(rng, make, 3)
    x = rng.normal(size=(2, 5, 5, 3))
    expected = normalize(layer, x, training=False)
    np.testing.assert_array_equal(normalize(layer, x, training=True), expected)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@both
def test_flat_images_give_beta(rng, float32_policy, make, policy):
    keras.config.set_dtype_policy(policy)
    layer = random_layer(rng, make, 3)
    beta = second_style(layer.get_weights())[1]
    y = ops.cast(normalize(layer, np.full((2, 64, 64, 3), 1e4)), "float32")
    # bfloat16 keeps 8 bits of a beta of about 2.
    np.testing.assert_allclose(y, np.broadcast_to(beta, y.shape), atol=2e-2)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@both
def test_half_precision_does_not_overflow(rng, float32_policy, make, policy):
    keras.config.set_dtype_policy(policy)
    layer = random_layer(rng, make, 3)
    # 1e4 squared is 1e8, its sum over 64 x 64 pixels 4e11; float16 ends at 65504.
    x = np.float32(np.float16(rng.normal(0, 1e4, (1, 64, 64, 3)).clip(-6e4, 6e4)))
    y = normalize(layer, x)
    expected = formula(x, *second_style(layer.get_weights()), 1e-5)
    # Values to 8 in steps of 1/32 (bfloat16); the input is rounded to 8 bits too.
    np.testing.assert_allclose(ops.cast(y, "float32"), expected, atol=0.1)
    assert y.dtype == keras.config.dtype_policy().compute_dtype


@both
def test_gradient_through_flat_images_is_finite(rng, make):
    layer = random_layer(rng, make, 3)
    found = input_and_weight_gradients(layer, np.full((1, 8, 8, 3), 0.5, "float32"), 1.0)
    assert all(np.isfinite(gradient).all() for gradient in found)


@both
def test_normalization_refuses_channels_that_it_was_not_built_for(rng, make):
    # One channel would broadcast to the three of gamma.
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        normalize(random_layer(rng, make, 3), np.zeros((1, 4, 4, 1)))


@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 1, 3)])
def test_conditional_normalization_refuses_weights_but_a_row_an_image(shape):
    message = r"weights must be of shape \[N, 3\].* Received: \("
    with pytest.raises(ValueError, match=message):
        ConditionalInstanceNormalization(3)(keras.Input((4, 4, 3)), keras.Input(shape[1:]))
    layer, x = ConditionalInstanceNormalization(3), np.zeros((3, 4, 4, 3))
    layer(x, BLENDS)
    with pytest.raises(ValueError, match=message):
        layer(x, np.ones(shape))


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_reflection_is_numpys(rng, padding):
    x = rng.normal(size=(2, 5, 7, 3)).astype("float32")
    sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    np.testing.assert_array_equal(ReflectionPadding2D(padding)(x), np.pad(x, sides, "reflect"))
    expected = np.pad(x, sides, "symmetric")
    np.testing.assert_array_equal(ReflectionPadding2D(padding, symmetric=True)(x), expected)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_upsampling_repeats_pixels(rng, factor):
    x = rng.normal(size=(2, 3, 5, 2)).astype("float32")
    expected = x.repeat(factor, axis=1).repeat(factor, axis=2)
    np.testing.assert_array_equal(NearestUpsampling2D(factor)(x), expected)


@pytest.mark.parametrize("kernel", [1, 3, (5, 3)])
def test_upsampling_convolution_is_one_of_the_upsampled_image(rng, tmp_path, kernel):
    image = keras.Input((None, None, 3))
    plain = keras.layers.Conv2D(4, kernel, bias_initializer="normal", activation="relu")
    plain = keras.Model(image, plain(NearestUpsampling2D()(image)))
    ours = keras.Model(image, Conv2D(4, kernel, activation="relu", upsampling=True)(image))
    plain.save_weights(tmp_path / "plain.weights.h5")
    ours.load_weights(tmp_path / "plain.weights.h5")
    x = keras.Variable(rng.normal(size=(2, 6, 7, 3)))
    y = plain(x)
    assert ours(x).shape == y.shape
    np.testing.assert_allclose(ours(x), y, atol=2e-6)
    factors = rng.normal(size=y.shape)
    pairs = (
        gradients(lambda model=model: ops.sum(model(x) * factors), [x, *model.weights])
        for model in (ours, plain)
    )
    for found, expected in zip(*pairs, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_convolution_without_upsampling_is_keras(rng):
    x = rng.normal(size=(1, 6, 8, 3)).astype("float32")
    ours, keras_own = (
        kind(4, 3, strides=2, padding="same") for kind in (Conv2D, keras.layers.Conv2D)
    )
    keras_own.build(x.shape)
    ours.build(x.shape)
    ours.set_weights(keras_own.get_weights())
    np.testing.assert_array_equal(ours(x), keras_own(x))


@pytest.mark.parametrize("training", [False, True])
def test_output_is_clipped(training):
    x = np.array([-4, -2, 0, 2, 4], "float32").reshape(1, 1, 5, 1)
    output = np.array(ImageOutput()(x, training=training)).ravel()
    np.testing.assert_allclose(output, [0, 0, 0.5, 1, 1])


def test_pixels_beyond_the_range_keep_the_gradient_that_leads_back():
    x = keras.Variable(np.float32([-4, -4, 0, 0, 4, 4]).reshape(1, 1, 6, 1))
    slopes = np.float32([1, -1, 1, -1, 1, -1]).reshape(x.shape)
    (found,) = gradients(lambda: ops.sum(slopes * ImageOutput()(x, training=True)), [x])
    # A step goes against the gradient.
    np.testing.assert_allclose(4 * found.ravel(), [0, -1, 1, -1, 1, 0])


@pytest.mark.parametrize("name", LAYERS)
def test_layers_survive_saving_with_free_height_and_width(rng, tmp_path, name):
    inputs = [keras.Input((None, None, 3)), keras.Input((2,))][: 1 + (name == "conditional")]
    model = keras.Model(inputs, LAYERS[name]()(*inputs))
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for shape in ((2, 8, 6, 3), (1, 4, 10, 3)):
        x = [rng.normal(size=shape), rng.normal(size=(shape[0], 2))][: len(inputs)]
        y = loaded(x)
        np.testing.assert_array_equal(y, model(x))
        assert model.layers[-1].compute_output_shape(*(each.shape for each in x)) == y.shape


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="conversion needs TensorFlow: runs in all but tox -e jax",
)
@pytest.mark.parametrize("side", [8, None])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("padding", {"MIRROR_PAD"}),
        ("symmetric", {"MIRROR_PAD"}),
        ("upsampling", {"RESIZE_NEAREST_NEIGHBOR"}),
        ("convolution", {"CONV_2D", "DEPTH_TO_SPACE"}),
    ],
)
def test_tflite_has_operations_for_the_layer(tmp_path, name, expected, side):
    from tfstyle.export.inspection import operations
    from tfstyle.export.tflite import convert

    image = keras.Input((None, None, 3), name="image")
    path = tmp_path / "layer.tflite"
    path.write_bytes(
        convert(keras.Model(image, LAYERS[name]()(image)), "float32", side and (side, side))
    )
    sizes = {"SHAPE", "STRIDED_SLICE", "MUL", "PACK"}  # compute free heights and widths
    assert operations(path).keys() - (sizes if side is None else set()) == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InstanceNormalization(epsilon=0), "epsilon must be above 0"),
        (lambda: InstanceNormalization()(np.zeros((2, 3))), "min_ndim=3"),
        (lambda: InstanceNormalization()(np.zeros((1, 2, 2, 2, 2, 3))), "max_ndim=5"),
        (lambda: InstanceNormalization(axis=0), "0 is the batch"),
        (lambda: InstanceNormalization().build((None, 4, 4, None)), "number of channels"),
        (lambda: ConditionalInstanceNormalization(0), "styles must be at least 1"),
        (lambda: ConditionalInstanceNormalization(2, epsilon=0), "epsilon must be above 0"),
        (lambda: ConditionalInstanceNormalization(3)(np.zeros((3, 4, 3)), BLENDS), "ndim=4"),
        (
            lambda: ConditionalInstanceNormalization(3).build((None, 4, 4, None), (None, 3)),
            "number of channels",
        ),
        (lambda: ReflectionPadding2D(-1), "must not be negative"),
        (lambda: ReflectionPadding2D(4)(np.zeros((1, 4, 9, 1))), "Received: 4x9"),
        (lambda: NearestUpsampling2D(0), "at least 1"),
        (lambda: Conv2D(4, 2, upsampling=True), "odd kernel"),
        (lambda: Conv2D(4, 3, strides=2, upsampling=True), r"strides=\(2, 2\)"),
        (lambda: Conv2D(4, 3, padding="same", upsampling=True), "padding='same'"),
        (lambda: Conv2D(4, 3, groups=2, upsampling=True), "groups=2"),
        (lambda: ImageInput(4, 8)(np.zeros((1, 8, 10, 3))), "multiples of 4"),
        (lambda: ImageInput(4, 8)(np.zeros((1, 4, 8, 3))), "at least 8"),
    ],
)
def test_errors_name_the_cure(make, message):
    with pytest.raises(ValueError, match=message):
        make()
