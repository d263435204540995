"""The command `tfstyle`: one function a verb, thin over the library.

Keras is imported inside the functions: `--help`, `list` and a mistyped option answer at once.
"""

import glob
import json
import os
import sys
import warnings
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

import tfstyle
from tfstyle.cli_export import export, web
from tfstyle.cli_training import train, trunk
from tfstyle.folders import (
    RECIPE,
    find_style,
    find_trunk,
    generators_of,
    read_card,
    style_folders,
    write_card,
)
from tfstyle.images import SUFFIXES, find_images, limit_longest, read_image, write_image
from tfstyle.recipes import Recipe, load_recipes
from tfstyle.terminal import (
    STYLE_HELP,
    Generator,
    Vgg,
    command_line,
    complain,
    load_keras,
    progress_bar,
    style_or_blend,
    tell_of_others,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Fast neural style transfer: paint photographs like a painting.",
)

_GIGABYTES = {"johnson": 0.4, "pyramid": 0.8}  # a megapixel of a large photograph
_MANY_GIGABYTES = 4


def main():
    """Runs the command line; a user's mistake prints one line and exits with 2."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Pillow warns of flaws in files that it reads nevertheless, such as broken EXIF.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        app()
    except (ValueError, ImportError) as error:  # a package that an option needs is missing
        complain(error)
        sys.exit(2)
    except (ArithmeticError, OSError) as error:
        complain(error)
        sys.exit(1)


@app.command()
def stylize(
    photographs: Annotated[list[str], typer.Argument(help="Files, folders or patterns.")],
    style: Annotated[str, typer.Option("--style", "-s", help=STYLE_HELP)] = "mosaic",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder; or, for one photograph, a file.")
    ] = Path("stylized"),
    generator: Generator = None,
    max_side: Annotated[
        int | None,
        typer.Option(min=1, help="Scale larger ones down: bolder strokes, smaller pictures."),
    ] = None,
    grain: Annotated[
        float, typer.Option(min=0, max=1, help="Noise first; 0.02 puts strokes into flat areas.")
    ] = 0.0,
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="Below 1 the photograph shines through.")
    ] = 1.0,
    keep_colors: Annotated[
        bool, typer.Option("--keep-colors", help="Those of the photograph, not the painting's.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="For grain, and generators with noise.")] = 0,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite pictures.")] = False,
):
    """Paint photographs in a style.

    Pictures keep the names of their photographs. One that cannot be read or written is
    reported, the others are still done, and the exit code is 1.
    """
    paths = _expand(photographs)
    targets = _targets(paths, output)
    _, load = style_or_blend(style, generator)
    load_keras()
    painter = load()
    failed = 0
    with progress_bar() as progress:
        for path, target in progress.track(
            list(zip(paths, targets, strict=True)), description=escape(style)
        ):
            try:
                _refuse_overwriting(path, target, force)
                image = read_image(path, max_side and (max_side, max_side))
                if max_side:
                    image = limit_longest(image, max_side)
                _warn_of_memory(path, image, painter.recipe.generator)
                write_image(painter.stylize(image, seed, grain, strength, keep_colors), target)
            except Exception as error:  # even TensorFlow out of memory must not stop the others
                failed += 1
                known = isinstance(error, ValueError | OSError)
                complain(error if known else f"{path}: {error!r}")
    done = len(paths) - failed
    typer.echo(f"{done} of {len(paths)} written to {output}.")
    if failed:
        raise typer.Exit(1)


@app.command("list")
def list_command(
    folder: Annotated[Path | None, typer.Argument(help="Folder of styles; else the zoo.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
):
    """Show the trained styles."""
    rows = []
    for style in style_folders(folder):
        for generator in generators_of(style):
            place = style / generator
            recipe, card = Recipe.load(place / RECIPE), read_card(place)
            rows.append(
                {
                    "name": style.name,
                    "generator": generator,
                    "title": recipe.title,
                    "artist": recipe.artist,
                    "rights": recipe.rights,
                    "parameters": card["parameters"],
                    "bytes": card["bytes"],
                }
            )
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    # A name that is cut off cannot be typed.
    whole = {"no_wrap": True, "min_width": max((len(row["name"]) for row in rows), default=0)}
    table = Table(Column("name", **whole), "generator", "painting", "rights", "weights", "size")
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f} MB"
        painting = ", ".join(filter(None, (row["title"], row["artist"])))
        cells = (painting, row["rights"], f"{row['parameters']:,}", size)
        table.add_row(*(escape(cell) for cell in (row["name"], row["generator"], *cells)))
    Console().print(table)
    if not folder:
        names = ", ".join(load_recipes(find_trunk("trunk") / RECIPE))
        typer.echo(f"To blend, as by --style mosaic:0.6,great_wave:0.4: {names}.")


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version, and exit.")] = False,
):
    if version:
        typer.echo(tfstyle.__version__)
        raise typer.Exit


app.command()(train)
app.command()(trunk)


@app.command()
def evaluate(
    style: Annotated[str, typer.Argument(help="Name in the zoo, or a folder.")],
    content: Annotated[Path, typer.Option(help="Folder of photographs not trained on.")],
    generator: Generator = None,
    count: Annotated[int, typer.Option(min=1, help="Photographs to use.")] = 10,
    size: Annotated[int, typer.Option(min=64, help="Side of the pictures.")] = 256,
    iterations: Annotated[
        int, typer.Option(min=0, help="L-BFGS iterations of the slow reference.")
    ] = 100,
    vgg: Vgg = "imagenet",
    save: Annotated[bool, typer.Option("--save", help="Keep the numbers in the card.")] = False,
):
    """Measure a style's losses, and how many L-BFGS iterations they equal."""
    folder = find_style(style, generator)
    paths = find_images(content)[:count]
    load_keras()
    from tfstyle.evaluation import evaluate as evaluate_style
    from tfstyle.styles import load

    with progress_bar() as progress:
        task = progress.add_task("evaluate", total=len(paths) * (1 + iterations))
        advance = partial(progress.advance, task)
        result = evaluate_style(load(folder), paths, vgg, size, iterations, advance)
        progress.update(task, completed=len(paths) * (1 + iterations))
    table = Table("", "value")
    for name, value in result.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int | float) else str(value))
    Console().print(table)
    if save:
        evaluation = {**result, "command": command_line()}
        write_card(folder, {**read_card(folder), "evaluation": evaluation})


app.command()(export)
app.command()(web)


def _warn_of_memory(path, image, generator):
    """Tells before a large photograph is painted, since a full memory can end the whole program."""
    needed = _GIGABYTES[generator] * image.width * image.height / 1e6
    if needed > _MANY_GIGABYTES:
        typer.echo(
            f"{path}: {image.width} x {image.height} pixels take about {needed:.0f} GB of memory, "
            "and strokes keep their size in pixels. --max-side 1500 takes 2 GB, for a smaller "
            "picture with bolder ones.",
            err=True,
        )


def _expand(arguments):
    """Gives the image files that files, folders and patterns name."""
    paths = []
    for argument in arguments:
        if Path(argument).is_dir():
            paths += find_images(argument)
            tell_of_others(Path(argument))
        elif glob.has_magic(argument) and not Path(argument).exists():
            found = [Path(name) for name in sorted(glob.glob(argument, recursive=True))]  # noqa: PTH207
            images = [path for path in found if path.suffix.lower() in SUFFIXES]
            if not images:
                raise ValueError(f"No image matches {argument}.")
            paths += images
        else:
            paths.append(Path(argument))
    return list(dict.fromkeys(paths))


def _targets(paths, output):
    """Gives where each picture goes; refuses two photographs of one name."""
    if output.suffix and not output.is_dir():
        if output.suffix.lower() not in SUFFIXES:
            raise ValueError(
                f"{output}: cannot write images of this kind. Use one of {', '.join(SUFFIXES)}; "
                "if it shall be a folder, make it first."
            )
        if len(paths) == 1:
            return [output]
        raise ValueError(f"{output} is one file for {len(paths)} photographs. Give a folder.")
    names = [path.name if path.suffix.lower() in SUFFIXES else f"{path.name}.png" for path in paths]
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{count} photographs are named {name}: stylize them in several calls.")
    return [output / name for name in names]


def _refuse_overwriting(photograph, picture, force):
    if picture.exists() and photograph.exists() and picture.samefile(photograph):
        raise ValueError(f"{picture} is the photograph itself. Choose another --output.")
    if picture.exists() and not force:
        raise ValueError(f"{picture} exists already. Use --force to overwrite it.")
