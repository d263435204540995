"""The files of the page's styles: one TFLite file each, and pictures that are painted here.

    styles/mosaic-1a2b3c4d.tflite     the generator, for every size
    styles/mosaic-1a2b3c4d.webp       the first example photograph, painted: what visitors see first
    styles/mosaic-1a2b3c4d-small.webp the middle of that picture
    styles/mosaic-1a2b3c4d.golden     the same example, small and painted: raw RGB, to check a GPU
    styles/mosaic-painting-1a2b3c4d.webp   the painting, small
    styles/trunk-kiss-1a2b3c4d.values float32 gamma and beta of one painting of a trunk

Each style is written by its own process, so TensorFlow is only imported where it is used.
"""

import hashlib
import warnings
from pathlib import Path
from urllib.parse import quote

import numpy as np

import tfstyle
from tfstyle.files import sha256
from tfstyle.images.files import read_image, write_image
from tfstyle.images.geometry import center_crop, fitting, mirror, resize_longest
from tfstyle.images.pixels import to_image, to_pixels, to_uint8

PRECISION = "int8_weights"  # two thirds of float16, and right on flat images: see web/README.md
SIDE = 512  # pixels: the longer side of the first picture
THUMBNAIL = 208
GOLDEN = 128  # a multiple of 32, for `pyramid`


def write_style(place, folder, photograph):
    """Writes the files of a style.

    Args:
        place: Folder of a trained generator, as `find_style` returns it.
        folder: Folder for the files.
        photograph: Path of the first example photograph.

    Returns:
        Dictionary, the style's entry in `styles.json`.
    """
    from tfstyle.export.quantization import own_half
    from tfstyle.generators import noise_inputs, size_rule

    style, name = tfstyle.load(place), place.parent.name
    multiple, minimum = size_rule(style.model)
    half = own_half(style.card)
    content, rules = _resizable(_portable(style.model), multiple, minimum, half)
    stem = f"{name}-{_digest(content)}"
    (folder / f"{stem}.tflite").write_bytes(content)
    entry = {
        "name": name,
        **_credit(style.recipe),
        "painting": _write_painting(style.recipe, folder, name),
        "file": _address(f"{stem}.tflite"),
        "multiple": multiple,
        "minimum": minimum,
        "shapes": rules,
        "noise": [list(each) for each in noise_inputs(style.model)],
    }
    picture = _paint_example(content, entry, photograph)
    write_image(picture, folder / f"{stem}.webp", quality=82)
    entry["sample"] = _address(f"{stem}.webp")
    entry["thumbnail"] = _write_small(picture, folder, f"{stem}-small")
    entry["golden"] = _write_golden(content, entry, folder, stem, photograph)
    return entry


def write_trunk(place, folder, photograph):
    """Writes the files of a trunk, for blends of its paintings: see `write_style`."""
    from tfstyle.export.blending import portable_styles, value_ranges
    from tfstyle.export.resizing import without_metadata
    from tfstyle.generators import size_rule
    from tfstyle.styles.trunk import load_trunk

    trunk, name = load_trunk(place), place.name
    multiple, minimum = size_rule(trunk.model)
    size = tuple(fitting(side, multiple, minimum) for side in (128, 192))
    contents, rules = {}, None
    for painting, model in portable_styles(trunk):
        contents[painting] = without_metadata(_convert(model, size))
        if rules is None:
            _, rules = _resizable(model, multiple, minimum)
    ranges, values = value_ranges(list(contents.values()))
    base = next(iter(contents.values()))
    stem = f"{name}-{_digest(base)}"
    (folder / f"{stem}.tflite").write_bytes(base)
    shared = {
        "file": _address(f"{stem}.tflite"),
        "multiple": multiple,
        "minimum": minimum,
        "shapes": rules,
        "ranges": ranges,
        "noise": [],
    }
    shared["golden"] = _write_golden(base, shared, folder, stem, photograph)
    styles = []
    for (painting, recipe), content, numbers in zip(
        trunk.recipes.items(), contents.values(), values, strict=True
    ):
        own = f"{name}-{painting}-{_digest(content)}"
        (folder / f"{own}.values").write_bytes(numbers.astype("<f4").tobytes())
        picture = _paint_example(content, shared, photograph)
        styles.append(
            {
                "name": painting,
                **_credit(recipe),
                "painting": _write_painting(recipe, folder, f"{name}-{painting}"),
                "thumbnail": _write_small(picture, folder, f"{own}-small"),
                "values": _address(f"{own}.values"),
            }
        )
    # Programs read an index by its styles; the thumbnail of the first stands for the trunk.
    return {"name": name, "thumbnail": styles[0]["thumbnail"], **shared, "styles": styles}


def golden_pixels(photograph):
    """Returns the small photograph that checks a GPU: uint8 `[GOLDEN, GOLDEN, 3]`."""
    return np.asarray(center_crop(read_image(photograph), GOLDEN))


def fit(image, side, multiple, minimum):
    """Scales a photograph, and extends it by reflection to multiples, as the page does.

    Returns:
        Tuple of float32 `[1, height, width, 3]` in [0, 1], and the `(height, width)` that the
        photograph fills.
    """
    pixels = to_pixels(resize_longest(image, side))[None]
    height, width = pixels.shape[1:3]
    grown = mirror(pixels, fitting(height, multiple, minimum), fitting(width, multiple, minimum))
    return grown, (height, width)


def paint(content, entry, pixels):
    """Runs a file of the page in LiteRT's interpreter.

    Args:
        content: Bytes of the file.
        entry: The style's entry in `styles.json`.
        pixels: float32 `[1, height, width, 3]` in [0, 1].

    Returns:
        float32 of the same shape.
    """
    from tfstyle.export.resizing import resized

    size = pixels.shape[1:3]
    runner = _interpreter(resized(content, entry["shapes"], size)).get_signature_runner()
    noise = {name: _noise(size, ratio, channels) for name, ratio, channels in entry["noise"]}
    return runner(image=pixels, **noise)["stylized"]


def _portable(model):
    from tfstyle.export.portable import make_portable

    return make_portable(model)


def _convert(model, size, half=None):
    from tfstyle.export.tflite import convert

    return convert(model, PRECISION, size, half=half)


def _resizable(model, multiple, minimum, half=None):
    from tfstyle.export.resizing import shape_rules

    return shape_rules(lambda size: _convert(model, size, half), multiple, minimum)


def _interpreter(content):
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tensorflow.lite import Interpreter  # which says that it will go
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Interpreter(model_content=content)


def _noise(size, ratio, channels):
    """Returns numbers of N(0, 1), the same as `randomNumbers` of the page."""
    shape = (1, size[0] // ratio, size[1] // ratio, channels)
    factors = np.full(2 * np.prod(shape), 1664525, "uint32")
    powers = np.multiply.accumulate(factors, dtype="uint32")
    sums = np.concatenate([[1], 1 + np.cumsum(powers[:-1], dtype="uint32")]).astype("uint32")
    state = powers + np.uint32(1013904223) * sums  # of the seed 1, in 32 bits
    first, second = (state / 2**32).reshape(-1, 2).T
    values = np.sqrt(-2 * np.log(1 - first)) * np.cos(2 * np.pi * second)
    return values.reshape(shape).astype("float32")


def _paint_example(content, entry, photograph):
    """Paints the first example as the page would."""
    pixels, (height, width) = fit(read_image(photograph), SIDE, entry["multiple"], entry["minimum"])
    return to_image(paint(content, entry, pixels)[0, :height, :width])


def _write_golden(content, entry, folder, stem, photograph):
    pixels = golden_pixels(photograph)[None] / np.float32(255)
    painted = to_uint8(paint(content, entry, pixels)[0])
    (folder / f"{stem}.golden").write_bytes(painted.tobytes())
    return _address(f"{stem}.golden")


def _write_painting(recipe, folder, name):
    digest = sha256(recipe.painting)[:8]
    return _write_small(read_image(recipe.painting), folder, f"{name}-painting-{digest}")


def _write_small(image, folder, stem):
    write_image(center_crop(image, THUMBNAIL), folder / f"{stem}.webp", quality=80)
    return _address(f"{stem}.webp")


def _credit(recipe):
    title = recipe.title or Path(recipe.painting).stem
    return {"title": title, "artist": recipe.artist, "year": recipe.year, "rights": recipe.rights}


def _digest(content):
    return hashlib.sha256(content).hexdigest()[:8]


def _address(file):
    return f"styles/{quote(file)}"
