"""What a training says of itself while it runs."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Report:
    """Where a training stands.

    Args:
        step: Integer, steps done.
        steps: Integer, steps of the whole training, as planned now.
        seconds_left: Float, until the end of the training; None before it is known.
        seconds_per_step: Float, mean of the last steps; None before the first.
        losses: Dictionary of name to the mean of the loss since the last report of 100 steps.
        preview: `pathlib.Path` of a new preview; None if there is no new one.
    """

    step: int
    steps: int
    seconds_left: float | None = None
    seconds_per_step: float | None = None
    losses: dict[str, float] = dataclasses.field(default_factory=dict)
    preview: Path | None = None
