"""Whether generators paint for the grid of VGG19's pooling: their losses where the grid is moved.

    python -m benchmarks.jitter STYLE ... --photos PHOTOGRAPHS --vgg WEIGHTS

Pictures of photographs and the photographs themselves are cut at 0 to 4 rows and columns before
VGG19 sees them. Strokes of a brush lose nothing by that; a mesh that fits the grid does. Prints the
mean total loss at each cut, and the checkerboard energy of the pictures.
"""

import argparse
from pathlib import Path

import numpy as np

from tfstyle import load
from tfstyle.evaluation.artifacts import checkerboard
from tfstyle.evaluation.losses import loss_terms
from tfstyle.evaluation.reference import squares
from tfstyle.images.files import find_images
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.objective import loss_of

SIZE, CUTS = 256, range(5)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("styles", nargs="+", help="names, or folders, of styles or generators")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--vgg", required=True)
    parser.add_argument("--count", type=int, default=10, help="photographs to use")
    options = parser.parse_args()

    photographs = squares(find_images(options.photos)[: options.count], SIZE + max(CUTS))
    print("| style |", " | ".join(map(str, CUTS)), "| checkerboard |")
    print("|---" * (len(CUTS) + 2) + "|")
    for name in options.styles:
        style = load(name)
        pictures = [stylize_pixels(style.model, x[None])[0] for x in photographs]
        loss, grams = loss_of(style.recipe, options.vgg)

        def total(cut, pictures=pictures, loss=loss, grams=grams):
            part = (slice(cut, cut + SIZE),) * 2
            pairs = zip(photographs, pictures, strict=True)
            return np.mean([loss_terms(loss, grams, x[part], y[part])["total"] for x, y in pairs])

        cells = [f"{total(cut):,.0f}" for cut in CUTS]
        print(f"| {name} |", " | ".join(cells), f"| {checkerboard(pictures):.1f} |")


if __name__ == "__main__":
    main()
