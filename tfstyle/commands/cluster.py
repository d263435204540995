"""`tfstyle cluster`: a tree of photographs is painted by the machines of a Ray cluster."""

import importlib.util
import time
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from tfstyle.commands.bar import time_left
from tfstyle.commands.memory import parse_bytes
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
    complete_style,
    note,
    parse_blend,
    style_or_blend,
)
from tfstyle.images.look import Look
from tfstyle.media.order import Order

_PAUSE = 10  # seconds between two lines about the progress


def cluster(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help="Folder, or address such as s3://bucket/photos.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="OUTPUT", help="Folder or address of the pictures.")
    ],
    style: Annotated[
        str, typer.Option("--style", "-s", help=STYLE_HELP, autocompletion=complete_style)
    ] = "mosaic",
    generator: Generator = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="Ray cluster. auto on one of its machines.",
            show_default="RAY_ADDRESS, otherwise this machine",
        ),
    ] = None,
    cores: Annotated[int, typer.Option(min=1, help="Cores of each worker.")] = 1,
    max_side: MaxSide = None,
    stroke: Stroke = 1.0,
    mask: Mask = None,
    grain: Grain = 0.0,
    strength: Strength = 1.0,
    keep_colors: KeepColors = False,
    seed: Seed = 0,
    precision: Precision = Precisions.auto,
    engine: Engine = Engines.auto,
    memory: Memory = None,
    huge: Huge = False,
    metadata: Metadata = True,
    keep_profile: KeepProfile = False,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Paint everything again, and overwrite files.")
    ] = False,
    quiet: Quiet = False,
):
    """Paint a folder of photographs, and the folders in it, on many machines.

    Pictures mirror the folders. OUTPUT/manifest.parquet says what became of each photograph. The
    same command again paints only what is missing. If a photograph fails, the exit code is 1.
    """
    look = Look(strength, keep_colors, grain, seed, mask, stroke)
    order = Order(look, max_side, metadata, parse_bytes(memory), keep_profile=keep_profile)
    style_or_blend(style, generator)  # a mistyped name
    _refuse(source, target)
    if huge:
        Image.MAX_IMAGE_PIXELS = None
    from tfstyle.media.cluster import Job, connect
    from tfstyle.styles.packed import pack

    packed = pack(parse_blend(style) or style, generator, precision.value, engine.value)
    note(f"{packed.name}, {packed.generator}, {packed.engine}, {packed.precision}.")
    job = Job(source, target, packed, order, force)
    there = job.progress.there
    note(f"{job.progress.total} photographs, {there} of them painted before.")
    if there < job.progress.total:
        connect(address, quiet)
        job.run(cores, _Teller())
    _finish(job.progress, target)


def _refuse(source, target):
    """Refuses what needs no look into the folders."""
    if importlib.util.find_spec("ray") is None:
        raise ImportError(
            "Painting on a cluster needs Ray. Install it with: pip install 'tfstyle[ray]'"
        )
    if "://" not in source and not Path(source).is_dir():
        raise ValueError(f"{source} is not a folder. Give a folder of photographs.")
    if "://" not in target and Path(target).exists() and not Path(target).is_dir():
        raise ValueError(f"{target} is a file. Give a folder.")


class _Teller:
    """Writes a line about the progress, every few seconds."""

    def __init__(self):
        self._next = time.monotonic() + _PAUSE

    def __call__(self, progress):
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PAUSE
        note(
            f"{progress.there + progress.painted} of {progress.total} painted, "
            f"{progress.failed} failed, {progress.per_second:.1f} a second, "
            f"{time_left(progress.seconds_left)}."
        )


def _finish(progress, target):
    target = target.partition("?")[0]  # the rest may be secret
    waiting = progress.total - progress.there
    there = f", {progress.there} there already" if progress.there else ""
    note(f"{progress.painted} of {waiting} written to {target}{there}.", err=False)
    if progress.failed:
        note(f"{progress.failed} failed: see error in {target}/manifest.parquet.")
        raise typer.Exit(1)
