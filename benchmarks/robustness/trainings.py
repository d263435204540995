"""Trainings and savings that are killed, and clocks that jump."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import numpy as np

from tfstyle.styles.loading import load

STEPS = 320  # with a checkpoint after each 100, and many between
# Three checkpoints, and moments before, within and behind the writing of each.
MOMENTS = (20, 60, 95, 100, 130, 170, 200, 230, 280, 295, 299, 300)


def try_kills(inputs, work, moments=MOMENTS, jumping=False):
    """Kills a training at each moment, lets it go on, and compares the end with that of another.

    Args:
        inputs: Paths of network, recipe (of `STEPS` steps) and photographs.
        work: `pathlib.Path` of an empty folder to work in.
        moments: Steps, ascending.
        jumping: Boolean, whether the clock of the killed processes jumps by a year.

    Returns:
        `Counter` of outcomes: `"the same"` for each kill, or what went wrong.
    """
    rng = random.Random(0)
    outcomes = Counter()
    whole, _ = _train(inputs, work / "whole")
    _, errors = whole.communicate()
    if whole.returncode:
        return Counter({f"the training itself failed: {errors[-150:]}": 1})
    for moment in moments:
        process, steps = _train(inputs, work / "parts", _JUMPING if jumping else "")
        with process:
            for step in steps:
                if step >= moment:
                    break
            time.sleep(rng.choice((0, 0, 0.01, 0.05, 0.2)))
            process.send_signal(signal.SIGKILL)
        if process.returncode == -signal.SIGKILL:
            outcomes["the same"] += 1  # taken back below, if it is not
        else:
            outcomes[f"step {moment}: ended before the kill"] += 1
    process, _ = _train(inputs, work / "parts", _JUMPING if jumping else "")
    _, errors = process.communicate()
    if process.returncode:
        return Counter({f"did not go on: {errors[-150:]}": len(moments)})
    if not _alike(work / "whole" / "checkpoint.npz", work / "parts" / "checkpoint.npz"):
        return Counter({"ended with other weights": len(moments)})
    left = [path.name for path in (work / "parts").rglob(".partial-*")]
    return Counter({f"left behind: {left}": len(moments)}) if left else outcomes


def try_signals(folder, work, times=3):
    """Sends signals to a process that saves a style again and again; then the style is loaded.

    Args:
        folder: `pathlib.Path` of a style.
        work: `pathlib.Path` of an empty folder to work in.
        times: Integer, for each of three signals.

    Returns:
        `Counter` of outcomes: `"whole"`, or what went wrong.
    """
    rng = random.Random(0)
    outcomes = Counter()
    pixels = np.random.default_rng(0).random((32, 32, 3), "float32")
    expected = load(folder).stylize(pixels)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL) * times:
        with _start(_SAVE, folder, work / "saved") as process:
            process.stdout.readline()
            time.sleep(rng.random() * 0.5)
            process.send_signal(number)
        try:
            same = np.array_equal(load(work / "saved").stylize(pixels), expected)
            outcomes["whole" if same else f"{number.name}: another picture"] += 1
        except ValueError as error:
            outcomes[f"{number.name}: {error}"] += 1
    return outcomes


def _train(inputs, folder, before=""):
    """Starts a training; returns the process, and its steps as they are done."""
    process = _start(before + _TRAIN, *inputs, folder)

    def steps():
        for line in process.stdout:
            if line.startswith("step "):
                yield int(line.split()[1])

    return process, steps()


def _start(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(command, env=environment, **pipes)


def _alike(one, other):
    with np.load(one) as first, np.load(other) as second:
        names = [name for name in first if name.startswith("variable_")]
        return all(np.array_equal(first[name], second[name]) for name in names)


_TRAIN = """
import sys, keras
from tfstyle import Recipe
from tfstyle.training import loop, progress
progress.SECONDS_BETWEEN_CHECKPOINTS = 0.3

class Tell(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.last = (epoch + 1) * loop.STEPS_PER_EPOCH
    def on_train_batch_end(self, batch, logs=None):
        print("\\nstep", self.last - self.params["steps"] + batch + 1, flush=True)

network = keras.saving.load_model(sys.argv[1])
loop.train(Recipe.load(sys.argv[2]), sys.argv[3], sys.argv[4], network, callbacks=[Tell()])
"""

_JUMPING = """
import itertools, time
now, jumps = time.time, itertools.cycle((0, 31536000.0, -31536000.0))
time.time = lambda: now() + next(jumps)
"""

_SAVE = """
import signal, sys
from tfstyle import load
# Started in the background, a process ignores what Ctrl-C sends.
signal.signal(signal.SIGINT, signal.default_int_handler)
style = load(sys.argv[1])
while True:
    style.save(sys.argv[2])
    print("saved", flush=True)
"""
