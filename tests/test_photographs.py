from functools import partial

import numpy as np
import pytest
from PIL import Image

from tfstyle.generators import pyramid, sample_noise
from tfstyle.images.files import find_images
from tfstyle.images.geometry import resize_shortest
from tfstyle.training.crops import Photographs


def batches(paths, steps, first=0, crop=32, seed=4):
    dataset = Photographs(paths, crop, 2, seed, steps, first)
    return np.stack([dataset[index][0] for index in range(len(dataset))])


def test_batches_are_crops_in_range(photographs):
    found = batches(find_images(photographs), steps=3)
    assert found.shape == (3, 2, 32, 32, 3) and found.dtype == "float32"
    assert found.min() >= 0 and found.max() <= 1 and found.std() > 0.05


def test_the_number_of_a_sample_alone_decides_it(photographs):
    paths = find_images(photographs)
    whole = batches(paths, steps=6)
    np.testing.assert_array_equal(batches(paths, steps=2, first=4), whole[4:])
    assert not np.array_equal(batches(paths, steps=6, seed=5), whole)


def test_a_pass_shows_each_photograph_once_in_an_order_of_its_own(tmp_path):
    for number in range(6):
        Image.new("RGB", (36, 36), (40 * number, 0, 0)).save(tmp_path / f"{number}.png")
    found = batches(find_images(tmp_path), steps=6)[..., 0, 0, 0].ravel()
    orders = [[round(255 * red / 40) for red in reds] for reds in (found[:6], found[6:])]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(6))
    assert orders[0] != orders[1]


def test_crops_stay_within_and_reach_all_sides(tmp_path):
    ramp = np.arange(36, dtype="uint8")
    Image.fromarray(np.stack(np.broadcast_arrays(ramp, ramp[:, None], ramp[:1]), -1)).save(
        tmp_path / "ramp.png"
    )
    corners = 255 * batches(find_images(tmp_path), steps=60)[:, :, 0, 0, :2]
    assert set(np.rint(corners).ravel()) == {0, 1, 2, 3, 4}


def test_of_a_long_photograph_the_middle_is_seen(tmp_path, monkeypatch):
    long = Image.new("RGB", (30000, 2), "red")
    long.paste("blue", (14992, 0, 15008, 2))
    sizes = []

    def scaled(image, side):
        sizes.append(image.size)
        return resize_shortest(image, side)

    monkeypatch.setattr("tfstyle.training.crops.resize_shortest", scaled)
    for turn in (long, long.transpose(Image.Transpose.ROTATE_90)):
        turn.save(tmp_path / "long.png")
        assert np.all(batches([tmp_path / "long.png"], steps=2) == (0, 0, 1))
    assert set(sizes) == {(16, 2), (2, 16)}


def test_noise_comes_with_the_images(photographs):
    noise = partial(sample_noise, pyramid(width=2, noise_channels=3))
    dataset = Photographs(find_images(photographs), 64, 2, 0, 2, further=noise)
    (inputs,) = dataset[1]
    assert [x.shape for x in inputs][:2] == [(2, 64, 64, 3), (2, 2, 2, 3)] and len(inputs) == 7
    again = dataset[1][0]
    assert all(np.array_equal(a, b) for a, b in zip(inputs, again, strict=True))
    assert not np.array_equal(inputs[-1], dataset[0][0][-1])


def test_a_damaged_photograph_is_left_out_with_a_warning(photographs, tmp_path):
    good = find_images(photographs)[0]
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(good.read_bytes()[:200])
    with pytest.warns(UserWarning, match=r"Left out: .*bad.jpg"):
        assert batches([good, bad], steps=40).shape == (40, 2, 32, 32, 3)
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="No photograph can be read"):
        batches([bad], steps=1)
