"""How much `Style.stylize` costs beside its bare compiled generator, and what memory it takes.

    python -m benchmarks.stylize [--style NAME] [--generator NAME]

Prints for squares of 256, 512 and 1024 pixels the milliseconds of `stylize` from uint8 array to
uint8 array, those of the generator alone under `tf.function` from tensor to tensor, measured in
turn, and the peak memory of a process that stylizes one photograph of this size.
"""

import argparse
import resource
import subprocess
import sys

import numpy as np
import tensorflow as tf

import tfstyle
from benchmarks.timing import measure

SIZES = (256, 512, 1024)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--generator")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--peak-of", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    style = tfstyle.load(options.style, options.generator)
    if options.peak_of:
        style.stylize(np.zeros((options.peak_of, options.peak_of, 3), "uint8"))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)
        return

    print(f"{'size':>5} {'stylize ms':>11} {'bare ms':>9} {'ratio':>6} {'peak MB':>8}")
    for size in SIZES:
        pixels = np.random.default_rng(0).integers(0, 256, (size, size, 3), "uint8")
        tensor = tf.constant(pixels[None] / np.float32(255))
        # A function for this very size: the fastest that TensorFlow offers.
        bare = tf.function(style.model, jit_compile=False).get_concrete_function(tensor)
        runs = (lambda p=pixels: style.stylize(p), lambda b=bare, t=tensor: b(t).numpy())
        ours, theirs = (1000 * seconds for seconds in measure(runs, options.rounds))
        peak = peak_of(options, size)
        print(f"{size:5} {ours:11.1f} {theirs:9.1f} {ours / theirs:6.2f} {peak:8.0f}")


def peak_of(options, size):
    generator = ["--generator", options.generator] if options.generator else []
    command = [sys.executable, "-m", "benchmarks.stylize", "--style", options.style, *generator]
    run = subprocess.run([*command, "--peak-of", str(size)], capture_output=True, check=True)
    return float(run.stdout.split()[-1])


if __name__ == "__main__":
    main()
