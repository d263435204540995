"""Every image file of a folder, painted by the command line: none may crash, hang or turn black.

    python -m benchmarks.corpus FOLDER [--style mosaic] [--seconds 600]

Pillow's own test images, in the `Tests/images` of its source distribution, are the corpus that the
project is held against. Each file is given to `tfstyle stylize` by name. Printed is how many were
painted, how many refused, and every file that was neither: without a line in the report, refused
in more than one line or by a bare exception, left as a partial file, or on the error stream.

Then each file's colours, as a generator gets them, are compared with Pillow's own conversion to
sRGB, on white, of deep pixels as well; printed are those that differ by more than two levels.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from tfstyle.images.files import read_image
from tfstyle.images.transparency import on_white

LEVELS = 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--seconds", type=int, default=600, help="after which it counts as hung")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory() as folder:
        painted(paths, Path(folder), options)
    compared(paths)


def painted(paths, folder, options):
    report = folder / "report.jsonl"
    command = [sys.executable, "-m", "tfstyle", "stylize", *paths, "--style", options.style]
    command += ["--output", folder / "out", "--report", report, "--max-side", "128"]
    run = subprocess.run(command, capture_output=True, timeout=options.seconds, check=False)
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    refused = [line["error"] for line in lines if line["error"]]
    print(f"{len(paths)} files: {len(lines) - len(refused)} painted, {len(refused)} refused")
    for reason, count in Counter(map(reason_of, refused)).most_common():
        print(f"{count:6} {reason}")
    wrong = [line["error"] for line in lines if line["error"] and is_bare(line)]
    wrong += [f"{path}: not in the report" for path in missing(paths, lines)]
    wrong += [f"{path} is partial" for path in (folder / "out").rglob(".partial-*")]
    errors = run.stderr.decode("utf-8", "replace").splitlines()
    wrong += [f"stderr: {line}" for line in errors if is_noise(line)]
    wrong += [f"exit code {run.returncode}"] if run.returncode not in (0, 1) else []
    print(f"{len(wrong)} neither painted nor refused in one line")
    print(*wrong, sep="\n")


def missing(paths, lines):
    return sorted({str(path) for path in paths} - {line["input"] for line in lines})


def is_bare(line):
    """Whether an error is of several lines, or the `repr` of an exception that nobody foresaw."""
    reason = line["error"].removeprefix(f"{line['input']}: ")
    return "\n" in reason or reason.partition("(")[0].endswith(("Error", "Exception", "Warning"))


def is_noise(line):
    ours = line.startswith("Error: ") or "left out" in line or "take about" in line
    return bool(line.strip()) and not ours and "━" not in line


def reason_of(error):
    """Gives an error without names and numbers, so that equals are counted together."""
    words = error.split(" ")
    return " ".join("..." if "/" in w or any(map(str.isdigit, w)) else w for w in words)[:90]


def compared(paths):
    counts, far = Counter(), []
    for path in paths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                ours = on_white(read_image(path))
            except ValueError:
                counts["refused"] += 1
                continue
            theirs = of_pillow(path)
        counts["read"] += 1
        difference = np.abs(np.int16(np.asarray(ours)) - np.asarray(theirs))
        if difference.mean() > LEVELS:
            far.append(f"{path}: {difference.mean():.1f} levels, of mode {mode_of(path)}")
        if np.asarray(ours).max() < 16 <= np.asarray(theirs).max():
            far.append(f"{path}: black")
    print(f"{counts['read']} read, {counts['refused']} refused; {len(far)} unlike Pillow's")
    print(*far, sep="\n")


def of_pillow(path):
    """Reads an image as Pillow's own functions convert it to sRGB, on white."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        profile = image.info.get("icc_profile")
    if upright.mode.startswith("I") or upright.mode == "F":
        values = np.asarray(upright, "float64")
        top = 65535 if upright.mode.startswith("I;16") or values.max() > 255 else 255
        upright = Image.fromarray(np.uint8(np.clip(values * (255 / top), 0, 255)))
    colors = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    seen = Image.new("RGB", upright.size, "white")
    flat = colors.convert("RGB")
    if profile:
        spaces = {b"RGB ": flat, b"GRAY": upright.convert("L")}
        spaces |= {b"CMYK": upright} if upright.mode == "CMYK" else {}
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            which = spaces[profile[16:20]]
            flat = ImageCms.profileToProfile(which, source, target, outputMode="RGB")
        except (KeyError, OSError, ImageCms.PyCMSError):
            pass
    seen.paste(flat, mask=colors.getchannel("A") if colors.mode == "RGBA" else None)
    return seen


def mode_of(path):
    with Image.open(path) as image:
        return image.mode


if __name__ == "__main__":
    main()
