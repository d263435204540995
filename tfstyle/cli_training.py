"""The commands that train: `tfstyle train` and `tfstyle trunk`."""

from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from tfstyle.files import sha256
from tfstyle.folders import (
    CARD,
    RECIPE,
    find_style,
    is_trunk,
    read_card,
    refuse_to_empty,
    shared_painting,
)
from tfstyle.images import find_images, read_image, read_images, spread
from tfstyle.memory import keep_freed_memory
from tfstyle.recipes import Recipe, load_recipes
from tfstyle.terminal import Generator, Vgg, command_line, load_keras, tell_of_others

_MANY_PHOTOGRAPHS = 1000
_PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")

Content = Annotated[Path, typer.Option(help="Folder of photographs to train on.")]
Precision = Annotated[
    str,
    typer.Option(
        help="float32, mixed_bfloat16 or mixed_float16; auto is this processor's fastest."
    ),
]
Preview = Annotated[
    list[Path] | None,
    typer.Option(help="Photograph to show; repeat.", show_default="two of --content"),
]


def train(
    painting: Annotated[Path, typer.Argument(help="An image, or a recipe (.toml).")],
    content: Content,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder of the new style.",
            show_default="name of image or recipe",
        ),
    ] = None,
    generator: Generator = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Style or trunk to begin with, or none.", show_default="trunk"),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, show_default="as many as fit into --minutes")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="In place of --steps.", show_default="10")
    ] = None,
    trainable: Annotated[
        str | None,
        typer.Option(
            help="all weights, or normalization: gamma and beta alone.", show_default="all"
        ),
    ] = None,
    style_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Painting's longer side: size of the strokes.", show_default="512"
        ),
    ] = None,
    style_weight: Annotated[
        float | None,
        typer.Option(min=0, help="Paint against photograph; 0 finds it.", show_default="0"),
    ] = None,
    precision: Precision = "auto",
    vgg: Vgg = "imagenet",
    preview: Preview = None,
    tensorboard: Annotated[bool, typer.Option(help="Write TensorBoard logs.")] = False,
):
    """Train a style on one painting. The same command goes on after an interruption."""
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
    photographs = _photographs(content)
    previews = preview or _two(photographs)
    # All that can be refused before Keras is loaded.
    _refuse(precision, vgg, preview or ())
    copy = shared_painting(output, recipe.painting, recipe.generator)
    if recipe.start and not is_trunk(recipe.start):
        find_style(recipe.start, recipe.generator)
    elif recipe.start and recipe.generator != "johnson":
        raise ValueError(f"A trunk begins a johnson, no {recipe.generator}: give --from a style.")
    if tensorboard and not find_spec("tensorboard"):
        raise ValueError("--tensorboard needs the package tensorboard: pip install tensorboard.")
    keep_freed_memory()
    load_keras()
    from keras.callbacks import TensorBoard

    from tfstyle.training import train as train_style

    precision = _precision(precision)
    recipe = _planned(recipe, minutes, folder, photographs, vgg, precision)
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


def trunk(
    recipe: Annotated[Path, typer.Argument(help="Recipe of a trunk (.toml).")],
    content: Content,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new trunk.")],
    precision: Precision = "auto",
    vgg: Vgg = "imagenet",
    preview: Preview = None,
):
    """Train one generator on many paintings. The same command goes on after an interruption."""
    recipes = load_recipes(recipe)
    output = output.resolve()  # "." has no name to write beside
    refuse_to_empty(output)
    for each in recipes.values():
        _refuse_missing(each.painting)
    # Beside the trunk, whose folder is replaced as a whole at the end.
    folder = output.parent / "training" / output.name
    photographs = _photographs(content)
    previews = preview or _two(photographs)
    _refuse(precision, vgg, preview or ())
    keep_freed_memory()
    load_keras()
    from tfstyle.training import train_trunk

    precision = _precision(precision)
    typer.echo(f"{len(recipes)} paintings: {', '.join(recipes)}.")
    _planned(next(iter(recipes.values())), None, folder, photographs, vgg, precision)
    trained = train_trunk(recipes, photographs, folder, vgg, precision, previews)
    trained.card["command"] = command_line()
    trained.save(output, previews)
    typer.echo(f"Saved. Begin a training with it by --from {output}")


def _recipe(path, values):
    if path.suffix.lower() == ".toml":
        recipe = Recipe.load(path).replace(**values)
    else:
        recipe = Recipe(painting=str(path), title=path.stem, **values)
    _refuse_missing(recipe.painting)
    return recipe


def _refuse_missing(path, kind="painting"):
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such {kind}.")


def _refuse(precision, vgg, previews):
    if precision not in _PRECISIONS:
        known = ", ".join(_PRECISIONS)
        raise ValueError(f"--precision must be one of {known}. Received: {precision}")
    if vgg != "imagenet":
        _refuse_missing(vgg, "file of VGG19's weights")
    for path in previews:
        read_image(path)


def _photographs(folder):
    photographs = find_images(folder)
    tell_of_others(folder)
    return photographs


def _two(photographs):
    return [path for path, _ in islice(read_images(spread(photographs, 2)), 2)]


def _precision(name):
    from tfstyle.training import fastest_precision

    return fastest_precision() if name == "auto" else name


def _planned(recipe, minutes, folder, photographs, vgg, precision):
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
            typer.echo(f"Begun with {recipe.steps} steps, it goes on with them.")
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
