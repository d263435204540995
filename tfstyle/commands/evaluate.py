"""`tfstyle evaluate`: how good a style is."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tfstyle.commands.terminal import (
    Generator,
    Quiet,
    Vgg,
    command_line,
    complete_style,
    load_keras,
    progress_bar,
)
from tfstyle.images.files import find_images
from tfstyle.styles.card import read_card, write_card
from tfstyle.styles.folder import find_style


def evaluate(
    style: Annotated[str, typer.Argument(help="Name, or folder.", autocompletion=complete_style)],
    content: Annotated[Path, typer.Option(help="Folder of photographs not trained on.")],
    generator: Generator = None,
    count: Annotated[int, typer.Option(min=1, help="Number of photographs.")] = 10,
    size: Annotated[int, typer.Option(min=64, help="Height and width of the pictures.")] = 256,
    iterations: Annotated[int, typer.Option(min=0, help="Iterations of the slow reference.")] = 100,
    vgg: Vgg = "imagenet",
    save: Annotated[bool, typer.Option("--save", help="Write the numbers to the card.")] = False,
    quiet: Quiet = False,
):
    """Measure a style's losses, artifacts and L-BFGS equivalent."""
    folder = find_style(style, generator)
    paths = find_images(content)[:count]
    load_keras()
    from tfstyle.evaluation import evaluate as evaluate_style
    from tfstyle.styles.loading import load
    from tfstyle.styles.weights import environment

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
        card = read_card(folder)
        measured = {"sha256": card["sha256"], **environment(), "command": command_line()}
        write_card(folder, {**card, "evaluation": {**result, **measured}})
