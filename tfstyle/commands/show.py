"""`tfstyle show`: one style in detail."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tfstyle.commands.terminal import complete_style
from tfstyle.styles.card import CARD, read_card
from tfstyle.styles.folder import RECIPE, find_style, find_trunk, generators_of, is_trunk
from tfstyle.styles.recipe import Recipe, load_recipes
from tfstyle.styles.summary import facts_of


def show(
    style: Annotated[str, typer.Argument(help="Name, or folder.", autocompletion=complete_style)],
):
    """Show a style: painting, credit, measurements and files."""
    if is_trunk(style):
        _show_trunk(find_trunk(style))
        return
    folder = find_style(style).parent
    for number, generator in enumerate(generators_of(folder)):
        place = folder / generator
        recipe = Recipe.load(place / RECIPE)
        if not number:
            credit = {key: getattr(recipe, key) for key in ("artist", "year", "rights", "source")}
            painting = {
                "painting": recipe.title,
                **credit,
                "file": str(Path(recipe.painting).resolve()),
            }
            _print(folder.name, painting)
        files = {key: place / name for key, name in (("preview", "preview.jpg"), ("card", CARD))}
        there = {key: str(path) for key, path in files.items() if path.exists()}
        _print(generator, {**facts_of(read_card(place)), **there})


def _show_trunk(folder):
    names = ", ".join(load_recipes(folder / RECIPE))
    _print(folder.name, {**facts_of(read_card(folder)), "paintings": names, "folder": str(folder)})
    typer.echo("Blend its paintings: tfstyle stylize PHOTO --style mosaic:0.6,great_wave:0.4")


def _print(title, facts):
    table = Table(title, "", box=None, pad_edge=False, header_style="bold")
    for name, value in facts.items():
        if value:
            table.add_row(name, Text(value, overflow="fold"))
    Console().print(table)
