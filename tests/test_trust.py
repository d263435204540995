"""Files that lie, and processes that collide."""

import json
import os
import struct
import subprocess
import sys
import threading
import time

import h5py
import keras
import numpy as np
import pytest

import tfstyle
from tfstyle import Recipe, UnusableStyleError, load, load_trunk
from tfstyle.files import remove_partial, replacing, sha256
from tfstyle.styles.card import read_card, write_card
from tfstyle.styles.folder import find_style
from tfstyle.styles.model import build_generator
from tfstyle.styles.recipe import _MOST


@pytest.fixture
def mine(mine):
    """The folder of a saved generator, to damage."""
    return mine / "johnson"


def agree(folder, path, **facts):
    """Lets the card agree with a file of weights."""
    facts |= {"sha256": sha256(path), "bytes": path.stat().st_size}
    write_card(folder, {**read_card(folder), **facts})


def as_hdf5(folder):
    """Writes the weights as versions before did."""
    path = folder / "model.weights.h5"
    load(folder).model.save_weights(path)
    (folder / "model.safetensors").unlink()
    agree(folder, path)
    return path


def rewrite(folder, change):
    """Changes a file of weights in HDF5, and lets the card agree with it."""
    path = as_hdf5(folder)
    with h5py.File(path, "r+") as file:
        change(file)
    count = []
    with h5py.File(path) as file:
        file.visititems(lambda _, item: count.append(getattr(item, "size", 0) or 0))
    agree(folder, path, parameters=sum(count))


FIRST = "layers/conv2d/vars/0"


def with_nan(file):
    file[FIRST][0, 0, 0, 0] = np.nan


def with_infinity(file):
    file["layers/instance_normalization/vars/0"][0] = np.inf


def with_link(file):
    del file[FIRST]
    file[FIRST] = h5py.ExternalLink("elsewhere.h5", "/secret")


def with_soft_link(file):
    file["layers/more"] = h5py.SoftLink("/layers/conv2d")


def with_data_elsewhere(file):
    del file[FIRST]
    shape, external = (9, 9, 3, 4), [("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
    file.create_dataset(FIRST, shape, "float32", external=external)


def with_a_claim(file):
    # Nothing of it is in the file: HDF5 would fill it in on reading.
    file.create_dataset("layers/conv2d/vars/1", (10**6, 10**5), "float32", chunks=(1000, 1000))


def with_text(file):
    del file[FIRST]
    file[FIRST] = np.array([b"text"] * 5)


def with_depth(file):
    group = file
    for _ in range(500):
        group = group.create_group("more")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_nan, "not finite"),
        (with_infinity, "not finite"),
        (with_link, "is a link"),
        (with_soft_link, "is a link"),
        (with_data_elsewhere, "lies in another file"),
        (with_a_claim, "claim .* bytes, more than the file has"),
        (with_text, "holds no numbers"),
        (with_depth, "nested too deeply"),
    ],
)
def test_weights_that_lie_are_refused(mine, change, message):
    rewrite(mine, change)
    with pytest.raises(UnusableStyleError, match=message) as error:
        load(mine.parent)
    assert str(mine) in str(error.value) and len(str(error.value).splitlines()) == 1
    assert error.value.path == mine.parent


def test_weights_of_earlier_versions_are_read(rng, mine):
    pixels = rng.random((20, 24, 3), "float32")
    picture = load(mine).stylize(pixels)
    as_hdf5(mine)
    np.testing.assert_array_equal(load(mine).stylize(pixels), picture)


@pytest.mark.parametrize("generator", ["johnson", "pyramid"])
def test_weights_of_earlier_versions_are_those_that_keras_reads(generator):
    style = load("mosaic", generator)
    model = build_generator(style.recipe)
    model.load_weights(find_style("mosaic", generator) / "model.weights.h5")
    for ours, theirs in zip(style.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "HDF5 crashed on it"),
        ("import time; time.sleep(60)", "HDF5 does not read it within"),
    ],
)
def test_hdf5_that_crashes_takes_nobody_with_it(mine, monkeypatch, tmp_path, script, message):
    # Which files crash HDF5 depends on its version: here the process that reads it does.
    (tmp_path / "crash.py").write_text(script)
    monkeypatch.setattr("tfstyle.styles.hdf5.__file__", str(tmp_path / "crash.py"))
    monkeypatch.setattr("tfstyle.styles.hdf5._SECONDS", 2)
    path = mine / "model.weights.h5"
    (mine / "model.safetensors").rename(path)
    with pytest.raises(UnusableStyleError, match=message) as error:
        load(mine)
    assert len(str(error.value).splitlines()) == 1


def with_header(content, **tensors):
    header = json.dumps(tensors).encode()
    return struct.pack("<Q", len(header)) + header + content


BYTES = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
LIES = {
    "an empty file": b"",
    "a header larger than the file": struct.pack("<Q", 2**40) + b"{}",
    "no JSON": struct.pack("<Q", 4) + b"nope",
    "nested JSON": struct.pack("<Q", 100_000) + b"[" * 100_000,
    "more bytes than there are": with_header(b"", a={**BYTES, "shape": [10**9]}),
    "a size beyond 64 bits": with_header(bytes(8), a={**BYTES, "shape": [2**62, 2**62]}),
    "two arrays in one place": with_header(bytes(8), a=BYTES, b=BYTES),
    "bytes behind the arrays": with_header(bytes(16), a=BYTES),
    "an unknown type": with_header(bytes(8), a={**BYTES, "dtype": "F33"}),
    "a type without numbers in NumPy": with_header(bytes(4), a={**BYTES, "dtype": "BF16"}),
    "not finite": with_header(np.array([1, np.nan], "f4").tobytes(), a=BYTES),
}


@pytest.mark.parametrize("lie", LIES)
def test_safetensors_that_lie_are_refused(mine, lie):
    path = mine / "model.safetensors"
    path.write_bytes(LIES[lie])
    agree(mine, path, parameters=2)
    with pytest.raises(UnusableStyleError, match=r"model\.safetensors") as error:
        load(mine)
    assert len(str(error.value).splitlines()) == 1


def test_saving_replaces_weights_of_earlier_versions(mine, rng):
    as_hdf5(mine)
    style = load(mine)
    style.save(mine.parent)
    assert not (mine / "model.weights.h5").exists()
    assert style.card["parameters"] == load(mine).card["parameters"]


@pytest.mark.parametrize("width", [4000, 10**9, 200])
def test_a_recipe_decides_no_memory(mine, width):
    path = mine / "recipe.toml"
    path.write_text(path.read_text().replace("width = 4", f"width = {width}"))

    def build(*arguments, **options):
        raise AssertionError("A generator is built before the files are compared.")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(UnusableStyleError, match="width"):
        patch.setattr("tfstyle.styles.model.build_generator", build)
        load(mine.parent)


@pytest.mark.parametrize("name", _MOST)
def test_every_number_of_a_recipe_has_a_bound(name):
    with pytest.raises(ValueError, match=f"{name} must be at most .* Received: {10**12}"):
        Recipe(generator="pyramid", **{name: 10**12})


def test_floats_and_lists_of_a_recipe_have_bounds():
    with pytest.raises(ValueError, match="style_weight must be at most"):
        Recipe(style_weight=1e13)
    with pytest.raises(ValueError, match="content_layers must have at most 32"):
        Recipe(content_layers=("relu1_1",) * 99)


NESTED = 100_000


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("card.json", "[" * NESTED),
        ("card.json", '{"a":' * NESTED),
        ("recipe.toml", "a = " + "[" * NESTED),
        ("recipe.toml", "a = " + "[\n" * 20_000),
        ("recipe.toml", "a" + ".a" * NESTED + " = 1"),
        ("recipe.toml", "\0"),
        ("model.safetensors", ""),
    ],
)
def test_files_of_nonsense_are_refused_in_one_line(mine, file, content):
    (mine / file).write_text(content)
    with pytest.raises(UnusableStyleError) as error:
        load(mine.parent)
    assert len(str(error.value)) < 1000 and len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("file", ["card.json", "recipe.toml", "model.safetensors"])
def test_a_folder_in_place_of_a_file_is_refused(mine, file):
    (mine / file).unlink()
    (mine / file).mkdir()
    with pytest.raises(UnusableStyleError):
        load(mine.parent)


@pytest.mark.parametrize(
    "given", [None, b"mosaic", 3, ["mosaic"], {"mosaic": 1}, "a" * 5000, "a/" * 5000, "\0", ""]
)
@pytest.mark.parametrize("loader", [load, load_trunk])
def test_what_is_no_name_is_refused(loader, given):
    with pytest.raises(UnusableStyleError) as error:
        loader(given)
    assert len(str(error.value).splitlines()) == 1 and error.value.path == given


def test_a_painting_outside_of_the_style_is_refused(mine, painting):
    recipe = mine / "recipe.toml"
    text = recipe.read_text()
    for elsewhere in (painting, "../../../secret.png"):
        recipe.write_text(text.replace("../painting.png", str(elsewhere)))
        with pytest.raises(UnusableStyleError, match="names a painting outside of it"):
            load(mine.parent)
    recipe.write_text(text)
    (mine.parent / "painting.png").unlink()
    (mine.parent / "painting.png").symlink_to(painting)
    with pytest.raises(UnusableStyleError, match="names a painting outside of it"):
        load(mine.parent)


def test_equal_weights_have_equal_bytes(style, tmp_path):
    first = style.save(tmp_path / "first")
    keras.utils.set_random_seed(8)  # names of layers go on counting
    assert style.save(tmp_path / "second").card["sha256"] == first.card["sha256"]


def test_what_a_living_process_writes_is_not_removed(tmp_path):
    script = (
        "import sys, time\nfrom tfstyle.files import replacing\n"
        "with replacing(sys.argv[1]) as file:\n"
        "    file.write_text('whole')\n    print('in', flush=True)\n    sys.stdin.readline()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "file")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    living, killed = (subprocess.Popen(command, **pipes) for _ in range(2))
    for process in (living, killed):
        assert process.stdout.readline() == "in\n"
    killed.kill()
    killed.communicate()
    assert len(list(tmp_path.iterdir())) == 2
    remove_partial(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert living.communicate("\n") and living.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_another_thread_or_machine_writes_is_not_removed(tmp_path):
    begun, go = threading.Event(), threading.Event()

    def write():
        with replacing(tmp_path / "file") as temporary:
            temporary.write_text("whole")
            begun.set()
            go.wait()

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    remote, old = tmp_path / ".partial-deadbeef-1-1-a", tmp_path / ".partial-deadbeef-1-1-b"
    remote.touch()
    old.touch()
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    remove_partial(tmp_path)
    assert remote.exists() and not old.exists()
    go.set()
    thread.join()
    assert (tmp_path / "file").read_text() == "whole"


@pytest.fixture(scope="module")
def converted(saved_style):
    """The content of a TFLite file without facts, and the facts that belong to it."""
    tflite = pytest.importorskip("tfstyle.export.tflite", reason="needs TensorFlow")
    from tfstyle.export.portable import make_portable

    model = load(saved_style).model
    content = tflite.convert(make_portable(model), "float32")
    return content, tflite._facts(load(saved_style), "float32", None, None)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"noise": [{"name": "noise_9", "ratio": 1, "channels": 1}]}, "The file is damaged"),
        ({"multiple": 0}, "is damaged"),
        ({"size": "64"}, "is damaged"),
        ({"size": [64]}, "is damaged"),
        ({"noise": 5}, "is damaged"),
    ],
)
def test_a_file_whose_facts_lie_is_refused_in_one_line(converted, facts, message):
    from tfstyle.export.litert import Painter
    from tfstyle.export.metadata import add_metadata

    content, true = converted
    pixels = np.zeros((31, 50, 3), "float32")
    assert Painter(add_metadata(content, true)).stylize(pixels).shape == pixels.shape
    with pytest.raises(ValueError, match=message) as error:
        Painter(add_metadata(content, {**true, **facts})).stylize(pixels)
    assert len(str(error.value).splitlines()) == 1


def test_the_error_is_public():
    assert issubclass(tfstyle.UnusableStyleError, ValueError)
