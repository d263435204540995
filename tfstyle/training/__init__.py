"""Trains a generator on one painting, or a trunk on many.

Its names are imported when they are used: what is refused before Keras is loaded needs a part.
"""

import importlib
from typing import TYPE_CHECKING, Any

from tfstyle.training.begun import OtherTrainingError
from tfstyle.training.precision import fastest_precision
from tfstyle.training.report import Report

if TYPE_CHECKING:
    from tfstyle.training.balance import STYLE_BALANCE, balanced
    from tfstyle.training.loop import STEPS_PER_EPOCH, seconds_per_step, train, train_trunk

__all__ = [
    "STEPS_PER_EPOCH",
    "STYLE_BALANCE",
    "OtherTrainingError",
    "Report",
    "balanced",
    "fastest_precision",
    "seconds_per_step",
    "train",
    "train_trunk",
]

_BALANCE = ("STYLE_BALANCE", "balanced")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "balance" if name in _BALANCE else "loop"
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
