"""Measures trained styles: losses, artifacts, and a comparison with the slow reference."""

from tfstyle.evaluation.measures import evaluate
from tfstyle.evaluation.reference import reference_curves

__all__ = ["evaluate", "reference_curves"]
