"""Compares generators with the slow reference."""

import numpy as np

from tfstyle.evaluation.losses import rounded
from tfstyle.images.files import read_middle
from tfstyle.optimization import optimize
from tfstyle.styles.objective import loss_of


def reference_curves(recipe, photographs, vgg="imagenet", size=256, iterations=100, progress=None):
    """Computes the losses of the slow reference, which `evaluate` can reuse for many generators.

    Args:
        recipe: `Recipe`, whose loss is used.
        photographs: See `evaluate`.
        vgg: See `evaluate`.
        size: See `evaluate`.
        iterations: Integer, L-BFGS iterations for each photograph.
        progress: Function without arguments, called after each iteration.

    Returns:
        List of float64 arrays `[1 + iterations]`, one for each photograph: see
        `optimization.optimize`.
    """
    loss, grams = loss_of(recipe, vgg)
    return curves_of(loss, grams, squares(photographs, size), iterations, progress)


def curves_of(loss, style_grams, photographs, iterations, progress=None):
    """Returns what `reference_curves` returns, for float32 `[N, size, size, 3]` in [0, 1]."""
    return [optimize(pixels, loss, style_grams, iterations, progress)[1] for pixels in photographs]


def equivalent_iterations(loss, curve):
    """Returns the first iteration at which a curve of losses reaches a loss, otherwise the last."""
    reached = np.flatnonzero(np.asarray(curve) <= loss)
    return int(reached[0]) if len(reached) else len(curve) - 1


def squares(photographs, size):
    """Reads the middle squares of image files: float32 `[N, size, size, 3]` in [0, 1]."""
    return np.stack([read_middle(path, size) for path in photographs])


def compare(totals, curves):
    """Compares total losses of pictures with the slow reference: see `evaluate`.

    Args:
        totals: Floats, one for each picture.
        curves: The result of `reference_curves` for the same photographs.

    Returns:
        Dictionary of `lbfgs_iterations`, `lbfgs_equivalent`, `lbfgs_equivalents`, `lbfgs_loss`
        and `ratio_to_lbfgs`.
    """
    pairs = list(zip(totals, curves, strict=True))
    equivalents = [equivalent_iterations(total, curve) for total, curve in pairs]
    return {
        "lbfgs_iterations": max(map(len, curves)) - 1,
        "lbfgs_equivalent": rounded(np.mean(equivalents)),
        "lbfgs_equivalents": equivalents,
        "lbfgs_loss": rounded(np.mean([curve[-1] for curve in curves])),
        "ratio_to_lbfgs": rounded(np.mean([total / curve[-1] for total, curve in pairs])),
    }
