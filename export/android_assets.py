"""The files that an Android app needs to paint: models, a catalogue, golden pictures, credits.

FOLDER/assets/tfstyle/          FOLDER: an app's `src/main`
  catalog.json                  what there is to choose; `StyleCatalog` of export/android reads it
  mosaic.tflite                 one model for each style
  mosaic.jpg                    its painting, small: for a list, and to check a GPU
  mosaic.png                    that painting, painted by the model: see `GOLDEN`
  credits.txt                   credits of the paintings, for a screen of licences
"""

import json
from pathlib import Path

from PIL import Image

from tfstyle.export.litert import Painter
from tfstyle.export.tflite import to_tflite
from tfstyle.files import replacing
from tfstyle.images.files import read_image, write_image
from tfstyle.images.geometry import center_crop
from tfstyle.images.pixels import to_image, to_pixels

FOLDER = "assets/tfstyle"
# Fixed, as GPUs need it; a picture for a screen. In int8 weights one `johnson` has 1.9 MB.
SIZE = 512
PRECISION = "int8_weights"

_THUMBNAIL = 208  # pixels
# Side of the golden picture: a quarter of the bytes, and still every fault of a GPU that an eye
# would see.
GOLDEN = 104


def write_android_assets(
    folder,
    styles,
    precision=PRECISION,
    size: int | tuple[int, int] | None = SIZE,
    done=lambda: None,
):
    """Writes the assets of an Android app, and replaces an older folder `assets/tfstyle`.

    Args:
        folder: The app's `src/main`, or any other folder.
        styles: Dictionary of name to a function without arguments that loads a `Style`, in the
            order of the app's list. The noise of a generator that takes noise becomes a constant.
        precision: As in `to_tflite`, except `"int8"`.
        size: As in `to_tflite`. With None, the models take any size, but GPUs cannot run them.
        done: Function without arguments, called after each style.

    Returns:
        `pathlib.Path` of the folder `assets/tfstyle`.

    Raises:
        ValueError: if `to_tflite` raises it, or a generator takes noise and `size` is None.
            Nothing is written then.
        ImportError: if ai-edge-litert is not installed.
    """
    target = Path(folder) / FOLDER
    with replacing(target) as temporary:
        temporary.mkdir(parents=True)
        entries = []
        for name, load in styles.items():
            entries.append(_write_style(name, load(), temporary, precision, size))
            done()
        catalog = {"version": 1, "credits": "credits.txt", "styles": entries}
        text = json.dumps(catalog, indent=2, ensure_ascii=False) + "\n"
        (temporary / "catalog.json").write_text(text, encoding="utf-8")
        (temporary / "credits.txt").write_text(_credits(entries), encoding="utf-8")
    return target


def _write_style(name, style, folder, precision, size):
    model, painting, golden = (folder / f"{name}{end}" for end in (".tflite", ".jpg", ".png"))
    facts = to_tflite(style, model, precision, size, seed=0 if size else None)
    model.with_suffix(".json").unlink()  # the same facts are in the file
    recipe = style.recipe
    write_image(center_crop(read_image(recipe.painting), _THUMBNAIL), painting)
    write_image(golden_picture(model, painting), golden)
    return {
        "name": name,
        "title": recipe.title or name,
        "artist": recipe.artist or "",
        "year": recipe.year or "",
        "rights": recipe.rights or "",
        "source": recipe.source or "",
        "generator": recipe.generator,
        "precision": precision,
        "size": facts["size"],
        "bytes": facts["bytes"],
        "model": model.name,
        "painting": painting.name,
        "golden": golden.name,
    }


def golden_picture(model, photograph):
    """Paints a photograph with a TFLite file in LiteRT, and scales the picture to 104 x 104.

    Args:
        model: Path of the file.
        photograph: Path of a square image.

    Returns:
        `PIL.Image.Image` of 104 x 104 pixels.
    """
    picture = to_image(Painter(model).stylize(to_pixels(read_image(photograph))))
    return picture.resize((GOLDEN, GOLDEN), Image.Resampling.BICUBIC)


def _credits(entries):
    lines = ["Styles made with tfstyle, after these paintings:", ""]
    for entry in entries:
        painting = ", ".join(filter(None, (entry["title"], entry["artist"], entry["year"])))
        lines += [f"{painting}. {entry['rights']}", f"  {entry['source']}", ""]
    lines += ["tfstyle and TensorFlow Lite: Apache License 2.0", ""]
    return "\n".join(lines)
