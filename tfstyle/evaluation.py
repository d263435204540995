"""Numbers about a trained style, on photographs that its training did not see."""

import numpy as np

from tfstyle.images import center_crop, read_image, to_pixels
from tfstyle.optimization import optimize
from tfstyle.styles import loss_of, stylize_pixels


def evaluate(style, photographs, vgg="imagenet", size=256, iterations=100, progress=None):
    """Measures a style's losses, and how far the slow reference must go to reach them.

    The L-BFGS equivalent of a picture is the number of iterations of `optimization.optimize`,
    started from the photograph, after which its total loss is at or below that of the
    generator's picture; the last iteration if it never is. Both use the style's own loss, and
    both pictures are those that people see, within [0, 1].

    Args:
        style: `Style`.
        photographs: Sequence of image files; of each the middle square is used.
        vgg: The network of the loss: see `PerceptualLoss`.
        size: Integer, height and width of the pictures.
        iterations: Integer, L-BFGS iterations a photograph; 0 leaves the reference out.
        progress: Function of no arguments, called after each iteration and each photograph:
            `len(photographs) * (1 + iterations)` times at most.

    Returns:
        Dictionary for the card: means over the photographs of `content`, `style`,
        `total_variation` and `total`; and with the reference `lbfgs_equivalent` (mean),
        `lbfgs_equivalents` (each), `lbfgs_loss` (`total` of the reference at its end) and
        `ratio_to_lbfgs` (mean of the generator's total over the reference's).
    """
    loss, grams = loss_of(style.recipe, vgg)
    terms, curves = [], []
    for path in photographs:
        pixels = to_pixels(center_crop(read_image(path), size))
        picture = stylize_pixels(style.model, pixels[None])
        values = loss(loss.content_features(pixels[None]), picture, grams)
        terms.append({name: float(value) for name, value in values.items()})
        if iterations:
            curves.append(optimize(pixels, loss, grams, iterations, progress)[1])
        if progress:
            progress()
    return {
        "photographs": len(terms),
        "size": size,
        **{name: _rounded(np.mean([t[name] for t in terms])) for name in terms[0]},
        **(_compare([t["total"] for t in terms], curves, iterations) if curves else {}),
    }


def equivalent_iterations(loss, curve):
    """Gives the first iteration of a curve of losses at or below a loss; the last if none is."""
    reached = np.flatnonzero(np.asarray(curve) <= loss)
    return int(reached[0]) if len(reached) else len(curve) - 1


def _compare(totals, curves, iterations):
    pairs = list(zip(totals, curves, strict=True))
    equivalents = [equivalent_iterations(total, curve) for total, curve in pairs]
    return {
        "lbfgs_iterations": iterations,
        "lbfgs_equivalent": _rounded(np.mean(equivalents)),
        "lbfgs_equivalents": equivalents,
        "lbfgs_loss": _rounded(np.mean([curve[-1] for curve in curves])),
        "ratio_to_lbfgs": _rounded(np.mean([total / curve[-1] for total, curve in pairs])),
    }


def _rounded(value):
    return float(f"{value:.4g}")
