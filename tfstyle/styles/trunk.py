"""Trunks: one generator that paints many styles, and blends of them."""

import difflib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack, overload

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tfstyle.facts import FACTS
from tfstyle.files import replacing
from tfstyle.generators import GENERATORS
from tfstyle.images.files import read_image, read_middle, write_image
from tfstyle.images.geometry import center_crop, montage
from tfstyle.images.look import Look
from tfstyle.images.pixels import to_image, to_pixels, to_uint8
from tfstyle.images.types import ArrayLike, Number, PaintOptions, Photograph, Progress
from tfstyle.layers import ConditionalInstanceNormalization
from tfstyle.painting.processes import refuse_fork
from tfstyle.styles.card import read_card, write_card
from tfstyle.styles.contents import check_contents, read_weights
from tfstyle.styles.errors import reading
from tfstyle.styles.folder import (
    RECIPE,
    WEIGHTS,
    check_painting,
    find_trunk,
    refuse_to_empty,
)
from tfstyle.styles.model import build_generator, jit_compile
from tfstyle.styles.recipe import CREDIT_KEYS, Recipe, load_recipes, save_recipes
from tfstyle.styles.style import Style
from tfstyle.styles.weights import (
    describe,
    has_finite_weights,
    load_weights,
    save_weights,
    weighted_layers,
)

# Name of a style, or names and their weights.
Blend = str | Mapping[str, float]

_PREVIEW = 160  # pixels: a sheet has a picture for each style


class Trunk:
    """One generator for many paintings, whose styles differ only in gamma and beta.

    `tfstyle.load_trunk` and `tfstyle.train_trunk` return one.

    Args:
        recipes: Dictionary of style name to `Recipe`, in the order of the generator's rows.
        model: `keras.Model` of `build_trunk`.
        card: Dictionary of measurements, for `card.json`.

    Reference:
        Dumoulin, Shlens, Kudlur, *A Learned Representation for Artistic Style*, arXiv
        1610.07629.
    """

    def __init__(
        self,
        recipes: dict[str, Recipe],
        model: keras.Model,
        card: dict[str, Any] | None = None,
    ) -> None:
        self.recipes = recipes
        self.model = model
        self.card: dict[str, Any] = card or {}

    def bake(self, styles: Blend) -> Style:
        """Returns one style, or a blend of several, as a `Style` with a generator of its own.

        A blend of weights `w` has `gamma = w @ gammas` and `beta = w @ betas` (equation 5 of
        the reference, and its section 3.5).

        Args:
            styles: Name of a style, or dictionary of name to weight; the weights are divided
                by their sum.

        Returns:
            `Style`, with the recipe of the painting that weighs most; of a blend, with the credit
            of all its paintings.

        Raises:
            ValueError: on an unknown name, a negative weight, or weights that sum to 0.

        Example: `load_trunk().bake({"mosaic": 0.6, "great_wave": 0.4})`.
        """
        weights = self.weights_of(styles)
        name = list(self.recipes)[int(np.argmax(weights))]
        generator = build_generator(self.recipes[name])
        for theirs, ours in zip(
            weighted_layers(self.model), weighted_layers(generator), strict=True
        ):
            values = theirs.get_weights()
            if isinstance(theirs, ConditionalInstanceNormalization):
                values = [weights @ rows for rows in values]
            ours.set_weights(values)
        recipe = self._credited(self.recipes[name], weights)
        card: dict[str, Any] = {"trunk": self.card.get("sha256")}
        if np.count_nonzero(weights) > 1:
            card["blend"] = dict(zip(self.recipes, weights.tolist(), strict=True))
        return Style(recipe, generator, card)

    def _credited(self, recipe, weights):
        """Gives a recipe the credit of all paintings of a blend, the heaviest first."""
        order = sorted(range(len(weights)), key=lambda row: -weights[row])
        parts = [list(self.recipes.values())[row] for row in order if weights[row]]
        if len(parts) == 1:
            return recipe
        values = {key: dict.fromkeys(getattr(part, key) for part in parts) for key in CREDIT_KEYS}
        return recipe.replace(**{key: ", ".join(filter(None, values[key])) for key in CREDIT_KEYS})

    @overload
    def stylize(
        self, image: Photograph, styles: Blend, **options: Unpack[PaintOptions]
    ) -> Image.Image: ...

    @overload
    def stylize(
        self, image: NDArray[Number], styles: Blend, **options: Unpack[PaintOptions]
    ) -> NDArray[Number]: ...

    @overload
    def stylize(
        self, image: ArrayLike, styles: Blend, **options: Unpack[PaintOptions]
    ) -> NDArray[Any]: ...

    def stylize(self, image: Any, styles: Blend, **options: Unpack[PaintOptions]) -> Any:
        """Paints a photograph in one style or a blend: see `bake`; options as `Style.stylize`'s."""
        return _Blend(self, styles).stylize(image, **options)

    @overload
    def paint(
        self,
        image: Photograph,
        styles: Blend,
        look: Look,
        memory: float | None = None,
        progress: Progress | None = None,
    ) -> Image.Image: ...

    @overload
    def paint(
        self,
        image: NDArray[Number],
        styles: Blend,
        look: Look,
        memory: float | None = None,
        progress: Progress | None = None,
    ) -> NDArray[Number]: ...

    @overload
    def paint(
        self,
        image: ArrayLike,
        styles: Blend,
        look: Look,
        memory: float | None = None,
        progress: Progress | None = None,
    ) -> NDArray[Any]: ...

    def paint(
        self,
        image: Any,
        styles: Blend,
        look: Look,
        memory: float | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Paints a photograph in one style or a blend, with a `Look`: see `Style.paint`."""
        return _Blend(self, styles).paint(image, look, memory, progress)

    def weights_of(self, styles: Blend) -> NDArray[np.float32]:
        """Gives the float32 `[styles]` of a name or a dictionary of weights: see `bake`."""
        weights = {styles: 1.0} if isinstance(styles, str) else styles
        for name, weight in weights.items():
            if name not in self.recipes:
                near = difflib.get_close_matches(name, self.recipes, n=3)
                known = f"It has {', '.join(self.recipes)}."
                hint = f"Did you mean {' or '.join(near)}?" if near else known
                raise ValueError(f"The trunk, which paints blends, has no style {name!r}. {hint}")
            if not weight >= 0:
                raise ValueError(f"A style's weight must not be negative. Received: {weights}")
        row = np.array([weights.get(name, 0) for name in self.recipes], "float32")
        if not 0 < row.sum() < np.inf:
            raise ValueError(f"The weights of styles must have a sum above 0. Received: {weights}")
        return row / row.sum()

    def save(
        self, folder: str | os.PathLike[str], previews: Sequence[str | os.PathLike[str]] = ()
    ) -> "Trunk":
        """Writes the trunk, with its paintings: see `Style.save`.

        Args:
            folder: Made if missing; an older trunk in it is replaced at the end, as a whole.
            previews: Image files, each painted in every style for `preview.jpg`.

        Returns:
            `Trunk`, as `load_trunk` would give it.

        Raises:
            ValueError: if a weight is not finite, a painting or a preview is missing or cannot be
                read, or `folder` holds anything but a trunk. Nothing is written then.
        """
        if not has_finite_weights(self.model):
            raise ValueError("The trunk has weights that are not finite, and is not saved.")
        folder = Path(folder)
        refuse_to_empty(folder)
        with replacing(folder) as temporary:
            (temporary / "paintings").mkdir(parents=True)
            recipes = {}
            for name, recipe in self.recipes.items():
                target = Path("paintings") / f"{name}{Path(recipe.painting).suffix.lower()}"
                read_image(recipe.painting)  # refuses what is no image, by its name
                shutil.copyfile(recipe.painting, temporary / target)
                recipes[name] = recipe.replace(painting=str(temporary / target))
            save_recipes(recipes, temporary / RECIPE)
            saved = Trunk(recipes, build_trunk(recipes))
            dtype = save_weights(
                self.model, temporary / WEIGHTS, saved.model, lambda: _difference(self, saved)
            )
            if previews:
                images = [center_crop(read_image(path), _PREVIEW) for path in previews]
                write_image(stylized_grid(saved, images), temporary / "preview.jpg")
            _save_golden(saved, temporary / "golden.npz")
            facts = {"dtype": dtype, **describe(saved.model, temporary / WEIGHTS)}
            write_card(temporary, {**self.card, **facts})
        return load_trunk(folder.resolve())  # not the zoo's of this name


class _Blend(Style):
    """A blend that the trunk itself paints: nothing is compiled for each blend, as by `bake`."""

    def __init__(self, trunk, styles):
        super().__init__(next(iter(trunk.recipes.values())), trunk.model)
        self._style_weights = trunk.weights_of(styles)


def load_trunk(trunk: str | os.PathLike[str] = "trunk") -> Trunk:
    """Loads a trained trunk.

    Args:
        trunk: Name in the zoo, or path of a trunk's folder.

    Returns:
        `Trunk`.

    Raises:
        UnusableStyleError: a ValueError, if there is no such trunk, or its files are damaged or not
            complete.

    Example: `tfstyle.load_trunk().stylize("photo.jpg", {"mosaic": 0.6, "great_wave": 0.4})`
    """
    with reading(trunk):
        folder = find_trunk(trunk)
        card = read_card(folder)
        weights = read_weights(folder, card)
        recipes = load_recipes(folder / RECIPE)
        for recipe in recipes.values():
            check_painting(folder, recipe)
            check_contents(weights, folder, card, recipe)
        model = build_trunk(recipes)
        load_weights(model, weights, folder, card)
    return Trunk(recipes, model, card)


def build_trunk(recipes: dict[str, Recipe]) -> keras.Model:
    """Builds the untrained generator of a trunk, with a row of gamma and beta for each recipe.

    Raises:
        ValueError: if the recipes name a generator that cannot have many styles.
    """
    refuse_fork()
    recipe = next(iter(recipes.values()))
    if not FACTS[recipe.generator].many_styles:
        able = " or ".join(repr(name) for name, facts in FACTS.items() if facts.many_styles)
        raise ValueError(f"A trunk needs the generator {able}. Received: {recipe.generator!r}")
    trunk = GENERATORS[recipe.generator](**recipe.generator_options, styles=len(recipes))
    trunk.compile(optimizer=None, jit_compile=jit_compile())
    return trunk


def stylized_grid(trunk: Trunk, images: Sequence[Image.Image]) -> Image.Image:
    """Puts photographs in the first row, and below them their pictures in every style.

    Args:
        trunk: `Trunk`.
        images: `PIL.Image.Image`s of one size.
    """
    pixels = np.stack([to_pixels(image) for image in images])
    pictures = (trunk.stylize(pixels, name) for name in trunk.recipes)
    return montage([images, *([to_image(picture) for picture in row] for row in pictures)])


def _difference(trunk, other):
    """Gives the largest difference of any pixel between the paintings in their own styles."""
    differences = []
    for name, recipe in trunk.recipes.items():
        pixels = read_middle(recipe.painting, 128)[None]
        differences.append(np.abs(trunk.stylize(pixels, name) - other.stylize(pixels, name)))
    return np.max(differences)


def _save_golden(trunk, path):
    """Keeps a small input and its output in every style: see `styles`."""
    recipe = next(iter(trunk.recipes.values()))
    image = center_crop(read_image(recipe.painting), 64)
    pixels = to_pixels(image)[None]
    outputs = [to_uint8(trunk.stylize(pixels, name)[0]) for name in trunk.recipes]
    np.savez_compressed(path, input=np.asarray(image), output=np.stack(outputs))
