"""What the browser's pictures are compared with: the same files, run from Python.

python reference.py make FOLDER                                photographs for the tests
python reference.py compare DIST PHOTOGRAPH PICTURE STYLE      prints the SSIM
python reference.py compare DIST PHOTOGRAPH PICTURE A:0.3 B:0.7    of a blend
"""

import json
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from PIL import Image

from tfstyle.export.blending import with_values
from tfstyle.export.likeness import similarity
from tfstyle.export.web_styles import fit, paint

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


def compare(dist, photograph, picture, *styles):
    """Prints the structural similarity of a picture to that of Python's interpreter."""
    content, entry = _blend(Path(dist), styles) if ":" in styles[0] else _style(Path(dist), *styles)
    with Image.open(photograph) as image:
        side = max(image.size)
        pixels, (height, width) = fit(
            image.convert("RGB"), side, entry["multiple"], entry["minimum"]
        )
    stylized = paint(content, entry, pixels)[0, :height, :width]
    expected = np.rint(np.clip(stylized, 0, 1) * 255)
    found = np.asarray(Image.open(picture).convert("RGB"), "float64")
    likeness = similarity(expected[None] / 255, found[None] / 255)
    print(json.dumps({"ssim": round(likeness, 6), "mean": round(abs(expected - found).mean(), 3)}))


def _style(dist, name):
    styles = json.loads((dist / "styles.json").read_text(encoding="utf-8"))["styles"]
    entry = next(style for style in styles if style["name"] == name)
    return (dist / unquote(entry["file"])).read_bytes(), entry


def _blend(dist, parts):
    trunk = json.loads((dist / "styles.json").read_text(encoding="utf-8"))["trunk"]
    files = {style["name"]: dist / unquote(style["values"]) for style in trunk["styles"]}
    weights = {name: float(weight) for name, weight in (part.split(":") for part in parts)}
    values = sum(weight * np.fromfile(files[name], "<f4") for name, weight in weights.items())
    content = (dist / unquote(trunk["file"])).read_bytes()
    return with_values(content, trunk["ranges"], values), trunk


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](*sys.argv[2:])
