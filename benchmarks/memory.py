"""What it gains to keep freed memory: `tfstyle.memory`.

    python -m benchmarks.memory --vgg WEIGHTS

Prints seconds and page faults of a training step (batch 1, crops of 256) and of a photograph of
768 x 1024 pixels, both by `johnson`, in processes that keep freed memory and in such that do not,
in turn.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import keras
import numpy as np

from tfstyle import PerceptualLoss, johnson
from tfstyle.memory import keep_freed_memory
from tfstyle.painting.whole import stylize_pixels
from tfstyle.training import fastest_precision
from tfstyle.training.muon import Muon
from tfstyle.training.transfer import StyleTransfer


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--vgg", required=True)
    parser.add_argument("--precision", default=fastest_precision())
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--measure", choices=("kept", "given back"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measured(options)))
        return
    runs = {"kept": [], "given back": []}
    for _ in range(options.rounds):
        for name, results in runs.items():
            command = [sys.executable, "-m", "benchmarks.memory", *sys.argv[1:], "--measure", name]
            run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            results.append(json.loads(run.stdout.splitlines()[-1]))
    print(f"{options.precision:16} {'memory':12} {'seconds':>8} {'faults':>8} {'peak GB':>8}")
    for what in ("training step", "photograph"):
        for name, results in runs.items():
            seconds, faults, peak = np.median([result[what] for result in results], axis=0)
            print(f"{what:16} {name:12} {seconds:8.2f} {faults:8.0f} {peak:8.2f}")


def measured(options):
    """Gives seconds, page faults and the process' peak in GB of each of both works."""
    if options.measure == "kept":
        keep_freed_memory()
    rng = np.random.default_rng(0)
    photograph = rng.random((1, 768, 1024, 3), "float32")
    generator = johnson()
    results = {"photograph": repeated(lambda: stylize_pixels(generator, photograph))}
    keras.config.set_dtype_policy(options.precision)
    loss = PerceptualLoss(network=options.vgg)
    grams = loss.style_grams(rng.random((320, 512, 3)))
    model = StyleTransfer(johnson(), loss, grams, jitter=4)
    model.compile(optimizer=Muon(1e-3))
    crop = rng.random((1, 256, 256, 3), "float32")
    return {"training step": repeated(lambda: model.train_on_batch(crop)), **results}


def repeated(work, times=6):
    """Gives median seconds and mean page faults of a work, after two runs to warm up."""
    seconds = []
    for number in range(2 + times):
        if number == 2:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    faults = (usage.ru_minflt - before) / times
    return statistics.median(seconds[2:]), faults, usage.ru_maxrss / 1e6


if __name__ == "__main__":
    main()
