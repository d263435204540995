"""How fast pictures, training steps and the command are beside an older commit.

    python -m benchmarks.versus f60a117 [--photos PHOTOGRAPHS --vgg WEIGHTS] [--rounds 3]

Each number is measured in a process of its own, the older commit and the present one in turn, and
is the median of the rounds. Ratios are present over older: below 1 is faster. Steps of a training
need photographs and VGG19's weights. Let nothing else run meanwhile.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tfstyle.processor import instruction_sets, processor_name

ROOT = Path(__file__).parents[1]
PHOTOGRAPH = ROOT / "docs/images/photograph.jpg"

# Prints the median milliseconds of a picture of each size. Both commits must understand it.
PICTURE = """
import statistics, time
import numpy, tfstyle
style = tfstyle.load("mosaic"{options})
for side in (256, 512, 1024):
    pixels = numpy.random.default_rng(0).integers(0, 256, (side, side, 3), "uint8")
    times = []
    for _ in range(6):
        started = time.perf_counter()
        style.stylize(pixels)
        times.append(time.perf_counter() - started)
    print(1000 * statistics.median(times[1:]))
"""

STEP = """
import sys
import tfstyle
from tfstyle.memory import keep_freed_memory
keep_freed_memory()
from tfstyle.training import seconds_per_step
recipe = tfstyle.Recipe(painting=sys.argv[1], style_layer_weights=(1.0,) * 4, style_weight=10.0)
print(1000 * seconds_per_step(recipe, sys.argv[2], sys.argv[3], sys.argv[4]))
"""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("commit", help="the older one")
    parser.add_argument("--photos", help="folder of photographs to train on")
    parser.add_argument("--vgg", help="file of VGG19's weights")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{processor_name()}, {os.cpu_count()} cores, {', '.join(instruction_sets()) or 'none'}")
    print(f"{'':44} {'older':>9} {'present':>9} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        older = Path(folder) / "older"
        git = ["git", "-C", ROOT, "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", older, options.commit], check=True)
        try:
            compare(older, options)
        finally:
            subprocess.run([*git, "remove", "--force", older], check=True)


def compare(older, options):
    """Prints a line for each thing that is measured."""
    pictures = {
        "Keras, float32": "",
        "Keras, bfloat16": ", precision='bfloat16'",
        "OpenVINO, float32": ", engine='openvino'",
        "OpenVINO, bfloat16": ", engine='openvino', precision='bfloat16'",
    }
    runs = {"older": lambda: run(older, PICTURE.format(options=""))}
    for name, values in pictures.items():
        runs[name] = lambda values=values: run(ROOT, PICTURE.format(options=values))
    found = in_turn(runs, options.rounds)
    for number, side in enumerate((256, 512, 1024)):
        for name in pictures:
            line(f"picture of {side}, {name}", found["older"][number], found[name][number])
    if options.photos and options.vgg:
        painting = ROOT / "zoo/mosaic/painting.jpg"
        for precision in ("float32", "mixed_bfloat16"):
            words = (painting, options.photos, options.vgg, precision)
            found = in_turn(
                {
                    place: lambda place=place, words=words: run(place, STEP, *words)
                    for place in (older, ROOT)
                },
                options.rounds,
            )
            line(f"step of a training, {precision}, ms", found[older][0], found[ROOT][0])
    with tempfile.TemporaryDirectory() as cache:
        places = {place: lambda place=place: [command(place, cache)] for place in (older, ROOT)}
        first = command(ROOT, cache)
        found = in_turn(places, options.rounds)
        line("tfstyle stylize, a new process, ms", found[older][0], found[ROOT][0])
        line("the same, first run after installation", found[older][0], first)


def run(place, code, *words):
    """Returns the numbers that a program prints, with the tfstyle of a checkout."""
    environment = {**os.environ, "PYTHONPATH": str(place), "TF_CPP_MIN_LOG_LEVEL": "3"}
    program = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, cwd=place)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return [float(number) for number in done.stdout.split()]


def command(place, cache):
    """Returns the milliseconds of `tfstyle stylize` on one photograph, in a new process."""
    code = """
import subprocess, sys, tempfile, time
with tempfile.TemporaryDirectory() as folder:
    words = [sys.argv[1], "--style", "mosaic", "--output", folder + "/picture.jpg"]
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tfstyle", "stylize", *words], check=True,
                   capture_output=True)
    print(1000 * (time.perf_counter() - started))
"""
    os.environ["TFSTYLE_CACHE"] = cache
    return run(place, code, PHOTOGRAPH)[0]


def in_turn(functions, rounds):
    """Calls functions that return numbers in turn; returns the medians of each."""
    found = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            found[name].append(function())
    return {name: [statistics.median(n) for n in zip(*f, strict=True)] for name, f in found.items()}


def line(name, older, present):
    print(f"{name:44} {older:9.0f} {present:9.0f} {present / older:6.2f}", flush=True)


if __name__ == "__main__":
    main()
