"""Tries files that lie, and prints a table of what became of them.

    python -m benchmarks.robustness --styles 500 --files 300

For each kind: how many were tried, refused in one line, and painted; and whatever else happened,
of which there must be nothing.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.robustness.files import try_files
from benchmarks.robustness.styles import try_styles
from tfstyle import load
from tfstyle.export import to_tflite
from tfstyle.styles.folder import find_style

PHOTOGRAPH = Path(__file__).parents[2] / "docs" / "images" / "photograph.jpg"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--generator", default="pyramid", help="the smaller, the quicker")
    parser.add_argument("--styles", type=int, default=500, help="mutated folders")
    parser.add_argument("--files", type=int, default=300, help="mutated TFLite files")
    options = parser.parse_args()
    print("| kind | tried | refused | painted | anything else |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        folder = find_style(options.style, options.generator)
        (work / "styles").mkdir()
        # With its painting beside it.
        for painting in folder.parent.glob("painting.*"):
            (work / painting.name).write_bytes(painting.read_bytes())
        _print("style folders", try_styles(folder, options.styles, work / "styles"))
        file = work / "style.tflite"
        to_tflite(load(options.style, options.generator), file, "int8_weights", size=64)
        _print("TFLite files", try_files(file, PHOTOGRAPH, options.files, work))


def _print(kind, outcomes):
    rest = {name: n for name, n in outcomes.items() if name not in ("refused", "painted")}
    print(
        f"| {kind} | {outcomes.total()} | {outcomes['refused']} | {outcomes['painted']} "
        f"| {sum(rest.values())} |",
        flush=True,
    )
    for name in rest:
        print("   ", name, flush=True)


if __name__ == "__main__":
    main()
