"""Blends of styles that change during a video."""

import itertools
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """The style at each time of a video. Between two keys, the blend changes linearly.

    Before the first key and after the last one, the style does not change.

    Args:
        keys: Tuple of pairs `(seconds, name)`, sorted by time.
    """

    keys: tuple

    def at(self, seconds: float) -> dict[str, float]:
        """Returns the blend at a time: a dictionary of style name to weight, for `Trunk.paint`."""
        before = [key for key in self.keys if key[0] <= seconds]
        after = [key for key in self.keys if key[0] > seconds]
        if not before or not after:
            return {(before or after)[-1 if before else 0][1]: 1.0}
        (start, first), (end, second) = before[-1], after[0]
        share = (seconds - start) / (end - start)
        return {first: 1.0} if first == second or not share else {first: 1 - share, second: share}


def parse_schedule(text: str) -> Schedule | None:
    """Parses a schedule such as `mosaic@0,great_wave@5`: styles of the trunk, and their seconds.

    Returns:
        `Schedule`, or None if the text has no `@`.

    Raises:
        ValueError: if a part is not NAME@SECONDS, or two parts have the same time.
    """
    if "@" not in text:
        return None
    keys = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*([^@\s]+)\s*@\s*(\d+\.?\d*|\.\d+)\s*", part)
        if not found:
            raise ValueError(
                f"Each part of {text!r} must be NAME@SECONDS, as in mosaic@0,great_wave@5. "
                f"Received: {part!r}"
            )
        keys.append((float(found[2]), found[1]))
    keys.sort()
    for (first, _), (second, name) in itertools.pairwise(keys):
        if first == second:
            raise ValueError(
                f"Each style of {text!r} must have its own time. Received {first} seconds twice, "
                f"also for {name}."
            )
    return Schedule(tuple(keys))
