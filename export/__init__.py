"""Export of trained styles: SavedModel for servers, TFLite for phones and browsers.

`tfstyle.export.litert` runs TFLite files without Keras and TensorFlow; so nothing is imported here
before it is used.
"""

import importlib

_HOMES = {"to_saved_model": "saved_model", "to_tflite": "tflite"}
__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return __all__
