"""What `polish` gives, and what it takes.

    python -m benchmarks.polish STYLE ... --content PHOTOGRAPHS --vgg WEIGHTS

First, each photograph is painted, and polished by 12 iterations. Both pictures are compared with
the slow method from the photograph: how many of its iterations they equal, and their loss divided
by its loss after 100. Then one photograph is polished at several sizes, each in a process of its
own: seconds, of which the first traces the loss, and peak memory of the process.
"""

import argparse
import subprocess
import sys

import numpy as np

from tfstyle import load
from tfstyle.evaluation.reference import compare, squares
from tfstyle.images.files import find_images
from tfstyle.optimization import optimize
from tfstyle.processor import processor_name
from tfstyle.styles.objective import loss_of

# Prints seconds and gigabytes.
ALONE = """
import resource, sys, time
import tfstyle
from tfstyle.evaluation.reference import squares
name, path, vgg, side, iterations = sys.argv[1:]
(photograph,) = squares([path], int(side))
style = tfstyle.load(name)
style.stylize(photograph)
started = time.perf_counter()
if int(iterations):
    style.stylize(photograph, polish=int(iterations), vgg=vgg)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("styles", nargs="+")
    parser.add_argument("--content", required=True, help="folder of photographs")
    parser.add_argument("--vgg", required=True, help="file of VGG19's weights")
    parser.add_argument("--count", type=int, default=3, help="photographs")
    parser.add_argument("--iterations", type=int, default=12)
    parser.add_argument("--reference", type=int, default=100, help="of the slow method")
    parser.add_argument("--sizes", type=int, nargs="*", default=[256, 512, 1024])
    options = parser.parse_args()
    paths = find_images(options.content)[: options.count]
    print(processor_name())
    for name in options.styles:
        generator, polished = measured(load(name), paths, options)
        for title, found in (("generator", generator), ("polished", polished)):
            equivalent, ratio = found["lbfgs_equivalent"], found["ratio_to_lbfgs"]
            print(f"{name:16} {title:10} {equivalent:6.1f} equivalents {ratio:6.2f}", flush=True)
    for side in options.sizes:
        words = (options.styles[0], paths[0], options.vgg, side, options.iterations)
        program = [sys.executable, "-c", ALONE, *map(str, words)]
        seconds, gigabytes = subprocess.check_output(program, text=True).split()
        print(f"{side} x {side}: {float(seconds):6.1f} s {float(gigabytes):6.2f} GB", flush=True)


def measured(style, paths, options):
    """Compares pictures of a style, as painted and as polished, with the slow method."""
    loss, grams = loss_of(style.recipe, options.vgg)
    totals, curves = [], []
    for photograph in squares(paths, 256):
        picture = style.stylize(photograph)
        lowered = optimize(photograph, loss, grams, options.iterations, start=picture)[1]
        totals.append((lowered[0], lowered[-1]))
        curves.append(optimize(photograph, loss, grams, options.reference)[1])
    return [compare(column, curves) for column in np.transpose(totals)]


if __name__ == "__main__":
    main()
