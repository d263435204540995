"""What the commands share: options, progress bars, and how they speak to people."""

import enum
import mimetypes
import os
import re
import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from tfstyle.facts import FACTS
from tfstyle.images.formats import HEIF, is_photograph, is_video
from tfstyle.quiet import load_keras, without_stderr
from tfstyle.styles.folder import find_style, list_styles
from tfstyle.styles.hub import is_address

# Progress and notes; results go to the standard output.
notes = Console(stderr=True)

Generators = enum.StrEnum("Generators", list(FACTS))

Generator = Annotated[
    Generators | None,
    typer.Option("--generator", "-g", help="Network of the style.", show_default="the better one"),
]

STYLE_HELP = "Name, folder, or blend: mosaic:0.6,great_wave:0.4."


def complete_style(incomplete: str) -> list[str]:
    """Returns the names of the zoo's styles that begin so; after a comma, of a blend's parts."""
    before, comma, name = incomplete.rpartition(",")
    return [f"{before}{comma}{style}" for style in list_styles() if style.startswith(name)]


def _hush(quiet: bool) -> bool:
    notes.quiet = quiet
    return quiet


Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", callback=_hush, help="Print errors and results only.")
]


class Precisions(enum.StrEnum):
    """What `tfstyle.load` takes as its precision."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"


class Engines(enum.StrEnum):
    """What `tfstyle.load` takes as its engine."""

    auto = "auto"
    keras = "keras"
    openvino = "openvino"


Precision = Annotated[Precisions, typer.Option(help="auto uses bfloat16 where it looks the same.")]
Engine = Annotated[Engines, typer.Option(help="auto uses openvino if it is installed.")]

Vgg = Annotated[
    str,
    typer.Option(help="File of VGG19 weights without top.", show_default="downloaded by Keras"),
]


def tell_of_others(folder):
    """Names the images and videos of a folder that are left out."""
    kinds = Counter(path.suffix for path in folder.iterdir() if not is_photograph(path))
    for suffix, count in kinds.items():
        kind, _ = mimetypes.guess_type(f"image{suffix}", strict=False)
        if is_video(f"video{suffix}"):
            note(f"{folder}: {count} {suffix} left out. Paint a video with: tfstyle video")
        elif kind and kind.startswith("image/"):
            cure = "pip install pillow-heif" if suffix.lower() in HEIF else "Save as JPEG or PNG"
            note(f"{folder}: {count} {suffix} left out. {cure}.")


def style_or_blend(style, generator=None):
    """Finds what `STYLE_HELP` describes; a mistyped name is told before Keras is loaded.

    Returns:
        A name for files, and a function that loads the `Style`.
    """
    blend = parse_blend(style)
    if not blend:
        folder = find_style(style, generator)
        name = folder.parent.name
    elif generator not in (None, "johnson"):
        raise ValueError(f"A blend is painted by johnson, not by {generator}. Omit --generator.")
    else:
        name = "blend"

    def load_it(precision="float32", engine="keras"):
        if blend:
            load_keras()
            from tfstyle.styles.trunk import load_trunk

            return load_trunk().bake(blend)
        from tfstyle.styles.loading import load

        if engine == "keras":
            load_keras()
        with without_stderr():
            return load(folder, precision=precision, engine=engine)

    return name, load_it


def progress_bar():
    """Gives a `rich.progress.Progress` on the error stream, with counts and the time left."""
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=notes)


def command_line(program=("tfstyle",), arguments=None):
    """Gives the command as it can be shown to others: files without their folders."""
    arguments = sys.argv[1:] if arguments is None else arguments
    return shlex.join([*program, *map(_without_folders, arguments)])


def _without_folders(word):
    option, equals, value = word.rpartition("=")  # --output=FOLDER
    path = Path(value)  # the folder it lies in is there before what a command writes
    return option + equals + (path.name or value) if path.parent.exists() else word


def refuse_to_overwrite(path: Path, force: bool) -> None:
    """Refuses a file that exists, unless it is to be overwritten.

    Raises:
        ValueError: if it exists and is not.
    """
    if path.exists() and not force:
        raise ValueError(f"{path} exists already. Use --force to overwrite it.")


def complain(error):
    """Writes one line of what went wrong."""
    say(f"Error: {error}", err=True)


def note(text, err=True):
    """Writes a line that `--quiet` leaves out."""
    if not notes.quiet:
        say(text, err=err)


def say(text, err=False):
    """Writes a line; of names whose bytes are no text, with a mark in place of these bytes."""
    typer.echo(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), err=err)


def parse_blend(style: str) -> dict[str, float] | None:
    """Returns the weights of `NAME:WEIGHT,NAME:WEIGHT`, or None for a name or a folder."""
    # A path may have a colon, as C:\mosaic. `Path.exists` fails on long blends.
    if ":" not in style or is_address(style) or os.path.exists(style):  # noqa: PTH110
        return None
    weights = {}
    for part in style.split(","):
        found = re.fullmatch(r"\s*([^:\s][^:]*?)\s*:\s*(\d+\.?\d*|\.\d+)\s*", part)
        if not found:
            raise ValueError(
                f"There is no folder {style!r}, and as a blend its part {part!r} is not "
                "NAME:WEIGHT. A blend is like mosaic:0.6,great_wave:0.4."
            )
        name, weight = found.groups()
        if name in weights:
            raise ValueError(f"{style!r} names {name} twice. Give it one weight.")
        weights[name] = float(weight)
    return weights
