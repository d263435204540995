"""How many steps a training has: as many as given, or as many as fit into its time."""

import collections
import time

# The steps whose mean says how long the next ones take.
_RECENT = 20

# To write the style at the end: as long as the start was, in parts, for both build generators.
_SAVING = 0.25

# A new plan moves the learning rate a little, so small misses of the time are left.
_TOLERANCE = 0.02  # of the whole time


class Plan:
    """The steps of a training, changed as they become slower or faster if it has a time to end.

    Args:
        steps: Integer; without effect if there are `seconds`.
        seconds: Float, the time of the whole training, from the call of `train` to the saved
            style; of a training that was interrupted, of all calls together. None has no limit.
        began: When this call began, by `time.perf_counter`.
    """

    def __init__(self, steps: int, seconds: float | None = None, began: float | None = None):
        self.history: list[tuple[int, int]] = []  # pairs of step and steps: what was planned when
        if seconds is None:
            self.history.append((0, steps))
        self._whole = seconds
        self._began = time.perf_counter() if began is None else began
        self._spent = 0.0
        self._end: float | None = None
        self._recent: collections.deque[float] = collections.deque(maxlen=_RECENT)

    @property
    def is_made(self) -> bool:
        """Whether the number of steps is known: with a time, not before the first steps."""
        return bool(self.history)

    @property
    def steps(self) -> int:
        """Steps of the whole training, as planned now."""
        return self.history[-1][1]

    def resume(self, history, spent):
        """Goes on with the plan of an interrupted training, which took some seconds so far."""
        self.history = [(int(step), int(steps)) for step, steps in history] or self.history
        self._spent = spent

    def start(self) -> None:
        """Begins the steps of this call."""
        if self._whole is not None:
            starting = time.perf_counter() - self._began
            self._end = self._began + self._whole - self._spent - _SAVING * starting

    def measured(self, seconds: float) -> None:
        """Takes note of how long a step took."""
        self._recent.append(seconds)

    @property
    def seconds_per_step(self) -> float | None:
        """Float, mean of the last steps; None before the first."""
        return sum(self._recent) / len(self._recent) if self._recent else None

    def seconds_left(self, step: int) -> float | None:
        """Returns the seconds from the end of a step to that of the training, if known."""
        if self._end is not None:
            return max(0.0, self._end - time.perf_counter())
        pace = self.seconds_per_step
        return None if pace is None else (self.steps - step) * pace

    def adapt(self, step: int) -> bool:
        """Plans anew after a step, if the training would end too early or too late.

        Returns:
            Whether the number of steps has changed.
        """
        pace = self.seconds_per_step
        if self._end is None or pace is None:
            return False
        if self.history and len(self._recent) < _RECENT // 2:
            return False
        left = self._end - time.perf_counter()
        if self.history:
            late = (self.steps - step) * pace - left
            if abs(late) <= _TOLERANCE * (self._whole or 0):
                return False
        steps = step + max(0 if step else 1, round(left / pace))
        if self.history and steps == self.steps:
            return False
        self.history.append((step, steps))
        if step:
            self._recent.clear()  # the next plan is by steps that come after this one
        return True
