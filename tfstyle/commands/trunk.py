"""`tfstyle trunk`: one generator learns many paintings."""

from pathlib import Path
from typing import Annotated

import typer

from tfstyle.commands.bar import training_bar
from tfstyle.commands.terminal import (
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
    Verbose,
    devices_of,
)
from tfstyle.memory import keep_freed_memory
from tfstyle.styles.folder import refuse_to_empty
from tfstyle.styles.recipe import load_recipes
from tfstyle.training.begun import OtherTrainingError, begun, discard, refuse_other, setting_of
from tfstyle.training.division import check_division
from tfstyle.training.precision import fastest_precision
from tfstyle.training.session import check_inputs, check_painting, photographs_of, two_of


def trunk(
    recipe: Annotated[Path, typer.Argument(help="Recipe of a trunk (.toml).")],
    content: Content,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new trunk.")],
    precision: Precision = Precisions.auto,
    vgg: Vgg = "imagenet",
    preview: Preview = None,
    restart: Restart = False,
    devices: Devices = "1",
    verbose: Verbose = False,
    quiet: Quiet = False,
):
    """Train one generator on many paintings.

    Ctrl-C stops it. The same command goes on where it was stopped.
    """
    recipes = load_recipes(recipe)
    output = output.resolve()  # "." has no name to write beside
    refuse_to_empty(output)
    for each in recipes.values():
        check_painting(each)
        check_division(each.batch_size, devices_of(devices))
    # Beside the trunk, whose folder is replaced as a whole at the end.
    folder = output.parent / "training" / output.name
    photographs = photographs_of(content)
    previews = preview or two_of(photographs)
    policy = fastest_precision() if precision == Precisions.auto else precision.value
    check_inputs(policy, vgg, preview or ())
    saved = None if restart else begun(folder)
    if saved:
        try:
            refuse_other(folder, saved, setting_of(recipes, photographs, policy))
        except OtherTrainingError as error:
            raise ValueError(f"{error} Or discard it with --restart.") from None
    tell_of_others(content)
    note(f"{len(recipes)} paintings: {', '.join(recipes)}.")
    note(f"Previews and checkpoints: {folder}. Stop with Ctrl-C; the same command goes on.")
    keep_freed_memory()
    with training_bar(output.name, verbose) as bar:
        load_keras()
        from tfstyle.training import train_trunk

        if restart:
            discard(folder)
        trained = train_trunk(
            *(recipes, photographs, folder, vgg, policy, previews),
            report=bar,
            devices=devices_of(devices),
        )
        trained.card["command"] = command_line()
        trained.save(output, previews)
    saved = f"Saved the trunk. Start a training from it: tfstyle train PAINTING --from {output}"
    note(saved, err=False)
