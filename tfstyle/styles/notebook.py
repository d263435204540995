"""Styles as notebooks show them: HTML with small pictures inside it."""

import base64
import html
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tfstyle.images.files import read_image
from tfstyle.images.transparency import on_white
from tfstyle.styles.card import read_card
from tfstyle.styles.recipe import Recipe
from tfstyle.styles.summary import facts_of

_SIDE, _SIDE_IN_A_LIST = 192, 96  # pixels


class Styles(dict[str, list[str]]):
    """The styles of a folder: name to the list of generators, the default first.

    A notebook shows it as a table with the paintings.

    Args:
        generators: Mapping of name to generators.
        folders: Mapping of name to the folder of the style.
    """

    def __init__(self, generators: Mapping[str, list[str]], folders: Mapping[str, Path]) -> None:
        super().__init__(generators)
        self._folders = dict(folders)

    def _repr_html_(self) -> str:
        rows = [_row(name, self._folders[name], self[name]) for name in self]
        return f"<table>{''.join(rows)}</table>"


def style_html(recipe: Recipe, card: Mapping[str, Any]) -> str:
    """Returns the HTML of a style: its painting, its preview, and the facts of its card."""
    painting = Path(recipe.painting)
    preview = painting.parent / recipe.generator / "preview.jpg"
    pictures = [_picture(path, _SIDE) for path in (painting, preview)]
    facts = {"generator": recipe.generator, **_credit(recipe), **facts_of(dict(card))}
    rows = (
        f"<tr><th>{_text(key)}</th><td>{_text(value)}</td></tr>" for key, value in facts.items()
    )
    return f"<div>{''.join(pictures)}<table>{''.join(rows)}</table></div>"


def _credit(recipe):
    painting = ", ".join(filter(None, (recipe.title, recipe.artist, recipe.year)))
    credit = {"painting": painting, "rights": recipe.rights}
    return {key: value for key, value in credit.items() if value}


def _row(name: str, folder: Path, generators: Iterable[str]) -> str:
    place = folder / next(iter(generators))
    try:
        recipe, card = Recipe.load(place / "recipe.toml"), read_card(place)
    except ValueError as error:
        return f"<tr><td></td><td>{_text(name)}</td><td>{_text(error)}</td></tr>"
    cells = (name, _credit(recipe).get("painting", ""), ", ".join(generators))
    size = facts_of(card).get("size", "")
    picture = _picture(Path(recipe.painting), _SIDE_IN_A_LIST)
    return f"<tr><td>{picture}</td>{''.join(f'<td>{_text(c)}</td>' for c in (*cells, size))}</tr>"


def _picture(path: Path, side: int) -> str:
    """Returns an image of a file, scaled down; nothing if it cannot be read."""
    try:
        image = on_white(read_image(path, (side, side)))
    except (ValueError, OSError):
        return ""
    image.thumbnail((side, side))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{_text(path.stem)}" src="data:image/jpeg;base64,{data}">'


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
