"""`tfstyle video`: paints a video."""

import enum
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeRemainingColumn

from tfstyle.commands.terminal import (
    Engine,
    Engines,
    Generator,
    Precision,
    Precisions,
    Quiet,
    complete_style,
    load_keras,
    note,
    notes,
    refuse_to_overwrite,
    style_or_blend,
)
from tfstyle.images.look import Look
from tfstyle.media.schedule import parse_schedule
from tfstyle.media.writing import CODECS

Codecs = enum.StrEnum("Codecs", list(CODECS))

_STYLE = "Name, folder, blend, or NAME@SECONDS: mosaic@0,kiss@5."


def video(
    source: Annotated[
        Path, typer.Argument(metavar="VIDEO", help="Video file in any format that FFmpeg reads.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .mp4, .mov, .mkv or .webm.")
    ],
    style: Annotated[
        str, typer.Option("--style", "-s", help=_STYLE, autocompletion=complete_style)
    ] = "mosaic",
    generator: Generator = None,
    max_side: Annotated[
        int | None, typer.Option(min=16, help="Scale larger frames down to this longest side.")
    ] = None,
    start: Annotated[float, typer.Option("--from", min=0, help="Start at this second.")] = 0.0,
    end: Annotated[
        float | None,
        typer.Option("--to", min=0, help="Stop at this second.", show_default="the end"),
    ] = None,
    codec: Annotated[
        Codecs | None,
        typer.Option(
            help="Codec of the output.",
            show_default="h264; h265 above 8 bits; vp9 in .webm",
        ),
    ] = None,
    crf: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=63,
            help="Rate factor: lower gives better quality, larger files.",
            show_default="18 for h264",
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the picture; the rest is the video.")
    ] = 1.0,
    keep_colors: Annotated[
        bool, typer.Option("--keep-colors", help="Keep the colours of the video.")
    ] = False,
    mask: Annotated[
        Path | None,
        typer.Option(help="Paint only where this image is white.", show_default="all"),
    ] = None,
    still: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the previous picture kept where still."),
    ] = 1.0,
    moving: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the previous picture kept in motion.")
    ] = 0.25,
    cuts: Annotated[bool, typer.Option(help="Start afresh where the scene changes.")] = True,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the noise.")] = 0,
    precision: Precision = Precisions.auto,
    engine: Engine = Engines.auto,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite the output.")] = False,
    quiet: Quiet = False,
):
    """Paint a video in a style, and keep its sound.

    Successive pictures are blended to reduce flicker. --still 0 --moving 0 paints each frame
    independently. Ctrl-C stops, and keeps the part painted so far.
    """
    if output.exists() and source.exists() and output.samefile(source):
        raise ValueError(f"{output} is the video to paint. Choose another --output.")
    refuse_to_overwrite(output, force)
    from tfstyle.media.clip import Clip
    from tfstyle.media.steady import Steady
    from tfstyle.media.video import stylize_video

    look = Look(strength, keep_colors, seed=seed, mask=mask)
    schedule = parse_schedule(style)
    if schedule is None:
        _, load = style_or_blend(style, generator)
    steady = Steady(still, moving, cuts) if still or moving else None
    # Refuses an unreadable video before Keras is loaded.
    with Clip(source, max_side, start, end) as clip:
        seconds = clip.seconds
        note(
            f"{clip.width} x {clip.height} pixels, {float(clip.rate):.4g} frames per second, "
            f"{seconds:.1f} seconds."
        )
    if schedule:
        paint = _scheduled(schedule, look)
    else:
        paint = _single(load(precision.value, engine.value), look)
    began = time.monotonic()
    with _progress_bar() as progress:
        task = progress.add_task(escape(style), total=seconds or None, speed="")

        def advance(done, frames):
            speed = f"{frames / (time.monotonic() - began):.2f} frames/s"
            progress.update(task, completed=done - start, speed=speed)

        result = stylize_video(
            source, output, paint, steady, max_side, start, end, codec, crf, advance
        )
        if result.finished:
            progress.update(task, completed=seconds)
    for line in result.notes:
        note(line)
    if result.damaged:
        note(f"Damaged frames left out: {result.damaged}.")
    note(f"{result.frames} frames written to {result.path}.", err=False)
    if not result.finished:
        # 1 ms after the last painted frame, so that it is not painted again.
        typer.echo(f"Stopped. To paint the rest, add --from {result.seconds + 0.001:.3f}.")
        raise typer.Exit(130)


def _single(style, look):
    return lambda pixels, seconds: style.paint(pixels, look)


def _scheduled(schedule, look):
    load_keras()
    from tfstyle.styles.trunk import load_trunk

    trunk = load_trunk()
    for _, name in schedule.keys:
        trunk.weights_of(name)  # refuses an unknown name before the first frame
    return lambda pixels, seconds: trunk.paint(pixels, schedule.at(seconds), look)


def _progress_bar():
    columns = (
        *Progress.get_default_columns()[:3],
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=notes)
