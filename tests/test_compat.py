"""Models of Keras 2, which `addons/make_models.py` wrote with TensorFlow Addons itself."""

import json
import shutil
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers, ops

from tfstyle import compat
from tfstyle.compat import ContribInstanceNormalization, load_saved_model
from tfstyle.layers import InstanceNormalization

DATA = Path(__file__).parent / "data" / "addons"
FILES = ("sequential_2d.h5", "functional_3d.h5", "functional_1d.h5", "first_2d.h5", "nested_2d.h5")
FOLDERS = ("saved_model_2d", "saved_model_3d")
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="reads checkpoints, and exports, by TensorFlow"
)
# What Keras 3 says of any file of Keras 2: a list of one input, older names of arguments.
pytestmark = [
    pytest.mark.filterwarnings("ignore:(?s).*structure of `inputs`:UserWarning"),
    pytest.mark.filterwarnings("ignore:Argument `alpha` is deprecated:UserWarning"),
    pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`:UserWarning"),
]


class Stylizer(keras.Model):
    """That of `addons/make_models.py`, with tfstyle's layer."""

    def __init__(self):
        super().__init__()
        self.first = layers.Conv2D(4, 3)
        self.norm = InstanceNormalization(epsilon=1e-3)
        self.last = layers.Conv2D(3, 3)

    def call(self, x):
        return self.last(ops.relu(self.norm(self.first(x))))


@pytest.fixture(scope="module")
def arrays():
    with np.load(DATA / "pictures.npz") as file:
        return dict(file)


def load(name):
    if name in FOLDERS:
        return load_saved_model(DATA / name)
    return keras.models.load_model(DATA / name)


def assert_same(model, arrays, name):
    output = ops.convert_to_numpy(model(arrays[f"{name} input"]))
    # float32 sums of up to 100 terms, of values to 5. A wrong epsilon, axis or group is off by
    # 1e-2 and more.
    np.testing.assert_allclose(output, arrays[f"{name} output"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FILES)
def test_a_file_loads_without_custom_objects(name, arrays):
    assert_same(load(name), arrays, name)


@on_tensorflow
@pytest.mark.parametrize("name", FOLDERS)
def test_a_saved_model_loads(name, arrays):
    assert_same(load(name), arrays, name)


def test_weights_of_a_subclass_load_into_the_same_class(arrays):
    model = Stylizer()
    model(arrays["subclass_weights.h5 input"])
    model.load_weights(DATA / "subclass_weights.h5")
    assert_same(model, arrays, "subclass_weights.h5")


@pytest.mark.parametrize("name", FILES)
def test_a_loaded_model_is_saved_as_any_of_keras_3(name, arrays, tmp_path):
    load(name).save(tmp_path / "new.keras")
    assert_same(keras.models.load_model(tmp_path / "new.keras"), arrays, name)


def test_the_options_of_addons_are_kept():
    first, second, third = (
        layer for layer in load("sequential_2d.h5").layers if "normalization" in layer.name
    )
    assert (first.scale, first.center, first.gamma) == (False, True, None)
    assert (third.scale, third.center, third.beta) == (True, False, None)
    assert (second.axis, second.epsilon) == (3, 1e-2)
    assert second.gamma_initializer.stddev == 0.02
    assert second.gamma_regularizer.l2 == pytest.approx(1e-3)
    assert second.beta_constraint.max_value == 3
    assert type(load("functional_3d.h5").layers[-2]) is keras.layers.GroupNormalization


def test_initializers_of_older_versions_are_read():
    config = InstanceNormalization(epsilon=1e-3).get_config()
    older = {"class_name": "RandomUniform", "config": {"minval": -0.1, "maxval": 0.1, "seed": None}}
    layer = InstanceNormalization.from_config({**config, "groups": 4, "beta_initializer": older})
    assert layer.beta_initializer.maxval == 0.1


@on_tensorflow
def test_a_loaded_model_becomes_tflite_of_builtin_operations(arrays, tmp_path):
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    name = "sequential_2d.h5"
    model, x = load(name), arrays[f"{name} input"][:1]
    model.export(tmp_path / "exported")
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "exported"))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    interpreter = Interpreter(model_content=converter.convert())
    (entry,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(entry["index"], x.shape)
    interpreter.allocate_tensors()
    assert max(len(each["shape"]) for each in interpreter.get_tensor_details()) == 4
    interpreter.set_tensor(entry["index"], x)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    # Another order of summation, as above.
    np.testing.assert_allclose(found, arrays[f"{name} output"][:1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 5, 6, 4), (2, 7, 4), (2, 3, 5, 6, 4)])
def test_keras_contrib_adds_epsilon_to_the_deviation(rng, shape):
    x = np.float32(rng.normal(0.5, 0.2, size=shape))
    layer = ContribInstanceNormalization(axis=-1, epsilon=0.1)
    layer.build(shape)
    gamma, beta = np.float32(rng.normal(size=(2, 4)))
    layer.set_weights([gamma, beta])
    for image, found in zip(x, ops.convert_to_numpy(layer(x)), strict=True):
        flat = np.float64(image).reshape(-1, 4)
        normal = (flat - flat.mean(0)) / (flat.std(0) + 0.1)
        # Rounding of float32; epsilon under the root is off by 5e-2.
        np.testing.assert_allclose(found.reshape(-1, 4), gamma * normal + beta, atol=1e-5)


@pytest.mark.parametrize("axis", [-1, None])
def test_files_of_keras_contrib(rng, tmp_path, axis):
    """Keras 2 wrote its layer without a package; the file of a like layer is renamed to it."""
    image = keras.Input((6, 5, 3))
    layer = InstanceNormalization(axis=-1, epsilon=0.1)
    model = keras.Model(image, layer(image))
    layer.set_weights(rng.normal(size=(2, 3)))
    path = tmp_path / "contrib.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        entry = config["config"]["layers"][1]
        entry["class_name"] = "InstanceNormalization"
        entry.pop("module", None), entry.pop("registered_name", None)
        entry["config"]["axis"] = axis
        file.attrs["model_config"] = json.dumps(config)
    if axis is None:
        with pytest.raises((TypeError, ValueError), match="axis=None"):  # Keras adds where
            keras.models.load_model(path)
        return
    loaded = keras.models.load_model(path)
    assert type(loaded.layers[1]) is ContribInstanceNormalization
    np.testing.assert_array_equal(loaded.get_weights(), layer.get_weights())


@on_tensorflow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda folder: (folder / "keras_metadata.pb").unlink(), "no keras_metadata.pb"),
        (lambda folder: _replace(folder, b"Functional", b"Stylizer12"), "of the class Stylizer12"),
        (lambda folder: _exchange_variables(folder), "have no 'kernel'"),
    ],
)
def test_other_folders_are_refused(tmp_path, change, reason):
    folder = tmp_path / "model"
    shutil.copytree(DATA / "saved_model_3d", folder)
    change(folder)
    with pytest.raises(ValueError, match=reason):
        load_saved_model(folder)


def test_the_names_are_those_of_the_docstring():
    for name in ("Addons>InstanceNormalization", "Addons>GroupNormalization"):
        assert name in compat.__doc__
        assert name in keras.saving.get_custom_objects()


def _exchange_variables(folder):
    shutil.rmtree(folder / "variables")
    shutil.copytree(DATA / "saved_model_2d" / "variables", folder / "variables")


def _replace(folder, old, new):
    path = folder / "keras_metadata.pb"
    path.write_bytes(path.read_bytes().replace(old, new))
