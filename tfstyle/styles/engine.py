"""The engine and precision in which a style is computed, and which are best on this machine."""

import os
import sys
from typing import Any

from tfstyle.processor import has_bfloat16

PRECISIONS = ("float32", "bfloat16", "auto")
ENGINES = ("keras", "openvino", "auto")

# The structural similarity to float32 that pictures in bfloat16 must have for "auto" to choose it.
BFLOAT16_FLOOR = 0.995


def check_choice(precision: str, engine: str) -> None:
    """Checks the names of a precision and an engine.

    Raises:
        ValueError: if there is no such precision or engine.
    """
    for name, value, known in (("precision", precision, PRECISIONS), ("engine", engine, ENGINES)):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}. Received: {value!r}")


def best_choice(card: dict[str, Any], precision: str, engine: str) -> tuple[str, str]:
    """Returns precision and engine, with `"auto"` replaced by what is best on this machine.

    Args:
        card: Dictionary of `read_card`.
        precision: One of `PRECISIONS`.
        engine: One of `ENGINES`.
    """
    if engine == "auto":
        from tfstyle.painting.openvino import is_installed

        engine = "openvino" if is_installed() else "keras"
    return best_precision(card, engine) if precision == "auto" else precision, engine


def best_precision(card: dict[str, Any], engine: str) -> str:
    """Returns what the precision `"auto"` stands for on this machine.

    Args:
        card: Dictionary of `read_card`. Its `bfloat16` is the lowest structural similarity to
            float32 that was measured: `python -m benchmarks.precision`.
        engine: `"keras"` or `"openvino"`.
    """
    bears_it = card.get("bfloat16", 0) >= BFLOAT16_FLOOR
    # Keras on other backends computes bfloat16 slower than float32 on a CPU.
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if "keras" in sys.modules:
        backend = sys.modules["keras"].backend.backend()
    has_kernels = engine == "openvino" or backend in ("tensorflow", "openvino")
    return "bfloat16" if bears_it and has_kernels and has_bfloat16() else "float32"
