"""Writes old models with the real TensorFlow Addons, for `tests/test_compat.py` to load.

    tests/data/addons/sequential_2d.h5        `Sequential`, with all options of the normalization
    tests/data/addons/functional_3d.h5        functional, for volumes; group normalization too
    tests/data/addons/functional_1d.h5        functional, for sequences
    tests/data/addons/first_2d.h5             channels first
    tests/data/addons/nested_2d.h5            Sequential models in a functional one, as in GANs
    tests/data/addons/subclass_weights.h5     weights of a subclass of `Model`
    tests/data/addons/saved_model_2d/, 3d/    SavedModels, one of them with a model inside
    tests/data/addons/pictures.npz            an input and the output of each

In an environment with Python 3.11, `tensorflow==2.15.1 tensorflow-addons==0.23.0`:

    python tests/addons/make_models.py            # writes the files
    python tests/addons/make_models.py --check    # loads them, and compares what they compute
"""

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
from make_fixtures import compare
from tensorflow.keras import layers

DATA = Path(__file__).resolve().parents[1] / "data" / "addons"
INPUTS = {
    "sequential_2d.h5": (2, 8, 10, 3),
    "functional_3d.h5": (2, 4, 6, 5, 2),
    "functional_1d.h5": (3, 9, 4),
    "first_2d.h5": (2, 4, 7, 6),
    "nested_2d.h5": (1, 8, 8, 3),
    "subclass_weights.h5": (2, 6, 7, 3),
    "saved_model_2d": (2, 8, 6, 3),
    "saved_model_3d": (1, 4, 6, 4, 2),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if parser.parse_args().check:
        with np.load(DATA / "pictures.npz") as file:
            saved = {name: file[name] for name in file.files if name.endswith("output")}
            found = {f"{name} output": load(name)(file[f"{name} input"]).numpy() for name in INPUTS}
        sys.exit(compare(found, saved))
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    rng = np.random.default_rng(3)
    arrays = {}
    for name, shape in INPUTS.items():
        model = MODELS[name]()
        x = rng.normal(0.3, 0.5, size=shape).astype("float32")
        model(x)
        for weight in model.weights:
            spread = 0.3 if len(weight.shape) == 1 else np.prod(weight.shape[:-1]) ** -0.5
            mean = 1 if "gamma" in weight.name or "variance" in weight.name else 0
            value = rng.normal(mean, spread, size=weight.shape)
            weight.assign(abs(value) if "variance" in weight.name else value)
        save = model.save_weights if name == "subclass_weights.h5" else model.save
        save(DATA / name)
        arrays |= {f"{name} input": x, f"{name} output": model(x).numpy()}
    np.savez_compressed(DATA / "pictures.npz", **arrays)


def load(name):
    if name == "subclass_weights.h5":
        model = Stylizer()
        model(np.zeros(INPUTS[name], "float32"))
        model.load_weights(DATA / name)
        return model
    return tf.keras.models.load_model(DATA / name)


def sequential_2d():
    options = {
        "axis": 3,
        "epsilon": 1e-2,
        "beta_initializer": "random_uniform",
        "gamma_initializer": tf.keras.initializers.RandomNormal(1.0, 0.02),
        "gamma_regularizer": tf.keras.regularizers.L2(1e-3),
        "beta_constraint": tf.keras.constraints.MaxNorm(3),
    }
    return tf.keras.Sequential(
        [
            tfa.layers.InstanceNormalization(input_shape=(None, None, 3), scale=False),
            layers.Conv2D(4, 3, padding="same"),
            tfa.layers.InstanceNormalization(**options),
            layers.LeakyReLU(0.2),
            layers.Conv2DTranspose(3, 4, strides=2, padding="same"),
            tfa.layers.InstanceNormalization(center=False),
        ]
    )


def functional_3d():
    volume = tf.keras.Input((None, None, None, 2))
    x = layers.Conv3D(4, 3, padding="same")(volume)
    x = layers.ReLU()(tfa.layers.InstanceNormalization()(x))
    y = tfa.layers.GroupNormalization(groups=2)(layers.Conv3D(4, 1)(x))
    return tf.keras.Model(volume, layers.Add()([x, y]))


def functional_1d():
    sequence = tf.keras.Input((None, 4))
    x = layers.Conv1D(6, 3, padding="causal")(sequence)
    x = tfa.layers.GroupNormalization(groups=3, axis=-1)(x)
    return tf.keras.Model(sequence, tfa.layers.InstanceNormalization()(x))


def first_2d():
    image = tf.keras.Input((4, 7, 6))
    x = tfa.layers.InstanceNormalization(axis=1)(image)
    return tf.keras.Model(image, tfa.layers.GroupNormalization(groups=2, axis=1)(x))


def nested_2d():
    """Halves and doubles with a connection between, as the generators of CycleGAN do."""

    def block(kind, channels):
        convolution = kind(channels, 4, strides=2, padding="same", use_bias=False)
        parts = [convolution, tfa.layers.InstanceNormalization(), layers.ReLU()]
        return tf.keras.Sequential(parts)

    image = tf.keras.Input((None, None, 3))
    half = block(layers.Conv2D, 4)(image)
    x = block(layers.Conv2DTranspose, 4)(block(layers.Conv2D, 6)(half))
    return tf.keras.Model(image, layers.Concatenate()([half, x]))


class Stylizer(tf.keras.Model):
    """As one subclassed `Model`; `tests/test_compat.py` has the same with tfstyle's layer."""

    def __init__(self):
        super().__init__()
        self.first = layers.Conv2D(4, 3)
        self.norm = tfa.layers.InstanceNormalization()
        self.last = layers.Conv2D(3, 3)

    def call(self, x):
        return self.last(tf.nn.relu(self.norm(self.first(x))))


def saved_model_2d():
    """A model inside of a model, as an encoder is."""
    encoder = tf.keras.Sequential(
        [
            layers.Conv2D(4, 3, strides=2, padding="same", input_shape=(None, None, 3)),
            tfa.layers.InstanceNormalization(),
        ]
    )
    image = tf.keras.Input((None, None, 3))
    x = layers.BatchNormalization()(layers.UpSampling2D()(encoder(image)))
    return tf.keras.Model(image, layers.Conv2D(3, 3, activation="tanh")(x))


def saved_model_3d():
    volume = tf.keras.Input((None, None, None, 2))
    x = tfa.layers.InstanceNormalization(epsilon=1e-5)(layers.Conv3D(4, 3)(volume))
    return tf.keras.Model(volume, layers.Conv3D(2, 1)(x))


MODELS = {
    "sequential_2d.h5": sequential_2d,
    "functional_3d.h5": functional_3d,
    "functional_1d.h5": functional_1d,
    "first_2d.h5": first_2d,
    "nested_2d.h5": nested_2d,
    "subclass_weights.h5": Stylizer,
    "saved_model_2d": saved_model_2d,
    "saved_model_3d": saved_model_3d,
}

if __name__ == "__main__":
    main()
