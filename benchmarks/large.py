"""Large photographs: time and memory of strips, beside the whole image where that fits.

    python -m benchmarks.large [--sizes 4032x3024 12000x8000] [--photograph PHOTO]

Each picture is painted in a process of its own, from a uint8 array that the process makes: a
photograph scaled to the size, or the photographs of a folder, enlarged side by side, with grain.
Prints the seconds without the start, the processor's seconds, which a busy machine changes little,
the peak memory of the process (`ru_maxrss`), the temporary files, and the differences between the
pictures in levels of 255, in float32. `--whole` says up to how many megapixels the whole image is
painted: `pyramid` takes 1.15 GB for each. `--save FOLDER` keeps the pictures. `--files` keeps each
photograph in a file, as the command does with those above 56 megapixels.
"""

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

import tfstyle
from tfstyle.images.files import find_images
from tfstyle.images.look import Look
from tfstyle.images.rows import PillowRows, RowFile
from tfstyle.painting import streamed
from tfstyle.painting.disk import scratch_folder
from tfstyle.processor import processor_name

PHOTOGRAPH = Path(__file__).parents[1] / "docs" / "images" / "photograph.jpg"
_CELL = 2500  # pixels, about the side of one of many photographs
_GRAIN = 4  # levels of 255, where enlarging leaves nothing to paint
MEMORY = {True: 2e9, False: None}  # above 50 megapixels; the command's own below


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=["4032x3024", "12000x8000"])
    parser.add_argument("--generators", nargs="+", default=["johnson", "pyramid"])
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--photograph", type=Path, default=PHOTOGRAPH)
    parser.add_argument("--whole", type=float, default=13, help="megapixels")
    parser.add_argument("--memory", type=float, help="bytes, for the strips")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--run", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run(options, *options.run)))
        return
    print(processor_name())
    columns = f"{'seconds':>8} {'processor':>9} {'GB':>6} {'files GB':>9}"
    print(f"{'size':>12} {'generator':10} {'way':7} {columns}")
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as folder:
        for size in options.sizes:
            for generator in options.generators:
                compared(options, size, generator, Path(options.save or folder))


def compared(options, size, generator, folder):
    """Paints in strips, and as a whole if that fits; prints a line of each."""
    width, height = map(int, size.split("x"))
    fits = width * height <= options.whole * 1e6
    pictures = {}
    for way in ("strips", "whole") if fits else ("strips",):
        pictures[way] = folder / f"{generator}_{size}_{way}.raw"
        arguments = ["--run", way, size, generator, str(pictures[way])]
        command = [sys.executable, "-m", "benchmarks.large", *sys.argv[1:], *arguments]
        process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        *seconds, peak, files = json.loads(process.stdout.splitlines()[-1])
        times = "{:8.1f} {:9.1f}".format(*seconds)
        print(f"{size:>12} {generator:10} {way:7} {times} {peak:6.2f} {files:9.2f}", flush=True)
    if fits:
        read = {way: np.fromfile(path, "float32") for way, path in pictures.items()}
        difference = 255 * np.abs(read["strips"] - read["whole"])
        of_pixels = f"most {difference.max():.4f}, mean {difference.mean():.5f} of 255"
        print(f"{'':12} strips against whole: {of_pixels}", flush=True)
    if not options.save:
        for path in pictures.values():
            path.unlink()


def run(options, way, size, generator, path):
    """Paints one picture into a file of float32 (uint8 above 50 megapixels)."""
    width, height = map(int, size.split("x"))
    style = tfstyle.load(options.style, generator)
    is_large = width * height > 5e7
    # As a reader of strips would hold it.
    rows = RowFile((height, width, 3), scratch_folder())
    for top, pixels in photograph_rows(options.photograph, height, width):
        rows.write(top, pixels)
    if not is_large and not options.files:
        image = Image.fromarray(rows[:])
        rows = PillowRows(image)
    memory = options.memory or MEMORY[is_large]
    sizes = []
    started, busy = time.perf_counter(), time.process_time()
    with Path(path).open("wb") as file, watched(sizes):
        if way == "whole":
            style.stylize(np.float32(rows[:]) / 255, memory=1e12).tofile(file)
        else:

            def write(_, pixels):
                (np.rint(255 * pixels).astype("uint8") if is_large else pixels).tofile(file)

            streamed.paint_rows(style.model, rows, write, Look(), memory)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return seconds, busy, peak, max(sizes, default=0) / 1e9


def photograph_rows(photograph, height, width):
    """Yields the first row and the uint8 `[rows, width, 3]` of each strip of a photograph."""
    if not photograph.is_dir():
        with Image.open(photograph) as image:
            scaled = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
        yield 0, np.asarray(scaled)
        return
    paths = find_images(photograph)
    rng = np.random.default_rng(0)
    bands, columns = (max(1, round(side / _CELL)) for side in (height, width))
    tops, lefts = (
        np.linspace(0, side, count + 1).round().astype(int)
        for side, count in ((height, bands), (width, columns))
    )
    for band in range(bands):
        sizes = [(right - left, tops[band + 1] - tops[band]) for left, right in pairwise(lefts)]
        cells = [cell(paths[(band * 5 + n) % len(paths)], size) for n, size in enumerate(sizes)]
        for first in range(0, sizes[0][1], 256):
            strip = np.concatenate([each[first : first + 256] for each in cells], axis=1)
            grain = rng.standard_normal(strip.shape, dtype="float32") * _GRAIN
            yield tops[band] + first, np.clip(strip + grain, 0, 255).round().astype("uint8")


def cell(path, size):
    """Gives a photograph, cut and enlarged to a size."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.fit(image.convert("RGB"), size, Image.Resampling.BICUBIC))


@contextlib.contextmanager
def watched(sizes):
    """Notes the size of each scratch file as it is closed."""
    leave = streamed.Scratch.__exit__

    def noting(self, *error):
        sizes.append(self.size)
        leave(self, *error)

    streamed.Scratch.__exit__ = noting
    try:
        yield
    finally:
        streamed.Scratch.__exit__ = leave


if __name__ == "__main__":
    main()
