"""`tfstyle list`: what there is to choose."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from tfstyle.styles.card import read_card
from tfstyle.styles.folder import RECIPE, find_trunk, generators_of, style_folders
from tfstyle.styles.recipe import Recipe, load_recipes


def list_styles(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of styles. Default: the styles of tfstyle.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
):
    """List the trained styles."""
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
