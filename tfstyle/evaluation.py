"""Numbers about a trained style, on photographs that its training did not see."""

import itertools
import time

import numpy as np

from tfstyle.images import luminance, read_middle
from tfstyle.optimization import optimize
from tfstyle.styles import loss_of, stylize_pixels


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
        `border` and `frame`: see the functions of these names; and with the reference
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
        **(compare([t["total"] for t in terms], curves) if curves else {}),
    }


def reference_curves(recipe, photographs, vgg="imagenet", size=256, iterations=100, progress=None):
    """Gives the losses of the slow reference for `evaluate`: the same for all generators.

    Args:
        recipe: `Recipe`, whose loss is used.
        photographs: As for `evaluate`.
        vgg: As for `evaluate`.
        size: As for `evaluate`.
        iterations: Integer.
        progress: Function of no arguments, called after each iteration.

    Returns:
        List of float64 arrays `[1 + iterations]`: see `optimization.optimize`.
    """
    loss, grams = loss_of(recipe, vgg)
    return [
        optimize(pixels, loss, grams, iterations, progress)[1]
        for pixels in squares(photographs, size)
    ]


def equivalent_iterations(loss, curve):
    """Gives the first iteration of a curve of losses at or below a loss; the last if none is."""
    reached = np.flatnonzero(np.asarray(curve) <= loss)
    return int(reached[0]) if len(reached) else len(curve) - 1


def checkerboard(pictures, tile=64):
    """Gives how far pictures' spectra stand out at the frequencies of an upsampling's grid.

        max over g of P(g) / sqrt(P(g - d) P(g + d))

    where `P` is the mean power spectrum of the luminance over tiles that overlap by half, under a
    Hann window; `g` are the frequencies of periods of 2 and 4 pixels, across, down and both;
    and `g - d`, `g + d` are their neighbours in the same direction, 1/16 cycle a pixel away. A
    natural spectrum is smooth there: the value is near 1. A pattern locked to the grid, as
    transposed convolutions leave (Odena et al., *Deconvolution and Checkerboard Artifacts*,
    2016), stands alone: a pattern of two levels of 255 on a natural spectrum gives more than 2.

    Args:
        pictures: Sequence of float arrays `[height, width, 3]` in [0, 1].
        tile: Integer, a multiple of 16: side of the tiles. No picture may be smaller.

    Returns:
        Float.
    """
    window = np.hanning(tile + 1)[:-1]
    window = np.outer(window, window)
    power = np.zeros((tile, tile))
    for picture in pictures:
        grey = luminance(np.asarray(picture))
        tiles = np.lib.stride_tricks.sliding_window_view(grey, (tile, tile))
        tiles = tiles[:: tile // 2, :: tile // 2].reshape(-1, tile, tile)
        tiles = tiles - tiles.mean(axis=(1, 2), keepdims=True)
        power += np.sum(np.abs(np.fft.fft2(window * tiles)) ** 2, axis=0)
    power += 1e-12 * power.max() + 1e-30  # flat pictures have no spectrum
    d = tile // 16
    grid = itertools.product((0, tile // 4, tile // 2, 3 * tile // 4), repeat=2)
    peaks = []
    for g in grid:
        if any(g):
            step = np.where(g, d, 0)
            below, above = (power[tuple((g + sign * step) % tile)] for sign in (-1, 1))
            peaks.append(power[g] / np.sqrt(below * above))
    return float(max(peaks))


def border(loss, style_grams, pairs, paint):
    """Gives the loss along the border over that of the same strips where they lie within.

        sum of total(strip of paint(middle)) / sum of total(the same strip of paint(photograph))

    where `middle` is a photograph without its outer eighths, and the four strips of each lie along
    the edges of the middle, as wide as such an eighth: in one picture they are the border, in the
    other they have an eighth around them. It is 1 where the border is like the rest, whatever the
    photograph has there; the loss of a strip by itself depends on that more than on the painting.

    Args:
        loss: `PerceptualLoss`.
        style_grams: What `loss.style_grams` gave for the painting.
        pairs: Sequence of photographs and their pictures: float arrays `[height, width, 3]` in
            [0, 1].
        paint: Function that gives the picture of a photograph.

    Returns:
        Float, of the sums over all pairs.
    """
    outer = inner = 0.0
    for photograph, picture in pairs:
        rows, columns = (length // 8 for length in photograph.shape[:2])
        middle = np.s_[rows:-rows, columns:-columns]
        content, within = photograph[middle], picture[middle]
        at_border = paint(content)
        for edge in (np.s_[:rows], np.s_[-rows:], np.s_[:, :columns], np.s_[:, -columns:]):
            outer += loss_terms(loss, style_grams, content[edge], at_border[edge])["total"]
            inner += loss_terms(loss, style_grams, content[edge], within[edge])["total"]
    return outer / inner


def squares(photographs, size):
    """Reads the middle squares of image files: float32 `[N, size, size, 3]` in [0, 1]."""
    return np.stack([read_middle(path, size) for path in photographs])


def loss_terms(loss, style_grams, photograph, picture):
    """Gives the terms of the loss of one picture, a dictionary of floats.

    Args:
        loss: `PerceptualLoss`.
        style_grams: What `loss.style_grams` gave for the painting.
        photograph: float32 array `[height, width, 3]` in [0, 1].
        picture: Likewise.
    """
    values = loss(loss.content_features(photograph[None]), picture[None], style_grams)
    return {name: float(value) for name, value in values.items()}


def compare(totals, curves):
    """Compares total losses of pictures with the slow reference: see `evaluate`.

    Args:
        totals: Floats, one a picture.
        curves: What `reference_curves` gave for the same photographs.

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


def frame(pictures):
    """Gives how far the colour along one of the four edges stands off from that beside it.

        max over edges and channels of abs(mean over pictures of (outer - inner))

    where `outer` is the mean colour of the strip at an edge, a sixteenth of the picture wide,
    and `inner` that of the strip beside it. Of ten photographs themselves it is 0.03. A generator
    that paints a frame, in a colour that the painting has and photographs lack, does not show by
    `border`, for it lowers the loss.

    Args:
        pictures: Sequence of float arrays `[height, width, 3]` in [0, 1].

    Returns:
        Float in [0, 1].
    """
    steps = []
    for picture in pictures:
        for axis in (0, 1):
            strips = np.array_split(picture, 16, axis)
            colours = [strip.mean(axis=(0, 1)) for strip in strips]
            steps += [colours[0] - colours[1], colours[-1] - colours[-2]]
    return float(np.abs(np.reshape(steps, (-1, 4, 3)).mean(axis=0)).max())


def rounded(value):
    """Gives a float of four digits."""
    return float(f"{value:.4g}")
