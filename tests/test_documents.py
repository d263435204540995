"""Examples in docstrings and documents run as written."""

import doctest
import importlib
from pathlib import Path

import pytest

import tfstyle

MODULES = sorted(path.stem for path in Path(tfstyle.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"__init__"}))
def test_docstrings(name):
    module = importlib.import_module(f"tfstyle.{name}")
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
