"""Writes what TensorFlow Addons computes, for `tests/test_addons.py` to compare with.

TensorFlow Addons needs TensorFlow 2.15, hence Keras 2, so it cannot run beside tfstyle. Here it
runs alone, and its numbers are kept as files in `tests/data`:

    addons_instance_normalization.npz   outputs and gradients of the layer
    addons_johnson.h5                   weights of a small generator, as Keras 2 saves them
    addons_johnson.npz                  images and the pictures that this generator gives

In an environment with Python 3.11, `tensorflow==2.15.1 tensorflow-addons==0.23.0`:

    python tests/addons/make_fixtures.py            # writes the files
    python tests/addons/make_fixtures.py --check    # compares them with what is computed now
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
from tensorflow.keras import layers

DATA = Path(__file__).resolve().parents[1] / "data"
# float32 has steps of 6e-8. Another processor sums in another order: the largest values here are
# near 500, and the generator passes 16 layers. A wrong formula is off by 1e-2 and more.
TOLERANCE = {"rtol": 1e-4, "atol": 1e-4}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check

    network = johnson(width=4)
    randomize(network, np.random.default_rng(1))
    fixtures = {
        "addons_instance_normalization.npz": instance_normalization(np.random.default_rng(0)),
        "addons_johnson.npz": pictures(network, np.random.default_rng(2)),
    }
    weights = DATA / "addons_johnson.h5"
    if not check:
        DATA.mkdir(exist_ok=True)
        for name, arrays in fixtures.items():
            np.savez_compressed(DATA / name, **arrays)
        network.save_weights(weights)
        return
    computed, saved = {}, {}
    for name, arrays in fixtures.items():
        computed |= {f"{name} {key}": value for key, value in arrays.items()}
        saved |= {f"{name} {key}": value for key, value in np.load(DATA / name).items()}
    computed |= {f"{weights.name} {i}": w for i, w in enumerate(network.get_weights())}
    network.load_weights(weights)
    saved |= {f"{weights.name} {i}": w for i, w in enumerate(network.get_weights())}
    sys.exit(compare(computed, saved))


def compare(computed, saved):
    """Prints what differs, and returns 1 if anything does, 0 otherwise."""
    wrong = sorted(computed.keys() ^ saved.keys())
    for key in computed.keys() & saved.keys():
        same = computed[key].shape == saved[key].shape
        if not (same and np.allclose(computed[key], saved[key], **TOLERANCE)):
            wrong.append(key)
    print("\n".join(f"differs: {key}" for key in wrong) or f"{len(saved)} arrays agree")
    return int(bool(wrong))


def instance_normalization(rng):
    """Outputs, and gradients of `sum(sum_weights * outputs)`, for two epsilons."""
    # Variances from 1e-4, beside which epsilon counts, to 900.
    x = rng.normal([0.02, -0.3, 0, 20], [0.01, 0.3, 1, 30], size=(3, 9, 13, 4))
    arrays = {
        "x": x,
        "sum_weights": rng.normal(size=x.shape),
        "gamma": rng.uniform(0.5, 2, size=4),
        "beta": rng.normal(size=4),
    }
    arrays = {key: value.astype("float32") for key, value in arrays.items()}
    default = tfa.layers.InstanceNormalization()
    for layer in (default, tfa.layers.InstanceNormalization(epsilon=1e-5)):
        layer.build(x.shape)
        layer.set_weights([arrays["gamma"], arrays["beta"]])
        inputs = tf.constant(arrays["x"])
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            total = tf.reduce_sum(arrays["sum_weights"] * outputs)
        gradients = tape.gradient(total, [inputs, layer.gamma, layer.beta])
        names = ("outputs", "x_gradient", "gamma_gradient", "beta_gradient")
        for name, value in zip(names, [outputs, *gradients], strict=True):
            arrays[f"{name}_{layer.epsilon:g}"] = value.numpy()
    return arrays


def johnson(width):
    """`tfstyle.generators.johnson`, as one would have written it with Keras 2."""

    def convolve(x, channels, kernel=3, strides=1, activation="relu"):
        x = layers.Conv2D(channels, kernel, strides, use_bias=False)(reflect(x, kernel // 2))
        x = tfa.layers.InstanceNormalization(epsilon=1e-5)(x)
        return layers.Activation(activation)(x) if activation else x

    def reflect(x, padding):
        sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
        return layers.Lambda(lambda x: tf.pad(x, sides, mode="REFLECT"))(x)

    image = tf.keras.Input((None, None, 3))
    x = convolve(image, width, kernel=9)
    x = convolve(x, 2 * width, strides=2)
    x = convolve(x, 4 * width, strides=2)
    for _ in range(5):
        branch = convolve(x, 4 * width)
        x = layers.Add()([x, convolve(branch, 4 * width, activation=None)])
    x = convolve(layers.UpSampling2D()(x), 2 * width)
    x = convolve(layers.UpSampling2D()(x), width)
    x = layers.Conv2D(3, 9)(reflect(x, 4))
    return tf.keras.Model(image, tf.clip_by_value(x / 4 + 0.5, 0, 1))


def randomize(network, rng):
    """Gives kernels, gammas, betas and the bias values that no two layers share."""
    for weight in network.weights:
        shape = weight.shape.as_list()
        if len(shape) == 4:
            value = rng.normal(size=shape) / np.sqrt(np.prod(shape[:3]))
        else:
            value = rng.normal(1 if "gamma" in weight.name else 0, 0.3, size=shape)
        weight.assign(value.astype("float32"))


def pictures(network, rng):
    images = rng.uniform(size=(2, 16, 24, 3)).astype("float32")
    return {"images": images, "pictures": network(images).numpy()}


if __name__ == "__main__":
    main()
