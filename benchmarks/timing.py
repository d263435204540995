"""How benchmarks measure time."""

import statistics
import time


def measure(functions, rounds):
    """Gives the median seconds of each function, run in turn after one run to compile."""
    seconds = [[] for _ in functions]
    for number in range(rounds + 1):
        for function, times in zip(functions, seconds, strict=True):
            started = time.perf_counter()
            function()
            if number:
                times.append(time.perf_counter() - started)
    return [statistics.median(times) for times in seconds]
