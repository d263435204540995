"""`tfstyle web`: a page that paints in the browser."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tfstyle.commands.terminal import Quiet, complete_style, load_keras, note, progress_bar


def web(
    folder: Annotated[Path, typer.Argument(help="Folder to write.")],
    style: Annotated[
        list[str] | None,
        typer.Option(
            "--style",
            "-s",
            help="Name or folder; repeat.",
            show_default="the whole zoo",
            autocompletion=complete_style,
        ),
    ] = None,
    address: Annotated[str, typer.Option(help="Address of the page, for previews of links.")] = "",
    processes: Annotated[
        int | None,
        typer.Option(
            min=1, help="Number of styles to write at once.", show_default="processors, up to 4"
        ),
    ] = None,
    quiet: Quiet = False,
):
    """Write a static web page that paints photographs in the browser."""
    from tfstyle.export.web_page import styles_to_show, write_web_page

    places = styles_to_show(style)  # a mistyped name is told before Keras is loaded
    load_keras()
    with progress_bar() as progress:
        task = progress.add_task("Writing styles", total=len(places))

        def done(name):
            progress.update(task, advance=1, description=f"Written: {name}")

        write_web_page(folder, places, address, processes, _start, done)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    note(f"Written: {len(places)} styles, {size / 1e6:.0f} MB.", err=False)
    note(f"See it with: python -m http.server --directory {folder}", err=False)


def _start():
    """Prepares a process that writes styles: whatever goes wrong comes back as an exception."""
    load_keras()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # LiteRT's C++ tells there what it is made of
