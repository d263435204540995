"""The fast kernels of TensorFlow give the numbers of the plain operations."""

import gc

import keras
import numpy as np
import pytest
from gradients import gradients
from keras import ops

from tfstyle.generators import GENERATORS, johnson
from tfstyle.layers import (
    ConditionalInstanceNormalization,
    Conv2D,
    Cropping2D,
    InstanceNormalization,
    ReflectionPadding2D,
    fast_kernels,
    normalization,
)
from tfstyle.layers.kernels import use_fast_kernels
from tfstyle.painting.whole import stylize_pixels
from tfstyle.perceptual import gram_matrix

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="other backends have no fast kernels"
)

IMAGES = {
    "noise": lambda rng: rng.normal(size=(1, 12, 9, 8)),
    "a batch": lambda rng: rng.normal(2, 3, size=(5, 12, 9, 8)),
    "a large mean": lambda rng: rng.normal(1e4, 1, size=(1, 12, 9, 8)),
    "flat": lambda rng: np.full((1, 12, 9, 8), 0.7),
    "one pixel": lambda rng: rng.normal(size=(2, 1, 1, 8)),
}


def expected_normalization(x, gamma, beta, upstream, epsilon=1e-5):
    """Gives instance normalization and its gradient to the input, in float64, image by image."""
    pictures, slopes = [], []
    for image, above in zip(np.float64(x), np.float64(upstream), strict=True):
        deviation = np.sqrt(image.var(axis=(0, 1)) + epsilon)
        normal = (image - image.mean(axis=(0, 1))) / deviation
        pictures.append(gamma * normal + beta)
        above = gamma * above
        along = (above * normal).mean(axis=(0, 1)) * normal
        slopes.append((above - above.mean(axis=(0, 1)) - along) / deviation)
    return np.array(pictures), np.array(slopes)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_normalization_and_its_gradient(rng, name, dtype):
    # Values that bfloat16 holds exactly, so that only the arithmetic differs.
    x = np.array(ops.cast(ops.cast(IMAGES[name](rng), dtype), "float32"))
    layer = InstanceNormalization(dtype="mixed_bfloat16" if dtype == "bfloat16" else "float32")
    layer.build(x.shape)
    gamma, beta = rng.normal(1, 0.5, 8), rng.normal(0, 2, 8)
    layer.set_weights([gamma, beta])
    upstream = np.array(ops.cast(ops.cast(rng.normal(size=x.shape), dtype), "float32"))
    variable = keras.Variable(x, dtype=dtype)

    def loss():
        with fast_kernels():
            return ops.sum(ops.cast(layer(variable.value), "float32") * upstream)

    with fast_kernels():
        found = np.array(ops.cast(layer(variable.value), "float32"))
    (slope,) = gradients(loss, [variable])
    y, expected = expected_normalization(x, gamma, beta, upstream)
    # bfloat16 has steps of 1/256 of a value; the mean of 1e4 leaves 10 bits of float32.
    close = {"rtol": 1e-2, "atol": 3e-2} if dtype == "bfloat16" else {"rtol": 1e-4, "atol": 2e-5}
    if name == "a large mean":
        close["atol"] = 3e-2 if dtype == "bfloat16" else 3e-3
    elif name == "flat":  # rounding of 0.7, divided by the root of epsilon
        close["atol"] = max(close["atol"], 3e-4)
    np.testing.assert_allclose(found, y, **close)
    scale = np.abs(expected).max() + 1e-6
    np.testing.assert_allclose(np.float64(slope) / scale, expected / scale, atol=close["atol"])


def test_conditional_normalization_takes_each_image_of_a_batch_in_its_style(rng):
    x = np.float32(rng.normal(3, 2, (3, 10, 8, 4)))
    blends = np.float32([[0, 1, 0], [0.25, 0.25, 0.5], [1, 0, 0]])
    layer = ConditionalInstanceNormalization(3)
    layer(x, blends)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    plain = np.array(layer(x, blends))
    with fast_kernels():
        np.testing.assert_allclose(layer(x, blends), plain, atol=1e-5)


@pytest.mark.parametrize("count", [1, 3])
def test_large_images_are_normalized_by_the_same_formula(rng, count, monkeypatch):
    monkeypatch.setattr(normalization, "_KERNEL_PIXELS", 70)
    layer = InstanceNormalization()
    layer.build((None, None, None, 4))
    layer.set_weights([rng.normal(1, 0.5, 4), rng.normal(0, 2, 4)])
    agree(rng, layer, (count, 10, 8, 4))  # above
    agree(rng, layer, (count, 7, 9, 4))  # below


def test_large_images_lose_no_digits(rng):
    x = rng.normal(0.3, 1, (1, 1000, 1500, 2)).astype("float32")
    parameters = ops.ones(2), ops.zeros(2)
    with fast_kernels():
        y = np.array(normalization.normalize_images(ops.convert_to_tensor(x), *parameters, 0.0))
    # 4e-4 by TensorFlow's kernel, and by its mean over height and width.
    np.testing.assert_allclose(y.astype("float64").std(axis=(1, 2)), 1, rtol=2e-6)


def agree(rng, layer, shape, atol=1e-5):
    """Checks values and gradients of a layer, of known and of free height and width."""
    import tensorflow as tf

    x = keras.Variable(np.float32(rng.normal(size=shape)))
    factors = rng.normal(size=layer(x.value).shape)
    variables = [x, *layer.trainable_variables]

    def loss():
        return ops.sum(layer(x.value) * factors)

    plain, slopes = np.array(layer(x.value)), gradients(loss, variables)
    free = [tf.TensorSpec([shape[0], None, None, shape[-1]])]
    free = tf.function(lambda x: layer(x), input_signature=free)
    with fast_kernels():
        np.testing.assert_allclose(layer(x.value), plain, atol=atol)
        np.testing.assert_allclose(free(tf.identity(x.value)), plain, atol=atol)
        for found, expected in zip(gradients(loss, variables), slopes, strict=True):
            np.testing.assert_allclose(found, expected, atol=10 * atol)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize(("padding", "sides"), [(1, (2, 3)), (1, (9, 4)), (4, (6, 5)), (0, (3, 3))])
def test_padding(rng, symmetric, padding, sides):
    agree(rng, ReflectionPadding2D(padding, symmetric), (1, *sides, 3))
    agree(rng, ReflectionPadding2D(padding, symmetric), (2, *sides, 3))


def test_cropping(rng):
    agree(rng, Cropping2D(1), (1, 7, 6, 3))
    agree(rng, Cropping2D(((1, 2), (0, 3))), (2, 7, 6, 3))


@pytest.mark.parametrize("sides", [(14, 12), (13, 12), (12, 15), (9, 9)])
def test_few_filters_with_a_wide_kernel(rng, sides):
    layer = Conv2D(3, 9)
    layer.build((1, None, None, 5))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    agree(rng, layer, (1, *sides, 5), atol=1e-3)  # sums of 405 products


def test_gram_matrix(rng):
    features = keras.Variable(np.float32(rng.normal(size=(2, 6, 5, 4))))
    factors = rng.normal(size=(2, 4, 4))

    def loss():
        return ops.sum(gram_matrix(features.value) * factors)

    plain, (slope,) = np.array(gram_matrix(features.value)), gradients(loss, [features])
    with fast_kernels():
        np.testing.assert_allclose(gram_matrix(features.value), plain, atol=1e-6)
        np.testing.assert_allclose(gradients(loss, [features])[0], slope, atol=1e-6)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_and_the_gradient_of_each_weight(rng, name):
    keras.utils.set_random_seed(1)
    generator = GENERATORS[name](width=4)
    side = 128 if name == "pyramid" else 20
    x = np.float32(rng.uniform(size=(1, side, side, 3)))
    factors = rng.normal(size=x.shape)

    def loss():
        return ops.sum(generator(x, training=True) * factors)

    plain = np.array(generator(x))
    slopes = gradients(loss, generator.trainable_variables)
    with fast_kernels():
        # A pyramid's coarsest scale has 2 x 2 pixels, whose normalization magnifies rounding.
        np.testing.assert_allclose(generator(x), plain, atol=1e-4 if name == "johnson" else 2e-2)
        found = gradients(loss, generator.trainable_variables)
    for ours, theirs in zip(found, slopes, strict=True):
        assert np.linalg.norm(ours - theirs) <= 5e-2 * np.linalg.norm(theirs) + 1e-2


def test_plain_operations_are_the_default(rng):
    assert not use_fast_kernels()
    with pytest.raises(KeyError), fast_kernels():
        assert use_fast_kernels()
        raise KeyError
    assert not use_fast_kernels()


def graphs_of_tensorflow():
    gc.collect()
    return sum(type(each).__name__ == "FuncGraph" for each in gc.get_objects())


def test_many_generators_leave_neither_graphs_nor_warnings(rng, monkeypatch):
    tf = pytest.importorskip("tensorflow")
    said = []
    monkeypatch.setattr(tf.get_logger(), "handle", said.append)
    pixels = np.float32(rng.uniform(size=(1, 16, 16, 3)))
    counts = []
    for _ in range(6):
        stylize_pixels(johnson(width=4), pixels)
        counts.append(graphs_of_tensorflow())
    # TensorFlow itself may keep the last one.
    assert counts[-1] <= counts[0] + 1
    assert [record.getMessage() for record in said] == []


def test_without_own_gradients_the_numbers_are_the_same(rng):
    x = ops.convert_to_tensor(np.float32(rng.normal(size=(1, 12, 9, 4))))
    for layer in (ReflectionPadding2D(2), Cropping2D(2)):
        with fast_kernels():
            expected = np.array(layer(x))
        with fast_kernels(gradients=False):
            np.testing.assert_array_equal(layer(x), expected)


def test_a_batch_of_unknown_size_is_normalized_by_the_formula(rng):
    import tensorflow as tf

    generator = johnson(width=4)
    x = np.float32(rng.uniform(size=(3, 16, 16, 3)))

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def fast(x):
        with fast_kernels():
            return generator(x)

    np.testing.assert_allclose(fast(x), generator(x), atol=1e-4)


@pytest.mark.parametrize("without", ["scale", "center"])
def test_normalization_without_gamma_or_beta(rng, without):
    x = np.float32(rng.normal(2, 3, size=(2, 12, 9, 8)))
    layer = InstanceNormalization(**{without: False})
    layer.build(x.shape)
    layer.set_weights([rng.normal(size=8)])
    with fast_kernels():
        found = np.array(layer(x))
    # float32 in another order of summation.
    np.testing.assert_allclose(found, np.array(layer(x)), atol=2e-5)
