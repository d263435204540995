"""`tfstyle train`: a style is made of a painting."""

from pathlib import Path
from typing import Annotated

import typer

from tfstyle.commands.bar import training_bar
from tfstyle.commands.terminal import (
    Generator,
    Quiet,
    Vgg,
    command_line,
    load_keras,
    note,
    tell_of_others,
)
from tfstyle.commands.training import (
    Content,
    Devices,
    Precision,
    Precisions,
    Preview,
    Restart,
    Trainable,
    Verbose,
    devices_of,
)
from tfstyle.memory import keep_freed_memory
from tfstyle.training.begun import OtherTrainingError
from tfstyle.training.session import MANY_PHOTOGRAPHS, Session


def train(
    painting: Annotated[Path, typer.Argument(help="Image of a painting, or a recipe (.toml).")],
    content: Content,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder to write the style to.",
            show_default="name of image or recipe",
        ),
    ] = None,
    generator: Generator = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Style or trunk to start from, or none.", show_default="trunk"),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(help="Style whose pictures the generator, a small one, learns to paint."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.1, help="Time of the whole training.", show_default="10"),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Train so many steps, however long it takes."),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, help="Crops in each step.", show_default="1"),
    ] = None,
    trainable: Annotated[
        Trainable | None,
        typer.Option(help="Train all weights, or gamma and beta only.", show_default="all"),
    ] = None,
    style_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Longer side of the painting: size of strokes.", show_default="512"
        ),
    ] = None,
    style_weight: Annotated[
        float | None,
        typer.Option(
            min=0, help="Style strength relative to content.", show_default="chosen automatically"
        ),
    ] = None,
    precision: Precision = Precisions.auto,
    devices: Devices = "1",
    vgg: Vgg = "imagenet",
    preview: Preview = None,
    restart: Restart = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write TensorBoard logs.")
    ] = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
):
    """Train a style on one painting.

    Ctrl-C stops it. The same command goes on where it was stopped.
    """
    if steps and minutes:
        raise ValueError("Give --steps or --minutes, not both.")
    given = {
        "generator": generator and generator.value,
        "start": "" if start == "none" else start,
        "teacher": teacher,
        "steps": steps,
        "batch_size": batch_size,
        "trainable": trainable and trainable.value,
        "style_size": style_size,
        "style_weight": style_weight,
    }
    values = {key: value for key, value in given.items() if value is not None}
    try:
        session = Session(
            painting,
            content,
            output,
            minutes=minutes,
            vgg=vgg,
            precision=precision.value,
            previews=preview,
            restart=restart,
            tensorboard=tensorboard,
            devices=devices_of(devices),
            **values,
        )
    except OtherTrainingError as error:
        raise ValueError(_other_training(error)) from None
    tell_of_others(content)
    _tell(session, verbose)
    keep_freed_memory()
    with training_bar(session.output.name, verbose) as bar:
        load_keras()
        style = session.run(bar, command_line())
    # As a path, lest a style of the zoo have the same name.
    folder = session.output.resolve()
    saved = f"Saved the style in {folder}. Paint with it: tfstyle stylize PHOTO --style {folder}"
    note(saved, err=False)
    note(
        f"Its style weight is {style.recipe.style_weight:g}. For more of the painting, give a "
        "larger --style-weight and another --output. To train on, give --from this style.",
        err=False,
    )


def _tell(session, verbose):
    """Says what will be done."""
    count = len(session.photographs)
    few = f" {MANY_PHOTOGRAPHS:,} or more are better." if count < MANY_PHOTOGRAPHS else ""
    length = f"{session.minutes:g} minutes" if session.minutes else f"{session.recipe.steps} steps"
    note(f"Training {session.output} for {length} on {count} photographs.{few}")
    note(f"Previews and checkpoints: {session.folder}. Stop with Ctrl-C; the same command goes on.")
    if verbose:
        recipe = session.recipe
        note(
            f"Batches of {recipe.batch_size} crops of {recipe.crop} pixels, {session.precision}, "
            f"from {recipe.start or 'random weights'}."
        )


_OPTIONS = {
    "generator": "--generator",
    "start": "--from",
    "teacher": "--teacher",
    "steps": "--steps",
    "batch_size": "--batch-size",
    "minutes": "--minutes",
    "trainable": "--trainable",
    "style_size": "--style-size",
    "style_weight": "--style-weight",
    "precision": "--precision",
}


def _other_training(error):
    """Says in options how a training differs from the one in its folder."""
    differences = dict(error.differences)
    parts = []
    if differences.pop("painting", None):
        parts.append("another painting")
    counts, names = (differences.pop(key, None) for key in ("photographs", "names of photographs"))
    if counts or names:
        parts.append(f"{counts[0]} photographs" if counts else "other photographs")
    for key, (before, _) in differences.items():
        if before is None:  # the length is told by the other of --steps and --minutes
            continue
        none = {"start": "none", "style_weight": "chosen automatically"}
        value = before or none.get(key, before)
        parts.append(
            f"{_OPTIONS.get(key, key)} {value:g}"
            if type(value) is float
            else f"{_OPTIONS.get(key, key)} {value}"
        )
    return (
        f"{error.folder} holds a training with {', '.join(parts)}. Use another --output, or "
        "--restart."
    )
