"""Whether a generator moves what is in the photograph."""

from collections.abc import Sequence

import numpy as np

from tfstyle.images.pixels import luminance

_NEAR = 8  # pixels; a peak farther away is another pattern of the photograph
_SOFT = 2.0  # deviation in pixels of the Gaussian that smooths the correlation


def shift(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Gives how far pictures lie below and right of what they show, in pixels.

    The place of the highest phase correlation, of all pairs together:

        argmax over d of sum over pairs of F^-1(conj(F(photograph)) F(picture) / |the same|)(d)

    of the luminance under a Hann window, smoothed by a Gaussian of 2 pixels and interpolated by a
    parabola; within 8 pixels. Strokes have edges of their own, so the peak is broad: values below
    a quarter of a pixel are noise for ten photographs of 256 x 256.

    Args:
        pairs: Photographs and their pictures, of one size: float arrays `[height, width, 3]` in
            [0, 1].

    Returns:
        Two floats, down and right; negative ones are up and left.

    Reference:
        Kuglin, Hines, *The Phase Correlation Image Alignment Method*, 1975.
    """
    total = np.zeros((1, 1))
    for photograph, picture in pairs:
        spectra = [np.fft.fft2(_windowed(luminance(each))) for each in (photograph, picture)]
        cross = np.conj(spectra[0]) * spectra[1]
        total = total + cross / np.maximum(np.abs(cross), 1e-12)
    height, width = total.shape
    squares = np.fft.fftfreq(height)[:, None] ** 2 + np.fft.fftfreq(width) ** 2
    smooth = np.exp(-2 * (np.pi * _SOFT) ** 2 * squares)
    correlation = np.real(np.fft.ifft2(total * smooth))
    offsets = np.arange(-_NEAR, _NEAR + 1)
    near = correlation[np.ix_(offsets, offsets)]
    row, column = np.unravel_index(near.argmax(), near.shape)
    return (
        float(offsets[row]) + _vertex(near[:, column], row),
        float(offsets[column]) + _vertex(near[row], column),
    )


def _windowed(grey):
    window = np.outer(*(np.hanning(side + 2)[1:-1] for side in grey.shape))
    return (grey - grey.mean()) * window


def _vertex(values, place):
    """Gives where a parabola through a highest value and its neighbours is highest."""
    if not 0 < place < len(values) - 1:
        return 0.0
    below, top, above = values[place - 1 : place + 2]
    curvature = below - 2 * top + above
    return float((below - above) / (2 * curvature)) if curvature else 0.0
