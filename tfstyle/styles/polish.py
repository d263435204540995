"""Polish: L-BFGS goes on from what a generator painted."""

import functools
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfstyle.images.types import Progress
from tfstyle.painting.budget import machine_bytes
from tfstyle.styles.recipe import Recipe

if TYPE_CHECKING:
    import keras

# Measured: `python -m benchmarks.polish`. The process itself, and for each
# pixel VGG19's features with their gradients.
_PROCESS_BYTES = 1.1e9
_BYTES_PER_PIXEL = 2900


@dataclass(frozen=True)
class Polish:
    """Lowers the loss of a style's pictures by L-BFGS, starting from what its generator painted.

    Args:
        iterations: Integer, at least 1: L-BFGS iterations for each picture. After 12, the loss is
            that of 40 to 50 iterations which start from the photograph.
        vgg: The network of the loss: see `PerceptualLoss`.

    Raises:
        ValueError: if `iterations` is below 1.
    """

    iterations: int
    vgg: "str | os.PathLike[str] | keras.Model" = "imagenet"

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise ValueError(f"polish must be at least 1 iteration. Received: {self.iterations}")

    def after(
        self,
        paint: Callable[[NDArray[Any], int], NDArray[Any]],
        recipe: Recipe,
        memory: float | None = None,
        progress: Progress | None = None,
    ) -> Callable[[NDArray[Any], int], NDArray[Any]]:
        """Returns a function that paints and polishes, with the arguments of `paint`.

        Args:
            paint: Function of photographs, float32 `[N, height, width, 3]` in [0, 1], and a seed
                that returns pictures of the same shape.
            recipe: `Recipe`, whose loss is lowered, for its painting.
            memory: Bytes that the process should not exceed. Defaults to four fifths of this
                machine's.
            progress: Function that is called with the fraction that is done.

        Raises:
            ValueError: from the returned function, if a picture needs more memory, or the backend
                of Keras has no gradients.
        """

        def polished(photographs, seed):
            # Only now: a style paints without its loss otherwise.
            from tfstyle.optimization import optimize

            _refuse_large(photographs.shape[1] * photographs.shape[2], memory)
            loss, grams = _last_loss(recipe, self.vgg)
            done = itertools.count(1)
            total = self.iterations * len(photographs)

            def advance():
                if progress:
                    progress(next(done) / total)

            pictures = paint(photographs, seed)
            options = (loss, grams, self.iterations, advance)
            pairs = zip(photographs, pictures, strict=True)
            return np.stack([optimize(old, *options, start=picture)[0] for old, picture in pairs])

        return polished


@functools.lru_cache(maxsize=1)
def _last_loss(recipe, vgg):
    """Returns `loss_of`, computed once for many photographs in one style."""
    from tfstyle.styles.objective import loss_of

    return loss_of(recipe, vgg)


def _refuse_large(pixels, memory):
    allowed = machine_bytes() if memory is None else memory
    needed = _PROCESS_BYTES + _BYTES_PER_PIXEL * pixels
    if needed > allowed:
        raise ValueError(
            f"To polish {pixels / 1e6:.1f} megapixels takes {needed / 1e9:.1f} GB of memory, more "
            f"than {allowed / 1e9:.1f} GB. Scale the photograph down, or use stroke=2."
        )
