"""A style as a TFLite file, for LiteRT on phones, in browsers and small machines."""

import contextlib
import json
import numbers
import os
import tempfile
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.export.compact import compact
from tfstyle.export.free_size import with_first_size
from tfstyle.export.likeness import likeness
from tfstyle.export.litert import Painter, interpreter_class
from tfstyle.export.metadata import add_metadata
from tfstyle.export.portable import make_portable
from tfstyle.export.quantization import float_convolutions, own_half, quantize, store_weights
from tfstyle.export.saved_model import write_function
from tfstyle.files import replacing
from tfstyle.generators import noise_inputs, sample_noise, size_rule
from tfstyle.images.files import read_middle
from tfstyle.styles.style import Style
from tfstyle.styles.weights import versions

PRECISIONS = ("float32", "float16", "int8_weights", "int8_dynamic", "int8")

# Structural similarity to the style's own pictures, below which int8 is refused.
INT8_FLOOR = 0.95
# Photographs that decide the ranges of int8, and photographs that judge it.
_CALIBRATION, _JUDGES = 32, 4


def to_tflite(
    style: Style,
    path: str | os.PathLike[str],
    precision: str = "float32",
    size: int | tuple[int, int] | None = None,
    photographs: Sequence[str | os.PathLike[str]] = (),
    seed: int | None = None,
    refuse_damage: bool = True,
) -> dict[str, Any]:
    """Writes a style as a TFLite file, and a JSON file of facts beside it.

    Args:
        style: As for `to_bytes`.
        path: Path ending in `.tflite`. The JSON file has the ending `.json` instead.
        precision: As for `to_bytes`.
        size: As for `to_bytes`.
        photographs: As for `to_bytes`.
        seed: As for `to_bytes`.
        refuse_damage: As for `to_bytes`.

    Returns:
        Dictionary: the facts that are written as JSON.

    Raises:
        ValueError: if the path does not end in `.tflite`, and as `to_bytes`. Nothing is written
            then.
        ImportError: as `to_bytes`.

    Example: `to_tflite(tfstyle.load("mosaic"), "mosaic.tflite", "float16", size=384)`
    """
    path = Path(path)
    if path.suffix != ".tflite":
        raise ValueError(f"The file must end in .tflite. Received: {path}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder. Give the name of a file.")
    content, facts = to_bytes(style, precision, size, photographs, seed, refuse_damage)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return facts


def to_bytes(
    style: Style,
    precision: str = "float32",
    size: int | tuple[int, int] | None = None,
    photographs: Sequence[str | os.PathLike[str]] = (),
    seed: int | None = None,
    refuse_damage: bool = True,
) -> tuple[bytes, dict[str, Any]]:
    """Converts a style to the content of a TFLite file that only has builtin operations.

    The file has one signature, `serving_default`. It takes `image` and returns `stylized`, both
    float32 `[1, height, width, 3]` in [0, 1]. GPU delegates, which compute in float16, run it
    without overflow for photographs up to 1080 x 1080: see `portable`.

    Args:
        style: `Style`.
        precision: One of
            - `"float32"`: pictures differ from the style's own by at most 1e-3 in [0, 1].
            - `"float16"`: half the bytes. GPU delegates compute in float16 anyway.
            - `"int8_weights"`: a third of the bytes; arithmetic in float32. Pictures differ by at
              most 0.03 from the style's own.
            - `"int8_dynamic"`: the same bytes. CPUs compute mostly in int8, in about half the
              time. Some pixels differ by up to 0.3.
            - `"int8"`: convolutions in int8, calibrated on `photographs`; everything else in
              float32. It needs a `size`.
        size: Integer or `(height, width)` in pixels, multiples of 4 (`johnson`) or 32
            (`pyramid`). GPU delegates need a fixed size. With None, one file takes images of any
            such size, on CPUs only.
        photographs: Image files, for `"int8"`: ten or more, similar to those to be painted.
        seed: Integer, for a generator that takes noise, with a `size`: the noise of this seed is
            stored in the file. With None, the noise is an input for each scale, `noise_32` to
            `noise_1`.
        refuse_damage: Whether `"int8"` raises if its pictures of `photographs` have a structural
            similarity below 0.95 with the style's own.

    Returns:
        Tuple of the file's bytes, which `litert.Painter` takes, and a dictionary: the facts in the
        file's metadata, and `bytes`, its length. For int8 it also has `similarity`, the mean
        structural similarity to the style's own pictures (1 is equal).

    Raises:
        ValueError: if the precision is unknown, the size is no multiple of the generator's,
            `"int8"` has no photographs or no size, or its similarity is below 0.95.
        ImportError: for `"int8"`, if ai-edge-litert is not installed.
    """
    _check(precision, photographs, seed)
    size = _check_size(style.model, size)
    if precision == "int8" and size is None:
        raise ValueError("int8 needs a size: give size=384, or (height, width).")
    if seed is not None and size is None and len(style.model.inputs) > 1:
        raise ValueError(
            "A seed stores the noise in the file, which needs a size: give size=384, or no seed."
        )
    half = own_half(style.card)
    content = convert(make_portable(style.model), precision, size, photographs, seed, half)
    facts = _facts(style, precision, size, seed)
    if size is None:
        content = with_first_size(content, facts)
    content = add_metadata(content, facts)
    if precision == "int8":
        facts["similarity"] = _similarity(style, content, size, photographs, refuse_damage)
    return content, {**facts, "bytes": len(content)}


def convert(generator, precision, size=None, photographs=(), seed=None, half=None):
    """Converts a generator, without metadata: see `to_tflite`.

    Args:
        generator: `keras.Model`, portable or not.
        precision: One of `PRECISIONS`.
        size: `(height, width)`, or None.
        photographs: Image files, for `"int8"`.
        seed: Integer of the noise that becomes a constant, or None.
        half: See `store_weights`.

    Returns:
        Bytes.
    """
    generator = _numbered(generator)
    content = _convert_float(generator, size, seed)
    if precision == "int8":
        in_float = float_convolutions(content, generator.name)
        samples = partial(_samples, generator, photographs, size, seed)
        with _converter(generator, size, seed) as converter:
            content = quantize(converter, samples, in_float)
    if precision != "float32":
        content = store_weights(content, generator.name, precision, half)
    return compact(content)


def _numbered(generator):
    """Returns the generator with layers named by their order: equal styles give equal bytes.

    Keras numbers layers by what a process has built before, and the converter sorts by name.
    """
    names = {}

    def clone(layer):
        if isinstance(layer, keras.layers.InputLayer):
            return layer
        name = names.setdefault(layer.name, f"layer_{len(names):03}")
        return type(layer).from_config({**layer.get_config(), "name": name})

    # A bare model: cloning would also compile, which fails without an optimizer.
    bare = keras.Model(generator.inputs, generator.outputs, name=generator.name)
    numbered = keras.models.clone_model(bare, clone_function=clone)
    numbered.set_weights(generator.get_weights())
    return numbered


def _convert_float(generator, size, seed):
    with _converter(generator, size, seed) as converter:
        return converter.convert()


def _check(precision, photographs, seed):
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision must be one of {', '.join(PRECISIONS)}. Received: {precision!r}"
        )
    if precision == "int8" and not photographs:
        raise ValueError(
            "int8 is calibrated on photographs: give ten or more (photographs=, or --calibrate), "
            "similar to those to be painted. int8_weights needs none."
        )
    if seed is not None and seed < 0:
        raise ValueError(f"seed must not be negative. Received: {seed}")
    if precision == "int8":
        interpreter_class()  # judges the pictures, after a long conversion


def _check_size(generator, size) -> tuple[int, int] | None:
    if size is None:
        return None
    sides = (size, size) if isinstance(size, numbers.Integral) else tuple(size)
    multiple, minimum = size_rule(generator)
    if len(sides) != 2 or any(side % multiple or side < minimum for side in sides):
        near = [max(minimum, round(side / multiple) * multiple) for side in sides]
        raise ValueError(
            f"Height and width must be multiples of {multiple} and at least {minimum}. Received: "
            f"{'x'.join(map(str, sides))}. The nearest: {'x'.join(map(str, near))}"
        )
    height, width = map(int, sides)  # NumPy's integers are none for JSON
    return height, width


@contextlib.contextmanager
def _converter(generator, size, seed):
    with tempfile.TemporaryDirectory() as folder, _quiet():
        write_function(generator, folder, (1, *(size or (None, None))), seed)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        yield converter


def _samples(generator, photographs, size, seed):
    """Yields the inputs of some photographs, cropped and scaled to `size`, as a converter asks."""
    names = ["image", *(name for name, _, _ in noise_inputs(generator))]
    for number, path in enumerate(photographs[:_CALIBRATION]):
        images = read_middle(path, size)[None]
        noise = [] if seed is not None else sample_noise(generator, *images.shape[:3], number)  # pyright: ignore[reportCallIssue]
        yield dict(zip(names, [images, *noise], strict=False))


def _similarity(style, content, size, photographs, refuse):
    painter = Painter(content)
    judges = [read_middle(path, size) for path in photographs[:_JUDGES]]
    found = [likeness(painter, style.model, pixels)[1] for pixels in judges]
    value = round(float(np.mean(found)), 4)
    if refuse and not value >= INT8_FLOOR:
        raise ValueError(
            f"The int8 pictures have a structural similarity of {value:.3f} to the style's own "
            f"pictures; expected at least {INT8_FLOOR}. Use int8_weights or float16, calibrate on "
            "other photographs, or accept it with refuse_damage=False (--accept-damage)."
        )
    return value


def _facts(style, precision, size, seed):
    recipe, generator = style.recipe, style.model
    multiple, minimum = size_rule(generator)
    baked = seed is not None and len(generator.inputs) > 1
    noise = [
        {"name": name, "ratio": ratio, "channels": channels}
        for name, ratio, channels in noise_inputs(generator)
    ]
    painting = ", ".join(filter(None, (recipe.title, recipe.artist, recipe.year)))
    image = "RGB, float32 in [0, 1], [1, height, width, 3]"
    inputs = [
        {
            "name": "image",
            "description": f"The photograph: {image}",
            "content": "image",
            "range": [0, 1],
        },
        *(
            {"name": z["name"], "description": "Noise of N(0, 1)", "content": "noise"}
            for z in noise
        ),
    ]
    picture = {
        "name": "stylized",
        "description": f"The picture: {image}",
        "content": "image",
        "range": [0, 1],
    }
    return {
        "name": recipe.title or Path(recipe.painting).stem,
        "description": f"Paints a photograph in the style of: {painting or 'a painting'}.",
        # Of the painting; who trained the style no recipe says.
        "author": recipe.artist and f"painting: {recipe.artist}",
        "license": _license(style),
        "source": recipe.source,
        "version": "1",
        "generator": recipe.generator,
        "parameters": generator.count_params(),
        "precision": precision,
        "size": size and list(size),
        "multiple": multiple,
        "minimum": minimum,
        "seed": seed if baked else None,
        "noise": [] if baked else noise,
        "tensors": {"inputs": inputs[:1] if baked else inputs, "outputs": [picture]},
        "versions": versions(),
    }


def _license(style):
    """Returns the licence of the painting, and that of imported weights."""
    parts = {"painting": style.recipe.rights}
    parts["weights"] = style.card.get("imported", {}).get("license")
    return "; ".join(f"{name}: {value}" for name, value in parts.items() if value)


@contextlib.contextmanager
def _quiet():
    """Hides the converter's warnings, which are for its own developers."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
