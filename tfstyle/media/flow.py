"""Estimates the motion of a scene between two frames, and where the estimate is reliable."""

from dataclasses import dataclass

import numpy as np

from tfstyle.media.extra import need

_SIDE = 640  # pixels, longer side: motion is smooth, and small frames are faster
_CUT_LEVELS = 24  # of 255: if a pixel differs by more after motion, it shows something else
_CUT_SHARE = 0.45  # of the frame: if more of its pixels differ, a new scene begins


@dataclass(frozen=True)
class Flow:
    """The optical flow from a frame back to the previous frame.

    Attributes:
        displacement: float32 `[height, width, 2]`, right and down, in pixels: where each pixel was
            in the previous frame.
        trust: float32 `[height, width]` in [0, 1], confidence in the displacement; 0 where the
            pixel was hidden or outside the previous frame.
        gain: float32 `[height, width]`, in levels of 255: how much closer the previous frame is to
            this frame if it is moved along the flow. It is about 0 where nothing moves, even if
            noise causes some flow there.
        is_cut: Whether a new scene begins.
    """

    displacement: np.ndarray
    trust: np.ndarray
    gain: np.ndarray
    is_cut: bool


class FlowEstimator:
    """Estimates motion between frames by dense inverse search, forward and backward.

    A displacement f is trusted where the backward flow b returns to the same pixel,

        |f(x) + b(x + f(x))|^2 < 0.01 (|f(x)|^2 + |b(x + f(x))|^2) + 0.5

    and where both pixels look similar.

    Reference:
        Kroeger, Timofte, Dai, Van Gool, *Fast Optical Flow using Dense Inverse Search*, ECCV 2016;
        the condition: Sundaram, Brox, Keutzer, *Dense Point Trajectories by GPU-Accelerated Large
        Displacement Optical Flow*, ECCV 2010.
    """

    def __init__(self) -> None:
        cv2 = self._cv2 = need("cv2")
        self._search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(self, before: np.ndarray, after: np.ndarray) -> Flow:
        """Returns the `Flow` from frame `after` back to frame `before`.

        Args:
            before: uint8 `[height, width, 3]`.
            after: uint8 `[height, width, 3]`.
        """
        blur = self._cv2.blur
        height, width = after.shape[:2]
        small = self._small(before), self._small(after)
        back = self._search.calc(small[1], small[0], None)
        forth = self._search.calc(small[0], small[1], None)
        returned = self.moved(forth, back)
        lengths = np.sum(back**2, -1) + np.sum(returned**2, -1)
        consistent = np.sum((back + returned) ** 2, -1) < 0.01 * lengths + 0.5
        difference = np.abs(self.moved(small[0].astype("float32"), back) - small[1])
        gain = np.abs(small[0].astype("float32") - small[1]) - difference
        # 12 levels of 255: far more than noise, less than the difference to another object.
        likeness = np.exp(-((blur(difference, (5, 5)) / 12) ** 2))
        trust = blur(np.float32(consistent) * likeness, (3, 3))
        is_cut = np.mean(difference > _CUT_LEVELS) > _CUT_SHARE
        factors = np.array([width / back.shape[1], height / back.shape[0]], "float32")
        large = [self._large(each, (width, height)) for each in (back, trust, blur(gain, (9, 9)))]
        return Flow(large[0] * factors, large[1], large[2], bool(is_cut))

    def moved(self, image: np.ndarray, displacement: np.ndarray) -> np.ndarray:
        """Returns an image moved along a displacement. Pixels at its border repeat beyond it."""
        cv2 = self._cv2
        height, width = displacement.shape[:2]
        across = np.arange(width, dtype="float32") + displacement[..., 0]
        down = np.arange(height, dtype="float32")[:, None] + displacement[..., 1]
        return cv2.remap(
            image,
            across,
            down,
            cv2.INTER_CUBIC if image.ndim == 3 else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _small(self, frame):
        cv2 = self._cv2
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        factor = min(1.0, _SIDE / max(grey.shape))
        size = [max(16, round(side * factor)) for side in grey.shape[::-1]]
        return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)

    def _large(self, field, size):
        return self._cv2.resize(field, size, interpolation=self._cv2.INTER_LINEAR)
