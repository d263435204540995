"""Fast neural style transfer for Keras and TensorFlow, with a zoo of trained styles.

Keras is imported when the first name that needs it is used: `tfstyle --help` answers at once, and
`tfstyle.export.litert` runs where there is no Keras.
"""

import importlib
from pathlib import Path

# In a checkout `export` and `zoo` lie beside this folder; an installation has them inside.
_checkout = Path(__file__).parents[1]
if (_checkout / "setup.py").is_file():
    __path__.append(str(_checkout))

_MODULES = {
    "folders": ("list_styles",),
    "generators": ("GENERATORS", "johnson", "pyramid"),
    "layers": ("ConditionalInstanceNormalization", "InstanceNormalization"),
    "perceptual": ("PerceptualLoss",),
    "recipes": ("Recipe",),
    "styles": ("Style", "load"),
    "training": ("train", "train_trunk"),
    "trunks": ("Trunk", "load_trunk"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
__all__ = ["export", *_HOMES]


def __getattr__(name):
    if name == "export":
        return importlib.import_module("tfstyle.export")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"tfstyle.{_HOMES[name]}"), name)


def __dir__():
    return __all__
