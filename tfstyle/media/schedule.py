"""Styles that change over the time of a video."""

import itertools
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Styles over the time of a video. Between two keys, the blend changes linearly.

    Args:
        keys: Tuple of `(seconds, name)`, sorted by time.
    """

    keys: tuple

    def at(self, seconds: float) -> dict[str, float]:
        """Returns the blend at a time: a dictionary of name to weight, for `Trunk.stylize`."""
        before = [key for key in self.keys if key[0] <= seconds]
        after = [key for key in self.keys if key[0] > seconds]
        if not before or not after:
            return {(before or after)[-1 if before else 0][1]: 1.0}
        (start, first), (end, second) = before[-1], after[0]
        share = (seconds - start) / (end - start)
        return {first: 1.0} if first == second or not share else {first: 1 - share, second: share}


def parse_schedule(text: str) -> Schedule | None:
    """Parses a schedule such as `mosaic@0,great_wave@5`: styles of the trunk, with seconds.

    Returns:
        `Schedule`, or None for a text without `@`.

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
                f"In {text!r} the part {part!r} is not NAME@SECONDS. Styles over time are like "
                "mosaic@0,great_wave@5."
            )
        keys.append((float(found[2]), found[1]))
    keys.sort()
    for (first, _), (second, name) in itertools.pairwise(keys):
        if first == second:
            raise ValueError(f"In {text!r} {name} and another style are both at {first} seconds.")
    return Schedule(tuple(keys))
