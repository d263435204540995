"""Memory of photograph and picture outside of strips, in bytes per pixel.

    python -m benchmarks.pixel_memory [--size 4000x3000]

Each kind of photograph is read, painted and written as by `tfstyle stylize`, in a process of its
own. Strips are of zeros, so that their memory does not count. Prints the process' peak less what
it held before. Linux only. `tfstyle.commands.memory` has these numbers.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import tfstyle
from tfstyle.images.files import read_image
from tfstyle.images.look import Look
from tfstyle.media.order import Order
from tfstyle.media.photograph import Photograph
from tfstyle.painting import streamed

KINDS = ("rgb", "alpha", "hidden", "rgb 16", "alpha 16", "mask", "stroke")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size", default="4000x3000")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    if options.run:
        print(measured(options.run, width, height))
        return
    for kind in KINDS:
        command = [sys.executable, "-m", "benchmarks.pixel_memory", *sys.argv[1:], "--run", kind]
        process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        print(
            f"{kind:10} {float(process.stdout.splitlines()[-1]):5.1f} bytes per pixel", flush=True
        )


def measured(kind, width, height):
    """Gives the peak bytes per pixel of one kind."""
    style = tfstyle.load("mosaic", "johnson")
    style.stylize(np.zeros((64, 64, 3), "uint8"), memory=1)  # what Keras loads at first
    streamed.stream = of_zeros
    look = Look(
        mask=np.ones((height, width), "float32") if kind == "mask" else None,
        stroke=2.0 if kind == "stroke" else 1.0,
    )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.png", Path(folder) / "b.png"
        write(kind, width, height, source)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = status("VmRSS")
        order = Order(look, memory=1, bits=16 if "16" in kind else 8)
        photograph = Photograph(read_image(source), "PNG")  # in memory, whatever the limit
        order.write(photograph, style, target)
    return (status("VmHWM") - before) / (width * height)


def write(kind, width, height, path):
    """Writes a photograph of noise, in a process of its own, which holds what it takes."""
    code = f"""
import numpy as np
from PIL import Image
small = np.random.default_rng(0).integers(60, 200, (30, 40, 4), dtype="uint8")
image = Image.fromarray(small).resize(({width}, {height}))
if "alpha" not in {kind!r} and "hidden" not in {kind!r}:
    image = image.convert("RGB")
if "hidden" in {kind!r}:
    image.paste((0, 0, 0, 0), (0, 0, {width} // 4, {height}))
image.save({str(path)!r}, compress_level=1)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def of_zeros(_generator, photograph, receive, working, *_):
    """Stands in for `streamed.stream`."""
    working()
    height, width, _ = photograph.shape
    for top in range(0, height, 64):
        bottom = min(height, top + 64)
        photograph.read(top, bottom)
        receive(top, np.zeros((bottom - top, width, 3), "float32"))


def status(name):
    """Gives bytes from the system's account of this process."""
    return int(re.findall(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[0]) * 1024


if __name__ == "__main__":
    main()
