"""How steady styles are, and what it costs: flicker on moved photographs beside the loss.

    python -m benchmarks.flicker STYLE ... --photos FREE_PHOTOGRAPHS --content OTHERS --vgg WEIGHTS

Flicker is `tfstyle.evaluation.flicker` on the middles of all photographs, 320 x 320. The loss is
the mean over the middles of 20 photographs of the content, 256 x 256. All styles are measured by
the loss of the first, with the border repeated: give versions of one style.
"""

import argparse
from pathlib import Path

import numpy as np

from tfstyle import load
from tfstyle.evaluation.flicker import flicker
from tfstyle.evaluation.losses import loss_terms
from tfstyle.evaluation.reference import squares
from tfstyle.images.files import find_images
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.objective import loss_of

NAMES = ("pan", "zoom", "light", "noise", "relative")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("styles", nargs="+", help="names, or folders, of styles or generators")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--vgg", required=True)
    options = parser.parse_args()
    photographs = squares(find_images(options.photos), 320)
    content = squares(find_images(options.content)[:20], 256)
    loss = grams = None
    print("| style |", " | ".join((*NAMES, "content", "style", "total")), "|")
    print("|---" * (len(NAMES) + 4) + "|")
    for name in options.styles:
        style = load(name)
        if loss is None:
            loss, grams = loss_of(style.recipe.replace(loss_padding="replicate"), options.vgg)

        def paint(pixels, model=style.model):
            return stylize_pixels(model, np.float32(pixels)[None])[0]

        found = flicker(paint, photographs)
        terms = [loss_terms(loss, grams, pixels, paint(pixels)) for pixels in content]
        cells = [f"{found[key]:.3g}" for key in NAMES]
        for key in ("content", "style", "total"):
            cells.append(f"{np.mean([term[key] for term in terms]):,.0f}")
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
