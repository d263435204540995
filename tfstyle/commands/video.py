"""`tfstyle video`: a video is painted."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeRemainingColumn

from tfstyle.commands.terminal import (
    Engine,
    Engines,
    Generator,
    Precision,
    Precisions,
    load_keras,
    style_or_blend,
)
from tfstyle.images.look import Look
from tfstyle.media.schedule import parse_schedule

_STYLE = "Name, folder or blend; or over time: mosaic@0,great_wave@5 (seconds)."


def video(
    source: Annotated[
        Path, typer.Argument(metavar="VIDEO", help="Video file, of any format that FFmpeg reads.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .mp4, .mov, .mkv or .webm.")
    ],
    style: Annotated[str, typer.Option("--style", "-s", help=_STYLE)] = "mosaic",
    generator: Generator = None,
    max_side: Annotated[
        int | None, typer.Option(min=16, help="Scale larger frames down to this side in pixels.")
    ] = None,
    start: Annotated[
        float, typer.Option("--from", min=0, help="Start at this time, in seconds.")
    ] = 0.0,
    end: Annotated[
        float | None,
        typer.Option("--to", min=0, help="End at this time, in seconds.", show_default="the end"),
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            help="h264, h265, vp9, av1, prores or ffv1.",
            show_default="h264; h265 above 8 bits; vp9 in .webm",
        ),
    ] = None,
    crf: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=63,
            help="Quality: lower is better, and larger files.",
            show_default="18 for h264",
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="Mix with the video: 1 is only the picture.")
    ] = 1.0,
    keep_colors: Annotated[
        bool, typer.Option("--keep-colors", help="Keep the colours of the video.")
    ] = False,
    mask: Annotated[
        Path | None,
        typer.Option(
            help="Image that is white where to paint, otherwise black.", show_default="all"
        ),
    ] = None,
    still: Annotated[
        float,
        typer.Option(min=0, max=1, help="Keep this much of the last picture where nothing moves."),
    ] = 1.0,
    moving: Annotated[
        float, typer.Option(min=0, max=1, help="Keep this much of it where something moves.")
    ] = 0.25,
    cuts: Annotated[
        bool, typer.Option(help="Detect cuts between scenes, and start anew there.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Seed of generators with noise.")] = 0,
    precision: Precision = Precisions.auto,
    engine: Engine = Engines.auto,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite the output.")] = False,
):
    """Paint a video in a style, with its sound.

    Pictures are blended over time, so that they do not flicker; --still 0 --moving 0 paints each
    frame by itself. Ctrl-C keeps what is painted so far.
    """
    if output.exists() and source.exists() and output.samefile(source):
        raise ValueError(f"{output} is the video itself. Choose another --output.")
    if output.exists() and not force:
        raise ValueError(f"{output} exists already. Use --force to overwrite it.")
    from tfstyle.media.clip import Clip
    from tfstyle.media.steady import Steady
    from tfstyle.media.video import stylize_video

    look = Look(strength, keep_colors, seed=seed, mask=mask)
    schedule = parse_schedule(style)
    if schedule is None:
        _, load = style_or_blend(style, generator)
    steady = Steady(still, moving, cuts) if still or moving else None
    with Clip(source, max_side, start, end) as clip:  # refused before Keras is loaded
        seconds = clip.seconds
        typer.echo(
            f"{clip.width} x {clip.height} pixels, {float(clip.rate):.4g} frames a second, "
            f"{seconds:.1f} seconds.",
            err=True,
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
    for note in result.notes:
        typer.echo(note, err=True)
    if result.damaged:
        typer.echo(f"{result.damaged} damaged frames are left out.", err=True)
    typer.echo(f"{result.frames} frames written to {result.path}.")
    if not result.finished:
        # Just after the last frame: the next one is the first of what remains.
        typer.echo(f"Stopped. Paint the rest with --from {result.seconds + 0.001:.3f}.")
        raise typer.Exit(130)


def _single(style, look):
    return lambda pixels, seconds: style.paint(pixels, look)


def _scheduled(schedule, look):
    load_keras()
    from tfstyle.styles.trunk import load_trunk

    trunk = load_trunk()
    for _, name in schedule.keys:
        trunk.weights_of(name)  # refuses an unknown one before the first frame
    return lambda pixels, seconds: trunk.paint(pixels, schedule.at(seconds), look)


def _progress_bar():
    columns = (
        *Progress.get_default_columns()[:3],
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))
