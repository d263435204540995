"""Measures the steadiness and sharpness of painted videos."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from tfstyle.images.pixels import luminance
from tfstyle.media.flow import FlowEstimator

STILL = 2  # of 255: a pixel that changes by no more between two frames does not move

_MOVING = 5


def still_change(frames: Sequence[np.ndarray], pictures: Sequence[np.ndarray]) -> float:
    """Returns how much pictures change where frames do not, in levels of 255; lower is steadier.

    It is the mean absolute difference of successive pictures, over the pixels where no channel of
    the frame changes by more than 2 levels.

    Args:
        frames: uint8 arrays `[height, width, 3]`, in the order of the video.
        pictures: float32 arrays of the same shape, in [0, 1].
    """
    total = count = 0.0
    for number in range(1, len(frames)):
        before, after = (np.int16(frames[n]) for n in (number - 1, number))
        still = np.abs(after - before).max(-1) <= STILL
        change = np.abs(pictures[number] - pictures[number - 1]).mean(-1)
        total += float(change[still].sum())
        count += int(still.sum())
    return 255 * total / max(count, 1.0)


def warping_error(frames: Sequence[np.ndarray], pictures: Sequence[np.ndarray]) -> float:
    """Returns how much pictures change along the motion of the frames, in levels of 255.

    It is the mean absolute difference of each picture and the picture before, moved along the
    optical flow of the frames, weighted by the confidence in the flow (`media.flow`). Lower is
    steadier. The frames themselves have a value above 0, because of noise and errors of the flow.

    Args:
        frames: See `still_change`.
        pictures: See `still_change`.

    Reference:
        Lai et al., *Learning Blind Video Temporal Consistency*, ECCV 2018, section 4.1, which
        uses squared differences.
    """
    flow = FlowEstimator()
    total = count = 0.0
    for number in range(1, len(frames)):
        found = flow.between(frames[number - 1], frames[number])
        if not found.is_cut:
            moved = flow.moved(pictures[number - 1], found.displacement)
            change = np.abs(pictures[number] - moved).mean(-1)
            total += float(np.sum(found.trust * change))
            count += float(np.sum(found.trust))
    return 255 * total / max(count, 1.0)


def sharpness(
    frames: Sequence[np.ndarray],
    pictures: Sequence[np.ndarray],
    references: Sequence[np.ndarray],
) -> float:
    """Returns the sharpness of moving regions relative to painting frame by frame.

        mean |gradient(picture)|^2 / mean |gradient(reference)|^2

    of the luminance, over the pixels where frames change by more than 5 levels on average over
    9 x 9 pixels, which excludes noise. 1 means equally sharp; lower is softer.

    Args:
        frames: See `still_change`.
        pictures: See `still_change`.
        references: The pictures that were painted frame by frame.
    """
    ours = theirs = 0.0
    for number in range(1, len(frames)):
        change = np.abs(np.float32(frames[number]) - frames[number - 1]).mean(-1)
        moving = ndimage.uniform_filter(change, 9) > _MOVING
        ours += float(np.sum(_energy(pictures[number])[moving]))
        theirs += float(np.sum(_energy(references[number])[moving]))
    return ours / max(theirs, 1e-12)


def _energy(picture):
    down, across = np.gradient(luminance(picture))
    return down**2 + across**2
