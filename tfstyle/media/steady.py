"""Reduces flicker: blends each picture with the previous one, moved with the scene."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.media.extra import need
from tfstyle.media.flow import FlowEstimator

# A pixel may be still if the mean difference of its 7 x 7 neighbours is below a limit. The limit
# rises with the noise of the video, from the first of these values to the second, in levels of 255.
_STILL_LEVELS = 2.5
_STILL_MOST = 5.0
_STILL_GAIN = 0.5  # levels of 255: see `Flow.gain`. Where it is less, nothing moves.
_SETTLED = 4  # frames over which the weight of a region rises after motion: see `Steady`


@dataclass(frozen=True)
class Motion:
    """How to blend a picture with the previous one: the result of `Steady.motion`.

    Attributes:
        displacement: See `flow.Flow`. It is exactly 0 where nothing moves.
        weight: float32 `[height, width]` in [0, 1], share of the previous picture to keep.
    """

    displacement: np.ndarray
    weight: np.ndarray


class Steady:
    """Reduces flicker: blends each picture with the previous result, moved along the optical flow.

        out(t) = picture(t) + weight * (moved(out(t - 1)) - picture(t))

    The weight is the share of the previous result that is kept:

    - `still` where nothing moves. A pixel counts as still while it looks like the frames from
      which its result was blended, so slow changes are noticed, too. Where something has just
      stopped or left, the weight rises over 4 frames, because the first pictures there may still
      show strokes of its border.
    - `moving` where something moves and the flow is reliable. Each move along the flow softens
      the result a little, so a low weight keeps it sharp.
    - 0 elsewhere, for the first frame, and for the first frame after a cut.

    Call `motion` for each frame and `blend` for each picture, in order. The two methods may run in
    different threads.

    Args:
        still: Float in [0, 1], weight where nothing moves. Defaults to 1, which keeps the first
            picture. Values a little below 1 average the pictures over time, which blurs strokes
            that flicker. 0 treats still regions as moving ones.
        moving: Float in [0, 1], weight where something moves. Defaults to 0.25, which keeps nine
            tenths of the sharpness (`benchmarks/video.py`). 0 paints moving regions frame by frame.
        cuts: Boolean, whether to detect cuts. Defaults to True.

    Raises:
        ImportError: if OpenCV is not installed.
        ValueError: if a weight is not in [0, 1].
    """

    def __init__(self, still: float = 1.0, moving: float = 0.25, cuts: bool = True) -> None:
        for name, value in (("still", still), ("moving", moving)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be in [0, 1]. Received: {value}")
        self._cv2 = need("cv2")
        self._flow = FlowEstimator()
        self._still, self._moving, self._cuts = still, moving, cuts
        self._before = self._out = None
        self._painted_from: Any = None  # before the first frame
        self._age: Any = None

    def motion(self, frame: np.ndarray) -> Motion | None:
        """Estimates how the scene has moved since the previous frame.

        Args:
            frame: RGB array `[height, width, 3]`, uint8 or uint16.

        Returns:
            `Motion`, or None for the first frame of a scene.
        """
        if frame.dtype != "uint8":
            frame = (frame >> 8).astype("uint8")
        before, self._before = self._before, frame
        if before is None or before.shape != frame.shape:
            return self._begin(frame)
        flow = self._flow.between(before, frame)
        if flow.is_cut and self._cuts:
            return self._begin(frame)
        source = self._painted_from
        is_still = self._is_still(before, frame, source, flow)
        self._age = (self._age + 1) * (is_still > 0)
        settled = np.clip(self._age / _SETTLED, 0, 1)
        displacement = flow.displacement * (1 - is_still[..., None])
        weight = np.maximum(self._moving * flow.trust, self._still * settled * is_still)
        # Frames are blended as their pictures are, so they stay comparable with the result.
        moved = self._flow.moved(source, displacement)
        self._painted_from = frame + weight[..., None] * (moved - frame)
        return Motion(displacement, weight)

    def _begin(self, frame):
        self._painted_from = np.float32(frame)
        self._age = np.full(frame.shape[:2], _SETTLED, "float32")

    def blend(self, picture: np.ndarray, motion: Motion | None) -> np.ndarray:
        """Blends the picture of a frame with the previous result.

        Args:
            picture: float32 `[height, width, 3]` in [0, 1].
            motion: The result of `motion` for the same frame.

        Returns:
            float32 array of the same shape, in [0, 1].
        """
        if motion is not None and self._out is not None:
            moved = np.clip(self._flow.moved(self._out, motion.displacement), 0, 1)
            picture = picture + motion.weight[..., None] * (moved - picture)
        self._out = picture
        return picture

    def _is_still(self, before, frame, source, flow):
        """Returns 1 where nothing moves and 0 where something does, with a soft border."""
        cv2 = self._cv2
        changed = cv2.blur(np.abs(frame - source).mean(-1), (7, 7))
        noise = float(np.median(cv2.absdiff(frame, before)))
        most = np.clip(2 * noise, _STILL_LEVELS, _STILL_MOST)
        still = (changed < most) & (flow.gain < np.clip(noise / 2, _STILL_GAIN, 1))
        still = cv2.erode(np.uint8(still), np.ones((5, 5), "uint8"))
        return cv2.blur(np.float32(still), (5, 5)) * (still > 0)
