"""How like its style an exported file paints, and what float16 does to the arithmetic.

    python -m benchmarks.fidelity [STYLE/GENERATOR ...] --photos PHOTOGRAPHS --calibrate OTHERS

Prints three tables over all photographs. Files of 256 x 256, and files of free size: the largest
difference of a value in [0, 1] to Keras in float32, and the least structural similarity; the second
also for fog, a ramp of 3 % with 1 % of noise, where normalizations divide by nearly nothing. Then
the least similarity of float16 as GPU delegates compute it, emulated (see `benchmarks.half`),
before and after the rewriting of `tfstyle.export.portable`.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import half
from tfstyle import load
from tfstyle.export import to_tflite
from tfstyle.export.likeness import likeness, similarity
from tfstyle.export.litert import Painter
from tfstyle.export.portable import make_portable
from tfstyle.export.tflite import PRECISIONS
from tfstyle.images.files import find_images, read_middle
from tfstyle.painting.whole import stylize_pixels

SIZE, FREE_SIZES = 256, [(256, 256), (360, 640), (479, 641)]
CALIBRATION = 16  # photographs


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    several = ["mosaic/johnson", "mosaic/pyramid", "starry_night/johnson"]
    parser.add_argument("styles", nargs="*", default=several, metavar="STYLE/GENERATOR")
    parser.add_argument("--photos", type=Path, required=True, help="folder of those painted")
    parser.add_argument("--calibrate", type=Path, required=True, help="folder of those for int8")
    options = parser.parse_args()

    paths = find_images(options.photos)
    styles = {name: load(*name.split("/")) for name in options.styles}
    others = find_images(options.calibrate)[:CALIBRATION]
    photographs = _pixels(paths, (SIZE, SIZE))
    print(f"{len(paths)} photographs.\n")
    _print_row("style", *PRECISIONS, "bytes")
    _print_row(*["---"] * (len(PRECISIONS) + 2))
    for name, style in styles.items():
        files = [Fidelity(style, precision, SIZE, others) for precision in PRECISIONS]
        worst = [file.worst(photographs) for file in files]
        _print_row(name, *worst, ", ".join(f"{file.bytes:,}" for file in files))
    print()
    by_size = {"x".join(map(str, size)): _pixels(paths, size) for size in FREE_SIZES}
    by_size["fog"] = [fog()]
    _print_row("style, free size", *by_size)
    _print_row(*["---"] * (len(by_size) + 1))
    for name, style in styles.items():
        for precision in ("float32", "int8_weights"):
            file = Fidelity(style, precision)
            _print_row(f"{name}, {precision}", *map(file.worst, by_size.values()))
    print()
    _print_row("style, float16 emulated", "before", "after")
    _print_row(*["---"] * 3)
    for name, style in styles.items():
        expected = [stylize_pixels(style.model, image[None]) for image in photographs]
        models = half.to_half(style.model), half.to_half(make_portable(style.model))
        with half.summed_one_by_one():
            pictures = [[model.predict_on_batch(x[None]) for x in photographs] for model in models]
        _print_row(name, *(f"{min(map(similarity, each, expected)):.4f}" for each in pictures))


class Fidelity:
    """An exported file beside its style."""

    def __init__(self, style, precision, size=None, photographs=()):
        self._model = style.model
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "style.tflite"
            facts = to_tflite(style, path, precision, size, photographs, refuse_damage=False)
            self.bytes = facts["bytes"]
            self._painter = Painter(path)

    def worst(self, photographs):
        """Gives the largest difference and the least similarity over photographs, as a cell."""
        found = [likeness(self._painter, self._model, pixels) for pixels in photographs]
        differences, similarities = zip(*found, strict=True)
        return f"{max(differences):.1g}, {min(similarities):.4f}"


def fog():
    """Gives float32 `[SIZE, SIZE, 3]` of hardly any contrast."""
    noise = np.random.default_rng(0).standard_normal((SIZE, SIZE, 3), dtype="float32")
    return 0.7 + np.linspace(0, 0.03, SIZE, dtype="float32")[:, None, None] + 0.01 * noise


def _pixels(paths, size):
    return [read_middle(path, size) for path in paths]


def _print_row(*cells):
    print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
