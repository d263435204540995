"""Where trained styles lie on disk; needs no Keras, so that listing them is quick.

mosaic/                   a style: one painting
  painting.jpg
  johnson/                one folder a trained generator
    recipe.toml           what a person decided: see `styles.recipe.Recipe`
    model.safetensors     the weights; model.weights.h5, as earlier versions wrote it, is read too
    card.json             what was measured; its sha256 is that of the weights
    preview.jpg           photographs that the training did not see, stylized
    golden.npz            a small `input` and its `output`, to notice drift
  pyramid/...

trunk/                    one generator for many paintings: see `styles.trunk.Trunk`
  paintings/NAME.jpg
  recipe.toml             what the paintings share, and a table for each
  model.safetensors, card.json, preview.jpg, golden.npz    as above
"""

import difflib
import functools
import importlib.resources
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tfstyle.facts import FACTS
from tfstyle.files import sha256
from tfstyle.styles.card import CARD
from tfstyle.styles.hub import download, is_address
from tfstyle.styles.recipe import Recipe

if TYPE_CHECKING:
    from tfstyle.styles.notebook import Styles

RECIPE = "recipe.toml"

WEIGHTS = "model.safetensors"
_OLD_WEIGHTS = "model.weights.h5"  # of earlier versions


def list_styles(folder: str | os.PathLike[str] | None = None) -> "Styles":
    """Lists the styles of the zoo, or of a folder of styles.

    Args:
        folder: Path; the zoo that comes with tfstyle if none.

    Returns:
        Dictionary of name to the list of its generators, the default first; sorted by name. A
        notebook shows it as a table with the paintings.

    Raises:
        ValueError: if there is no such folder.

    Example:

        >>> list_styles()["mosaic"]
        ['johnson', 'pyramid', 'mobile']
    """
    from tfstyle.styles.notebook import Styles

    folders = {path.name: path for path in style_folders(folder)}
    return Styles({name: generators_of(path) for name, path in folders.items()}, folders)


def style_folders(folder: str | os.PathLike[str] | None = None) -> list[Path]:
    """Lists the folders of the styles that `list_styles` names."""
    folder = Path(folder) if folder else _zoo()
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder. Give a folder of styles.")
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and generators_of(path)]


def generators_of(folder: Path) -> list[str]:
    """Lists the trained generators in the folder of a style, the default first."""
    return [name for name in FACTS if (folder / name / CARD).exists()]


def find_style(style: str | os.PathLike[str], generator: str | None = None) -> Path:
    """Finds the folder of one trained generator.

    Args:
        style: Name of a style of the zoo, path of a style's folder or of one of its generators'.
            A `pathlib.Path` is never a name.
        generator: Name; the style's default if none.

    Returns:
        `pathlib.Path`.

    Raises:
        ValueError: if there is no such style or generator, it is a trunk, or the name is that of
            a style of the zoo and of one in the working directory.
    """
    folder = _find_folder(style)
    if (folder / CARD).exists() and generator in (None, folder.name):
        return folder
    known = generators_of(folder)
    if not known:
        raise ValueError(
            f"{folder} is not a style, or was not written to its end: it has no "
            f"{' or '.join(f'{name}/{CARD}' for name in FACTS)}."
        )
    if generator and generator not in known:
        raise ValueError(
            f"The style {folder.name} has no generator {str(generator)!r}. It has "
            f"{' and '.join(known)}."
        )
    return folder / (generator or known[0])


def find_trunk(trunk: str | os.PathLike[str]) -> Path:
    """Finds the folder of a trunk.

    Args:
        trunk: Name in the zoo, or path of its folder.

    Returns:
        `pathlib.Path`.

    Raises:
        ValueError: if there is no such trunk.
    """
    folder = _trunk_folder(trunk)
    if folder:
        return folder
    names = [path.parent.name for path in _zoo().glob(f"*/{CARD}")]
    raise ValueError(f"There is no trunk {str(trunk)!r}. The zoo has {', '.join(names)}.")


def is_trunk(name: str | os.PathLike[str]) -> bool:
    """Whether a name or path is that of a trunk, not of a style."""
    return _trunk_folder(name) is not None


def shared_painting(
    folder: str | os.PathLike[str], painting: str | os.PathLike[str], generator: str
) -> Path:
    """Gives the path of the copy of its painting that the generators of a style share.

    Args:
        folder: Of the style.
        painting: Path of the painting that a generator was or will be trained on.
        generator: Name.

    Returns:
        `pathlib.Path`, of a file that may be missing.

    Raises:
        ValueError: if another generator of the style has another painting there.
    """
    folder = Path(folder)
    others = [name for name in generators_of(folder) if name != generator]
    if not others:
        return folder / f"painting{Path(painting).suffix.lower()}"
    copy = Path(Recipe.load(folder / others[0] / RECIPE).painting)
    if copy.exists() and sha256(copy) != sha256(painting):
        raise ValueError(
            f"{folder} holds a style of another painting, with {others[0]}. Choose another folder."
        )
    return copy


def refuse_to_empty(folder: Path) -> None:
    """Refuses to write a trunk in place of a folder, or file, that holds something else.

    Raises:
        ValueError: if it does.
    """
    if holds_anything(folder) and not _holds_trunk(folder):
        raise ValueError(
            f"{folder} holds other files, and a trunk takes the whole folder. Choose another one."
        )


def holds_anything(path: Path) -> bool:
    """Whether a path is a file, or a folder that is not empty."""
    return path.is_file() or (path.exists() and any(path.iterdir()))


def weights_path(folder: Path) -> Path:
    """Returns the path of the weights of a trained generator.

    Raises:
        ValueError: if they are missing.
    """
    for name in (WEIGHTS, _OLD_WEIGHTS):
        if (folder / name).exists():
            return folder / name
    raise ValueError(f"{folder / WEIGHTS} is missing. Copy the style again.")


def is_in_zoo(path: Path) -> bool:
    """Whether a file came with tfstyle."""
    return path.resolve().is_relative_to(_zoo().resolve())


def check_painting(folder: Path, recipe: Recipe) -> None:
    """Refuses the recipe of a trained style whose painting lies outside of the style.

    Args:
        folder: `pathlib.Path` of the style, or of the trunk.
        recipe: `Recipe`, loaded from there.

    Raises:
        ValueError: if it does.
    """
    painting = Path(recipe.painting)
    # The zoo's trunk has its paintings in common with the zoo's styles.
    place = folder.parent if folder.parent.resolve() == _zoo().resolve() else folder
    if not painting.resolve().is_relative_to(place.resolve()):
        raise ValueError(
            f"The recipe in {folder} names a painting outside of it: {painting}. Put the painting "
            "into the folder, and its name into the recipe."
        )


@functools.cache
def _zoo():
    return Path(str(importlib.resources.files("tfstyle.zoo")))


def _trunk_folder(name):
    return next(filter(_holds_trunk, (_zoo() / str(name), Path(name))), None)


def _holds_trunk(folder):
    # The folder of a style's generator has a card too, but one painting beside it.
    return (folder / CARD).exists() and (folder / "paintings").is_dir()


def _find_folder(style):
    if is_address(style):
        return download(style)
    named = _zoo() / style
    if isinstance(style, str) and Path(style).name == style and generators_of(named):
        _refuse_two(style, named)
        return named
    if Path(style).is_dir() and not _holds_trunk(Path(style)):
        return Path(style).resolve()  # of "." too the name is known
    if is_trunk(style):
        raise ValueError(
            f"{style} is a trunk, which paints many styles. Use tfstyle.load_trunk, or with "
            "tfstyle stylize a blend of the zoo's trunk: --style mosaic:0.6,great_wave:0.4."
        )
    names = list(list_styles())
    near = difflib.get_close_matches(str(style), names, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"The zoo has {', '.join(names)}."
    raise ValueError(f"There is no style {str(style)!r}, and no folder of this name. {hint}")


def _refuse_two(name, named):
    here = Path(name)
    if generators_of(here) and not here.samefile(named):
        raise ValueError(
            f"{name} is a style of the zoo and a folder here. The folder is ./{name}; for the "
            "zoo's style rename it, or call from elsewhere."
        )
