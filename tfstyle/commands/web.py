"""`tfstyle web`: a page that paints in the browser."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tfstyle.commands.terminal import (
    load_keras,
    progress_bar,
)


def web(
    folder: Annotated[Path, typer.Argument(help="Folder to write; made if missing.")],
    style: Annotated[
        list[str] | None,
        typer.Option("--style", "-s", help="Name in the zoo, or a folder; repeat. Else the zoo."),
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="The built page; else export/web/dist of the checkout.")
    ] = None,
):
    """Write a static web page that paints photographs in the browser."""
    from tfstyle.export.web_page import find_page, styles_to_show, write_web_page

    find_page(page)  # before Keras is loaded
    places = styles_to_show(style)
    load_keras()
    with progress_bar() as progress:
        task = progress.add_task("web", total=len(places))
        write_web_page(folder, places, page, done=partial(progress.advance, task))
    typer.echo(f"Written. See it with: python -m http.server --directory {folder}")
