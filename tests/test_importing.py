"""Weights of other projects paint what the original networks paint.

PyTorch's files and pictures are those that `torch/make_fixtures.py` wrote with PyTorch. The network
of TensorFlow 1 is computed here, by TensorFlow's own operations.
"""

import pickle
import tracemalloc
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

import tfstyle
from tfstyle.importing.arrays import read_arrays
from tfstyle.importing.layouts import LAYOUTS
from tfstyle.importing.pickles import read_pickle
from tfstyle.importing.style import import_style

DATA = Path(__file__).parent / "data" / "torch"
FILES = {
    "pytorch.pth": "pytorch",
    "pytorch_old.model": "pytorch",
    "pytorch_2017.pth": "pytorch-2017",
    "gordicaleksa.pth": "gordicaleksa",
    "rrmina.pth": "rrmina",
    "rrmina_tanh.pth": "rrmina-tanh",
}
ABOUT = {"origin": "a test", "license": "MIT"}
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="reads a checkpoint of TensorFlow, or exports"
)


@pytest.fixture(scope="module")
def pictures():
    with np.load(DATA / "pictures.npz") as file:
        return dict(file)


def imported(name, painting):
    layout = FILES[name] if FILES[name] == "rrmina-tanh" else None  # no name says it
    return import_style(DATA / name, painting, layout=layout, **ABOUT)


@pytest.mark.parametrize("name", FILES)
def test_pictures_are_those_of_pytorch(painting, pictures, name):
    style = imported(name, painting)
    found = style.stylize(pictures["image"])
    # float32 in another order of summation through 16 layers; 8 bits have steps of 4e-3.
    np.testing.assert_allclose(found, pictures[name], atol=1e-4)
    assert style.card["imported"]["layout"] == FILES[name]


@pytest.mark.parametrize(
    "name", ["pytorch.pth", pytest.param("rrmina_tanh.pth", marks=pytest.mark.slow)]
)
def test_a_style_is_saved_and_loaded(painting, pictures, tmp_path, name):
    imported(name, painting).save(tmp_path / "style")
    loaded = tfstyle.load(tmp_path / "style")
    found = loaded.stylize(pictures["image"])
    # Weights in float16, if that changes no pixel by more than 1/255.
    np.testing.assert_allclose(found, pictures[name], atol=1.5 / 255)
    card = loaded.card["imported"]
    assert (card["origin"], card["license"], card["file"]) == ("a test", "MIT", name)
    assert len(card["sha256"]) == 64


def test_safetensors_are_read(painting, tmp_path):
    arrays = read_arrays(DATA / "pytorch.pth")
    path = tmp_path / "pytorch.safetensors"
    safetensors.numpy.save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, path)
    for name, value in read_arrays(path).items():
        np.testing.assert_array_equal(value, arrays[name])
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="cannot be read as safetensors"):
        import_style(path, painting, **ABOUT)


def first_network(x, variables):
    """Computes lengstrom's network on `[0, 255]` with TensorFlow's own operations."""
    import tensorflow as tf

    weights = iter(variables)

    def normalized(x):
        shift, scale = next(weights), next(weights)
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        return scale * (x - mean) / (variance + 1e-3) ** 0.5 + shift

    def convolve(x, stride=1):
        return normalized(tf.nn.conv2d(x, next(weights), stride, "SAME"))

    def transposed(x):
        kernel, (batch, height, width, _) = next(weights), x.shape
        shape = [batch, 2 * height, 2 * width, kernel.shape[2]]
        return tf.nn.relu(normalized(tf.nn.conv2d_transpose(x, kernel, shape, 2, "SAME")))

    for stride in (1, 2, 2):
        x = tf.nn.relu(convolve(x, stride))
    for _ in range(5):
        x = x + convolve(tf.nn.relu(convolve(x)))
    x = convolve(transposed(transposed(x)))
    return tf.clip_by_value(150 * tf.tanh(x) + 127.5, 0, 255)


def first_variables(rng, width=3):
    """Makes the 48 variables, in the order in which lengstrom's program makes them."""
    w = width
    sizes = [(9, 3, w), (3, w, 2 * w), (3, 2 * w, 4 * w), *[(3, 4 * w, 4 * w)] * 10]
    kernels = [(k, k, before, after) for k, before, after in sizes]
    kernels += [(3, 3, 2 * w, 4 * w), (3, 3, w, 2 * w), (9, 9, w, 3)]  # transposed: out, then in
    for number, shape in enumerate(kernels):
        channels = shape[2] if number in (13, 14) else shape[3]
        yield np.float32(rng.normal(0, 0.1, shape))
        yield np.float32(rng.normal(0, 0.3, channels))
        yield np.float32(rng.normal(1, 0.3, channels))


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A checkpoint of TensorFlow 1 in one file, with an optimizer's variables, and its picture."""
    tf = pytest.importorskip("tensorflow", reason="runs in all but tox -e jax")
    rng = np.random.default_rng(6)
    path = tmp_path_factory.mktemp("first") / "wave.ckpt"
    values = list(first_variables(rng))
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variables = [tf.compat.v1.Variable(value) for value in values]
        tf.compat.v1.Variable(np.float32(0.9), name="beta1_power")
        tf.compat.v1.Variable(values[0], name="Variable/Adam")
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver(write_version=tf.compat.v1.train.SaverDef.V1)
        saver.save(session, str(path), write_meta_graph=False)
        assert [each.op.name for each in variables[:2]] == ["Variable", "Variable_1"]
    image = rng.integers(0, 256, size=(24, 32, 3), dtype="uint8")
    picture = first_network(np.float32(image)[None], values)[0].numpy() / 255
    return path, np.float32(image) / 255, picture


@on_tensorflow
def test_pictures_are_those_of_tensorflow_1(painting, first):
    path, image, picture = first
    style = import_style(path, painting, **ABOUT)
    assert style.card["imported"]["layout"] == "lengstrom"
    # As above. Symmetric zeros at a stride, or a head that is not normalized, are off by 0.1.
    np.testing.assert_allclose(style.stylize(image), picture, atol=1e-4)
    folder = import_style(path.parent, painting, **ABOUT).model.get_weights()
    np.testing.assert_array_equal(folder[0], style.model.get_weights()[0])


@on_tensorflow
@pytest.mark.parametrize(
    ("name", "precision"),
    [("pytorch.pth", "float32"), ("rrmina_tanh.pth", "float16"), ("lengstrom", "float32")],
)
def test_tflite_files_paint_the_same(painting, first, pictures, tmp_path, name, precision):
    from tfstyle.export import to_tflite
    from tfstyle.export.litert import Painter

    if name == "lengstrom":
        path, image, picture = first
        style = import_style(path, painting, **ABOUT)
    else:
        image, picture = pictures["image"], pictures[name]
        style = imported(name, painting)
    facts = to_tflite(style, tmp_path / "style.tflite", precision)
    assert facts["license"] == "weights: MIT"
    found = Painter(tmp_path / "style.tflite").stylize(image)
    # What `to_tflite` promises of float32; float16 has 11 bits for each weight.
    close = 1e-3 if precision == "float32" else 2e-2
    np.testing.assert_allclose(found, picture, atol=close)


@pytest.mark.parametrize("name", ["pytorch.pth", "rrmina_tanh.pth"])
def test_openvino_and_strips_paint_the_same(painting, pictures, name):
    from tfstyle.painting.openvino import OpenVino, is_installed, network_of
    from tfstyle.painting.sizes import Needs, paint

    style = imported(name, painting)
    strips = style.stylize(pictures["image"], memory=1)
    np.testing.assert_allclose(strips, pictures[name], atol=1e-4)
    if is_installed():
        found = paint(OpenVino(network_of(style.model)), Needs(4, 8), pictures["image"][None])[0]
        np.testing.assert_allclose(found, pictures[name], atol=1e-4)


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("tfstyle_was_here"),)


def zipped(path, content):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content)


@pytest.mark.parametrize("layout", ["zip", "sequence", "plain"])
def test_pickles_are_not_run(tmp_path, monkeypatch, layout):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    content = pickle.dumps({"conv1.conv2d.weight": Evil()}, protocol=2)
    header = b"".join(pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, {}))
    if layout == "zip":
        zipped(path, content)
    else:
        path.write_bytes(content if layout == "plain" else header + content)
    with pytest.raises(ValueError, match=r"which is not run|does not begin"):
        read_pickle(path)
    assert not (tmp_path / "tfstyle_was_here").exists()


def test_what_a_pickle_may_call_cannot_be_changed(tmp_path):
    # Sets an attribute of the known function, as BUILD does.
    name = b"ctorch._utils\n_rebuild_tensor\n"
    zipped(tmp_path / "x.pth", b"\x80\x02" + name + b"N}X\x09\x00\x00\x00_functionNs\x86b.")
    with pytest.raises(ValueError, match="changes nothing"):
        read_pickle(tmp_path / "x.pth")


@pytest.mark.parametrize("layout", ["zip", "sequence"])
def test_a_few_bytes_cannot_take_much_memory(tmp_path, layout):
    # An empty dictionary that is to be object 16 million of the pickle: 256 MB in a list.
    content = b"\x80\x02}r" + (2**24).to_bytes(4, "little") + b"."
    path = tmp_path / "large.pth"
    path.write_bytes(content) if layout == "sequence" else zipped(path, content)
    tracemalloc.start()
    with pytest.raises(ValueError, match="numbers an object 16777216"):
        read_pickle(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**24


def test_copies_of_one_tensor_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr("tfstyle.importing.pickles._MOST_BYTES", 3000)
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0" + b"0X\x03\0\0\0cpuK\x64tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor\n(" + storage + b"K\0K\x64\x85K\x01\x85tR"
    for copies in (7, 8):  # of 400 bytes each; the archive itself has less than 3000
        path = tmp_path / f"{copies}.pth"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", b"\x80\x02(" + tensor * copies + b"l.")
            archive.writestr("archive/data/0", bytes(400))
    assert len(read_pickle(tmp_path / "7.pth")) == 7
    with pytest.raises(ValueError, match="3,000 bytes together"):
        read_pickle(tmp_path / "8.pth")


@pytest.mark.parametrize("count", [0, 10, 100, 1000, 20_000])
def test_cut_files_are_refused(tmp_path, count):
    for name in ("pytorch.pth", "pytorch_old.model"):
        path = tmp_path / name
        path.write_bytes((DATA / name).read_bytes()[:count])
        with pytest.raises(ValueError, match="cannot be read as weights of PyTorch"):
            read_arrays(path)


def test_tensors_that_claim_too_much_are_refused():
    from tfstyle.importing.pickles import _tensor

    values = np.zeros(4, "float32")
    for offset, size, stride in ((0, (5,), (1,)), (-1, (2,), (1,)), (0, (9, 9), (0, 0))):
        with pytest.raises(ValueError, match="a tensor"):
            _tensor(values, offset, size, stride)


def test_a_whole_module_is_refused(painting):
    with pytest.raises(ValueError, match=r"torch.nn.*not run.*state_dict"):
        import_style(DATA / "module.pth", painting, **ABOUT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda arrays: arrays.pop("in3.weight"), "missing: in3.weight"),
        (lambda arrays: arrays.update({"res6.conv1": 0}), "beyond it: res6.conv1"),
        (lambda arrays: arrays.update({"conv2.conv2d.weight": np.zeros((4, 2, 5, 5))}), r"shape"),
        (lambda arrays: arrays.update({"conv2.conv2d.weight": np.zeros(4)}), "4 axes"),
    ],
)
def test_other_networks_are_refused(painting, monkeypatch, change, reason):
    arrays = read_arrays(DATA / "pytorch.pth")
    change(arrays)
    monkeypatch.setattr("tfstyle.importing.style.read_arrays", lambda path: arrays)
    with pytest.raises(ValueError, match=reason):
        import_style(DATA / "pytorch.pth", painting, **ABOUT)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"origin": " "}, "origin must say something"),
        ({"license": ""}, "license must say something"),
        ({"layout": "mine"}, "must be one of pytorch"),
        ({"layout": "lengstrom"}, "has not the names of lengstrom, but those of pytorch"),
    ],
)
def test_wrong_options_are_refused(painting, options, reason):
    with pytest.raises(ValueError, match=reason):
        import_style(DATA / "pytorch.pth", painting, **{**ABOUT, **options})


def test_the_command(painting, tmp_path, monkeypatch, capsys):
    from tfstyle.commands.main import main

    monkeypatch.chdir(tmp_path)
    photograph = tmp_path / "photograph.png"
    Image.fromarray(np.full((30, 40, 3), 128, "uint8")).save(photograph)
    words = ["import", str(DATA / "rrmina.pth"), "--painting", str(painting), "--title", "Stripes"]
    about = ["--origin", "a test", "--license", "MIT", "--preview", str(photograph)]
    monkeypatch.setattr("sys.argv", ["tfstyle", *words, *about])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 0
    assert "License of the weights: MIT. Origin: a test." in capsys.readouterr().out
    style = tfstyle.load("./rrmina")
    assert style.recipe.title == "Stripes"
    assert (tmp_path / "rrmina" / "johnson" / "preview.jpg").exists()
    monkeypatch.setattr("sys.argv", ["tfstyle", *words])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 2


def test_every_layout_has_sixteen_convolutions():
    for layout in LAYOUTS.values():
        is_normalized = layout.options.get("head") == "normalized_tanh"
        assert len(layout.convolutions) == 16
        assert len(layout.normalizations) == 15 + is_normalized
