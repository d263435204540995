"""The plan of the house: who may import whom, and what an import costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tfstyle
from tfstyle import GENERATORS, folders

PACKAGE = Path(tfstyle.__file__).parent

FLOORS = [
    {"files", "layers", "memory", "muon"},
    {"images", "recipes", "generators", "perceptual"},
    {"folders", "photographs"},
    {"weights"},
    {"progress", "styles"},
    {"trunks", "optimization"},
    {"starts", "evaluation", "terminal"},
    {"training"},
    {"cli_export", "cli_training"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}


def imports(path):
    """Gives the modules of tfstyle that a module imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert getattr(node, "level", 0) == 0, f"{path}: name the package"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tfstyle"):
            yield node.module.removeprefix("tfstyle").removeprefix(".")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                assert not alias.name.startswith("tfstyle."), f"{path}: use from ... import"


@pytest.mark.parametrize("name", sorted(FLOOR))  # every worker must see one order
def test_modules_import_from_floors_below_alone(name):
    for other in imports(PACKAGE / f"{name}.py"):
        if other.startswith("export"):  # beside the house
            assert name == "cli_export"
        else:
            assert FLOOR[other] < FLOOR[name], f"{name} imports {other}"


def test_folders_know_every_generator():
    assert set(folders._GENERATORS) == GENERATORS.keys()


def test_tensorflow_is_imported_only_where_keras_has_no_word_for_it():
    found = {path.name for path in PACKAGE.glob("*.py") if "import tensorflow" in path.read_text()}
    # Nearest-neighbour resizing to a size of run time; gradients.
    assert found == {"layers.py", "optimization.py"}


def test_every_module_has_a_floor():
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert modules == FLOOR.keys()


@pytest.mark.parametrize(
    "statement",
    ["import tfstyle", "import tfstyle.cli", "import tfstyle.images", "tfstyle.list_styles()"],
)
def test_keras_is_imported_only_when_needed(statement, tmp_path):
    heavy = "{'keras', 'tensorflow', 'jax'}"
    code = f"import sys, tfstyle; {statement}; print({heavy} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout == "set()\n", run.stderr


def test_the_names_of_the_stub_are_there_and_explained():
    for name in tfstyle.__all__:
        assert getattr(tfstyle, name).__doc__ or name == "GENERATORS"
