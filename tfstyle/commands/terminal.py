"""What the commands share: options, progress bars, and how they speak to people."""

import contextlib
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

from tfstyle.images.formats import HEIF, is_photograph
from tfstyle.styles.folder import find_style
from tfstyle.styles.hub import is_address

Generator = Annotated[
    str | None,
    typer.Option(
        "--generator",
        "-g",
        help="Choose johnson or pyramid, which is smaller.",
        show_default="johnson, if there",
    ),
]

STYLE_HELP = "Name, folder, or blend: mosaic:0.6,great_wave:0.4."


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


Precision = Annotated[
    Precisions, typer.Option(help="auto uses bfloat16 if it is fast and looks the same.")
]
Engine = Annotated[Engines, typer.Option(help="Inference engine. auto uses openvino if installed.")]

Vgg = Annotated[str, typer.Option(help="File of VGG19 weights. By default, Keras downloads it.")]


def load_keras():
    """Imports Keras and its backend, without the lines that TensorFlow logs on being loaded.

    They come from C++ before its logging heeds TF_CPP_MIN_LOG_LEVEL. Python's exceptions pass.
    """
    with _without_stderr():
        import keras  # noqa: F401


@contextlib.contextmanager
def _without_stderr():
    if not sys.stderr:  # Python has none if the caller has closed it
        yield
        return
    sys.stderr.flush()
    stderr = os.dup(2)
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


@contextlib.contextmanager
def without_libtiff(source):
    """Keeps libtiff from writing to the error stream, past Python, of flaws in a TIFF.

    Args:
        source: Path, or binary file that can be sought in.
    """
    start = b""
    with contextlib.suppress(OSError, ValueError):
        if hasattr(source, "read"):
            start = source.read(4)
            source.seek(0)
        elif Path(source).is_file():  # not a pipe, which would wait for its writer
            with Path(source).open("rb") as file:
                start = file.read(4)
    is_tiff = start[:2] in (b"II", b"MM")
    with _without_stderr() if is_tiff else contextlib.nullcontext():
        yield


def tell_of_others(folder):
    """Names the images of a folder that are of kinds which Pillow does not read."""
    kinds = Counter(path.suffix for path in folder.iterdir() if not is_photograph(path))
    for suffix, count in kinds.items():
        kind, _ = mimetypes.guess_type(f"image{suffix}", strict=False)
        if kind and kind.startswith("image/"):
            cure = "pip install pillow-heif" if suffix.lower() in HEIF else "Save as JPEG or PNG"
            say(f"{folder}: {count} {suffix} left out. {cure}.", err=True)


def style_or_blend(style, generator=None):
    """Finds what `STYLE_HELP` describes; a mistyped name is told before Keras is loaded.

    Returns:
        A name for files, and a function that loads the `Style`.
    """
    blend = _blend(style)
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
        from tfstyle.styles.style import load

        if engine == "keras":
            load_keras()
        with _without_stderr():
            return load(folder, precision=precision, engine=engine)

    return name, load_it


def progress_bar():
    """Gives a `rich.progress.Progress` on the error stream, with counts and the time left."""
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def command_line(program=("tfstyle",), arguments=None):
    """Gives the command as it can be shown to others: files without their folders."""
    arguments = sys.argv[1:] if arguments is None else arguments
    return shlex.join([*program, *map(_without_folders, arguments)])


def _without_folders(word):
    option, equals, value = word.rpartition("=")  # --output=FOLDER
    path = Path(value)  # the folder it lies in is there before what a command writes
    return option + equals + (path.name or value) if path.parent.exists() else word


def complain(error):
    """Writes one line of what went wrong."""
    say(f"Error: {error}", err=True)


def say(text, err=False):
    """Writes a line; of names whose bytes are no text, with a mark in place of these bytes."""
    typer.echo(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), err=err)


def _blend(style):
    """Gives the weights of `NAME:WEIGHT,NAME:WEIGHT`; nothing for a name or a folder."""
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
