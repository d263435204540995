"""Fast neural style transfer for Keras and TensorFlow, with a zoo of trained styles."""

import ast
import importlib
import importlib.metadata
from pathlib import Path

# In a checkout `export` and `zoo` lie beside this folder; an installation has them inside.
_checkout = Path(__file__).parents[1]
if (_checkout / "setup.py").is_file():
    __path__.append(str(_checkout))

# The list of public names is the stub that type checkers read: name to the module it lies in.
# Each is imported when first used, so that `tfstyle.export.litert` runs without Keras.
_stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
_imports = (node for node in _stub.body if isinstance(node, ast.ImportFrom))
_homes = {alias.name: node.module for node in _imports for alias in node.names}
__all__ = sorted(_homes)


def __getattr__(name):
    if name == "__version__":
        try:
            return importlib.metadata.version("tfstyle")
        except importlib.metadata.PackageNotFoundError:
            return "unknown"  # run in a checkout, not installed
    if name not in _homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _homes[name]
    if home is None:
        return importlib.import_module(f"{__name__}.{name}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__():
    return __all__
