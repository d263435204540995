"""Steady frames: what stands still stays, what moves moves on, and nothing survives a cut."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="tfstyle[video]: runs in the other environments")

from clips import scene

from tfstyle.evaluation.video import sharpness, still_change, warping_error
from tfstyle.media.flow import FlowEstimator
from tfstyle.media.steady import Steady


def painted(frames, rng):
    """Pictures that flicker: noise of a deviation of 0.1, anew in each."""
    return [
        np.clip(frame / np.float32(255) + 0.1 * rng.standard_normal(frame.shape, "float32"), 0, 1)
        for frame in frames
    ]


def blended(frames, pictures, **options):
    steady = Steady(**options)
    return [steady.blend(y, steady.motion(x)) for x, y in zip(frames, pictures, strict=True)]


def noisy(frames, rng, deviation=2):
    return [
        np.uint8(np.clip(np.rint(frame + deviation * rng.standard_normal(frame.shape)), 0, 255))
        for frame in frames
    ]


def pan(count=10):
    """A photograph that moves by (0, 2) pixels a frame."""
    return [frame[40:] for frame in scene(count, 160, 192)]


def test_the_flow_is_that_of_the_camera():
    before, after = pan(2)
    flow = FlowEstimator().between(before, after)
    inner = flow.displacement[16:-16, 16:-16]
    np.testing.assert_allclose(np.median(inner, (0, 1)), (2, 0), atol=0.1)
    assert flow.trust.min() >= 0 and flow.trust.max() <= 1 and flow.trust.mean() > 0.7
    assert not flow.is_cut


def test_still_regions_stay_still_and_the_object_moves_on(rng):
    background = scene(1, 128, 192)[0]
    clear = []
    for number in range(12):
        frame = background.copy()
        frame[40:80, 10 + 6 * number : 50 + 6 * number] = background[:40, 100:140] // 2 + 100
        clear.append(frame)
    frames = noisy(clear, rng)
    pictures = painted(clear, rng)
    steady = blended(frames, pictures)
    flicker = still_change(frames, pictures)
    assert flicker > 20
    # What is left is beside the object, where the weight goes over to that of what moves.
    assert still_change(frames, steady) < 0.1 * flicker
    # Where the object is, and where it was, the picture is that of the frame: no ghost.
    ghosts = np.abs(steady[-1] - clear[-1] / 255)[40:80, 10:130]
    assert ghosts.mean() < 0.1


def test_pictures_move_with_the_camera(rng):
    frames = pan()
    pictures = painted(frames, rng)
    steady = blended(frames, pictures, moving=0.5)
    assert warping_error(frames, steady) < 0.6 * warping_error(frames, pictures)
    # Nearer to the photograph itself than each picture alone, so at the right place.
    truth = frames[-1] / 255
    assert np.abs(steady[-1] - truth).mean() < 0.8 * np.abs(pictures[-1] - truth).mean()


def test_each_part_can_be_left_out(rng):
    frames = pan(4)
    pictures = painted(frames, rng)
    for one, other in zip(blended(frames, pictures, still=0, moving=0), pictures, strict=True):
        np.testing.assert_array_equal(one, other)
    only_still = blended(frames, pictures, moving=0)
    assert np.abs(only_still[-1] - pictures[-1])[:, 20:].mean() < 0.01
    with pytest.raises(ValueError, match=r"moving must be in \[0, 1\]. Received: 1.5"):
        Steady(moving=1.5)


def test_a_cut_begins_anew(rng):
    frames = pan(3) + [255 - frame[::-1, ::-1] for frame in pan(3)]
    pictures = painted(frames, rng)
    steady = Steady()
    motions = [steady.motion(frame) for frame in frames]
    assert [motion is None for motion in motions] == [True, False, False, True, False, False]
    found = [steady.blend(*pair) for pair in zip(pictures, motions, strict=True)]
    np.testing.assert_array_equal(found[3], pictures[3])
    without = Steady(cuts=False)
    assert sum(without.motion(frame) is None for frame in frames) == 1


def test_what_changes_slowly_is_not_missed(rng):
    """Light that grows by half a level a frame: less than noise each time, much in the end."""
    frames = [np.full((64, 64, 3), 60 + number // 2, "uint8") for number in range(80)]
    steady = blended(frames, [frame / np.float32(255) for frame in frames])
    assert np.abs(255 * steady[-1] - frames[-1]).max() <= 5


def test_sixteen_bits_are_as_eight(rng):
    frames = pan(3)
    pictures = painted(frames, rng)
    deep = [np.uint16(frame) << 8 for frame in frames]
    for one, other in zip(blended(frames, pictures), blended(deep, pictures), strict=True):
        np.testing.assert_array_equal(one, other)


def test_measures_of_a_painted_video(rng):
    frames = pan(3)
    plain = [frame / np.float32(255) for frame in frames]
    still = [frames[0]] * 3
    assert still_change(still, [plain[0]] * 3) == 0
    assert still_change(still, [plain[0], plain[0] + 0.1, plain[0]]) == pytest.approx(25.5)
    # Frames are their own pictures: only the errors of the flow remain.
    assert warping_error(frames, plain) < 4 < warping_error(frames, plain[::-1])
    assert sharpness(frames, plain, plain) == 1
    assert sharpness(frames, [picture / 2 for picture in plain], plain) == pytest.approx(0.25)
