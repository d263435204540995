"""ONNX files, run by ONNX Runtime and by OpenVINO."""

from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest

from tfstyle import Recipe, Style
from tfstyle.generators import sample_noise
from tfstyle.styles.model import build_generator

onnx = pytest.importorskip("onnx", reason="runs where tfstyle[test] is installed")
if keras.backend.backend() != "tensorflow":
    pytest.skip("export needs TensorFlow: runs in all but tox -e jax", allow_module_level=True)

GENERATORS = {
    "johnson": {"width": 4},
    "batch": {"width": 4, "normalization": "batch"},
    "zero": {"width": 4, "padding": "zero"},
    "imported": {
        **{"width": 4, "padding": "same", "upsampling": "transposed"},
        **{"head": "normalized_tanh", "epsilon": 1e-3},
    },
    "pyramid": {"generator": "pyramid", "width": 2},
    "noise": {"generator": "pyramid", "width": 2, "noise_channels": 2},
}


@pytest.fixture(scope="module", params=GENERATORS)
def written(request, painting, tmp_path_factory):
    from tfstyle.export import to_onnx

    keras.utils.set_random_seed(4)
    recipe = Recipe(painting=str(painting), title="Stripes", **GENERATORS[request.param])
    style = Style(recipe, build_generator(recipe), {"imported": {"license": "MIT"}})
    rng = np.random.default_rng(7)
    style.model.set_weights(
        [abs(rng.normal(1, 0.5, w.shape)) if w.ndim == 1 else w for w in style.model.get_weights()]
    )
    path = tmp_path_factory.mktemp("onnx") / "style.onnx"
    return style, path, to_onnx(style, path)


@pytest.mark.parametrize("size", [(64, 96), (128, 64)])
def test_pictures_are_those_of_keras(written, size):
    style, path, _ = written
    images = np.random.default_rng(8).random((1, *size, 3), "float32")
    inputs = [images, *sample_noise(style.model, 1, *size, seed=1)]
    expected = np.array(style.model(inputs if len(inputs) > 1 else images))
    for run in (by_onnx_runtime, by_openvino):
        # float32 in another order of summation, through 16 layers or more.
        np.testing.assert_allclose(run(path, inputs), expected, atol=2e-4)


def by_onnx_runtime(path, inputs):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    return session.run(["stylized"], dict(zip(names, inputs, strict=True)))[0]


def by_openvino(path, inputs):
    openvino = pytest.importorskip("openvino")
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(path, "CPU", options)(inputs)[0]


def test_each_normalization_is_one_operation(written):
    style, path, facts = written
    model = onnx.load(path)
    counts = Counter(node.op_type for node in model.graph.node)
    kinds = Counter(type(layer).__name__ for layer in style.model.layers)
    assert counts["InstanceNormalization"] == kinds["InstanceNormalization"]
    assert counts["BatchNormalization"] == kinds["BatchNormalization"]
    assert counts["Conv"] == kinds["Conv2D"]
    assert not {"Shape", "ReduceMean", "Sqrt"} & counts.keys()
    assert {entry.key: entry.value for entry in model.metadata_props} == facts
    assert (facts["name"], facts["license of the weights"]) == ("Stripes", "MIT")


def test_other_names_of_files_are_refused(style):
    from tfstyle.export import to_onnx

    with pytest.raises(ValueError, match=r"must end in \.onnx"):
        to_onnx(style, "style.tflite")


def test_the_command(mine, tmp_path, monkeypatch, capsys):
    from tfstyle.commands.main import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["tfstyle", "export", "./mine", "--format", "onnx"])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 0
    assert Path("mine.onnx").exists()
    assert "Saved mine.onnx." in capsys.readouterr().out
