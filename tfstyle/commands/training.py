"""What `tfstyle train` and `tfstyle trunk` share."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from tfstyle.commands.terminal import tell_of_others
from tfstyle.images.files import find_images, read_image, read_images, spread
from tfstyle.styles.folder import RECIPE
from tfstyle.styles.recipe import Recipe

_MANY_PHOTOGRAPHS = 1000

_PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")

Content = Annotated[Path, typer.Option(help="Folder of photographs to train on.")]

Precision = Annotated[
    str,
    typer.Option(help="float32, mixed_bfloat16 or mixed_float16. auto is fastest."),
]

Preview = Annotated[
    list[Path] | None,
    typer.Option(help="Photograph for previews. May be repeated.", show_default="two of --content"),
]


def refuse_missing(path, kind="painting"):
    """Refuses a path that is no file."""
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such {kind}.")


def refuse(precision, vgg, previews):
    """Refuses, before Keras is loaded, what a training would refuse after."""
    if precision not in _PRECISIONS:
        known = ", ".join(_PRECISIONS)
        raise ValueError(f"--precision must be one of {known}. Received: {precision}")
    if vgg != "imagenet":
        refuse_missing(vgg, "file of VGG19's weights")
    for path in previews:
        read_image(path)


def photographs_of(folder):
    """Lists the photographs of a folder, and tells what it leaves out."""
    photographs = find_images(folder)
    tell_of_others(folder)
    return photographs


def two_of(photographs):
    """Chooses two photographs that can be read."""
    return [path for path, _ in islice(read_images(spread(photographs, 2)), 2)]


def precision_of(name):
    """Chooses the precision that `auto` stands for."""
    from tfstyle.training import fastest_precision

    return fastest_precision() if name == "auto" else name


def planned(recipe, minutes, folder, photographs, vgg, precision):
    """Says what will be done, and how long it takes.

    Returns:
        The recipe, with as many steps as the minutes allow; if the training has begun, with those
        that it began with.
    """
    from tfstyle.training import seconds_per_step

    begun, history = folder / RECIPE, folder / "history.csv"
    if history.exists():
        step, passed = np.loadtxt(history, delimiter=",", skiprows=1, ndmin=2)[-1, :2]
        seconds = passed / step
        if minutes and begun.exists():
            recipe = recipe.replace(steps=Recipe.load(begun).steps)
            typer.echo(f"Resuming a training of {recipe.steps} steps.")
    else:
        step, seconds = 0, seconds_per_step(recipe, photographs, vgg, precision)
        if minutes:
            recipe = recipe.replace(steps=max(1, round(60 * minutes / seconds)))
    if step >= recipe.steps:
        typer.echo(f"{folder} has all {recipe.steps} steps.")
        return recipe
    count = len(photographs)
    few = f" ({_MANY_PHOTOGRAPHS:,} or more are better)" if count < _MANY_PHOTOGRAPHS else ""
    remaining = (recipe.steps - step) * seconds / 60
    typer.echo(
        f"{recipe.steps} steps of {recipe.batch_size} crops of {recipe.crop} pixels of {count} "
        f"photographs{few}, {precision}, from {recipe.start or 'nothing'}. At {seconds:.2f} s a "
        f"step {remaining:.1f} minutes remain. Checkpoints, losses and previews: {folder}. Stop "
        "with Ctrl-C; the same command goes on."
    )
    return recipe
