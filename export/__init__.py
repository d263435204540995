"""Export of trained styles: `to_saved_model`, `to_onnx`, `to_tflite` (a file) and `to_bytes` (its
content); `litert` runs TFLite files.

They need Keras on TensorFlow, which is imported when one of them is used; `litert` needs neither.
"""

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from tfstyle.quiet import load_keras

_HOMES = {
    "to_bytes": "tflite",
    "to_onnx": "onnx_file",
    "to_saved_model": "saved_model",
    "to_tflite": "tflite",
}

if TYPE_CHECKING:
    from tfstyle.export.onnx_file import to_onnx
    from tfstyle.export.saved_model import to_saved_model
    from tfstyle.export.tflite import to_bytes, to_tflite

__all__ = ["to_bytes", "to_onnx", "to_saved_model", "to_tflite"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _require_tensorflow()
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def _require_tensorflow() -> None:
    if importlib.util.find_spec("tensorflow") is None:
        raise ImportError("Export needs TensorFlow, which is not installed: pip install tensorflow")
    load_keras()
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"Export needs Keras on TensorFlow; here Keras runs on {keras.backend.backend()}. Set "
            "the environment variable KERAS_BACKEND=tensorflow. Styles that were trained on "
            "another backend can be exported, too."
        )
