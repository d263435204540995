"""How far the slow reference must go to equal a style, from the photograph and from noise.

    python -m benchmarks.beginnings STYLE... --photos PHOTOGRAPHS --vgg WEIGHTS

The equivalents of the cards are those from the photograph. Gatys et al. begin with white noise.
"""

import argparse
from pathlib import Path

import numpy as np

from tfstyle import load
from tfstyle.evaluation.losses import loss_terms
from tfstyle.evaluation.reference import equivalent_iterations, squares
from tfstyle.images.files import find_images
from tfstyle.optimization import optimize
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.objective import loss_of


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("styles", nargs="+")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--vgg", required=True)
    parser.add_argument("--count", type=int, default=5, help="photographs")
    parser.add_argument("--iterations", type=int, default=100)
    options = parser.parse_args()

    photographs = find_images(options.photos)[: options.count]
    print("| style | from the photograph | from noise |")
    print("|---|---|---|")
    for name in options.styles:
        both = measure(load(name), photographs, options.vgg, options.iterations)
        cells = [f"{np.mean(each):.1f} ({min(each)} to {max(each)})" for each in both]
        print(f"| `{name}` | {cells[0]} | {cells[1]} |", flush=True)


def measure(style, photographs, vgg, iterations):
    """Gives a style's equivalents from the photographs, and from noise: two lists."""
    loss, grams = loss_of(style.recipe, vgg)
    from_photograph, from_noise = [], []
    for pixels in squares(photographs, 256):
        picture = stylize_pixels(style.model, pixels[None])[0]
        total = loss_terms(loss, grams, pixels, picture)["total"]
        noise = np.random.default_rng(0).uniform(size=pixels.shape).astype("float32")
        for start, found in ((pixels, from_photograph), (noise, from_noise)):
            _, curve = optimize(pixels, loss, grams, iterations, start=start)
            found.append(equivalent_iterations(total, curve))
    return from_photograph, from_noise


if __name__ == "__main__":
    main()
