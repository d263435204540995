"""How large a TFLite file is in each precision, and how much of a processor it takes.

    python -m benchmarks.bits mosaic

Seconds are those of the processor, on one thread, for 344 x 512 pixels: the median of five runs
after one. They do not grow where other programs wait for the same core.
"""

import argparse
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tfstyle import load
from tfstyle.export import to_bytes

PRECISIONS = ("float32", "float16", "int8_weights", "int8_dynamic")
SIZE = (344, 512)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("style")
    style = load(parser.parse_args().style)
    pixels = np.random.default_rng(0).random((1, *SIZE, 3), "float32")
    for precision in PRECISIONS:
        content, _ = to_bytes(style, precision, size=SIZE)
        runner = Interpreter(model_content=content, num_threads=1).get_signature_runner()
        seconds = [_seconds(runner, pixels) for _ in range(6)][1:]
        print(f"{precision:>13} {len(content):>9,} bytes {np.median(seconds):.3f} s", flush=True)


def _seconds(runner, pixels):
    began = time.process_time()
    runner(image=pixels)
    return time.process_time() - began


if __name__ == "__main__":
    main()
