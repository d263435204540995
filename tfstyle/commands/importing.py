"""`tfstyle import`: a style of another project's weights."""

from pathlib import Path
from typing import Annotated

import typer

from tfstyle.commands.terminal import Quiet, load_keras, note
from tfstyle.images.files import read_image
from tfstyle.importing.layouts import LAYOUTS


def import_weights(
    weights: Annotated[Path, typer.Argument(help="File of PyTorch or TensorFlow 1.")],
    painting: Annotated[Path, typer.Option(help="The painting it was trained on.")],
    origin: Annotated[str, typer.Option(help="Where the file comes from, as an address.")],
    license: Annotated[str, typer.Option(help="Of the weights, as BSD-3-Clause.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the style; else its name.")
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(LAYOUTS)}.", show_default="by the names in the file"),
    ] = None,
    title: Annotated[str, typer.Option(help="Of the painting.")] = "",
    artist: Annotated[str, typer.Option(help="Of the painting.")] = "",
    year: Annotated[str, typer.Option(help="Of the painting.")] = "",
    rights: Annotated[str, typer.Option(help="Of the painting, as public domain.")] = "",
    preview: Annotated[
        list[Path] | None, typer.Option(help="Photograph for preview.jpg; may be repeated.")
    ] = None,
    quiet: Quiet = False,
):
    """Make a style of another project's network: PyTorch's examples, lengstrom's and others."""
    read_image(painting)
    credit = {"title": title, "artist": artist, "year": year, "rights": rights}
    load_keras()
    from tfstyle.importing.style import import_style

    style = import_style(weights, painting, origin, license, layout, **credit)
    folder = output or Path(weights.name.partition(".")[0])
    saved = style.save(folder, preview or ())
    card = saved.card["imported"]
    note(f"Saved {folder}: {card['layout']}, {saved.card['parameters']:,} parameters.", err=False)
    note(f"License of the weights: {card['license']}. Origin: {card['origin']}.", err=False)
