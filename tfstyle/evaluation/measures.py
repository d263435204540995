"""Numbers about a trained style, on photographs that its training did not see."""

import time

import numpy as np

from tfstyle.evaluation.artifacts import border, checkerboard, frame
from tfstyle.evaluation.flicker import flicker
from tfstyle.evaluation.losses import loss_terms, rounded
from tfstyle.evaluation.reference import compare, reference_curves, squares
from tfstyle.painting.whole import stylize_pixels
from tfstyle.training.objective import loss_of


def evaluate(
    style, photographs, vgg="imagenet", size=256, iterations=100, progress=None, curves=None
):
    """Measures a style: its losses, its faults, and how far the slow reference must go to equal it.

    The L-BFGS equivalent of a picture is the number of iterations of `optimization.optimize`,
    started from the photograph, after which its total loss is at or below that of the
    generator's picture; the last iteration if it never is. Both use the style's own loss, and
    both pictures are those that people see, within [0, 1].

    Args:
        style: `Style`.
        photographs: Sequence of image files; of each the middle square is used.
        vgg: The network of the loss: see `PerceptualLoss`.
        size: Integer, height and width of the pictures, at least 64.
        iterations: Integer, L-BFGS iterations a photograph; 0 leaves the reference out.
        progress: Function of no arguments, called after each iteration and each photograph:
            `len(photographs) * (1 + iterations)` times at most.
        curves: What `reference_curves` gave for the same photographs, loss and size, if it is
            at hand; `iterations` is then without effect.

    Returns:
        Dictionary for the card: means over the photographs of `content`, `style`,
        `total_variation` and `total`; `milliseconds` (median time of a picture), `checkerboard`,
        `border`, `frame` and `flicker` (a dictionary): see the functions of these names; and with
        the reference
        `lbfgs_iterations`, `lbfgs_equivalent` (mean), `lbfgs_equivalents` (each), `lbfgs_loss`
        (`total` of the reference at its end) and `ratio_to_lbfgs` (mean of the generator's total
        over the reference's).

    Raises:
        ValueError: if the size is too small, or an image cannot be read.
    """
    if size < 64:
        raise ValueError(f"size must be at least 64. Received: {size}")
    loss, grams = loss_of(style.recipe, vgg)

    def paint(pixels):
        return stylize_pixels(style.model, pixels[None])[0]

    paint(np.zeros((size, size, 3), "float32"))  # compiles
    pairs, terms, seconds = [], [], []
    for pixels in squares(photographs, size):
        began = time.perf_counter()
        picture = paint(pixels)
        seconds.append(time.perf_counter() - began)
        pairs.append((pixels, picture))
        terms.append(loss_terms(loss, grams, pixels, picture))
        if progress:
            progress()
    if iterations and curves is None:
        network = loss.network  # VGG19 is not loaded twice
        curves = reference_curves(style.recipe, photographs, network, size, iterations, progress)
    return {
        "photographs": len(terms),
        "size": size,
        **{name: rounded(np.mean([t[name] for t in terms])) for name in terms[0]},
        "milliseconds": rounded(1000 * np.median(seconds)),
        "checkerboard": rounded(checkerboard([picture for _, picture in pairs])),
        "border": rounded(border(loss, grams, pairs, paint)),
        "frame": rounded(frame([picture for _, picture in pairs])),
        "flicker": {k: rounded(v) for k, v in flicker(paint, [x for x, _ in pairs]).items()},
        **(compare([t["total"] for t in terms], curves) if curves else {}),
    }
