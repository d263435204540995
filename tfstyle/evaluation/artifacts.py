"""Artifacts that the loss does not show: checkerboard patterns, borders and frames."""

import itertools

import numpy as np

from tfstyle.evaluation.losses import loss_terms
from tfstyle.images.pixels import luminance


def checkerboard(pictures, tile=64):
    """Measures checkerboard patterns: peaks of the spectrum at the upsampling's frequencies.

        max over g of P(g) / sqrt(P(g - d) P(g + d))

    `P` is the mean power spectrum of the luminance over half-overlapping tiles with a Hann window.
    `g` are the frequencies with periods of 2 and 4 pixels: horizontal, vertical and both. `g - d`
    and `g + d` are their neighbours in the same direction, at a distance of 1/16 cycle per pixel.
    Natural spectra are smooth there, so the value is near 1. Patterns with the period of the
    upsampling, such as those of transposed convolutions (Odena et al., *Deconvolution and
    Checkerboard Artifacts*, 2016), raise it: an amplitude of two levels of 255 gives more than 2.

    Args:
        pictures: Sequence of float arrays `[height, width, 3]` in [0, 1].
        tile: Integer, side of the tiles: a multiple of 16, and no larger than any picture.

    Returns:
        Float; 1 means no pattern, and lower is better.
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
    """Measures how much worse pictures are along their border than elsewhere.

        sum of total(strip of paint(middle)) / sum of total(same strip of paint(photograph))

    `middle` is a photograph without an eighth of its sides at each edge. The strips lie along the
    four edges of the middle and are an eighth wide. Each strip is painted twice: at the border of
    the painted middle, and inside the painted photograph. The comparison cancels the content of
    the strip, on which the loss depends more than on the painting.

    Args:
        loss: `PerceptualLoss`.
        style_grams: The result of `loss.style_grams` for the painting.
        pairs: Sequence of tuples of a photograph and its picture, float arrays
            `[height, width, 3]` in [0, 1].
        paint: Function that returns the picture of a photograph.

    Returns:
        Float, the ratio of the sums over all pairs. 1 means that the border is like the rest.
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


def frame(pictures):
    """Measures painted frames: how much the colour along an edge differs from that beside it.

        max over edges and channels of abs(mean over pictures of (outer - inner))

    `outer` is the mean colour of the strip along an edge, a sixteenth of the picture wide, and
    `inner` the mean colour of the next strip. A frame in a colour of the painting lowers the loss,
    so `border` does not detect it.

    Args:
        pictures: Sequence of float arrays `[height, width, 3]` in [0, 1].

    Returns:
        Float in [0, 1]; lower is better. Ten unpainted photographs have 0.03.
    """
    steps = []
    for picture in pictures:
        for axis in (0, 1):
            strips = np.array_split(picture, 16, axis)
            colours = [strip.mean(axis=(0, 1)) for strip in strips]
            steps += [colours[0] - colours[1], colours[-1] - colours[-2]]
    return float(np.abs(np.reshape(steps, (-1, 4, 3)).mean(axis=0)).max())
