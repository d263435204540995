"""`tfstyle train`: a style is made of a painting."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from tfstyle.commands.terminal import Generator, Vgg, command_line, load_keras
from tfstyle.commands.training import (
    Content,
    Precision,
    Preview,
    photographs_of,
    planned,
    precision_of,
    refuse,
    refuse_missing,
    two_of,
)
from tfstyle.files import sha256
from tfstyle.memory import keep_freed_memory
from tfstyle.styles.card import CARD, read_card
from tfstyle.styles.folder import RECIPE, find_style, is_trunk, shared_painting
from tfstyle.styles.recipe import Recipe


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
    steps: Annotated[
        int | None,
        typer.Option(
            min=1, help="Number of training steps.", show_default="as many as fit into --minutes"
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.1, help="Duration; an alternative to --steps.", show_default="10"),
    ] = None,
    trainable: Annotated[
        str | None,
        typer.Option(help="Train all weights, or normalization (gamma, beta).", show_default="all"),
    ] = None,
    style_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Longer side of the painting: size of the strokes.", show_default="512"
        ),
    ] = None,
    style_weight: Annotated[
        float | None,
        typer.Option(min=0, help="Style relative to content. 0 chooses it.", show_default="0"),
    ] = None,
    precision: Precision = "auto",
    vgg: Vgg = "imagenet",
    preview: Preview = None,
    tensorboard: Annotated[bool, typer.Option(help="Write TensorBoard logs.")] = False,
):
    """Train a style on one painting. The same command resumes after an interruption."""
    if steps and minutes:
        raise ValueError("Give --steps or --minutes, not both.")
    given = {
        "generator": generator,
        "start": "" if start == "none" else start,
        "steps": steps,
        "trainable": trainable,
        "style_size": style_size,
        "style_weight": style_weight,
    }
    given = {key: value for key, value in given.items() if value is not None}
    recipe = _recipe(painting, given)
    is_image = painting.suffix.lower() != ".toml"
    if is_image and start is None and recipe.generator == "johnson":
        recipe = recipe.replace(start="trunk")
    if is_image and not steps and not minutes:
        minutes = 10
    output = output or Path(painting.stem)
    folder = output / "training" / recipe.generator
    photographs = photographs_of(content)
    previews = preview or two_of(photographs)
    # All that can be refused before Keras is loaded.
    refuse(precision, vgg, preview or ())
    copy = shared_painting(output, recipe.painting, recipe.generator)
    if recipe.start and not is_trunk(recipe.start):
        find_style(recipe.start, recipe.generator)
    elif recipe.start and recipe.generator != "johnson":
        raise ValueError("Only johnson can start from the trunk. Pass --from STYLE or --from none.")
    if tensorboard and not find_spec("tensorboard"):
        raise ValueError("--tensorboard needs the package tensorboard: pip install tensorboard.")
    keep_freed_memory()
    load_keras()
    from keras.callbacks import TensorBoard

    from tfstyle.training import train as train_style

    precision = precision_of(precision)
    recipe = planned(recipe, minutes, folder, photographs, vgg, precision)
    if not (folder / "history.csv").exists():
        recipe.save(folder / RECIPE)  # for its steps, if the next call gives minutes
    callbacks = [TensorBoard(folder / "tensorboard")] if tensorboard else []
    style = train_style(recipe, photographs, folder, vgg, precision, previews, callbacks)
    saved = output / recipe.generator
    card = read_card(saved) if (saved / CARD).exists() else {}
    # A finished training called again must not cost previews and evaluation. The painting is what
    # saving ends with.
    saved_whole = copy.exists() and sha256(copy) == sha256(recipe.painting)
    known = saved_whole and card.get("training") == style.card["training"]
    if preview or not known:
        style.card = {**(card if known else {}), **style.card, "command": command_line()}
        style.save(output, previews)
    # As a path, lest a style of the zoo have the same name.
    typer.echo(
        f"Saved. Use it with: tfstyle stylize PHOTO --style {output.resolve()}\n"
        f"Its style weight is {style.recipe.style_weight:g}: for more of the painting, or less, "
        "give another --style-weight and --output. To train on, give --from this style and another "
        "--output."
    )


def _recipe(path, values):
    if path.suffix.lower() == ".toml":
        recipe = Recipe.load(path).replace(**values)
    else:
        recipe = Recipe(painting=str(path), title=path.stem, **values)
    refuse_missing(recipe.painting)
    return recipe
