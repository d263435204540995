"""Frames that do not flicker: the picture before, moved as the scene moves, is blended in."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.media.extra import need
from tfstyle.media.flow import FlowEstimator

_STILL_LEVELS = 2.5  # of 255, a mean over 7 x 7 pixels: more is a change, less is noise
_STILL_MOST = 5.0  # of 255: the noise of the worst sensor
_SETTLED = 4  # frames, until what was uncovered is painted without what covered it
_STILL_GAIN = 0.5  # of 255: motion that explains less is none


@dataclass(frozen=True)
class Motion:
    """What `Steady.motion` found for a frame.

    Attributes:
        displacement: See `flow.Flow`; exactly 0 where nothing moves.
        weight: float32 `[height, width]` in [0, 1], how much of the picture before is kept.
    """

    displacement: np.ndarray
    weight: np.ndarray


class Steady:
    """Blends each picture with the one before it, moved along the optical flow of the frames.

        out(t) = picture(t) + weight (out(t - 1) moved - picture(t))

    - Where nothing moves the weight is `still`. A pixel is still while it looks like the frames of
      which its picture was made, so that slow changes are not missed. What was uncovered is
      repainted for 4 frames first: beside an object a picture has strokes of its border.
    - Where the flow is trusted it is `moving`: a picture that is read again at each frame becomes
      soft, and a low weight forgets it in time.
    - Elsewhere, and after a cut, it is 0.

    `motion` must be called for each frame in order, and `blend` for each picture; they share
    nothing, and may run in two threads.

    Args:
        still: Float in [0, 1], or 0 to leave still regions to `moving`. Below 1 pictures are
            averaged over time, which blurs strokes that flicker.
        moving: Float in [0, 1]; 0 for frame-by-frame painting where something moves. 0.25 keeps
            nine tenths of the sharpness (`benchmarks/video.py`).
        cuts: Whether to begin anew at a cut.

    Raises:
        ImportError: without OpenCV.
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
        """Finds how the scene has moved since the frame before.

        Args:
            frame: uint8 or uint16 `[height, width, 3]`.

        Returns:
            `Motion`; None for the first frame of a scene.
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
        # The frames of which the picture is made, blended as the pictures are.
        moved = self._flow.moved(source, displacement)
        self._painted_from = frame + weight[..., None] * (moved - frame)
        return Motion(displacement, weight)

    def _begin(self, frame):
        self._painted_from = np.float32(frame)
        self._age = np.full(frame.shape[:2], _SETTLED, "float32")

    def blend(self, picture: np.ndarray, motion: Motion | None) -> np.ndarray:
        """Gives the steady picture of a frame.

        Args:
            picture: float32 `[height, width, 3]` in [0, 1].
            motion: What `motion` returned for the frame.
        """
        if motion is not None and self._out is not None:
            moved = np.clip(self._flow.moved(self._out, motion.displacement), 0, 1)
            picture = picture + motion.weight[..., None] * (moved - picture)
        self._out = picture
        return picture

    def _is_still(self, before, frame, source, flow):
        """Gives 1 where nothing moves, 0 where something does, with a soft border."""
        cv2 = self._cv2
        changed = cv2.blur(np.abs(frame - source).mean(-1), (7, 7))
        noise = float(np.median(cv2.absdiff(frame, before)))
        most = np.clip(2 * noise, _STILL_LEVELS, _STILL_MOST)
        still = (changed < most) & (flow.gain < np.clip(noise / 2, _STILL_GAIN, 1))
        still = cv2.erode(np.uint8(still), np.ones((5, 5), "uint8"))
        return cv2.blur(np.float32(still), (5, 5)) * (still > 0)
