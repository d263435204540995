"""The command `tfstyle`: one function a verb, thin over the library.

Keras is imported inside the functions: `--help`, `list` and a mistyped option answer at once.
"""

import os
import sys
import warnings
from typing import Annotated

import typer

import tfstyle
from tfstyle.commands.cluster import cluster
from tfstyle.commands.evaluate import evaluate
from tfstyle.commands.export import export
from tfstyle.commands.importing import import_weights
from tfstyle.commands.list import list_styles
from tfstyle.commands.show import show
from tfstyle.commands.stylize import stylize
from tfstyle.commands.terminal import complain, notes
from tfstyle.commands.train import train
from tfstyle.commands.trunk import trunk
from tfstyle.commands.video import video
from tfstyle.commands.web import web

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Fast neural style transfer: paint photographs like a painting.",
)
app.command()(stylize)
app.command("list")(list_styles)
app.command()(show)
app.command()(video)
app.command()(cluster)
app.command()(train)
app.command()(trunk)
app.command()(evaluate)
app.command()(export)
app.command("import")(import_weights)
app.command()(web)


def main():
    """Runs the command line; a user's mistake prints one line and exits with 2."""
    # A command tells what failed in one line of its own.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    notes.quiet = False
    # Pillow warns of flaws in files that it reads nevertheless, such as broken EXIF.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        _refuse_empty(sys.argv[1:])
        app()
    except (ValueError, ImportError) as error:  # a package that an option needs is missing
        complain(error)
        sys.exit(2)
    except (ArithmeticError, OSError) as error:
        complain(error)
        sys.exit(1)


def _refuse_empty(arguments):
    """Refuses empty names: `Path("")` is the working directory, which nobody means by one."""
    for number, argument in enumerate(arguments, 1):
        if not argument or (argument.startswith("--") and argument.endswith("=")):
            raise ValueError(
                f"Argument {number}, {argument!r}, has no value. Is a variable of the shell unset?"
            )


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
):
    if version:
        typer.echo(tfstyle.__version__)
        raise typer.Exit
