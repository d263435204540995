"""Flicker: how much a style's pictures change under small, known changes of a photograph."""

import numpy as np
from keras import ops

from tfstyle.images.pixels import luminance
from tfstyle.training.stability import warp

_PANS = ((1.5, 0.75), (0.5, 2.25))  # pixels, down and across: no two phases of 4 pixels alike
_ZOOM = 1.02
_LIGHT = 0.1  # by which light falls off from one corner to the other, and grows in red
_NOISE = 2 / 255  # deviation of each of two exposures
_BORDER = 16  # pixels; what comes into the picture there has no picture before
_WINDOW = 8  # pixels: the neighbourhood of local contrast


def flicker(paint, photographs, seed=0):
    """Measures how much pictures change where the scene does not.

    Each photograph is moved, lit differently, or gets noise. The changes are known exactly, so no
    motion has to be estimated. The measure is

        mean |picture of the changed photograph - equally moved picture|, in levels of 255

    over all pixels except those near the border.

    - `pan`: shifts by (1.5, 0.75) and (0.5, 2.25) pixels, with bilinear interpolation.
    - `zoom`: scaling by 1.02 about the centre.
    - `light`: the light changes by a tenth along one diagonal, and becomes redder by as much along
      the other. A uniform change has no effect, because instance normalization cancels it.
    - `noise`: two exposures with normal noise of a standard deviation of 2 levels.
    - `relative`: `pan` divided by the local contrast of the pictures, the standard deviation of
      the luminance within 8 x 8 pixels. It distinguishes flickering strokes from many strokes.

    Args:
        paint: Function that returns the picture of a photograph.
        photographs: Sequence of float arrays `[height, width, 3]` in [0, 1], at least 64 pixels
            each way.
        seed: Integer, decides the noise.

    Returns:
        Dictionary of floats by these names; lower is steadier.
    """
    rng = np.random.default_rng(seed)
    found = {"pan": [], "zoom": [], "light": [], "noise": []}
    contrasts = []
    for photograph in photographs:
        photograph = np.float32(photograph)
        picture = paint(photograph)
        contrasts.append(_local_contrast(picture))
        still = np.zeros((*photograph.shape[:2], 2), "float32")
        for shift in _PANS:
            found["pan"].append(
                _change(paint, photograph, picture, still + np.array(shift, "float32"))
            )
        found["zoom"].append(_change(paint, photograph, picture, _zoom(still)))
        lit = paint(np.clip(photograph * _light(still), 0, 1))
        found["light"].append(_difference(lit, picture))
        noise = _NOISE * rng.standard_normal((2, *photograph.shape), "float32")
        found["noise"].append(_difference(*map(paint, np.clip(photograph + noise, 0, 1))))
    means = {name: float(np.mean(values)) for name, values in found.items()}
    return {**means, "relative": means["pan"] / max(float(np.mean(contrasts)), 1e-6)}


def _change(paint, photograph, picture, displacement):
    return _difference(paint(_moved(photograph, displacement)), _moved(picture, displacement))


def _moved(image, displacement):
    return ops.convert_to_numpy(warp(image[None], displacement[None]))[0]


def _difference(a, b):
    inner = np.s_[_BORDER:-_BORDER, _BORDER:-_BORDER]
    return 255 * np.mean(np.abs(a[inner] - b[inner]))


def _zoom(still):
    height, width = still.shape[:2]
    places = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), -1)
    middle = np.subtract((height, width), 1) / 2
    return np.float32((1 / _ZOOM - 1) * (places - middle))


def _light(still):
    height, width = still.shape[:2]
    down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    along, other = (down + across) / 2, (down - across) / 2
    return np.float32(1 + _LIGHT * np.stack([along + other, along, along - other], -1))


def _local_contrast(picture):
    """Returns the mean deviation of the luminance within blocks, in levels of 255."""
    height, width = (side // _WINDOW * _WINDOW for side in picture.shape[:2])
    grey = luminance(picture[:height, :width])
    blocks = grey.reshape(height // _WINDOW, _WINDOW, width // _WINDOW, _WINDOW)
    return 255 * float(np.mean(np.std(blocks, axis=(1, 3))))
