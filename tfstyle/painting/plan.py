"""Chooses which images inside a generator are kept between the passes over a photograph."""

from typing import NamedTuple

import numpy as np

from tfstyle.painting.graph import Graph, Step

# Of two cores with AVX-512 and a file that fits the system's cache.
_MULTIPLICATIONS_PER_SECOND = 150e9
_BYTES_PER_SECOND = 5e9  # written, read, or passed by a layer that only adds or compares


class Pass(NamedTuple):
    """One pass over the photograph, from its upper to its lower border.

    Args:
        target: Key of the image that the pass computes.
        normalization: The step that needs the target's mean and variance; None in the last pass.
        steps: The steps that the pass computes.
        reads: Keys of the images that it reads: inputs of the generator, and kept images.
        keeps: Keys of the images that it keeps for later passes.
    """

    target: int
    normalization: Step | None
    steps: list[Step]
    reads: set[int]
    keeps: set[int]


class Plan:
    """The passes for one size of photograph.

    Each normalization needs mean and variance of its whole input, so each has its own pass. An
    image is kept if a later pass needs it and would need convolutions to compute it again.

    Args:
        graph: `Graph`.
        sizes: Dictionary of each image's `(height, width)`: see `Graph.sizes`.
        limit: Limit of temporary files, in bytes. If it is exceeded, the largest images are not
            kept, but computed again in each pass that needs them.

    Attributes:
        passes: List of `Pass`.
        scratch_bytes: The most bytes that are kept at once. An image frees its space while it is
            read for the last time.
        seconds: List of the estimated seconds of each pass, for a progress bar.
    """

    def __init__(self, graph: Graph, sizes: dict[int, tuple[int, int]], limit: float):
        self.graph = graph
        self.sizes = sizes
        self.bytes = graph.bytes(sizes)
        self._again: set[int] = set()  # computed again for want of space
        self._arrange()
        while self.scratch_bytes > limit and self._give_up_one():
            pass
        self.seconds = [self._seconds(each.steps) + self._moving(each) for each in self.passes]

    def _arrange(self):
        normalizations = [step for step in self.graph.steps if step.normalizes]
        targets = [(step.inputs[0], step) for step in normalizations]
        kept: set[int] = set()
        self.passes = []
        for target, normalization in [*targets, (self.graph.output, None)]:
            steps = self.graph.closure(target, kept.__contains__)
            computed = {step.output for step in steps}
            reads = {key for step in steps for key in step.inputs} - computed
            if target in kept:
                reads = {target}
            shared = {key for key in computed - {target} if self._is_shared(key, computed)}
            keeps = shared - self._again
            if normalization and target in computed and self._is_worth_keeping(target, steps):
                keeps.add(target)
            kept |= keeps
            self.passes.append(Pass(target, normalization, steps, reads, keeps))
        self._drop_unused()

    def _is_shared(self, key, computed):
        """Returns whether a later pass needs an image that is not cheap to compute again."""
        consumers = {step.output for step in self.graph.consumers.get(key, ())}
        if len(consumers) < 2 or consumers <= computed:
            return False
        return any(step.normalizes for step in self.graph.closure(key, lambda _: False))

    def _is_worth_keeping(self, target, steps):
        if target in self._again:
            return False
        return self._seconds(steps) > 2 * self.bytes[target] / _BYTES_PER_SECOND

    def _seconds(self, steps):
        return sum(
            np.prod(self.sizes[step.output]) * step.multiplications / _MULTIPLICATIONS_PER_SECOND
            + self.bytes[step.output] / _BYTES_PER_SECOND
            for step in steps
        )

    def _moving(self, each):
        moved = sum(self.bytes.get(key, 0) for key in each.reads | each.keeps)
        return moved / _BYTES_PER_SECOND

    def _drop_unused(self):
        """Stops keeping images that no later pass reads."""
        read: set[int] = set()
        for number in reversed(range(len(self.passes))):
            each = self.passes[number]
            self.passes[number] = each._replace(keeps=each.keeps & read)
            read |= each.reads

    def last_reads(self) -> dict[int, int]:
        """Returns the number of the pass that reads each kept image for the last time."""
        return {key: number for number, each in enumerate(self.passes) for key in each.reads}

    def _kept_at_once(self):
        """Returns, for each pass, the images that are kept before and after it."""
        last = self.last_reads()
        kept: set[int] = set()
        for number, each in enumerate(self.passes):
            before = set(kept)
            kept = {key for key in kept | each.keeps if last.get(key, -1) > number}
            yield before, set(kept)

    @property
    def scratch_bytes(self) -> int:
        return max(self._total(keys) for both in self._kept_at_once() for keys in both)

    def _total(self, keys):
        return sum(self.bytes[key] for key in keys)

    def _give_up_one(self):
        """Stops keeping one image: the largest of those that are kept at the peak."""
        fullest = max((keys for both in self._kept_at_once() for keys in both), key=self._total)
        candidates = fullest - self._again
        if not candidates:
            return False
        self._again.add(max(candidates, key=self.bytes.__getitem__))
        self._arrange()
        return True
