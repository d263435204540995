import keras
import numpy as np
import pytest
from gradients import gradients
from keras import ops

from tfstyle.evaluation import evaluate
from tfstyle.images.files import find_images
from tfstyle.perceptual import PerceptualLoss, gram_matrix, total_variation
from tfstyle.training import train, train_trunk

LAYERS = {"content_layers": ("deep",), "style_layers": ("shallow", "deep")}


WEIGHTS = {"content_weight": 2, "style_weight": 3, "total_variation_weight": 5}


@pytest.fixture
def loss(network):
    return PerceptualLoss(**LAYERS, **WEIGHTS, network=network)


def images(rng, batch=2):
    return rng.uniform(size=(batch, 12, 16, 3)).astype("float32")


def caffe(pixels):
    """VGG's own preprocessing, from the paper of its authors: BGR, 0 to 255, minus the mean."""
    return 255 * pixels[..., ::-1] - np.array([103.939, 116.779, 123.68])


def test_gram_matrix_is_the_formula(rng):
    features = rng.normal(size=(2, 3, 5, 4)).astype("float32")
    for image, gram in zip(features, np.array(gram_matrix(features)), strict=True):
        flat = image.reshape(-1, 4).astype("float64")
        np.testing.assert_allclose(gram, flat.T @ flat / (4 * 3 * 5), atol=1e-6)  # float32


def convolved(x, layer, mode):
    """A convolution and its ReLU in NumPy, with the border of `np.pad`."""
    kernel, bias = layer.get_weights()
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.maximum(np.einsum("nhwiyx,yxio->nhwo", windows, kernel.astype("float64")) + bias, 0)


@pytest.mark.parametrize(("padding", "mode"), [("zero", "constant"), ("replicate", "edge")])
def test_terms_are_the_formula(rng, network, padding, mode):
    loss = PerceptualLoss(**LAYERS, **WEIGHTS, padding=padding, network=network)
    photographs, pictures, painting = images(rng), images(rng), images(rng, 1)[0]
    terms = loss(loss.content_features(photographs), pictures, loss.style_grams(painting))

    def of(x):
        shallow = convolved(caffe(x), network.get_layer("shallow"), mode)
        n, height, width, channels = shallow.shape
        pooled = shallow.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
        return shallow, convolved(pooled, network.get_layer("deep"), mode)

    def gram(f):
        return np.einsum("nhwc,nhwd->ncd", f, f) / np.prod(f.shape[1:])

    y, x, s = of(pictures), of(photographs), of(painting[None])
    expected = {
        "content": np.mean((y[1] - x[1]) ** 2),
        "style": sum(np.mean((gram(a) - gram(b)) ** 2) for a, b in zip(y, s, strict=True)),
        "total_variation": np.mean(np.diff(pictures, axis=1) ** 2)
        + np.mean(np.diff(pictures, axis=2) ** 2),
    }
    weights = {"content": 2, "style": 3, "total_variation": 5}
    expected["total"] = sum(weight * expected[name] for name, weight in weights.items())
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        # float32 features of up to 1e3, squared and summed.
        assert float(terms[name]) == pytest.approx(value, rel=1e-4), name


def test_a_flat_image_has_no_border(network):
    features = {
        padding: np.array(
            PerceptualLoss(**LAYERS, padding=padding, network=network).content_features(
                np.full((1, 12, 16, 3), 0.9, "float32")
            )[0]
        )
        for padding in ("zero", "replicate")
    }
    assert np.ptp(features["replicate"], axis=(1, 2)).max() < 1e-3
    assert np.ptp(features["zero"], axis=(1, 2)).max() > 1
    with pytest.raises(ValueError, match="padding must be 'replicate' or 'zero'"):
        PerceptualLoss(**LAYERS, padding="same", network=network)


def test_layers_of_style_have_weights(rng, network, loss):
    x, painting = images(rng), images(rng, 1)[0]

    def style_of(layers, **options):
        loss = PerceptualLoss(("deep",), layers, network=network, **options)
        return float(loss(loss.content_features(x), x, loss.style_grams(painting))["style"])

    shallow, deep = style_of(("shallow",)), style_of(("deep",))
    both = style_of(("shallow", "deep"), style_layer_weights=(7.0, 0.5))
    assert both == pytest.approx(7 * shallow + 0.5 * deep, rel=1e-5)
    with pytest.raises(ValueError, match=r"each of the 2 style layers. Received: \[1.0\]"):
        style_of(("shallow", "deep"), style_layer_weights=[1.0])


def test_a_painting_has_its_own_style_and_a_photograph_its_own_content(rng, loss):
    x = images(rng, 1)
    terms = loss(loss.content_features(x), x, loss.style_grams(x[0]))
    assert float(terms["content"]) == 0
    # The same sums twice; only their order may differ.
    assert float(terms["style"]) == pytest.approx(0, abs=1e-3)


def test_flat_pictures_have_no_total_variation():
    assert float(total_variation(np.full((1, 4, 5, 3), 0.3, "float32"))) == 0


def test_gradient_reaches_the_picture_alone(rng, loss):
    photograph, picture = keras.Variable(images(rng)), keras.Variable(images(rng))
    grams = loss.style_grams(images(rng, 1)[0])

    def total():
        return loss(loss.content_features(photograph), picture, grams)["total"]

    to_photograph, to_picture = gradients(total, [photograph, picture])
    assert to_photograph is None or not to_photograph.any()
    assert np.abs(to_picture).max() > 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_gram_matrices_do_not_overflow_in_half_precision(dtype):
    # 300 squared is 9e4, above 65504. bfloat16 rounds 300 itself to 300.
    features = ops.full((1, 8, 8, 4), 300.0, dtype=dtype)
    gram = np.array(gram_matrix(features))
    assert gram.dtype == "float32"
    np.testing.assert_allclose(gram, 300**2 / 4, rtol=1e-6)


def test_names_of_layers():
    network = keras.applications.VGG19(include_top=False, weights=None)
    loss = PerceptualLoss(("relu4_2",), ("relu1_1", "relu3_1"), network=network)
    assert loss.network.layers[-1].name == "block4_conv2"
    with pytest.raises(ValueError, match=r"no layer 'block4_conv9'. Did you mean block4_conv"):
        PerceptualLoss(("relu4_9",), network=network)


def test_weights_that_cannot_be_loaded(tmp_path):
    (tmp_path / "vgg.weights.h5").write_bytes(b"no HDF5")
    for path in (tmp_path / "vgg.weights.h5", tmp_path / "missing.h5"):
        with pytest.raises(ValueError, match=r"VGG19 could not be loaded.*Give the path.*--vgg"):
            PerceptualLoss(network=path)


def test_vgg19_weights_from_a_file(data, rng):
    loss = PerceptualLoss(network=data / "vgg19_notop.weights.h5")
    # The first bias of the Keras release.
    bias = loss.network.get_layer("block1_conv1").get_weights()[1]
    assert bias[0] == pytest.approx(0.7301776, abs=1e-6)


@pytest.fixture
def built(monkeypatch, network):
    """A list that each loading of VGG19 and each copy with another padding adds to."""
    import tfstyle.perceptual

    made = []
    copied = tfstyle.perceptual._replicating

    def load(weights):
        made.append(f"loaded {weights}")
        return network

    def copy(model):
        made.append("copied")
        return copied(model)

    monkeypatch.setattr(tfstyle.perceptual, "_vgg19", load)
    monkeypatch.setattr(tfstyle.perceptual, "_replicating", copy)
    return made


def test_a_training_and_an_evaluation_load_vgg19_once(recipe, style, photographs, tmp_path, built):
    paths = find_images(photographs)
    recipe = recipe.replace(steps=2, style_weight=0.0)  # which needs a loss, too
    train(recipe, paths, tmp_path / "style", "weights.h5")
    assert built == ["loaded weights.h5", "copied"]
    built.clear()
    recipes = {name: recipe.replace(title=name) for name in ("one", "two", "three")}
    train_trunk(recipes, paths, tmp_path / "trunk", "weights.h5")
    assert built == ["loaded weights.h5", "copied"]
    built.clear()
    evaluate(style, paths[:1], "weights.h5", size=64, iterations=1)
    assert built == ["loaded weights.h5", "copied"]


def test_other_style_weights_change_only_the_style(rng, loss):
    x, painting = images(rng), images(rng, 1)[0]
    grams, content = loss.style_grams(painting), loss.content_features(x)
    other = loss.with_style_weights(2 * WEIGHTS["style_weight"], (3.0, 3.0))
    ours, theirs = loss(content, x, grams), other(content, x, grams)
    assert float(theirs["style"]) == pytest.approx(3 * float(ours["style"]), rel=1e-5)
    assert float(theirs["content"]) == float(ours["content"])
    with pytest.raises(ValueError, match="each of the 2 style layers"):
        loss.with_style_weights(1.0, (3.0,))
