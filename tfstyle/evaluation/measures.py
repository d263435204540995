"""Measures a trained style on photographs that its training did not see."""

import time

import numpy as np

from tfstyle.evaluation.artifacts import border, checkerboard, frame
from tfstyle.evaluation.flicker import flicker
from tfstyle.evaluation.losses import loss_terms, rounded
from tfstyle.evaluation.reference import compare, curves_of, squares
from tfstyle.evaluation.shift import shift
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.objective import loss_of


def evaluate(
    style, photographs, vgg="imagenet", size=256, iterations=100, progress=None, curves=None
):
    """Measures a style: its losses, its artifacts, and its L-BFGS equivalent.

    The L-BFGS equivalent of a picture is the number of iterations that `optimization.optimize`,
    started from the photograph, needs to reach the total loss of the generator's picture. If it
    never does, it is the number of the last iteration. Higher is better. Both losses are computed
    with the style's own weights, on pictures clipped to [0, 1].

    Args:
        style: `Style`.
        photographs: Sequence of image files. The middle square of each is used.
        vgg: The network of the loss: see `PerceptualLoss`.
        size: Integer, height and width of the pictures, at least 64.
        iterations: Integer, L-BFGS iterations for each photograph; 0 skips the reference.
        progress: Function without arguments, called after each iteration and each photograph,
            at most `len(photographs) * (1 + iterations)` times.
        curves: The result of `reference_curves` for the same photographs, loss and size, to reuse
            it. `iterations` then has no effect.

    Returns:
        Dictionary for the card:
        the means of `content`, `style`, `total_variation` and `total` over the photographs;
        `milliseconds`, the median time of a picture;
        `checkerboard`, `border`, `frame`, `shift` (down, right) and the dictionary `flicker`: see
        these functions;
        and with the reference
        `lbfgs_iterations`, `lbfgs_equivalent` (mean), `lbfgs_equivalents` (each photograph),
        `lbfgs_loss` (final total loss of the reference) and `ratio_to_lbfgs` (mean ratio of the
        generator's total loss to it; lower is better).

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
        pixels = [photograph for photograph, _ in pairs]
        curves = curves_of(loss, grams, pixels, iterations, progress)
    return {
        "photographs": len(terms),
        "size": size,
        **{name: rounded(np.mean([t[name] for t in terms])) for name in terms[0]},
        "milliseconds": rounded(1000 * np.median(seconds)),
        "checkerboard": rounded(checkerboard([picture for _, picture in pairs])),
        "border": rounded(border(loss, grams, pairs, paint)),
        "frame": rounded(frame([picture for _, picture in pairs])),
        "shift": [rounded(each) for each in shift(pairs)],
        "flicker": {k: rounded(v) for k, v in flicker(paint, [x for x, _ in pairs]).items()},
        **(compare([t["total"] for t in terms], curves) if curves else {}),
    }
