"""Writes what the tests of export/android read: models, photographs, and Python's own pictures.

python tests/make_android_tests.py FOLDER
"""

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

import tfstyle
from tfstyle.commands.main import app
from tfstyle.export import to_tflite
from tfstyle.export.litert import Painter
from tfstyle.files import replacing
from tfstyle.images.files import read_image, write_image
from tfstyle.images.look import painted

FREE = Path(__file__).parents[1] / "export" / "web" / "page" / "photographs"
APP = "app/assets/tfstyle"

# File, its style and generator, and what `to_tflite` takes; the app's are `mosaic` and `scream`.
MODELS = [
    ("float32.tflite", "mosaic", "johnson", {"precision": "float32", "size": (256, 192)}),
    ("float16.tflite", "scream", "johnson", {"precision": "float16", "size": 256}),
    ("free.tflite", "scream", "johnson", {"precision": "int8_weights"}),
    ("pyramid.tflite", "mosaic", "pyramid", {"precision": "float16", "size": 256, "seed": 0}),
]

# Name, photograph, width and height.
PHOTOGRAPHS = [
    ("lake", "lake", 1024, 683),
    ("kitten", "kitten", 401, 277),
    ("colosseum", "colosseum", 512, 288),
    ("portrait", "portrait", 384, 384),
    ("small", "kitten", 60, 41),
    ("narrow", "colosseum", 33, 500),
    ("line", "lake", 120, 1),
    ("dot", "lake", 1, 1),
]

# Model, photograph, strength, whether in the photograph's colours.
PAINTINGS = [
    *((f"{APP}/mosaic.tflite", name, 1, False) for name in ("lake", "kitten", "portrait")),
    (f"{APP}/scream.tflite", "colosseum", 1, False),
    (f"{APP}/scream.tflite", "narrow", 1, False),
    (f"{APP}/scream.tflite", "dot", 1, False),
    (f"{APP}/scream.tflite", "transparent", 1, False),
    ("models/float32.tflite", "kitten", 1, False),
    ("models/float32.tflite", "lake", 0.6, False),
    ("models/float32.tflite", "lake", 1, True),
    ("models/float16.tflite", "portrait", 0.5, True),
    ("models/free.tflite", "kitten", 1, False),
    ("models/free.tflite", "small", 1, False),
    ("models/free.tflite", "line", 1, False),
    ("models/free.tflite", "dot", 1, False),
    ("models/pyramid.tflite", "kitten", 1, False),
]

# Photograph, width and height.
RESIZINGS = [("lake", 384, 256), ("kitten", 97, 301), ("small", 384, 262), ("narrow", 34, 512)]


def write(folder):
    """Writes the folder anew."""
    with replacing(folder) as temporary:
        arguments = ["export", "mosaic", "scream", "--android", str(temporary / "app")]
        app([*arguments, "--size", "384"], standalone_mode=False)
        for name, style, generator, options in MODELS:
            file = temporary / "models" / name
            file.parent.mkdir(exist_ok=True)
            to_tflite(tfstyle.load(style, generator), file, **options)
        write_photographs(temporary)
        paintings = [write_painting(temporary, *case) for case in enumerate(PAINTINGS)]
        resizings = [write_resizing(temporary, *case) for case in RESIZINGS]
        write_orientations(temporary)
        cases = {"paintings": paintings, "resizings": resizings}
        (temporary / "cases.json").write_text(json.dumps(cases, indent=1))


def write_photographs(folder):
    for name, photograph, width, height in PHOTOGRAPHS:
        image = read_image(FREE / f"{photograph}.jpg").resize((width, height))
        write_image(image, folder / f"photographs/{name}.png")
    # Android multiplies colours by alpha, and loses them where it is low.
    image = read_image(folder / "photographs/kitten.png")
    alpha = np.linspace(128, 255, image.width).astype("uint8")
    image.putalpha(Image.fromarray(np.tile(alpha, (image.height, 1))))
    write_image(image, folder / "photographs/transparent.png")


def write_painting(folder, number, case):
    model, name, strength, keep_colors = case
    photograph, picture = f"photographs/{name}.png", f"pictures/{number}.png"
    options = {"strength": strength, "keep_colors": keep_colors}
    paint = partial(Painter(folder / model).stylize, **options)
    write_image(painted(read_image(folder / photograph), paint), folder / picture)
    return {"model": model, "photograph": photograph, "picture": picture, **options}


def write_resizing(folder, name, width, height):
    photograph, resized = f"photographs/{name}.png", f"resized/{name}.png"
    image = read_image(folder / photograph).resize((width, height), Image.Resampling.BICUBIC)
    write_image(image, folder / resized)
    return {"photograph": photograph, "resized": resized}


def write_orientations(folder):
    """Writes one JPEG for each of the eight ways to hold a camera, and what people see."""
    image = read_image(folder / "photographs/small.png")
    (folder / "orientations").mkdir()
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        path = folder / f"orientations/{orientation}.jpg"
        image.save(path, quality=95, subsampling=0, exif=exif)
        write_image(read_image(path), path.with_suffix(".png"))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
