"""`tfstyle stylize`: photographs become pictures."""

import enum
import io
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from rich.markup import escape

from tfstyle.commands.memory import any_is_large, parse_bytes, tell_of_memory
from tfstyle.commands.options import (
    Grain,
    Huge,
    KeepColors,
    KeepProfile,
    Mask,
    MaxSide,
    Memory,
    Metadata,
    Seed,
    Strength,
    Stroke,
)
from tfstyle.commands.terminal import (
    STYLE_HELP,
    Engine,
    Engines,
    Generator,
    Precision,
    Precisions,
    Quiet,
    Vgg,
    complain,
    complete_style,
    note,
    progress_bar,
    refuse_to_overwrite,
    style_or_blend,
    tell_of_others,
)
from tfstyle.images.files import opened
from tfstyle.images.formats import format_of, picture_name
from tfstyle.images.look import Look
from tfstyle.images.row_writers import check_size, writes_rows
from tfstyle.images.rows import RowFile
from tfstyle.images.sixteen import name_of_16_bits
from tfstyle.media.batch import Item, Report, plan_pictures
from tfstyle.media.order import Order, failure_of
from tfstyle.quiet import without_libtiff
from tfstyle.styles.polish import Polish


class Bits(enum.StrEnum):
    """Of each channel."""

    eight = "8"
    sixteen = "16"


_STREAM = "-"


def stylize(
    photographs: Annotated[
        list[str], typer.Argument(help="Files, folders or patterns. - is standard input.")
    ],
    style: Annotated[
        str, typer.Option("--style", "-s", help=STYLE_HELP, autocompletion=complete_style)
    ] = "mosaic",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder, or a file for one photograph. - is standard output.",
            show_default="stylized; standard output for -",
        ),
    ] = None,
    generator: Generator = None,
    recursive: Annotated[
        bool,
        typer.Option(
            "--recursive", "-r", help="Include subfolders, and mirror them in the output."
        ),
    ] = False,
    max_side: MaxSide = None,
    stroke: Stroke = 1.0,
    mask: Mask = None,
    grain: Grain = 0.0,
    strength: Strength = 1.0,
    keep_colors: KeepColors = False,
    seed: Seed = 0,
    polish: Annotated[
        int,
        typer.Option(
            min=0, help="Improve the picture for print: iterations of the slow method, such as 12."
        ),
    ] = 0,
    vgg: Vgg = "imagenet",
    precision: Precision = Precisions.auto,
    engine: Engine = Engines.auto,
    memory: Memory = None,
    huge: Huge = False,
    bits: Annotated[
        Bits, typer.Option(help="Bits per channel. 16 writes PNG or TIFF.")
    ] = Bits.eight,
    metadata: Metadata = True,
    keep_profile: KeepProfile = False,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Overwrite existing pictures.")
    ] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Skip photographs that already have a picture.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write a line of JSON for each photograph to this file.")
    ] = None,
    quiet: Quiet = False,
):
    """Paint photographs in a style.

    Pictures keep the names of their photographs. If one cannot be read or written, the command
    reports it, paints the others, and exits with 1.
    """
    look = Look(strength, keep_colors, grain, seed, mask, stroke)
    polishing = Polish(polish, vgg) if polish else None
    allowed = parse_bytes(memory)
    order = Order(look, max_side, metadata, allowed, int(bits), keep_profile, polishing)
    if huge:
        Image.MAX_IMAGE_PIXELS = None
    if polishing and engine == Engines.auto:
        engine = Engines.keras  # which has gradients, and so is loaded anyway
    if _STREAM in photographs or output == _STREAM:
        load = _loader(style, generator, precision, engine, polishing)
        _pipe(photographs, output, order, load)
        return
    place = Path(output or "stylized")
    items, problems = _plan(photographs, place, recursive, bits)
    paths = [item.photograph for item in items]
    if engine == Engines.auto and any_is_large(paths, style, generator, stroke, max_side, allowed):
        engine = Engines.keras  # which paints strips
    load = _loader(style, generator, precision, engine, polishing)
    with Report(report) as lines:
        waiting = []
        for item in items:
            if skip_existing and item.picture.exists():
                lines.add(item, 0, skipped=True)
            else:
                waiting.append(item)
        painted = [item for item in waiting if not _refused(item, force, lines)]
        paint_one = partial(_paint_one, order=order, force=force)
        failed = _paint(painted, paint_one, load, lines, style) if painted else 0
    done, skipped = len(painted) - failed, len(items) - len(waiting)
    there = f", {skipped} there already" if skipped else ""
    if done or skipped:
        note(f"{done} of {len(waiting)} written to {place}{there}.", err=False)
    if done < len(waiting) or problems:
        raise typer.Exit(1)


def _refused(item, force, lines):
    """Whether a photograph is refused before Keras is loaded; tells why."""
    try:
        _refuse_overwriting(item.photograph, item.picture, force)
        if not item.photograph.is_fifo():  # which would wait for its writer
            with without_libtiff(item.photograph), opened(item.photograph):
                pass
    except (ValueError, OSError) as error:
        complain(error)
        lines.add(item, 0, str(error))
        return True
    return False


def _loader(style, generator, precision, engine, polish):
    """Gives the function that loads the style; a mistake in its name is told before."""
    name, load = style_or_blend(style, generator)
    if polish and name == "blend":
        raise ValueError("--polish is for one style, not for a blend.")
    return partial(load, precision.value, engine.value)


def _plan(photographs, place, recursive, bits):
    """Gives the `Item`s to paint, and how many arguments name none."""
    name = picture_name if bits == Bits.eight else name_of_16_bits
    plan = plan_pictures(photographs, place, recursive, name)
    if not plan.items:
        raise ValueError(plan.problems[0])
    if place.exists() and not place.is_dir() and not place.is_file():
        raise ValueError(f"{place} is no folder. Give a folder, or - for standard output.")
    if place.suffix and not place.is_dir():
        try:
            format_of(place)
        except ValueError as error:
            raise ValueError(f"{error} If it shall be a folder, make it first.") from None
        if len(plan.items) > 1:
            raise ValueError(
                f"{place} is one file for {len(plan.items)} photographs. Give a folder."
            )
        plan.items = [Item(plan.items[0].photograph, place)]
    elif place.is_file():
        raise ValueError(f"{place} is a file. Give a folder, or a file with a suffix.")
    for problem in plan.problems:
        complain(problem)
    for left_out in plan.notes:
        note(left_out)
    for folder in filter(Path.is_dir, map(Path, photographs)):
        tell_of_others(folder)
    return plan.items, len(plan.problems)


def _paint(items, paint_one, load, lines, style):
    """Paints photographs, and tells of those that fail; returns how many these are."""
    painter = load()
    failed = 0
    with progress_bar() as bar:
        task = bar.add_task(escape(style), total=len(items))
        for number, item in enumerate(items):
            started = time.monotonic()

            def tell(part, number=number):
                bar.update(task, completed=number + part)

            error = paint_one(item, painter=painter, progress=tell)
            lines.add(item, time.monotonic() - started, error)
            if error:
                failed += 1
                complain(error)
            tell(1)
    return failed


def _paint_one(item, order, force, painter, progress):
    """Paints a photograph; returns what went wrong, or None."""

    def paint():
        _refuse_overwriting(item.photograph, item.picture, force)
        photograph = order.read(item.photograph, progress)
        image = photograph.image
        is_by_rows = isinstance(image, RowFile) and writes_rows(item.picture)
        if is_by_rows:
            check_size(item.picture, image.shape)
        if not order.polish:
            tell_of_memory(item.photograph, image, order.memory, order.look, order.bits, is_by_rows)
        order.write(photograph, painter, item.picture, progress)

    return failure_of(item.photograph, paint)


def _pipe(photographs, output, order, load):
    """Paints one photograph from standard input, or to standard output."""
    if len(photographs) > 1:
        raise ValueError(f"- is one photograph. Received: {len(photographs)}")
    (name,) = photographs
    source = Path(name)
    if name == _STREAM:
        source = io.BytesIO(sys.stdin.buffer.read())
        source.name = "standard input"
    target = sys.stdout.buffer if output in (None, _STREAM) else Path(output)
    if target is sys.stdout.buffer and sys.stdout.isatty():
        raise ValueError("A picture is not for a terminal. Redirect the output, or give --output.")
    photograph = order.read(source)  # before Keras is loaded
    if isinstance(target, Path):
        if target.is_dir():
            raise ValueError(f"{target} is a folder. For - give a file, or - for standard output.")
        format_of(target)
    order.write(photograph, load(), target)
    if target is sys.stdout.buffer:
        sys.stdout.buffer.flush()


def _refuse_overwriting(photograph, picture, force):
    if picture.is_dir():
        raise ValueError(f"{picture} is a folder. Choose another --output.")
    if picture.exists() and photograph.exists() and picture.samefile(photograph):
        raise ValueError(f"{picture} is the photograph itself. Choose another --output.")
    refuse_to_overwrite(picture, force)
