"""The plan of the house: who may import whom, and what an import costs."""

import ast
import graphlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tfstyle
from tfstyle import GENERATORS
from tfstyle.facts import FACTS

PACKAGE = Path(tfstyle.__file__).parent
EXPORT = Path(tfstyle.export.__file__).parent

# A room is a file or a folder. It imports only from rooms on floors below.
FLOORS = [
    {"facts", "files", "layers", "memory", "noise", "processor", "quiet"},
    {"compat", "generators", "images", "optimization", "perceptual"},
    {"painting"},
    {"styles"},
    {"importing", "media", "training"},
    {"evaluation"},
    {"export"},
    {"commands"},
    {"__main__"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
MODULES = {
    ".".join(path.relative_to(top).with_suffix("").parts).removesuffix(".__init__"): path
    for top, folder in ((PACKAGE, PACKAGE), (EXPORT.parent, EXPORT))
    for path in sorted(folder.rglob("*.py"))
    if "node_modules" not in path.parts
}
# An installed package has these in its folder; the zoo has no code.
MODULES = {name: path for name, path in MODULES.items() if name not in ("__init__", "zoo")}


def imports(path):
    """Gives the modules of tfstyle that a module imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert getattr(node, "level", 0) == 0, f"{path}: name the package"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tfstyle."):
            yield node.module.removeprefix("tfstyle.")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                assert not alias.name.startswith("tfstyle."), f"{path}: use from ... import"


def room(module):
    return module.partition(".")[0]


@pytest.mark.parametrize("name", sorted(MODULES))  # every worker must see one order
def test_a_room_imports_only_from_floors_below(name):
    for other in imports(MODULES[name]):
        if room(other) != room(name):
            assert FLOOR[room(other)] < FLOOR[room(name)], f"{name} imports {other}"


def test_no_module_imports_itself_by_way_of_others():
    graph = {name: set(imports(path)) - {name} for name, path in MODULES.items()}
    graphlib.TopologicalSorter(graph).prepare()


def test_every_generator_has_a_row_of_facts():
    assert FACTS.keys() == GENERATORS.keys()


def test_tensorflow_is_imported_only_where_keras_has_no_word_for_it():
    found = {
        name
        for name, path in MODULES.items()
        if room(name) != "export" and "import tensorflow" in path.read_text(encoding="utf-8")
    }
    # Its fast kernels, nearest-neighbour resizing to a size of run time, gradients, compilation.
    names = ("convolution", "kernels", "normalization", "resampling", "strips")
    layers = {f"layers.{name}" for name in names}
    # Checkpoints of TensorFlow.
    files = {"importing.arrays", "compat.saved_model"}
    others = {"optimization", "perceptual", "painting.whole", "training.devices"}
    assert found == {*layers, *files, *others}


def test_every_room_has_a_floor():
    assert {room(name) for name in MODULES} == FLOOR.keys()


def test_a_checkout_has_no_package_of_tests():
    assert importlib.util.find_spec("tfstyle.tests") is None


@pytest.mark.parametrize(
    "statement",
    [
        "import tfstyle",
        "import tfstyle.commands.main",
        "import tfstyle.images.files",
        "tfstyle.list_styles()",
    ],
)
def test_keras_is_imported_only_when_needed(statement, tmp_path):
    heavy = "{'keras', 'tensorflow', 'jax'}"
    code = f"import sys, tfstyle; {statement}; print({heavy} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout == "set()\n", run.stderr


def test_the_names_of_the_stub_are_there_and_explained():
    for name in tfstyle.__all__:
        assert getattr(tfstyle, name).__doc__ or name == "GENERATORS"


@pytest.mark.parametrize("level", [None, "0"])
def test_tensorflows_log_is_quiet_unless_the_user_wants_it(level, tmp_path):
    pytest.importorskip("tensorflow", reason="runs where TensorFlow is installed")
    environment = {key: value for key, value in os.environ.items() if "TF_CPP" not in key}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": level} if level else {}
    code = "import tfstyle; tfstyle.johnson; import tensorflow as tf; tf.zeros(1)"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert run.returncode == 0, run.stderr
    assert bool(run.stderr) == (level == "0"), run.stderr
