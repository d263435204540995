"""Trains a generator on one painting, or a trunk on many."""

from tfstyle.training.balance import STYLE_BALANCE, balanced
from tfstyle.training.loop import (
    STEPS_PER_EPOCH,
    fastest_precision,
    seconds_per_step,
    train,
    train_trunk,
)

__all__ = [
    "STEPS_PER_EPOCH",
    "STYLE_BALANCE",
    "balanced",
    "fastest_precision",
    "seconds_per_step",
    "train",
    "train_trunk",
]
