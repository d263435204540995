"""What the commands share: options, progress bars, and how they speak to people."""

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

Generator = Annotated[
    str | None, typer.Option("--generator", "-g", help="johnson or pyramid; else the default.")
]
Vgg = Annotated[
    str, typer.Option(help="File of VGG19 weights without top; else Keras downloads its own.")
]


def load_keras():
    """Imports Keras and its backend, without the lines that TensorFlow logs on being loaded.

    They come from C++ before its logging heeds TF_CPP_MIN_LOG_LEVEL. Python's exceptions pass.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 2)
    try:
        import keras  # noqa: F401
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def progress_bar():
    """Gives a `rich.progress.Progress` on the error stream, with counts and the time left."""
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def command_line():
    """Gives the command as it can be shown to others: files without their folders."""
    words = [Path(word).name or word if Path(word).exists() else word for word in sys.argv[1:]]
    return shlex.join(["tfstyle", *words])


def complain(error):
    """Writes one line of what went wrong."""
    typer.echo(f"Error: {error}", err=True)
