import numpy as np
import pytest

from tfstyle import load_trunk
from tfstyle.commands.main import main
from tfstyle.images.look import Look
from tfstyle.optimization import optimize
from tfstyle.styles.objective import loss_of
from tfstyle.styles.polish import Polish


@pytest.fixture
def photograph(rng):
    return rng.random((24, 20, 3), "float32")


def test_it_goes_on_from_the_generators_picture(style, photograph, network):
    painted = style.stylize(photograph)
    polished = style.stylize(photograph, polish=4, vgg=network)
    expected, losses = optimize(photograph, *loss_of(style.recipe, network), 4, start=painted)
    np.testing.assert_allclose(polished, expected, atol=1e-5)
    assert losses[-1] < losses[0]


def test_each_image_of_a_batch_is_polished(style, rng, network):
    photographs = rng.random((2, 16, 16, 3), "float32")
    done = []
    pictures = style.stylize(photographs, polish=2, vgg=network, progress=done.append)
    for photograph, picture in zip(photographs, pictures, strict=True):
        alone = style.stylize(photograph, polish=2, vgg=network)
        np.testing.assert_allclose(picture, alone, atol=1e-4)
    assert done == [0.25, 0.5, 0.75, 1]


def test_photographs_share_one_loss(style, photograph, network, monkeypatch):
    made = []

    def counted(recipe, vgg):
        made.append(recipe)
        return loss_of(recipe, vgg)

    monkeypatch.setattr("tfstyle.styles.objective.loss_of", counted)
    for image in (photograph, photograph[:16], photograph):
        style.stylize(image, polish=1, vgg=network)
    assert made == [style.recipe]


def test_the_look_comes_after_it(style, photograph, network):
    polish = Polish(2, network)
    polished = style.paint(photograph, Look(), polish=polish)
    half = style.paint(photograph, Look(strength=0.5), polish=polish)
    np.testing.assert_allclose(half, (photograph + polished) / 2, atol=1e-5)


def test_a_picture_that_the_memory_cannot_hold_is_refused(style, photograph, network):
    with pytest.raises(ValueError, match=r"takes 1\.1 GB of memory, more than 0\.5 GB"):
        style.stylize(photograph, polish=2, vgg=network, memory=0.5e9)


def test_a_blend_has_no_loss(photograph, network):
    trunk = load_trunk()
    baked = trunk.bake({"mosaic": 0.5, "kiss": 0.5})
    with pytest.raises(ValueError, match="not a blend"):
        baked.stylize(photograph, polish=1, vgg=network)
    with pytest.raises(ValueError, match=r"trunk\.bake"):
        trunk.stylize(photograph, "mosaic", polish=1, vgg=network)


def test_the_command_refuses_to_polish_a_blend(monkeypatch, capsys, tmp_path):
    words = ["stylize", str(tmp_path), "--style", "mosaic:0.6,kiss:0.4", "--polish", "3"]
    monkeypatch.setattr("sys.argv", ["tfstyle", *words])
    (tmp_path / "photo.jpg").write_bytes(b"")
    with pytest.raises(SystemExit):
        main()
    assert "--polish is for one style, not for a blend." in capsys.readouterr().err


def test_iterations_below_one_are_none():
    with pytest.raises(ValueError, match="at least 1 iteration"):
        Polish(-1)
