"""How near the colours of a style's pictures are to those of its painting.

    python -m benchmarks.colors STYLE... --photos PHOTOGRAPHS

Prints for each style the distance between the colours of all pictures together and those of the
painting, beside that of the photographs, in levels of 255: the Wasserstein distance of two normal
distributions with the means and covariances of R, G and B. Lower is nearer. Photographs are cropped
to squares of 256.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.linalg import sqrtm

from tfstyle import load
from tfstyle.evaluation.reference import squares
from tfstyle.images.files import find_images, read_image
from tfstyle.images.pixels import to_pixels


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("styles", nargs="+")
    parser.add_argument("--photos", type=Path, required=True)
    options = parser.parse_args()
    photographs = squares(find_images(options.photos), 256)
    print("| style | photographs | pictures |\n|---|---|---|")
    for name in options.styles:
        style = load(name)
        painting = to_pixels(read_image(style.recipe.painting).convert("RGB"))
        pictures = [style.stylize(pixels) for pixels in photographs]
        cells = [f"{distance(each, [painting]):.1f}" for each in (photographs, pictures)]
        print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


def distance(images, others):
    """Returns the distance between the colours of two lists of pixels in [0, 1]."""
    (mean, covariance), (other_mean, other) = moments(images), moments(others)
    between = np.real(np.trace(covariance + other - 2 * sqrtm(covariance @ other)))
    return np.sqrt(max(0.0, np.sum(np.square(mean - other_mean)) + between))


def moments(images):
    """Returns the mean and the covariance of the colours, in levels of 255."""
    colors = np.concatenate([255 * np.float64(pixels).reshape(-1, 3) for pixels in images])
    return colors.mean(axis=0), np.cov(colors, rowvar=False)


if __name__ == "__main__":
    main()
