"""Options that do not depend on the generator: grain, strength, colours, mask, stroke."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tfstyle.images.colors import to_rgb
from tfstyle.images.files import read_image
from tfstyle.images.geometry import resize_pixels
from tfstyle.images.pixels import luminance, to_image, to_pixels
from tfstyle.images.transparency import fill_hidden
from tfstyle.images.types import Mask

_STROKES = 0.25, 8  # of a quarter sixteen times the pixels are painted


@dataclass(frozen=True, eq=False)
class Look:
    """Options of a picture that do not depend on what paints it.

    Args:
        strength: Float in [0, 1], share of the picture; the rest is the photograph.
        keep_colors: Whether to keep the photograph's colours and only change light and dark: see
            `with_colors_of`.
        grain: Float in [0, 1], standard deviation of noise that is added to the photograph first.
            A generator leaves areas without texture flat. 0.02 brings strokes there, and changes
            little elsewhere.
        seed: Integer, seed of the grain and of the noise of a generator that takes noise.
        mask: Where to paint: black leaves the photograph as it is, grey blends. The generator
            sees the whole photograph. A path of an image file, a `PIL.Image.Image`, or an array
            `[height, width]`, of uint8 or of floats in [0, 1]; scaled to the photograph's size.
            None paints all of it.
        stroke: Float in [0.25, 8], size of the strokes. The photograph is painted at `1 / stroke`
            of its size, and the picture scaled back: 2 makes bold strokes in a large photograph.
            Time and memory grow as `1 / stroke ** 2`.

    Raises:
        ValueError: if a value is out of range, or the mask is not an image.
    """

    strength: float = 1.0
    keep_colors: bool = False
    grain: float = 0.0
    seed: int = 0
    mask: Mask | None = None
    stroke: float = 1.0

    def __post_init__(self) -> None:
        for name in ("grain", "strength"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1]. Received: {getattr(self, name)}")
        least, most = _STROKES
        if not least <= self.stroke <= most:
            raise ValueError(f"stroke must be in [{least}, {most}]. Received: {self.stroke}")
        if self.mask is not None:
            object.__setattr__(self, "mask", _mask(self.mask))

    def apply(
        self, paint: Callable[[NDArray[Any], int], NDArray[Any]], photographs: NDArray[Any]
    ) -> NDArray[Any]:
        """Paints photographs with these options.

        Args:
            paint: Function of images and seed that returns pictures, float32 of the same shape.
            photographs: float32 `[N, height, width, 3]` in [0, 1].

        Returns:
            float32 array of the photographs' shape, in [0, 1].
        """
        size = photographs.shape[1:3]
        seen = photographs
        if self.stroke != 1:
            seen = resize_pixels(photographs, [max(1, round(side / self.stroke)) for side in size])
        if self.grain:
            seen = add_grain(seen, self.grain, self.seed)
        pictures = resize_pixels(paint(seen, self.seed), size)
        return self.finish(photographs, pictures, self.amounts(size))

    def finish(
        self, photographs: NDArray[Any], pictures: NDArray[Any], amounts: NDArray[Any]
    ) -> NDArray[Any]:
        """Applies colours, strength and mask to pictures, or to strips of them.

        Args:
            photographs: float32 `[N, height, width, 3]` in [0, 1].
            pictures: float32 of the same shape.
            amounts: The same rows of the result of `amounts`.

        Returns:
            float32 array of the same shape, in [0, 1].
        """
        if self.keep_colors:
            pictures = with_colors_of(photographs, pictures)
        if self.mask is not None or self.strength < 1:
            pictures = np.clip(photographs + amounts * (pictures - photographs), 0, 1)
        return pictures

    def amounts(self, size: tuple[int, int]) -> NDArray[Any]:
        """Returns the share of the picture in each pixel, float32 `[1, height, width, 1]`.

        Without a mask, height and width are 1, because all pixels have the same share.
        """
        mask = np.ones((1, 1, 1, 1), "float32")
        if self.mask is not None:
            mask = np.clip(resize_pixels(np.asarray(self.mask)[None, ..., None], size), 0, 1)
        return np.float32(self.strength) * mask


def painted(image: Image.Image, paint: Callable[[np.ndarray], np.ndarray]) -> Image.Image:
    """Paints an image, and keeps its transparency, profile and metadata.

    Args:
        image: `PIL.Image.Image` of `read_image`, RGB or RGBA. Colours under full transparency have
            no influence.
        paint: Function that takes pixels, float32 `[height, width, 3]` in [0, 1], and returns the
            pixels of the picture, of the same size or another.

    Returns:
        `PIL.Image.Image`.
    """
    pixels = to_pixels(image)
    if image.mode == "RGBA":
        pixels = fill_hidden(pixels, np.asarray(image.getchannel("A")))
    picture = to_image(paint(pixels))
    if image.mode == "RGBA":
        picture.putalpha(image.getchannel("A").resize(picture.size))
    picture.info = dict(image.info)
    return picture


def add_grain(pixels: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    """Adds the same normal noise to each of the images `[N, height, width, 3]` in [0, 1]."""
    noise = np.random.default_rng(seed).standard_normal(pixels.shape[1:], dtype="float32")
    return np.clip(pixels + np.float32(deviation) * noise, 0, 1)


def with_colors_of(photographs: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Returns pictures with the colours of their photographs and their own luminance.

    Both are float arrays in [0, 1] of the same shape. The difference in luminance is added to all
    three channels of the photograph, so its chrominance only changes where values are clipped.

    Reference:
        Gatys, Bethge, Hertzmann, Shechtman, *Preserving Color in Neural Artistic Style
        Transfer*, arXiv 1606.05897, luminance-only transfer.
    """
    change = luminance(pictures) - luminance(photographs)
    return np.clip(photographs + change[..., None], 0, 1)


def _mask(mask):
    """Returns a mask as float32 `[height, width]` in [0, 1]; transparent counts as black."""
    if isinstance(mask, np.ndarray):
        if mask.ndim != 2 or 0 in mask.shape or (mask.dtype != "uint8" and mask.dtype.kind != "f"):
            raise ValueError(
                "A mask must be an array [height, width] of uint8, or of floats in [0, 1]. "
                f"Received: {mask.dtype} {list(mask.shape)}"
            )
        values = mask.astype("float32") / (255 if mask.dtype == "uint8" else 1)
        if not (values.min() >= 0 and values.max() <= 1):
            raise ValueError(
                "A mask of floats must be in [0, 1]: divide by 255. Received values from "
                f"{mask.min()} to {mask.max()}"
            )
        return values
    image = to_rgb(mask) if isinstance(mask, Image.Image) else read_image(mask)
    grey = np.asarray(image.convert("L"), "float32") / 255
    if image.mode == "RGBA":
        grey = grey * np.asarray(image.getchannel("A"), "float32") / 255
    return grey
