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
from scipy.ndimage import gaussian_filter

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
    print(json.dumps({"ssim": similarity(expected, found), "mean": abs(expected - found).mean()}))


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


def similarity(first, second):
    """SSIM of Wang et al. 2004: Gaussian window of 1.5 pixels, mean over pixels and channels."""

    def blur(image):
        return gaussian_filter(image, (1.5, 1.5, 0), truncate=3.5)

    mean1, mean2 = blur(first), blur(second)
    variance1 = blur(first * first) - mean1**2
    variance2 = blur(second * second) - mean2**2
    covariance = blur(first * second) - mean1 * mean2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    light = (2 * mean1 * mean2 + c1) / (mean1**2 + mean2**2 + c1)
    return float((light * (2 * covariance + c2) / (variance1 + variance2 + c2)).mean())


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](*sys.argv[2:])
