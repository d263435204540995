"""The study of the paper's claims: all of it, tiny."""

import json
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks.paper import __main__ as command
from benchmarks.paper import document
from benchmarks.paper.experiments import EXPERIMENTS
from benchmarks.paper.frozen import with_averages, with_own_statistics
from benchmarks.paper.study import spread
from benchmarks.paper.trainings import HeldOut, read_curve
from tfstyle import PerceptualLoss, Style
from tfstyle.images.files import find_images, read_image
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.model import build_generator
from tfstyle.training.transfer import StyleTransfer

DOCS = Path(__file__).parents[1] / "docs"

pytestmark = [
    pytest.mark.slow,
    # The pipeline of batches is compiled nevertheless.
    pytest.mark.filterwarnings("ignore:Even though the .tf.config.experimental_run"),
]


@pytest.fixture(scope="module")
def arguments(photographs, painting, tmp_path_factory):
    """The arguments of the tiny study."""
    folder = tmp_path_factory.mktemp("paper")
    parts = {"train": slice(4), "val": slice(4, 6), "free": slice(6, 8)}
    for name, part in parts.items():
        (folder / "photos" / name).mkdir(parents=True)
        for path in find_images(photographs)[part]:
            shutil.copy(path, folder / "photos" / name)
    named = {"photos": folder / "photos", "paintings": painting.parent, "out": folder / "study"}
    words = [str(word) for name, value in named.items() for word in (f"--{name}", value)]
    return [*words, "--styles", "Stripes", "--tiny"]


@pytest.fixture(scope="module", autouse=True)
def uncompiled():
    """Compiles nothing: of dozens of networks each runs a few times."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def study(arguments, uncompiled):
    """The folder of the finished tiny study."""
    command.main(arguments)
    return Path(arguments[arguments.index("--out") + 1])


@pytest.fixture(scope="module")
def docs(study, tmp_path_factory):
    """A folder of documents made of the tiny study."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "paper").mkdir()
    verdicts = [f"[C{n}]\nverdict = 'holds partly'\ntext = 'So it is {n}.'\n" for n in range(1, 12)]
    text = "introduction = 'All of it, tiny.'\n" + "".join(verdicts)
    (folder / "paper" / "verdicts.toml").write_text(text)
    document.main([str(study), "--docs", str(folder)])
    return folder


@pytest.fixture
def images(rng):
    return rng.uniform(size=(4, 64, 64, 3)).astype("float32")


def shifted(recipe, normalization):
    """A style whose weights, gammas, betas and moving averages are none of the defaults."""
    recipe = recipe.replace(normalization=normalization)
    keras.utils.set_random_seed(3)
    style = Style(recipe, build_generator(recipe))
    rng = np.random.default_rng(4)
    weights = style.model.get_weights()
    style.model.set_weights([w + rng.uniform(0.1, 0.5, w.shape) for w in weights])
    return style


def as_in_training(style, images):
    return np.clip(keras.ops.convert_to_numpy(style.model(images, training=True)), 0, 1)


def numbers(value):
    """Lists all numbers of a result."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [number for part in parts for number in numbers(part)]
    return [value] if isinstance(value, int | float) else []


def test_every_claim_has_one_experiment():
    claims = [claim for experiment in EXPERIMENTS.values() for claim in experiment.CLAIMS]
    assert sorted(claims) == sorted(f"C{number}" for number in range(1, 12))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_result_says_how_it_came_about(study, arguments, name):
    text = (study / "results" / f"{name}.json").read_text()
    result = json.loads(text)
    assert result["claims"] == list(EXPERIMENTS[name].CLAIMS)
    assert result["command"] == (
        "python -m benchmarks.paper --photos photos --paintings "
        f"{Path(arguments[3]).name} --out study --styles Stripes --tiny"
    )
    assert str(study.parent) not in text
    assert result["options"]["styles"] == ["Stripes"] and result["options"]["steps"] == 2
    assert result["data"]["training photographs"] == 4
    assert result["hardware"] and result["versions"]["keras"] == keras.__version__
    assert result["seconds"] >= 0
    for training in result["trainings"].values():
        assert training["steps"] == 2 and training["seed"] == 0 and training["style_weight"] > 0
    assert np.all(np.isfinite(numbers(result))) and all(result["tables"].values())


def test_the_normalizations_are_compared_photograph_by_photograph(study):
    result = document.read_results(study / "results")["normalization"]
    rows, pairs = result["tables"].values()
    labels = [(row["generator"], row["normalization"]) for row in rows]
    both = ("batch", "instance")
    assert labels == [(name, each) for name in ("pyramid", "johnson") for each in both]
    for batch, instance, pair in zip(rows[::2], rows[1::2], pairs, strict=True):
        ratio = instance["total"] / batch["total"]
        assert pair["instance / batch"] == pytest.approx(ratio, rel=2e-3)  # of four digits each
    assert [curve["steps"] for curve in result["curves"]] == [[2]] * 4


def test_instance_normalization_forgets_contrast_and_batch_normalization_does_not(study):
    rows, _ = document.read_results(study / "results")["contrast"]["tables"].values()
    for row in rows:
        # Of 255: contrast 1 subtracts the mean and adds it again.
        assert row["1"] < 1e-3 < row["0.25"]
    # After two steps the variances in a johnson of width 4 stand beside epsilon.
    batch, _, instance, _ = (row["0.25"] for row in rows if row["generator"] == "pyramid")
    assert batch > 10 * instance


def test_noise_alone_makes_pictures_differ(study):
    (rows,) = document.read_results(study / "results")["noise"]["tables"].values()
    spreads = {row["noise_channels"]: row["spread over z"] for row in rows}
    assert spreads[0] < 1e-3 < 1 < spreads[3]  # of 255; NumPy's mean rounds


def test_own_statistics_are_others_to_batch_normalization(study):
    (rows,) = document.read_results(study / "results")["few"]["tables"].values()
    assert [row["photographs"] for row in rows] == [2, 4] * 2
    assert all(row["total, own statistics"] != row["total"] for row in rows[:2])


def test_figure_5_has_all_columns(study):
    sheet = read_image(study / "figures" / "normalization_Stripes.jpg")
    assert sheet.size == (6 * 96 + 5 * 4, 24 + 2 * (96 + 4))


def test_a_finished_study_does_nothing_again(study, arguments):
    def times():
        return {path: path.stat().st_mtime_ns for path in study.rglob("*")}

    before = times()
    command.main(arguments)
    assert times() == before
    # A missing result is measured again, on the trainings and references that are there.
    lost = study / "results" / "slow.json"
    result = json.loads(lost.read_text())
    lost.unlink()
    command.main(["C7", *arguments])
    again = json.loads(lost.read_text())
    assert again["tables"] == result["tables"] and again["curves"] == result["curves"]
    after = times()
    kept = [path for path in before if path.suffix in (".npz", ".csv", ".json") and path != lost]
    assert kept and all(after[path] == before[path] for path in kept)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["C10", "--steps", "3"], "holds another training: steps 2"),
        (["C12"], "no claim 'C12'. The paper has C1, C2"),
        (["C9", "--styles", "Stripe"], "no painting 'Stripe'. Did you mean Stripes?"),
        (["C9", "--show", "nowhere"], "nowhere is not a folder"),
    ],
)
def test_mistakes_are_told_in_a_line(study, arguments, capsys, words, message):
    claim, *options = words
    with pytest.raises(SystemExit) as stopped:
        command.main([claim, *arguments, *options])
    assert stopped.value.code == 2 and message in capsys.readouterr().err


def test_the_document_says_what_the_results_say(docs):
    written = [folder for folder in (docs, DOCS) if (folder / "paper.md").exists()]
    assert docs in written
    for folder in written:
        text = (folder / "paper.md").read_text(encoding="utf-8")
        assert text == document.page(folder), "Run python -m benchmarks.paper.document"
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert link.startswith("https://") or (folder / link).is_file(), link


def test_the_document_follows_its_results(docs, tmp_path):
    shutil.copytree(docs / "paper", tmp_path / "paper")
    path = tmp_path / "paper" / "study" / "speed.json"
    result = json.loads(path.read_text())
    result["tables"]["Milliseconds a picture"][0]["64"] = 12345.6
    path.write_text(json.dumps(result))
    (tmp_path / "paper" / "study" / "noise.json").unlink()
    text = document.page(tmp_path)
    assert "| pyramid | 12,346 |" in text
    assert "So it is 9." in text and "*Holds partly.*" in text
    assert "C11: what" not in text


def test_several_studies_stand_one_after_the_other(study, docs, tmp_path, capsys):
    shutil.copytree(docs / "paper", tmp_path / "paper")
    shutil.copytree(study, tmp_path / "another")
    for result in (tmp_path / "another" / "results").glob("*.json"):
        if result.stem != "speed":
            result.unlink()
    document.main([str(tmp_path / "another"), "--docs", str(tmp_path)])
    text = (tmp_path / "paper.md").read_text(encoding="utf-8")
    assert text.count("C9: milliseconds a picture") == 1
    assert text.count("| pyramid | ") - (docs / "paper.md").read_text().count("| pyramid | ") == 1
    assert text.index("](paper/another/speed.json)") < text.index("](paper/study/speed.json)")
    with pytest.raises(SystemExit):
        document.main([str(tmp_path), "--docs", str(tmp_path)])
    assert f"{tmp_path} has no results. Run python -m" in capsys.readouterr().err


def test_a_result_without_verdict_is_refused(docs, tmp_path):
    shutil.copytree(docs / "paper", tmp_path / "paper")
    path = tmp_path / "paper" / "verdicts.toml"
    path.write_text(path.read_text().replace("holds partly", "perhaps", 1))
    with pytest.raises(ValueError, match=r"needs a verdict of C1: .* Received: perhaps"):
        document.page(tmp_path)


def test_batch_normalization_with_own_statistics(recipe, images):
    style = shifted(recipe, "batch")
    pictures = stylize_pixels(with_own_statistics(style), images)
    for image, picture in zip(images, pictures, strict=True):
        # A batch of one image has this image's statistics. Rounding of two ways to a variance.
        np.testing.assert_allclose(picture, as_in_training(style, image[None])[0], atol=1e-4)


def test_averages_over_one_photograph_are_its_own(recipe, images):
    style = shifted(recipe, "instance")
    frozen = with_averages(style, images[:1])
    pictures, own = (stylize_pixels(model, images) for model in (frozen, style.model))
    np.testing.assert_allclose(pictures[0], own[0], atol=1e-4)
    assert np.abs(pictures[1] - own[1]).max() > 1e-2


def test_averages_of_batch_normalization_are_those_of_batches(recipe, images):
    style = shifted(recipe, "batch")
    before = style.model.get_weights()
    pictures = stylize_pixels(with_averages(style, images[:2]), images[:2])
    for ours, theirs in zip(before, style.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(pictures, as_in_training(style, images[:2]), atol=1e-4)


def test_the_curve_of_a_resumed_training_has_each_step_once(
    recipe, style, network, images, tmp_path
):
    loss = PerceptualLoss(**recipe.loss_options, network=network)
    callback = HeldOut(tmp_path / "held_out.csv", images, steps=250)
    callback.set_model(StyleTransfer(style.model, loss, loss.style_grams(images[0])))
    for epoch in (0, 1, 0, 1, 2):
        callback.on_epoch_end(epoch)
    rows = read_curve(tmp_path / "held_out.csv")
    assert [step for step, _ in rows] == [100, 200, 250] and rows[0][1] > 0
    assert rows[0][1] == rows[2][1]  # the weights have not changed


@pytest.mark.parametrize(
    ("count", "expected"), [(2, [0, 5]), (3, [0, 3, 6]), (10, range(10)), (12, range(10))]
)
def test_spread(count, expected):
    assert spread(range(10), count) == list(expected)
