"""How fast exported files are in LiteRT, beside TensorFlow and a peer, in one run.

    python -m benchmarks.litert [--style NAME] [--generator NAME] [--photos FOLDER] [--peer FILE]

Prints milliseconds a picture (median, runs in turn) of static files of each size and precision,
with one thread and with two; int8 only with `--photos`, which it is calibrated on. `before` is
float32 without the rewriting of `tfstyle.export.portable`; TensorFlow is the style's own generator
under a `tf.function` made for the size; the peer any TFLite file, such as Magenta's style transfer.
"""

import argparse
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import tfstyle
from benchmarks.timing import measure
from tfstyle.export.inspection import partitions
from tfstyle.export.portable import make_portable
from tfstyle.export.tflite import PRECISIONS, convert
from tfstyle.images.files import find_images


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--generator")
    parser.add_argument("--photos")
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 384, 512])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(2)
    model = tfstyle.load(options.style, options.generator).model
    print(f"{'file':>13} {'size':>5} {'MB':>5} {'1 thread':>9} {'2 threads':>10} {'pieces':>7}")
    for size in options.sizes:
        files = contents(model, size, options.photos)
        if options.peer:
            files["peer"] = options.peer.read_bytes()
        runners = {
            name: [runner(file, threads) for threads in (1, 2)] for name, file in files.items()
        }
        runs = [run for pair in runners.values() for run, _ in pair]
        *times, tensorflow = measure([*runs, keras(model, size)], options.rounds)
        for number, (name, pair) in enumerate(runners.items()):
            one, two = (1000 * seconds for seconds in times[2 * number : 2 * number + 2])
            megabytes, (_, (side, pieces)) = len(files[name]) / 1e6, pair[0]
            print(
                f"{name:>13} {side:5} {megabytes:5.2f} {one:9.1f} {two:10.1f} {pieces:7}",
                flush=True,
            )
        print(f"{'TensorFlow':>13} {size:5} {'':5} {'':9} {1000 * tensorflow:10.1f}", flush=True)


def contents(model, size, photos):
    """Gives the files, as bytes, by name."""
    portable, sides = make_portable(model), (size, size)
    files = {"before": convert(model, "float32", sides)}
    for precision in PRECISIONS:
        if precision != "int8":
            files[precision] = convert(portable, precision, sides)
        elif photos:
            files[precision] = convert(portable, precision, sides, find_images(photos)[:8])
    return files


def runner(content, threads):
    """Gives a function that paints noise, and its side and the pieces that XNNPACK runs."""
    interpreter = Interpreter(model_content=content, num_threads=threads)
    interpreter.allocate_tensors()
    rng = np.random.default_rng(0)
    for tensor in interpreter.get_input_details():
        interpreter.set_tensor(tensor["index"], rng.random(tensor["shape"], "float32"))
    side = max(tensor["shape"][1] for tensor in interpreter.get_input_details())
    return interpreter.invoke, (side, partitions(interpreter))


def keras(model, size):
    image = tf.random.uniform((1, size, size, 3), seed=0)
    function = tf.function(model, jit_compile=False).get_concrete_function(image)
    return lambda: function(image).numpy()


if __name__ == "__main__":
    main()
