"""Fast neural style transfer for Keras and TensorFlow, with a zoo of trained styles."""

import ast
import importlib
import importlib.abc
import importlib.metadata
import importlib.util
import sys
from pathlib import Path


class _Checkout(importlib.abc.MetaPathFinder):
    """Finds `export` and `zoo`, which lie beside this folder in a checkout."""

    def find_spec(self, fullname, path=None, target=None):
        package, _, name = fullname.partition(".")
        folder = Path(__file__).parents[1] / name
        if package != __name__ or name not in ("export", "zoo") or not folder.is_dir():
            return None
        return importlib.util.spec_from_file_location(
            fullname, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )


if (Path(__file__).parents[1] / "setup.py").is_file():
    sys.meta_path.append(_Checkout())

# The list of public names is the stub that type checkers read: name to the module it lies in.
# Each is imported when first used, so that `tfstyle.export.litert` runs without Keras. The package
# lazy_loader does the same: it would be one more that this runner needs.
_stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
_imports = (node for node in _stub.body if isinstance(node, ast.ImportFrom))
_homes = {alias.name: node.module for node in _imports for alias in node.names}
__all__ = sorted(_homes)

# The modules that import Keras.
_KERAS = ("generators", "layers", "perceptual", "styles.trunk", "training")


def __getattr__(name):
    if name == "__version__":
        try:
            return importlib.metadata.version("tfstyle")
        except importlib.metadata.PackageNotFoundError:
            return "unknown"  # run in a checkout, not installed
    if name not in _homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _homes[name]
    if home in _KERAS:
        importlib.import_module(f"{__name__}.quiet").load_keras()
    if home is None:
        return importlib.import_module(f"{__name__}.{name}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__():
    return __all__
