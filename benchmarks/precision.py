"""How much the pictures of the zoo's styles differ in bfloat16, for their cards.

    python -m benchmarks.precision --photos FREE_PHOTOGRAPHS [--save]

Paints the photographs, scaled to 512 pixels, in float32 and bfloat16, by TensorFlow and by
OpenVINO. Prints for each generator the least structural similarity of the two (1 is the same
picture) and the largest difference of any pixel, of 255. `--save` writes the least similarity to
the card, as `bfloat16`: `precision="auto"` goes by it. Needs a processor with bfloat16.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.gallery import ZOO
from tfstyle import list_styles, load
from tfstyle.export.likeness import similarity
from tfstyle.images.files import find_images, read_image
from tfstyle.images.geometry import limit_longest
from tfstyle.images.pixels import to_pixels
from tfstyle.processor import has_bfloat16, processor_name
from tfstyle.styles.card import read_card, write_card

SIDE = 512


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--count", type=int, default=14, help="photographs to use")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    if not has_bfloat16():
        parser.error("this processor has no bfloat16: its pictures would say nothing")
    paths = find_images(options.photos)[: options.count]
    photographs = [to_pixels(limit_longest(read_image(path), SIDE)) for path in paths]
    print(f"{processor_name()}; {len(photographs)} photographs of {SIDE} pixels")
    print(f"{'style':16} {'generator':10} {'TensorFlow':>20} {'OpenVINO':>20}")
    for name, generators in list_styles().items():
        for generator in generators:
            found = {engine: measure(name, generator, engine, photographs) for engine in ENGINES}
            cells = [f"{least:.4f} ({most:3.0f} of 255)" for least, most in found.values()]
            print(f"{name:16} {generator:10} {cells[0]:>20} {cells[1]:>20}", flush=True)
            if options.save:
                place = ZOO / name / generator
                least = min(least for least, _ in found.values())
                write_card(place, {**read_card(place), "bfloat16": round(least, 4)})


ENGINES = ("keras", "openvino")


def measure(name, generator, engine, photographs):
    """Returns the least similarity and the largest difference, of 255."""
    exact = load(name, generator)
    fast = load(name, generator, precision="bfloat16", engine=engine)
    likenesses, differences = [], []
    for pixels in photographs:
        expected, picture = exact.stylize(pixels), fast.stylize(pixels)
        likenesses.append(similarity(picture[None], expected[None]))
        differences.append(255 * np.abs(picture - expected).max())
    return min(likenesses), max(differences)


if __name__ == "__main__":
    main()
