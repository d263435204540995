"""`tfstyle trunk`: one generator learns many paintings."""

from pathlib import Path
from typing import Annotated

import typer

from tfstyle.commands.terminal import Vgg, command_line, load_keras
from tfstyle.commands.training import (
    Content,
    Precision,
    Preview,
    photographs_of,
    planned,
    precision_of,
    refuse,
    refuse_missing,
    two_of,
)
from tfstyle.memory import keep_freed_memory
from tfstyle.styles.folder import refuse_to_empty
from tfstyle.styles.recipe import load_recipes


def trunk(
    recipe: Annotated[Path, typer.Argument(help="Recipe of a trunk (.toml).")],
    content: Content,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new trunk.")],
    precision: Precision = "auto",
    vgg: Vgg = "imagenet",
    preview: Preview = None,
):
    """Train one generator on many paintings. The same command resumes after an interruption."""
    recipes = load_recipes(recipe)
    output = output.resolve()  # "." has no name to write beside
    refuse_to_empty(output)
    for each in recipes.values():
        refuse_missing(each.painting)
    # Beside the trunk, whose folder is replaced as a whole at the end.
    folder = output.parent / "training" / output.name
    photographs = photographs_of(content)
    previews = preview or two_of(photographs)
    refuse(precision, vgg, preview or ())
    keep_freed_memory()
    load_keras()
    from tfstyle.training import train_trunk

    precision = precision_of(precision)
    typer.echo(f"{len(recipes)} paintings: {', '.join(recipes)}.")
    planned(next(iter(recipes.values())), None, folder, photographs, vgg, precision)
    trained = train_trunk(recipes, photographs, folder, vgg, precision, previews)
    trained.card["command"] = command_line()
    trained.save(output, previews)
    typer.echo(f"Saved. To start a training from it, use: --from {output}")
