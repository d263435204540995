"""`tfstyle list`: what there is to choose."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from tfstyle.commands.terminal import Quiet, note
from tfstyle.styles.card import read_card
from tfstyle.styles.folder import RECIPE, generators_of, style_folders
from tfstyle.styles.recipe import Recipe


def list_styles(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of styles.", show_default="the zoo")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with sizes.")] = False,
    quiet: Quiet = False,
):
    """List the trained styles. Details: tfstyle show NAME."""
    rows = [
        _row(style, generator)
        for style in style_folders(folder)
        for generator in generators_of(style)
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    # A name that is cut off cannot be typed; the painting takes what is left of the line.
    table = Table(
        Column("name", no_wrap=True, min_width=max((len(row["name"]) for row in rows), default=4)),
        Column("painting", no_wrap=True, overflow="ellipsis", ratio=1),
        Column("generators", no_wrap=True, min_width=len("johnson, pyramid")),
        box=None,
        pad_edge=False,
        expand=True,
    )
    for name in dict.fromkeys(row["name"] for row in rows):
        of_style = [row for row in rows if row["name"] == name]
        painting = ", ".join(filter(None, (of_style[0]["title"], of_style[0]["artist"])))
        generators = ", ".join(row["generator"] for row in of_style)
        table.add_row(*map(Text, (name, painting, generators)))
    Console().print(table)
    if not folder:
        note("Details, and what can be blended: tfstyle show NAME, tfstyle show trunk.")


def _row(style, generator):
    place = style / generator
    recipe, card = Recipe.load(place / RECIPE), read_card(place)
    return {
        "name": style.name,
        "generator": generator,
        "title": recipe.title,
        "artist": recipe.artist,
        "rights": recipe.rights,
        "parameters": card["parameters"],
        "bytes": card["bytes"],
    }
