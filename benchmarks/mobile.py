"""The small generators of the zoo beside the full ones, and beside another project's small model.

    python -m benchmarks.mobile --photos FREE_PHOTOGRAPHS [--peer TRANSFER PREDICT] [--sheet FILE]

For each style with a `mobile` generator: kilobytes of the int8_weights file of 384 x 384; the
structural similarity of its pictures to the full generator's, mean over the photographs, and to its
own Keras pictures, the least; L-BFGS equivalents from the cards. Then milliseconds a picture in
LiteRT at each size, with one and two threads, runs in turn. The peer are the two TFLite files of
Magenta's arbitrary style transfer: one makes 100 numbers of a painting, the other paints with them.
`--sheet` writes photograph, full, mobile and peer of each style side by side.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.litert import runner
from benchmarks.timing import measure
from tfstyle import list_styles, load
from tfstyle.export.likeness import similarity
from tfstyle.export.litert import Painter
from tfstyle.export.tflite import to_bytes
from tfstyle.images.files import find_images, read_image, read_middle, write_image
from tfstyle.images.geometry import center_crop, montage
from tfstyle.images.pixels import to_image, to_pixels
from tfstyle.processor import processor_name

SIDE = 384


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--peer", type=Path, nargs=2, metavar=("TRANSFER", "PREDICT"))
    parser.add_argument("--sizes", type=int, nargs="*", default=[256, 384, 512])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    names = [name for name, generators in list_styles().items() if "mobile" in generators]
    photographs = [read_middle(path, (SIDE, SIDE)) for path in find_images(options.photos)]
    print(f"{processor_name()}; {len(photographs)} photographs of {SIDE} x {SIDE}\n")
    print("| style | KB | similarity to full | least to its own | equivalents | of full |")
    print("|---|---|---|---|---|---|")
    rows = []
    for number, name in enumerate(names):
        full, small = load(name), load(name, "mobile")
        painter = Painter(to_bytes(small, "int8_weights", SIDE)[0])
        painted = [painter.stylize(pixels) for pixels in photographs]
        of_full = [full.stylize(pixels) for pixels in photographs]
        own = [small.stylize(pixels) for pixels in photographs]
        print_row(name, small, full, painted, of_full, own)
        chosen = number % len(photographs)
        row = [photographs[chosen], of_full[chosen], painted[chosen]]
        if options.peer:
            row.append(paint_peer(*options.peer, full.recipe.painting, photographs[chosen]))
        rows.append([to_image(pixels) for pixels in row])
    if options.sheet:
        write_image(montage(rows), options.sheet, quality=85)
    print_times(names[0], options)


def print_row(name, small, full, painted, of_full, own):
    to_full = np.mean([similarity(*pair) for pair in in_batches(painted, of_full)])
    to_own = min(similarity(*pair) for pair in in_batches(painted, own))
    size = len(to_bytes(small, "int8_weights", SIDE)[0]) / 1e3
    equivalents = [s.card["evaluation"]["lbfgs_equivalent"] for s in (small, full)]
    share = equivalents[0] / equivalents[1]
    print(
        f"| `{name}` | {size:.0f} | {to_full:.3f} | {to_own:.4f} | "
        f"{equivalents[0]:.1f} | {share:.2f} |",
        flush=True,
    )


def in_batches(*lists):
    return ([pixels[None] for pixels in pair] for pair in zip(*lists, strict=True))


def print_times(name, options):
    """Prints milliseconds of the full and the small generator of a style, and of the peer."""
    print("\n| size | file | 1 thread | 2 threads | of full | of peer |\n|---|---|---|---|---|---|")
    for side in options.sizes:
        files = {
            f"{generator}, {precision}": to_bytes(load(name, generator), precision, side)[0]
            for generator, precision in itertools.product(
                ("johnson", "mobile"), ("int8_weights", "int8_dynamic")
            )
        }
        if options.peer and side == SIDE:  # the one size of that file
            files["peer"] = options.peer[0].read_bytes()
        runs = [runner(file, threads)[0] for file in files.values() for threads in (1, 2)]
        seconds = measure(runs, options.rounds)
        by_file = dict(zip(files, zip(seconds[::2], seconds[1::2], strict=True), strict=True))
        full, peer = by_file["johnson, int8_weights"][1], by_file.get("peer", (0, 0))[1]
        for file, (one, two) in by_file.items():
            of_peer = f"{two / peer:.2f}" if peer else ""
            print(
                f"| {side} | {file} | {1e3 * one:.1f} | {1e3 * two:.1f} | {two / full:.2f} | "
                f"{of_peer} |",
                flush=True,
            )


def paint_peer(transfer, predict, painting, pixels):
    """Paints pixels `[SIDE, SIDE, 3]` by the two files."""
    style = center_crop(read_image(painting), 256)
    (code,) = run(predict, to_pixels(style)[None])
    return np.clip(run(transfer, pixels[None], code)[0][0], 0, 1)


def run(path, *inputs):
    """Runs a TFLite file once; each input goes to the tensor of its shape."""
    interpreter = Interpreter(str(path), num_threads=2)
    interpreter.allocate_tensors()
    for tensor in interpreter.get_input_details():
        (value,) = (each for each in inputs if each.shape == tuple(tensor["shape"]))
        interpreter.set_tensor(tensor["index"], np.float32(value))
    interpreter.invoke()
    return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]


if __name__ == "__main__":
    main()
