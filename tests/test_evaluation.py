import numpy as np
import pytest
from PIL import Image

from tfstyle.evaluation import evaluate
from tfstyle.evaluation.artifacts import border, checkerboard, frame
from tfstyle.evaluation.flicker import flicker
from tfstyle.evaluation.reference import equivalent_iterations, reference_curves
from tfstyle.evaluation.shift import shift
from tfstyle.images.files import find_images
from tfstyle.perceptual import PerceptualLoss


@pytest.mark.parametrize(
    ("loss", "iterations"), [(11, 0), (10, 0), (9, 1), (5, 1), (4.9, 2), (2, 3), (1, 3)]
)
def test_equivalent_iterations(loss, iterations):
    assert equivalent_iterations(loss, [10, 5, 3, 2]) == iterations


def test_evaluation_of_a_style(style, photographs, network):
    paths = find_images(photographs)[:2]
    calls = []
    result = evaluate(style, paths, network, 64, 5, lambda: calls.append(1))
    assert result["photographs"] == 2 and result["size"] == 64
    assert len(calls) == 2 * 6
    total = result["content"] + 10 * result["style"]
    assert result["total"] == pytest.approx(total, rel=2e-3)  # four digits are kept
    assert 0 <= result["lbfgs_equivalent"] <= 5 and len(result["lbfgs_equivalents"]) == 2
    assert result["ratio_to_lbfgs"] > 1  # random weights
    assert result["milliseconds"] > 0 and result["checkerboard"] > 0 and result["border"] > 0
    assert 0 < result["frame"] < 1
    assert len(result["shift"]) == 2
    assert {*result["flicker"]} == {"pan", "zoom", "light", "noise", "relative"}
    assert min(result["flicker"].values()) > 0
    without = evaluate(style, paths, network, 64, iterations=0)
    assert without["total"] == result["total"] and "ratio_to_lbfgs" not in without
    curves = reference_curves(style.recipe, paths, network, 64, 5)
    again = evaluate(style, paths, network, 64, curves=curves)
    assert again | {"milliseconds": 0} == result | {"milliseconds": 0}
    with pytest.raises(ValueError, match="size must be at least 64"):
        evaluate(style, paths, network, 32)


@pytest.fixture(scope="module")
def natural():
    """Pictures of a natural spectrum: amplitude 1 / frequency, of random phase."""
    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(192)[:, None], np.fft.fftfreq(192))
    frequency[0, 0] = 1
    spectrum = np.fft.fft2(rng.normal(size=(8, 3, 192, 192))) / frequency
    spectrum[..., 0, 0] = 0
    pictures = np.real(np.fft.ifft2(spectrum)).transpose(0, 2, 3, 1)
    return 0.5 + 0.15 * pictures / pictures.std()


def test_natural_pictures_have_no_checkerboard(natural):
    assert 0.8 < checkerboard(natural) < 1.3
    assert checkerboard(np.full((1, 64, 64, 3), 0.3)) == pytest.approx(1)


@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("directions", ["xy", "x", "y"])
def test_patterns_of_the_grid_stand_out(natural, period, directions):
    wave = np.cos(2 * np.pi * np.arange(192) / period)
    pattern = np.multiply.outer(
        wave if "y" in directions else np.ones(192), wave if "x" in directions else np.ones(192)
    )
    levels = [checkerboard(natural + a / 255 * pattern[..., None]) for a in (0, 2, 8)]
    assert levels[0] < 1.3 < 2 < levels[1] < levels[2]


def test_patterns_off_the_grid_do_not(natural):
    wave = np.cos(2 * np.pi * np.arange(192) / 3)
    assert checkerboard(natural + 8 / 255 * wave[:, None]) < 1.5


def test_transposed_convolutions_are_found():
    """Strides that do not divide the kernel: the fault of Odena et al., on flat input."""
    rng = np.random.default_rng(0)
    spread = np.zeros((130, 130))
    spread[::2, ::2] = rng.uniform(0.8, 1, size=(65, 65))
    overlap = sum(np.roll(spread, (i, j), (0, 1)) for i in range(3) for j in range(3)) / 4
    assert checkerboard([np.repeat(overlap[..., None], 3, axis=2) / 2]) > 20


def test_the_border_is_compared_with_the_interior(network, recipe, rng):
    loss = PerceptualLoss(**recipe.loss_options, network=network)
    painting, *images = rng.uniform(size=(4, 64, 64, 3)).astype("float32")
    grams = loss.style_grams(painting**2)
    images[0][:8] = 0  # what stands at the border of the photograph does not count

    def measured(paint):
        return border(loss, grams, [(pixels, paint(pixels)) for pixels in images], paint)

    assert measured(np.square) == pytest.approx(1)
    for side in range(4):

        def spoil(pixels, side=side):
            turned = np.rot90(pixels, side).copy()
            turned[:8] = 0
            return np.rot90(turned, -side)

        assert measured(spoil) > 1.1


@pytest.mark.parametrize("edge", [(slice(4), slice(None)), (slice(None), slice(-4, None))])
def test_a_painted_frame_is_seen(rng, edge):
    ramp = np.linspace(0, 1, 64)[None, :, None] * np.ones((64, 64, 3))
    # Of a mirrored pair no edge stands off, though each picture has another colour at each edge.
    pictures = [ramp, ramp[:, ::-1]]
    assert frame(pictures) == pytest.approx(0, abs=1e-6)
    framed = [picture.copy() for picture in pictures]
    for picture in framed:
        picture[edge] += (0.2, 0, 0)
    assert frame(framed) == pytest.approx(0.2, abs=1e-6)


def measured(paint, natural):
    return flicker(paint, np.float32(natural[:2]))


def test_pixels_painted_by_themselves_do_not_flicker(natural):
    found = measured(lambda x: 0.2 + 0.5 * x, natural)
    # Reading bilinearly commutes with a linear function, but for rounding; light does not stay.
    assert found["pan"] < 1e-3 and found["zoom"] < 1e-3
    # The mean distance of two normal values of deviation 2, times 0.5: 2 / sqrt(pi).
    assert found["noise"] == pytest.approx(2 / np.sqrt(np.pi), rel=0.05)
    # A mean of |ramp| of 1/3 for green, 1/2 for red and blue, a tenth of 0.25 at mean grey.
    assert found["light"] == pytest.approx(255 * 0.1 * 0.5 * (1 / 3 + 1 / 2 + 1 / 2) / 6, rel=0.2)


def test_what_sticks_to_the_frame_flickers_when_the_scene_moves(natural):
    grid = (np.indices((192, 192)).sum(0) // 2 % 2)[..., None]
    found = measured(lambda x: np.float32(0.8 * x + 0.2 * grid), natural)
    assert found["pan"] > 0.2 * 255 / 4
    assert found["noise"] < 2
    # Twice the picture flickers twice as much, and has twice the contrast.
    double = measured(lambda x: 2 * np.float32(0.8 * x + 0.2 * grid), natural)
    assert double["pan"] == pytest.approx(2 * found["pan"], rel=1e-3)
    assert double["relative"] == pytest.approx(found["relative"], rel=1e-3)


@pytest.mark.parametrize("moved", [(0, 0), (1, 1), (-2, 3), (0, -1)])
def test_a_shift_is_found_under_strokes(rng, moved):
    pairs = []
    for _ in range(3):
        coarse = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype="uint8"))
        photograph = np.float32(coarse.resize((128, 96), Image.Resampling.BICUBIC)) / 255
        strokes = rng.random(photograph.shape, "float32")
        pairs.append((photograph, (np.roll(photograph, moved, (0, 1)) + strokes) / 2))
    np.testing.assert_allclose(shift(pairs), moved, atol=0.25)


def test_a_shift_is_found_by_parts_of_a_pixel(rng):
    fine = Image.fromarray(rng.integers(0, 256, (48, 48, 3), dtype="uint8"))
    fine = np.float32(fine.resize((384, 384), Image.Resampling.BICUBIC)) / 255

    def at(row, column):  # an average over 4 x 4 of the fine pixels
        rolled = np.roll(fine, (row, column), (0, 1))
        return rolled.reshape(96, 4, 96, 4, 3).mean(axis=(1, 3))

    np.testing.assert_allclose(shift([(at(0, 0), at(2, -1))]), (0.5, -0.25), atol=0.1)
