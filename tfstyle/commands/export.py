"""`tfstyle export`: a style for phones and servers."""

import enum
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tfstyle.commands.terminal import (
    STYLE_HELP,
    Generator,
    Quiet,
    complete_style,
    load_keras,
    note,
    notes,
    progress_bar,
    style_or_blend,
)
from tfstyle.images.files import find_images, read_image

# Of the name of what is written, by its format.
_ENDINGS = {"tflite": ".tflite", "onnx": ".onnx", "saved_model": "_saved_model"}


class Formats(enum.StrEnum):
    """What a style is written as."""

    tflite = "tflite"
    onnx = "onnx"
    saved_model = "saved_model"


class FilePrecisions(enum.StrEnum):
    """What `tfstyle.export.to_tflite` takes as its precision."""

    float32 = "float32"
    float16 = "float16"
    int8_weights = "int8_weights"
    int8_dynamic = "int8_dynamic"
    int8 = "int8"


def export(
    styles: Annotated[
        list[str],
        typer.Argument(help=f"{STYLE_HELP} Several with --android.", autocompletion=complete_style),
    ],
    format: Annotated[
        Formats, typer.Option("--format", "-f", help="Kind of the file.")
    ] = Formats.tflite,
    precision: Annotated[
        FilePrecisions | None,
        typer.Option(help="Precision of a tflite file.", show_default="float32"),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(help="384 or HEIGHTxWIDTH, for GPU delegates.", show_default="any size"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File, or folder of a saved_model; replaced.",
            show_default="name of the style",
        ),
    ] = None,
    generator: Generator = None,
    calibrate: Annotated[
        Path | None, typer.Option(help="Folder of photographs to calibrate int8 on.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Make the noise a constant.", show_default="noise is an input"),
    ] = None,
    photograph: Annotated[
        Path | None,
        typer.Option(help="Compare with the style on it.", show_default="the painting"),
    ] = None,
    accept_damage: Annotated[
        bool, typer.Option("--accept-damage", help="Write int8 even if pictures differ.")
    ] = False,
    android: Annotated[
        Path | None, typer.Option(help="Write the assets of an app's src/main.")
    ] = None,
    quiet: Quiet = False,
):
    """Write a style for phones (tflite), servers (saved_model) or other engines (onnx)."""
    if android:
        beside = (format != "tflite", output, calibrate, seed, photograph, accept_damage)
        _export_android(styles, android, generator, precision, size, any(beside))
        return
    if len(styles) > 1:
        raise ValueError(f"Give one style, or --android FOLDER. Received: {', '.join(styles)}")
    (style,) = styles
    name, load = style_or_blend(style, generator)
    for_tflite = {
        "--precision": precision,
        "--size": size,
        "--calibrate": calibrate,
        "--seed": seed,
        "--photograph": photograph,
        "--accept-damage": accept_damage or None,
    }
    given = [option for option, value in for_tflite.items() if value is not None]
    if format != Formats.tflite and given:
        raise ValueError(f"{', '.join(given)}: only for --format tflite.")
    sides = _size(size)
    photographs = find_images(calibrate) if calibrate else ()
    if photograph:
        read_image(photograph)  # before a long conversion
    target = output or Path(f"{name}{_ENDINGS[format]}")
    load_keras()
    from tfstyle.export import to_onnx, to_saved_model, to_tflite

    exported = load()
    with notes.status(f"Converting {escape(style)}"):
        if format == "saved_model":
            note(f"Saved {to_saved_model(exported, target)}.", err=False)
            return
        if format == "onnx":
            to_onnx(exported, target)
            note(f"Saved {target}.", err=False)
            return
        kind = (precision or FilePrecisions.float32).value
        to_tflite(exported, target, kind, sides, photographs, seed, not accept_damage)
    note(f"Saved {target} and {target.with_suffix('.json').name}.", err=False)
    if not quiet:
        _show_file(exported, target, photograph or Path(exported.recipe.painting))


def _export_android(styles, folder, generator, precision, size, others):
    if others:
        raise ValueError("--android takes --generator, --precision and --size, no other option.")
    if precision == "int8":
        raise ValueError("--android takes float32, float16 or int8_weights. Received: int8")
    loads = dict(style_or_blend(style, generator) for style in styles)
    if len(loads) < len(styles):
        raise ValueError(f"Two of the styles have one name. Received: {', '.join(styles)}")
    from tfstyle.export.android_assets import PRECISION, SIZE, write_android_assets

    sides = SIZE if size is None else None if size == "free" else _size(size)
    load_keras()
    with progress_bar() as progress:
        task = progress.add_task("android", total=len(styles))
        done = partial(progress.advance, task)
        kind = precision.value if precision else PRECISION
        written = write_android_assets(folder, loads, kind, sides, done)
    note(f"Written: {written}.", err=False)


def _show_file(style, path, photograph):
    """Prints what a TFLite file holds, and how it does on a photograph beside the style."""
    if not find_spec("ai_edge_litert"):
        typer.echo("Not run: that needs LiteRT. pip install ai-edge-litert", err=True)
        return
    from tfstyle.export.inspection import compare, delegate_problems, operations

    with notes.status(f"Running {escape(path.name)} in LiteRT"):
        result = compare(style, path, photograph)
        problems = delegate_problems(path)
    counts = ", ".join(f"{name} {count}" for name, count in operations(path).most_common())
    table = Table("", f"{path.name} on {photograph.name}, {result['size']}")
    table.add_row("bytes", f"{result['bytes']:,}")
    table.add_row("largest difference to Keras", f"{result['difference']:.2g} of 1")
    table.add_row("structural similarity to Keras", f"{result['similarity']:.4f}")
    table.add_row("milliseconds on this processor", f"{result['milliseconds']:.0f}")
    table.add_row("pieces for XNNPACK", str(result["partitions"]))
    table.add_row("GPU delegates", "; ".join(problems) or "take all of it, says the analyzer")
    table.add_row("operations", counts)
    Console().print(table)


def _size(text: str | None) -> int | tuple[int, int] | None:
    """Reads `384` or `360x640`."""
    if text is None:
        return None
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() for side in sides):
        raise ValueError(f"--size must be a number or HEIGHTxWIDTH. Received: {text}")
    return int(sides[0]) if len(sides) == 1 else (int(sides[0]), int(sides[1]))
