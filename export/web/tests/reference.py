"""What the browser's pictures are compared with: the same style files, run from Python.

python reference.py make FOLDER                               photographs for the tests
python reference.py compare DIST STYLE PHOTOGRAPH PICTURE     prints the SSIM
"""

import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from tfstyle.export.likeness import similarity

ROOT = Path(__file__).parents[3]


def make(folder):
    """Writes a photograph that fills no size, the same turned by EXIF, and a large one."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(ROOT / "docs/images/photograph.jpg") as photograph:
        # Of the page's own width, so that no scaling is compared.
        image = photograph.resize((512, 341), Image.Resampling.BICUBIC)
    image.save(folder / "photograph.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # show it turned by 90 degrees
    image.save(folder / "turned.jpg", exif=exif)
    image.resize((6000, 4000)).save(folder / "large.jpg")


def compare(dist, style, photograph, picture):
    """Prints the structural similarity of a picture to that of Python's interpreter."""
    pixels = np.asarray(Image.open(photograph).convert("RGB"), "float32") / 255
    expected = paint(Path(dist), style, pixels)
    found = np.asarray(Image.open(picture).convert("RGB"), "float64")
    likeness = similarity(expected[None] / 255, found[None] / 255)
    print(json.dumps({"ssim": likeness, "mean": abs(expected - found).mean()}))


def paint(dist, name, pixels):
    """Runs the file of the smallest size that holds the pixels, mirrored to fill it."""
    height, width = pixels.shape[:2]
    styles = json.loads((dist / "styles.json").read_text(encoding="utf-8"))
    sizes = next(style["sizes"] for style in styles if style["name"] == name)
    holding = [size for size in sizes if size["width"] >= width and size["height"] >= height]
    size = min(holding, key=lambda size: size["width"] * size["height"])
    data = bytearray((dist / size["file"]).read_bytes())
    for offset, change in size["changes"]:
        data[offset : offset + len(change) // 2] = bytes.fromhex(change)
    border = ((0, size["height"] - height), (0, size["width"] - width), (0, 0))
    runner = Interpreter(model_content=bytes(data)).get_signature_runner()
    stylized = runner(image=np.pad(pixels, border, mode="reflect")[None])["stylized"][0]
    return np.rint(np.clip(stylized[:height, :width], 0, 1) * 255).astype("float64")


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](*sys.argv[2:])
