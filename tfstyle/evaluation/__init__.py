"""Numbers about trained styles: losses, faults, and the slow reference beside them."""

from tfstyle.evaluation.measures import evaluate
from tfstyle.evaluation.reference import reference_curves

__all__ = ["evaluate", "reference_curves"]
