"""A trained style: it paints, and can be saved. Needs Keras only where a generator is built."""

import functools
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

from numpy.typing import NDArray
from PIL import Image

from tfstyle.facts import FACTS
from tfstyle.images.arrays import painted_array, painted_array_by_rows
from tfstyle.images.files import read_image, still_of
from tfstyle.images.look import Look, painted
from tfstyle.images.pixels import check_pixels, values_of
from tfstyle.images.rows import RowFile, painted_by_rows, painted_in_file
from tfstyle.images.types import ArrayLike, Mask, Number, PaintOptions, Photograph, Progress
from tfstyle.painting.budget import fits_whole
from tfstyle.painting.processes import refuse_fork
from tfstyle.painting.sizes import Needs, Run, paint
from tfstyle.styles.contents import read_style
from tfstyle.styles.polish import Polish
from tfstyle.styles.recipe import Recipe

if TYPE_CHECKING:
    import keras


class Style:
    """A trained style: a recipe and its generator.

    `tfstyle.load` and `tfstyle.train` return one.

    Args:
        recipe: `Recipe`.
        model: `keras.Model`, the generator: it maps float32 `[N, height, width, 3]` in [0, 1] to
            the same shape and range. None if `load_model` is given.
        card: Dictionary of measurements, for `card.json`.
        load_model: Function without arguments that returns the model. It is called when the model
            is first needed.
        run: Function that runs the generator on another engine than Keras: see `painting.sizes`.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: "keras.Model | None" = None,
        card: dict[str, Any] | None = None,
        load_model: "Callable[[], keras.Model] | None" = None,
        run: Run | None = None,
    ) -> None:
        self.recipe = recipe
        self.card: dict[str, Any] = card or {}
        self._load_model = load_model
        self._run = run
        self._style_weights: NDArray[Any] | None = None  # of a trunk's generator
        if model is not None:
            self.model = model

    def __repr__(self) -> str:
        painting = ", ".join(filter(None, (self.recipe.title, self.recipe.artist)))
        return f"<Style {(painting or Path(self.recipe.painting).name)!r}, {self.recipe.generator}>"

    def _repr_html_(self) -> str:
        from tfstyle.styles.notebook import style_html

        return style_html(self.recipe, self.card)

    @functools.cached_property
    def model(self) -> "keras.Model":
        """The generator, a plain `keras.Model`."""
        if self._load_model is None:
            raise ValueError("A Style needs a model, or load_model.")
        return self._load_model()

    @overload
    def stylize(self, image: Photograph, **options: Unpack[PaintOptions]) -> Image.Image: ...

    @overload
    def stylize(
        self, image: NDArray[Number], **options: Unpack[PaintOptions]
    ) -> NDArray[Number]: ...

    @overload
    def stylize(self, image: ArrayLike, **options: Unpack[PaintOptions]) -> NDArray[Any]: ...

    def stylize(
        self,
        image: Photograph | ArrayLike,
        seed: int = 0,
        grain: float = 0.0,
        strength: float = 1.0,
        keep_colors: bool = False,
        mask: Mask | None = None,
        stroke: float = 1.0,
        memory: float | None = None,
        progress: Progress | None = None,
        polish: int = 0,
        vgg: "str | os.PathLike[str] | keras.Model" = "imagenet",
    ) -> Image.Image | NDArray[Any]:
        """Paints a photograph in this style.

        A photograph that does not fit into the memory is painted strip by strip, by Keras. The
        picture is the same, up to the rounding of float32.

        Args:
            image: One of

                - a path of an image file,
                - a `PIL.Image.Image` of any mode,
                - an array `[height, width, 3]` or `[N, height, width, 3]`, RGB, of uint8 or of
                  floats in [0, 1]; with 4 instead of 3 channels, RGBA.

                The size is at least 1 x 1. If it is not a multiple of what the generator needs, the
                image is extended by reflection at the right and bottom, and the picture is cropped.
            seed: Integer, seed of the grain and of a generator's noise: see `Look`.
            grain: Float in [0, 1], noise that is added first: see `Look`.
            strength: Float in [0, 1]; 1 is only the picture, 0 only the photograph.
            keep_colors: Whether to keep the colours of the photograph.
            mask: Path, image or array; white is painted, black is left.
            stroke: Float in [0.25, 8], size of the brush strokes; 2 makes them twice as large.
            memory: Number of bytes that the process should not exceed. Defaults to 1.2 GB, or less
                in a container with a low limit. If that is not enough, as little as possible is
                used.
            progress: Function that is called with the fraction of a large image that is done.
            polish: Integer, L-BFGS iterations that go on from the generator's picture, for prints:
                see `Polish`. 12 take minutes. 0 are none.
            vgg: The network of the loss for `polish`: see `PerceptualLoss`.

        Returns:
            For a path or a PIL image, a `PIL.Image.Image` of the same size, upright and in sRGB,
            with its transparency and metadata. For an array, an array of the same shape and dtype.
            Colours under full transparency have no influence.

        Raises:
            ValueError: if a file is not an image, an image is an animation, an array has another
                shape, dtype or range, a tensor has no values, an option is out of range, or the
                memory is too small to polish.
            OSError: if the temporary files of a large photograph fill the disk.
        """
        look = Look(strength, keep_colors, grain, seed, mask, stroke)
        return self.paint(image, look, memory, progress, Polish(polish, vgg) if polish else None)

    @overload
    def paint(
        self,
        image: Photograph,
        look: Look,
        memory: float | None = None,
        progress: Progress | None = None,
        polish: Polish | None = None,
    ) -> Image.Image: ...

    @overload
    def paint(
        self,
        image: NDArray[Number],
        look: Look,
        memory: float | None = None,
        progress: Progress | None = None,
        polish: Polish | None = None,
    ) -> NDArray[Number]: ...

    @overload
    def paint(
        self,
        image: ArrayLike,
        look: Look,
        memory: float | None = None,
        progress: Progress | None = None,
        polish: Polish | None = None,
    ) -> NDArray[Any]: ...

    def paint(
        self,
        image: Photograph | ArrayLike,
        look: Look,
        memory: float | None = None,
        progress: Progress | None = None,
        polish: Polish | None = None,
    ) -> Image.Image | NDArray[Any]:
        """Paints a photograph with a `Look`: see `stylize`.

        A `RowFile`, as `media.photograph.read_photograph` gives of an image that the memory does
        not hold, gives a `RowFile`.

        Raises:
            ValueError: as `stylize`.
            OSError: likewise.
            RuntimeError: in a process that was forked after a style was used.
        """
        refuse_fork()
        predict = self._predict
        if polish:
            predict = polish.after(predict, self._recipe_to_polish(), memory, progress)

        def stylized(photographs):
            return look.apply(predict, photographs)

        def by_rows(rows, write):
            from tfstyle.painting.streamed import paint_rows

            paint_rows(self.model, rows, write, look, memory, self._style_weights, progress)

        if isinstance(image, str | os.PathLike):
            image = read_image(image)
        elif isinstance(image, Image.Image):
            image = still_of(image)
        elif isinstance(image, RowFile):
            if self._can_stream() and not polish:
                return painted_in_file(image, by_rows)  # pyright: ignore[reportReturnType]
            image = image.to_image()
        else:
            array = values_of(image)
            check_pixels(array)
            if polish or self._paints_whole(array.shape[-3:-1], look, memory):
                return painted_array(array, stylized)
            return painted_array_by_rows(array, by_rows)
        if polish or self._paints_whole(image.size, look, memory):
            return painted(image, lambda pixels: stylized(pixels[None])[0])
        return painted_by_rows(image, by_rows)

    def _recipe_to_polish(self):
        """Returns the recipe, if its loss is what this style was trained for."""
        if self._style_weights is not None or "blend" in self.card:
            raise ValueError(
                "polish needs a style of one painting, not a blend. For a trunk, "
                "use trunk.bake(name).stylize(image, polish=...)."
            )
        return self.recipe

    def _paints_whole(self, size, look, memory):
        """Whether a photograph is painted as a whole: it fits, or there is no other way."""
        pixels = size[0] * size[1] / look.stroke**2
        if fits_whole(self.recipe.generator, pixels, memory):
            return True
        return not self._can_stream()

    def _can_stream(self):
        from tfstyle.painting.streamed import can_stream

        return can_stream(self.model)

    def save(
        self, folder: str | os.PathLike[str], previews: Sequence[str | os.PathLike[str]] = ()
    ) -> "Style":
        """Writes the style, to `folder/GENERATOR`, and its painting, to `folder`.

        The weights are kept in float16 if that changes no channel of any pixel of painting and
        previews by more than 1/255, else in float32. Another generator's style of the same
        painting in `folder` is left as it is; an older one of the same generator is replaced at
        the end, as a whole.

        Args:
            folder: Made if missing.
            previews: Image files: photographs that the training did not see, for
                `preview.jpg`.

        Returns:
            `Style`, as `load` would give it.

        Raises:
            ValueError: if a weight is not finite, the painting or a preview is missing or cannot
                be read, or `folder` has another generator's style of another painting. Nothing
                is written then.
        """
        from tfstyle.styles.model import load_generator
        from tfstyle.styles.saving import save_style

        save_style(self, folder, previews)
        absolute = Path(folder).resolve()  # never a style of the zoo with the same name
        recipe, weights, place, card = read_style(absolute, self.recipe.generator)
        return Style(recipe, load_generator(recipe, weights, place, card), card)

    def push(self, address: str, license: str = "", private: bool = False) -> str:
        """Sends the style to the Hugging Face Hub; `load` reads it from there.

        Args:
            address: `hf://user/repo`; the repository is made if missing.
            license: Of the weights, as `"MIT"`. Not needed for an imported style, which knows it.
            private: Whether a new repository is private.

        Returns:
            Address of the commit.

        Raises:
            ValueError: if no license is known, the style cannot be saved, or the Hub refuses it.
            ImportError: if huggingface_hub is not installed.

        Example: `style.push("hf://me/mosaic", license="MIT")`
        """
        from tfstyle.styles.hub import upload
        from tfstyle.styles.page import page_of

        license = license or self.card.get("imported", {}).get("license", "")
        if not license:
            raise ValueError("A style on the Hub names its license: push(address, license='MIT').")
        with tempfile.TemporaryDirectory() as folder:
            saved = self.save(Path(folder) / "style")
            page = page_of(saved.recipe, saved.card, address, license)
            return upload(Path(folder) / "style", address, page, private)

    def _predict(self, pixels, seed):
        if self._run is None:
            from tfstyle.painting.whole import stylize_pixels

            return stylize_pixels(self.model, pixels, seed, self._style_weights)
        return paint(self._run, needs_of_recipe(self.recipe), pixels, seed)


def needs_of_recipe(recipe: Recipe) -> Needs:
    """Returns what the generator of a recipe needs of its inputs."""
    facts, channels = FACTS[recipe.generator], recipe.noise_channels
    noise = tuple((ratio, channels) for ratio in facts.noise_ratios) if channels else ()
    return Needs(facts.multiple, facts.minimum, noise)
