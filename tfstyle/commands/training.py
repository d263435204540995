"""The options that `tfstyle train` and `tfstyle trunk` share."""

import enum
from pathlib import Path
from typing import Annotated

import typer


class Precisions(enum.StrEnum):
    """What `training.session.Session` takes as its precision."""

    auto = "auto"
    float32 = "float32"
    mixed_bfloat16 = "mixed_bfloat16"
    mixed_float16 = "mixed_float16"


class Trainable(enum.StrEnum):
    """What `Recipe` takes as `trainable`."""

    all = "all"
    normalization = "normalization"


Content = Annotated[Path, typer.Option(help="Folder of photographs to train on.")]

Precision = Annotated[Precisions, typer.Option(help="Compute in this precision.")]

Preview = Annotated[
    list[Path] | None,
    typer.Option(help="Photograph for previews. May be repeated.", show_default="two of --content"),
]

Restart = Annotated[bool, typer.Option("--restart", help="Discard a training that was begun.")]

Devices = Annotated[str, typer.Option(help="Number of GPUs or TPUs to train on, or all.")]

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show steps, seconds and losses.")]


def devices_of(text: str) -> int | str:
    """Returns the value of `--devices` as the library takes it."""
    return int(text) if text.isdecimal() else text
