"""Faults of pictures that the loss does not show: grid, border and frame."""

import itertools

import numpy as np

from tfstyle.evaluation.losses import loss_terms
from tfstyle.images.pixels import luminance


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
