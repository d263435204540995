"""Trained styles: saved, loaded and used."""

import os
import shutil
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from tfstyle.files import replacing
from tfstyle.generators import GENERATORS
from tfstyle.images.files import read_image, still_of, write_image
from tfstyle.images.geometry import center_crop, montage
from tfstyle.images.look import Look, painted
from tfstyle.images.pixels import check_pixels, to_image, to_pixels, to_uint8, values_of
from tfstyle.images.transparency import visible_pixels
from tfstyle.painting.processes import refuse_fork
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.card import read_card, write_card
from tfstyle.styles.folder import RECIPE, WEIGHTS, check_weights, find_style, shared_painting
from tfstyle.styles.recipe import Recipe
from tfstyle.styles.weights import describe, has_finite_weights, load_weights, save_weights

# Of a batch of arrays: a megapixel takes 0.4 to 0.8 GB, many at once are no faster.
_PIXELS_AT_ONCE = 2**20


class Style:
    """A recipe and the generator trained by it.

    `tfstyle.load` and `tfstyle.train` give one.

    Args:
        recipe: `Recipe`.
        model: `keras.Model`, the generator: float32 `[N, height, width, 3]` in [0, 1] to the
            same.
        card: Dictionary of what was measured, for `card.json`.
    """

    def __init__(self, recipe, model, card=None):
        self.recipe = recipe
        self.model = model
        self.card = card or {}

    def stylize(
        self,
        image,
        seed=0,
        grain=0.0,
        strength=1.0,
        keep_colors=False,
        mask=None,
        stroke=1.0,
    ):
        """Paints a photograph in this style.

        Args:
            image: One of
                - a path of an image file,
                - a `PIL.Image.Image` of any mode,
                - an array `[height, width, 3]` or `[N, height, width, 3]`, RGB, of uint8 or of
                  floats in [0, 1]; with 4 in place of 3, RGBA.
                Any size from 1 x 1 up. Beyond the generator's multiples the image is mirrored at
                its right and lower border, and the picture cut to the image's size.
            seed: As the others, of `images.look.Look`, which says what they are.
            grain: Float in [0, 1].
            strength: Float in [0, 1].
            keep_colors: Boolean.
            mask: Path, image or array; white is painted.
            stroke: Float in [0.25, 8], size of the strokes.

        Returns:
            For a path or a PIL image a `PIL.Image.Image` of the upright image's size, in sRGB, with
            its transparency and metadata; for an array one of the same shape and dtype. Colours
            under full transparency have no influence.

        Raises:
            ValueError: on a file that is no image, an animation, an array of another shape, dtype
                or range, a tensor without values, or an option out of range.
        """
        return self.paint(image, Look(strength, keep_colors, grain, seed, mask, stroke))

    def paint(self, image, look):
        """Paints a photograph with a `Look`: see `stylize`.

        Raises:
            ValueError: as `stylize`.
            RuntimeError: in a process that was forked after a style was used.
        """
        refuse_fork()

        def paint(photographs):
            return look.apply(self._predict, photographs)

        if isinstance(image, str | os.PathLike):
            image = read_image(image)
        elif isinstance(image, Image.Image):
            image = still_of(image)
        else:
            return _stylize_array(values_of(image), paint)
        return painted(image, lambda pixels: paint(pixels[None])[0])

    def save(self, folder, previews=()):
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
        if not has_finite_weights(self.model):
            raise ValueError("The style has weights that are not finite, and is not saved.")
        photographs = [center_crop(read_image(path), 256) for path in previews]
        images = [read_image(self.recipe.painting), *photographs]
        folder = Path(folder)
        painting = shared_painting(folder, self.recipe.painting, self.recipe.generator)
        with replacing(folder / self.recipe.generator) as temporary:
            temporary.mkdir()
            self.recipe.replace(painting=str(painting)).save(temporary / RECIPE)
            saved = Style(self.recipe, build_generator(self.recipe))
            pixels = [to_pixels(center_crop(image, 256)) for image in images]
            dtype = save_weights(
                self.model,
                temporary / WEIGHTS,
                saved.model,
                lambda: np.max([np.abs(self.stylize(x) - saved.stylize(x)) for x in pixels]),
            )
            if photographs:
                write_image(stylized_pairs(saved.model, photographs), temporary / "preview.jpg")
            _save_golden(saved, temporary / "golden.npz")
            facts = {"dtype": dtype, **describe(saved.model, temporary / WEIGHTS)}
            write_card(temporary, {**self.card, **facts})
        # Last: what is interrupted before leaves the older style with its own painting.
        if not (painting.exists() and painting.samefile(self.recipe.painting)):
            with replacing(painting) as temporary:
                shutil.copyfile(self.recipe.painting, temporary)
        return load(folder.resolve(), self.recipe.generator)  # not the zoo's of this name

    def _predict(self, pixels, seed):
        return stylize_pixels(self.model, pixels, seed)


def load(style, generator=None):
    """Loads a trained style.

    Args:
        style: Name of a style of the zoo (`list_styles` names them) or path of a style's folder.
        generator: `"johnson"` or `"pyramid"`. Defaults to the first of these that the style has.

    Returns:
        `Style`.

    Raises:
        ValueError: if there is no such style or generator, the name is that of a style of the zoo
            and of one in the working directory, or its files are damaged or not complete.

    Example: `tfstyle.load("mosaic").stylize("photo.jpg").save("picture.jpg")`
    """
    folder = find_style(style, generator)
    card = read_card(folder)
    weights = check_weights(folder, card)
    recipe = Recipe.load(folder / RECIPE)
    model = build_generator(recipe)
    load_weights(model, weights, card)
    return Style(recipe, model, card)


def build_generator(recipe):
    """Builds the untrained generator of a recipe, compiled for prediction."""
    refuse_fork()
    generator = GENERATORS[recipe.generator](**recipe.generator_options)
    generator.compile(optimizer=None, jit_compile=jit_compile())
    return generator


def jit_compile():
    """Whether to compile with XLA: for JAX only.

    TensorFlow on a CPU is faster without: oneDNN's convolutions are out of XLA's reach there,
    and each new image size would cost seconds of compilation.
    """
    return keras.backend.backend() == "jax"


def stylized_pairs(generator, images, seed=0):
    """Puts photographs above their stylized pictures in one `PIL.Image.Image`.

    Args:
        generator: `keras.Model` of `build_generator`.
        images: `PIL.Image.Image`s of one size.
        seed: Integer, for generators that take noise.
    """
    pixels = stylize_pixels(generator, np.stack([to_pixels(image) for image in images]), seed)
    return montage([images, [to_image(picture) for picture in pixels]])


def _stylize_array(array, paint):
    check_pixels(array)
    pictures = array.copy()
    images, results = (x if array.ndim == 4 else x[None] for x in (array, pictures))
    at_once = max(1, _PIXELS_AT_ONCE // (images.shape[1] * images.shape[2]))
    for first in range(0, len(images), at_once):
        pixels = visible_pixels(images[first : first + at_once])
        painted = paint(pixels)
        is_uint8 = array.dtype == "uint8"
        results[first : first + at_once, ..., :3] = to_uint8(painted) if is_uint8 else painted
    return pictures


def _save_golden(style, path):
    """Keeps a small input and its output, to notice when a later version paints otherwise."""
    pixels = np.asarray(center_crop(read_image(style.recipe.painting), 96))[:64]
    np.savez_compressed(path, input=pixels, output=style.stylize(pixels))
