"""Whether a trunk's paintings have equal shares: each one's terms of the loss, before and after.

    python -m benchmarks.trunk --photos PHOTOGRAPHS --vgg WEIGHTS

For every painting: its style term, times its style weight, of the photographs and of their
pictures; what share is left; the content term of the pictures, and the total loss. A painting that
starves keeps much of its style term; one that drowns the photographs has a content term above the
others'.
"""

import argparse
from pathlib import Path

import numpy as np

from tfstyle import load_trunk
from tfstyle.evaluation.losses import loss_terms
from tfstyle.evaluation.reference import squares
from tfstyle.images.files import find_images
from tfstyle.styles.objective import loss_of

SIZE = 256


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("trunk", nargs="?", default="trunk", help="name, or folder")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--vgg", required=True)
    parser.add_argument("--count", type=int, default=5, help="photographs to use")
    options = parser.parse_args()

    trunk = load_trunk(options.trunk)
    photographs = squares(find_images(options.photos)[: options.count], SIZE)
    network = options.vgg
    print(
        "| painting | style weight | style, photograph | style, picture | left | content | total |"
    )
    print("|---" * 7 + "|")
    for name, recipe in trunk.recipes.items():
        loss, grams = loss_of(recipe, network)
        network = loss.network  # loaded once

        def means(pictures, loss=loss, grams=grams, weight=recipe.style_weight):
            pairs = zip(photographs, pictures, strict=True)
            terms = [loss_terms(loss, grams, *pair) for pair in pairs]
            rows = [(weight * each["style"], each["content"], each["total"]) for each in terms]
            return np.mean(rows, axis=0)

        before, (after, content, total) = (
            means(photographs)[0],
            means(trunk.stylize(photographs, name)),
        )
        print(
            f"| {name} | {recipe.style_weight:g} | {before:,.0f} | {after:,.0f} "
            f"| {after / before:.1%} | {content:,.0f} | {total:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
