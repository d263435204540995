"""`tfstyle stylize`: photographs become pictures."""

import glob
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tfstyle.commands.terminal import (
    STYLE_HELP,
    Generator,
    complain,
    load_keras,
    progress_bar,
    style_or_blend,
    tell_of_others,
)
from tfstyle.facts import FACTS
from tfstyle.images.files import find_images, read_image, write_image
from tfstyle.images.formats import format_of, is_photograph, picture_name
from tfstyle.images.geometry import limit_longest

_MANY_GIGABYTES = 4


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


def _warn_of_memory(path, image, generator):
    """Tells before a large photograph is painted, since a full memory can end the whole program."""
    needed = FACTS[generator].gigabytes * image.width * image.height / 1e6
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
            images = [path for path in found if is_photograph(path)]
            if not images:
                raise ValueError(f"No image matches {argument}.")
            paths += images
        else:
            paths.append(Path(argument))
    return list(dict.fromkeys(paths))


def _targets(paths, output):
    """Gives where each picture goes; refuses two photographs of one name."""
    if output.suffix and not output.is_dir():
        try:
            format_of(output)
        except ValueError as error:
            raise ValueError(f"{error} If it shall be a folder, make it first.") from None
        if len(paths) == 1:
            return [output]
        raise ValueError(f"{output} is one file for {len(paths)} photographs. Give a folder.")
    names = [picture_name(path) for path in paths]
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{count} photographs are named {name}: stylize them in several calls.")
    return [output / name for name in names]


def _refuse_overwriting(photograph, picture, force):
    if picture.exists() and photograph.exists() and picture.samefile(photograph):
        raise ValueError(f"{picture} is the photograph itself. Choose another --output.")
    if picture.exists() and not force:
        raise ValueError(f"{picture} exists already. Use --force to overwrite it.")
