"""Examples in docstrings and in the README run as written."""

import doctest
import importlib
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

import tfstyle
from tfstyle.images.files import read_image

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = Path(tfstyle.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if not path.stem.startswith("__")
)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder with what the README's examples find in a checkout."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    module = importlib.import_module(f"tfstyle.{name}")
    assert doctest.testmod(module).failed == 0


def test_the_readmes_python_example(checkout):
    exec(blocks("python")[0], {})
    photograph = read_image(checkout / "docs/images/photograph.jpg")
    assert read_image(checkout / "picture.jpg").size == photograph.size


def test_the_readmes_first_command(checkout, monkeypatch):
    from tfstyle.commands.main import main

    monkeypatch.setattr(sys, "argv", shlex.split(blocks("shell")[0]))
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 0 and (checkout / "picture.jpg").exists()


def test_the_readmes_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert link.startswith("https://") or (ROOT / link).exists(), link
