"""How fast exported files are in LiteRT, beside TensorFlow and a peer, in one run.

    python -m benchmarks.litert [STYLE] [--generator johnson] [--peer FILE.tflite]

Prints milliseconds a picture (median of the rounds, in turn) for each precision, size and number of
threads; TensorFlow's for the same generator, with all processors; bytes, and the pieces that
XNNPACK computes. The peer is any TFLite file; its inputs are filled with random numbers.
"""

import argparse
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

import tfstyle
from tfstyle.export.inspection import partitions
from tfstyle.export.litert import Painter

PRECISIONS = ("float32", "float16", "int8_weights", "int8")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("style", nargs="?", default="mosaic")
    parser.add_argument("--generator")
    parser.add_argument("--calibrate", type=Path, help="folder of photographs: adds int8")
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 384, 512])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    style = tfstyle.load(options.style, options.generator)
    photographs = sorted(options.calibrate.glob("*.jpg"))[:20] if options.calibrate else []
    precisions = PRECISIONS if photographs else PRECISIONS[:-1]
    rng = np.random.default_rng(0)
    columns = "".join(f"{n:>6} thr." for n in options.threads)
    print(f"{'file':24}{'size':>6}{'bytes':>12}{'pieces':>8}{columns}   (ms)")
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            pixels = rng.random((size, size, 3), "float32")
            runs, facts = {}, {}
            for precision in precisions:
                path = Path(folder) / f"{precision}.tflite"
                tfstyle.export.to_tflite(style, path, precision, size, photographs)
                for threads in options.threads:
                    painter = Painter(path, threads)
                    painter.stylize(pixels)
                    runs[precision, threads] = partial(painter.stylize, pixels)
                facts[precision] = (path.stat().st_size, partitions(painter))
            runs["TensorFlow", None] = partial(style.stylize, pixels)
            found = measure(runs, options.rounds)
            for name in precisions:
                print_row(name, size, *facts[name], [found[name, n] for n in options.threads])
            print_row("TensorFlow, all threads", size, "", "", [found["TensorFlow", None]])
    if options.peer:
        runs = {n: peer(options.peer, n, rng) for n in options.threads}
        found = measure(runs, options.rounds)
        size = options.peer.stat().st_size
        print_row(options.peer.stem[:23], "", size, "", [found[n] for n in options.threads])


def peer(path, threads, rng):
    """Gives a function that runs any TFLite file on random numbers."""
    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    interpreter.allocate_tensors()
    for each in interpreter.get_input_details():
        interpreter.set_tensor(each["index"], rng.random(each["shape"]).astype(each["dtype"]))
    return interpreter.invoke


def measure(runs, rounds):
    """Gives the median milliseconds of each function, run in turn after one run to warm up."""
    found = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            if number:
                found[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(values) for name, values in found.items()}


def print_row(name, size, count, pieces, times):
    count = f"{count:,}" if count else ""
    cells = "".join(f"{value:11.0f}" for value in times)
    print(f"{name:24}{size:>6}{count:>12}{pieces:>8}{cells}", flush=True)


if __name__ == "__main__":
    main()
