import errno
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from tfstyle import PerceptualLoss, load
from tfstyle.files import DiskFullError
from tfstyle.images.files import find_images, read_image
from tfstyle.styles.folder import find_style
from tfstyle.styles.recipe import _CHOICES
from tfstyle.training import train
from tfstyle.training.lock import FolderInUseError, locked
from tfstyle.training.muon import Muon
from tfstyle.training.plan import Plan
from tfstyle.training.progress import LOSSES, NonFiniteLossError
from tfstyle.training.transfer import StyleTransfer


@pytest.fixture(autouse=True)
def short_epochs(monkeypatch):
    monkeypatch.setattr("tfstyle.training.loop.STEPS_PER_EPOCH", 2)
    monkeypatch.setattr("tfstyle.training.progress._SECONDS_TO_FIRST_PREVIEW", float("inf"))


class StopAfter(keras.callbacks.Callback):
    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.epochs:
            raise KeyboardInterrupt


def checkpoint(folder):
    with np.load(folder / "checkpoint.npz") as saved:
        return {name: saved[name] for name in saved if name.startswith("variable")}


def test_a_training_learns_and_leaves_its_record(recipe, photographs, network, tmp_path):
    recipe = recipe.replace(steps=41, learning_rate=1e-2)
    previews = find_images(photographs)[:2]
    style = train(recipe, photographs, tmp_path, network, previews=previews)
    table = np.genfromtxt(tmp_path / "history.csv", delimiter=",", names=True)
    assert list(table["step"]) == [*range(2, 41, 2), 41]
    assert np.all(np.diff(table["seconds"]) > 0)
    assert table["loss"][-5:].mean() < 0.8 * table["loss"][0]
    total = recipe.content_weight * table["content"] + recipe.style_weight * table["style"]
    np.testing.assert_allclose(table["loss"], total, rtol=1e-4)  # six digits in the file
    assert read_image(tmp_path / "loss.png").width > 300
    names = sorted(path.name for path in (tmp_path / "previews").iterdir())
    assert names[0] == "000002.jpg" and names[-1] == "000041.jpg"
    assert read_image(tmp_path / "previews" / names[-1]).size == (32 * 2 + 4, 32 * 2 + 4)
    assert style.card["training"]["steps"] == 41
    assert style.card["training"]["photographs"] == 8
    assert style.model(np.zeros((1, 16, 16, 3))).dtype == "float32"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == [".lock"]


def test_the_network_sees_photograph_and_picture_cut_alike_at_every_phase(rng, recipe, network):
    loss = PerceptualLoss(**recipe.loss_options, network=network)
    grams = loss.style_grams(rng.random((32, 32, 3), "float32"))
    shown = []

    class Generator(keras.Layer):
        def call(self, x, training=False):
            return 1 - x

    model = StyleTransfer(Generator(), loss, grams, jitter=4)
    photographs = rng.random((200, 1, 32, 32, 3), "float32")
    for photograph in photographs:
        seen, painted = model._jittered(photograph, model(photograph))
        np.testing.assert_array_equal(1 - seen, painted)
        top, left = np.argwhere(photograph[0, :, :, 0] == np.asarray(seen)[0, 0, 0, 0])[0]
        np.testing.assert_array_equal(photograph[:, top : top + 29, left : left + 29], seen)
        shown.append((int(top), int(left)))
    assert set(shown) == set(itertools.product(range(4), repeat=2))

    whole = StyleTransfer(Generator(), loss, grams)
    assert whole._jittered(photograph, photograph)[0] is photograph


@pytest.mark.parametrize("pace", [1.0, 3.0, 0.5])
def test_a_plan_keeps_its_time_when_steps_become_slower_or_faster(monkeypatch, pace):
    now = [20.0]
    monkeypatch.setattr("tfstyle.training.plan.time.perf_counter", lambda: now[0])
    plan = Plan(None, seconds=600.0, began=0.0)
    plan.start()
    assert (plan.is_made, plan.seconds_left(0)) == (False, 575.0)  # 5 s are for saving

    def step(seconds):
        now[0] += seconds
        plan.measured(seconds)

    for _ in range(5):
        step(1.0)
    assert plan.adapt(0) and plan.steps == 570
    done = 0
    while done < plan.steps:
        step(1.0 if done < 200 else pace)
        done += 1
        plan.adapt(done)
    assert abs(now[0] - 595) <= 12 + pace  # the tolerance, 2 % of the time, and a step
    # Few changes, each of which moves the learning rate.
    assert len(plan.history) == 1 if pace == 1 else 1 < len(plan.history) < 12


def test_a_plan_of_steps_estimates_its_time(monkeypatch):
    plan = Plan(100)
    plan.start()
    assert plan.seconds_left(0) is None
    for seconds in (1.0, 2.0):
        plan.measured(seconds)
    assert plan.seconds_left(60) == 60 and not plan.adapt(60) and plan.steps == 100


def replan(changes):
    """Gives a `Plan.adapt` that plans as a dictionary of step to steps says."""

    def adapt(self, step):
        if step in changes and (step, changes[step]) not in self.history:
            self.history.append((step, changes[step]))
            return True
        return False

    return adapt


def test_a_training_of_minutes_is_that_of_as_many_steps(
    recipe, photographs, network, tmp_path, monkeypatch
):
    monkeypatch.setattr(Plan, "adapt", replan({0: 5}))
    timed = train(recipe, photographs, tmp_path / "timed", network, minutes=10)
    steps = train(recipe.replace(steps=5), photographs, tmp_path / "steps", network)
    assert timed.recipe.steps == steps.recipe.steps == 5
    for a, b in zip(timed.model.get_weights(), steps.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    # Called again, it is finished; of another time or of steps it is another training.
    again = train(recipe, photographs, tmp_path / "timed", network, minutes=10)
    assert again.card["training"] == timed.card["training"]
    with pytest.raises(ValueError, match=r"another training: minutes 10 \(now 3\)"):
        train(recipe, photographs, tmp_path / "timed", network, minutes=3)
    with pytest.raises(ValueError, match=r"another training: minutes 10 \(now None\), steps"):
        train(recipe, photographs, tmp_path / "timed", network)


def test_steps_that_become_slow_end_a_training_of_minutes_early(
    recipe, photographs, network, tmp_path, monkeypatch
):
    monkeypatch.setattr("tfstyle.training.loop.STEPS_PER_EPOCH", 4)
    monkeypatch.setattr(Plan, "adapt", replan({0: 12, 5: 7}))
    told = []
    style = train(
        *(recipe, photographs, tmp_path, network),
        previews=find_images(photographs)[:1],
        minutes=10,
        report=told.append,
    )
    assert style.recipe.steps == style.card["training"]["steps"] == 7
    assert style.card["training"]["plans"] == [(0, 12), (5, 7)]
    table = np.genfromtxt(tmp_path / "history.csv", delimiter=",", names=True)
    assert list(table["step"]) == [4, 7]
    steps = [(report.step, report.steps) for report in told if not report.preview]
    assert steps == [(1, 12), (2, 12), (3, 12), (4, 12), (5, 7), (6, 7), (7, 7)]
    assert [report.preview.name for report in told if report.preview] == [
        "000004.jpg",
        "000007.jpg",
    ]
    assert all(report.losses["loss"] > 0 for report in told if not report.preview)
    # With the plan that it ended with, the learning rate of the last step is near 0.
    again = train(recipe, photographs, tmp_path, network, minutes=10)
    assert again.recipe.steps == 7


def test_the_first_preview_does_not_wait_for_the_first_report(
    recipe, photographs, network, tmp_path, monkeypatch
):
    monkeypatch.setattr("tfstyle.training.loop.STEPS_PER_EPOCH", 4)
    monkeypatch.setattr("tfstyle.training.progress._SECONDS_TO_FIRST_PREVIEW", 0)
    previews = find_images(photographs)[:1]
    shown = train(recipe, photographs, tmp_path / "shown", network, previews=previews)
    names = sorted(path.name for path in (tmp_path / "shown" / "previews").iterdir())
    assert names == ["000001.jpg", "000004.jpg"]
    # It changes nothing.
    plain = train(recipe, photographs, tmp_path / "plain", network)
    for a, b in zip(shown.model.get_weights(), plain.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_tensorboard_gets_the_named_losses(recipe, photographs, network, tmp_path):
    pytest.importorskip("tensorboard", reason="runs where TensorFlow is installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = keras.callbacks.TensorBoard(tmp_path / "board")
    train(recipe, photographs, tmp_path, network, callbacks=[board])
    events = EventAccumulator(str(tmp_path / "board" / "train")).Reload()
    names = {f"epoch_{name}" for name in LOSSES}
    assert names <= set(events.Tags()["tensors"])
    assert [event.step for event in events.Tensors("epoch_style")] == [0, 1]


def test_photographs_may_be_a_list(recipe, photographs, network, tmp_path):
    style = train(recipe, find_images(photographs)[:3], tmp_path, network)
    assert style.card["training"]["photographs"] == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("johnson", "float32"),
        ("johnson", "mixed_float16"),
        ("pyramid", "float32"),
    ],
)
def test_a_resumed_training_ends_as_an_uninterrupted_one(
    recipe, photographs, network, tmp_path, name, precision
):
    recipe = recipe.replace(generator=name, steps=5, crop=64 if name == "pyramid" else 32)
    if name == "pyramid":
        recipe = recipe.replace(noise_channels=2)
    whole = train(recipe, photographs, tmp_path / "whole", network, precision)

    with pytest.raises(KeyboardInterrupt):
        train(recipe, photographs, tmp_path / "parts", network, precision, callbacks=[StopAfter(2)])
    parts = train(recipe, photographs, tmp_path / "parts", network, precision)
    for a, b in zip(whole.model.get_weights(), parts.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_training_cut_off_within_an_epoch_ends_as_an_uninterrupted_one(
    recipe, photographs, network, tmp_path, monkeypatch
):
    monkeypatch.setattr("tfstyle.training.loop.STEPS_PER_EPOCH", 4)
    recipe = recipe.replace(steps=10)
    whole = train(recipe, photographs, tmp_path / "whole", network)
    monkeypatch.setattr("tfstyle.training.progress.SECONDS_BETWEEN_CHECKPOINTS", 0)

    class Stop(keras.callbacks.Callback):
        def __init__(self, step):
            super().__init__()
            self.step = step

        def on_epoch_begin(self, epoch, logs=None):
            self.first = max(4 * epoch, begun[-1])

        def on_train_batch_end(self, batch, logs=None):
            if self.first + batch == self.step:
                raise KeyboardInterrupt  # the checkpoint is of the step before

    begun = [0]
    for step in (1, 6, 7, 9):
        with pytest.raises(KeyboardInterrupt):
            train(recipe, photographs, tmp_path / "parts", network, callbacks=[Stop(step)])
        begun.append(step)
        with np.load(tmp_path / "parts" / "checkpoint.npz") as saved:
            assert saved["progress"][0] == step
    parts = train(recipe, photographs, tmp_path / "parts", network)
    for a, b in zip(whole.model.get_weights(), parts.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    tables = [
        np.genfromtxt(tmp_path / name / "history.csv", delimiter=",", names=True)
        for name in ("whole", "parts")
    ]
    for name in ("step", *LOSSES):
        np.testing.assert_array_equal(tables[0][name], tables[1][name])


def test_no_history_says_more_than_the_checkpoint(
    recipe, photographs, network, tmp_path, monkeypatch
):
    monkeypatch.setattr("tfstyle.training.loop.STEPS_PER_EPOCH", 2)

    def fail(*arguments, **arrays):
        raise OSError("disk full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr("tfstyle.training.progress.np.savez", fail)
        train(recipe, photographs, tmp_path, network)
    assert not (tmp_path / "history.csv").exists()
    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr("tfstyle.training.progress.np.savetxt", fail)
        train(recipe, photographs, tmp_path, network)
    assert not (tmp_path / "history.csv").exists() and checkpoint(tmp_path)
    train(recipe, photographs, tmp_path, network)
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 3


def test_a_second_training_in_the_folder_is_refused(recipe, photographs, network, tmp_path):
    class Second(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            message = rf"in use by process {os.getpid()} on .*, since 20\d\d-"
            with pytest.raises(FolderInUseError, match=message):
                train(recipe, photographs, tmp_path, network)
            refused.append(epoch)

    refused = []
    train(recipe, photographs, tmp_path, network, callbacks=[Second()])
    assert refused == [0, 1]
    train(recipe, photographs, tmp_path, network)


def test_a_lock_ends_with_its_process_however_that_ends(tmp_path):
    script = (
        "import sys, time\nfrom tfstyle.training.lock import locked\n"
        "with locked(sys.argv[1]):\n    print('in', flush=True)\n    time.sleep(600)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "in\n"
    with pytest.raises(FolderInUseError, match=f"process {process.pid} "), locked(tmp_path):
        pass
    process.kill()
    process.communicate()
    with locked(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


SCRIPT = """
import sys, keras
from tfstyle import Recipe
from tfstyle.training import loop
loop.STEPS_PER_EPOCH = 1
network = keras.saving.load_model(sys.argv[1])
loop.train(Recipe.load(sys.argv[2]), sys.argv[3], sys.argv[4], network)
"""


DEADLY = """
import os, signal
from tfstyle import files

flush = files._flush
files._flush = lambda path: (
    os.kill(os.getpid(), signal.SIGKILL) if path.name.endswith("{file}") else flush(path)
)
"""


@pytest.mark.slow
def test_a_killed_training_ends_as_an_uninterrupted_one(recipe, photographs, network, tmp_path):
    recipe.replace(steps=12).save(tmp_path / "recipe.toml")
    network.save(tmp_path / "network.keras")

    def start(folder, before=""):
        inputs = (tmp_path / "network.keras", tmp_path / "recipe.toml", photographs, folder)
        command = [sys.executable, "-c", before + SCRIPT, *map(str, inputs)]
        with (tmp_path / "log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=os.environ, cwd=tmp_path)

    assert start(tmp_path / "whole").wait() == 0, (tmp_path / "log").read_text()
    # While a file is written, whole but not yet renamed.
    for file in ("checkpoint.npz", "history.csv"):
        process = start(tmp_path / "parts", DEADLY.format(file=file))
        assert process.wait() == -signal.SIGKILL, (tmp_path / "log").read_text()
        assert list((tmp_path / "parts").glob(f".partial-*-{file}"))
        assert not (tmp_path / "parts" / file).exists()
    # Just after the rename of a checkpoint, and amid what follows it.
    for delay in (0.0, 0.1):
        process = start(tmp_path / "parts")
        _wait_for_a_new_checkpoint(tmp_path / "parts" / "checkpoint.npz", process)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert start(tmp_path / "parts").wait() == 0, (tmp_path / "log").read_text()
    whole, parts = checkpoint(tmp_path / "whole"), checkpoint(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name])
    assert not list((tmp_path / "parts").rglob(".partial-*"))


def _wait_for_a_new_checkpoint(path: Path, process):
    before = path.stat().st_mtime_ns if path.exists() else None
    while process.poll() is None and (not path.exists() or path.stat().st_mtime_ns == before):
        time.sleep(0.005)


def test_another_recipe_is_refused(recipe, photographs, network, tmp_path):
    train(recipe, photographs, tmp_path, network)
    with pytest.raises(ValueError, match=r"another training: learning_rate 0.001 \(now 0.01\)"):
        train(recipe.replace(learning_rate=0.01), photographs, tmp_path, network)
    with pytest.raises(ValueError, match=r"precision float32 \(now mixed_bfloat16\)"):
        train(recipe, photographs, tmp_path, network, "mixed_bfloat16")
    # Of another number of variables the checkpoint is as good.
    with pytest.raises(ValueError, match=r"another training: trainable all \(now normalization\)"):
        train(recipe.replace(trainable="normalization"), photographs, tmp_path, network)
    with pytest.raises(ValueError, match=r"another training: generator johnson \(now pyramid\)"):
        train(recipe.replace(generator="pyramid", crop=64), photographs, tmp_path, network)
    # A credit decides nothing, nor a value that is the generator's own.
    train(recipe.replace(title="Stripes", learning_rate=1e-3), photographs, tmp_path, network)


def test_a_checkpoint_of_an_earlier_version_is_resumed(recipe, photographs, network, tmp_path):
    recipe = recipe.replace(style_weight=0.0)
    whole = train(recipe, photographs, tmp_path, network)
    with np.load(tmp_path / "checkpoint.npz") as saved:
        arrays = {name: saved[name] for name in saved if name not in ("asked", "plans")}
    setting = json.loads(str(arrays["setting"]))
    del setting["minutes"]
    np.savez(tmp_path / "checkpoint.npz", **{**arrays, "setting": json.dumps(setting)})
    again = train(recipe, photographs, tmp_path, network)
    assert again.card["training"] == whole.card["training"]
    with pytest.raises(ValueError, match=r"style_weight .* \(now 3.0\)"):
        train(recipe.replace(style_weight=3.0), photographs, tmp_path, network)


def test_a_damaged_checkpoint_is_refused(recipe, photographs, network, tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"checkpoint.npz is damaged. Delete it"):
        train(recipe, photographs, tmp_path, network)


def test_weights_that_are_not_finite_are_not_kept(recipe, photographs, network, tmp_path):
    class Spoil(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.generator.trainable_variables[0].assign_add(np.inf)

    if keras.backend.backend() == "jax":
        pytest.skip("JAX keeps the weights to itself within an epoch; runs with TensorFlow")
    recipe = recipe.replace(steps=1)
    with pytest.raises(NonFiniteLossError, match=r"weights became infinite.*Nothing was saved"):
        train(recipe, photographs, tmp_path, network, callbacks=[Spoil()])
    assert not (tmp_path / "checkpoint.npz").exists()


def test_the_recipe_names_the_optimizer(recipe, photographs, network, tmp_path):
    found = {}
    for name in _CHOICES["optimizer"]:

        class Look(keras.callbacks.Callback):
            def on_train_begin(self, logs=None, name=name):
                found[name] = type(self.model.optimizer)

        chosen = recipe.replace(optimizer=name, steps=1)
        train(chosen, photographs, tmp_path / name, network, callbacks=[Look()])
    assert found == {"muon": Muon, "adam": keras.optimizers.Adam}


@pytest.mark.parametrize(("name", "crop"), [("johnson", 30), ("pyramid", 32)])
def test_a_crop_that_does_not_fit_is_refused(recipe, photographs, network, tmp_path, name, crop):
    with pytest.raises(ValueError, match=f"crop must be a multiple of .* Received: crop={crop}"):
        train(recipe.replace(generator=name, crop=crop), photographs, tmp_path, network)


def test_a_training_starts_from_another_style(recipe, photographs, network, own_style, tmp_path):
    earlier = {"style": "other", "steps": 5, "seconds": 60}
    own_style.card = {"training": {"steps": 3, "seconds": 4, "start": earlier}}
    first = own_style.save(tmp_path / "first").card["sha256"]
    start = str(tmp_path / "first")
    recipe = recipe.replace(start=start, learning_rate=1e-9, steps=2)
    trained = train(recipe, photographs, tmp_path / "training", network)
    pixels = np.zeros((16, 16, 3), "float32")
    # Adam's steps are as long as the learning rate.
    np.testing.assert_allclose(trained.stylize(pixels), load(start).stylize(pixels), atol=1e-4)
    # Called again, though other weights have that name by now, it is the same training.
    own_style.model.set_weights([weight * 1.1 for weight in own_style.model.get_weights()])
    own_style.save(tmp_path / "first")
    again = train(recipe, photographs, tmp_path / "training", network)
    assert again.card["training"] == trained.card["training"]
    record = trained.card["training"]["start"]
    assert record["style"] == start and record["sha256"] == first
    assert (record["steps"], record["seconds"]) == (8, 64)  # all that led there
    with pytest.raises(ValueError, match=r"same kind and options. .*'width': 4"):
        train(recipe.replace(width=8), photographs, tmp_path / "other", network)


def test_a_generator_learns_the_pictures_of_its_teacher(
    recipe, photographs, network, saved_style, tmp_path
):
    values = {"width": 2, "teacher": str(saved_style), "teacher_weight": 100.0}
    recipe = recipe.replace(**values, steps=30, teacher_steps=20, learning_rate=1e-2)
    trained = train(recipe, photographs, tmp_path / "whole", network)
    table = np.genfromtxt(tmp_path / "whole/history.csv", delimiter=",", names=True)
    alone = table["step"] <= 20
    assert np.all(table["content"][alone] == 0) and np.all(table["content"][~alone] > 0)
    np.testing.assert_allclose(table["loss"][alone], 1e9 * table["imitation"][alone], rtol=1e-5)
    assert table["imitation"][-1] < 0.5 * table["imitation"][0]
    photograph = read_image(find_images(photographs)[0]).resize((32, 32))
    pictures = [np.float32(s.stylize(photograph)) for s in (trained, load(saved_style))]
    assert np.square(np.subtract(*pictures) / 255).mean() < 2 * table["imitation"][-1]

    # Cut off where it begins to see painting and photographs.
    with pytest.raises(KeyboardInterrupt):
        train(recipe, photographs, tmp_path / "parts", network, callbacks=[StopAfter(10)])
    parts = train(recipe, photographs, tmp_path / "parts", network)
    for a, b in zip(trained.model.get_weights(), parts.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_teacher_that_does_not_suit_is_refused(
    recipe, photographs, network, saved_style, tmp_path
):
    def refused(message, **values):
        with pytest.raises(ValueError, match=message):
            train(recipe.replace(**values), photographs, tmp_path / "training", network)

    refused("no style 'nobody'", teacher="nobody")
    refused("teacher_steps need a teacher", teacher_steps=2)
    refused("crop must be a multiple of 32", teacher=str(find_style("mosaic", "pyramid")), crop=36)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_weights(
    recipe, photographs, network, tmp_path
):
    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                weights = self.model.generator.get_weights()
                self.model.generator.set_weights([np.full_like(w, np.nan) for w in weights])

    # TensorFlow 2.16 makes zeros of what is no number: there the weights tell.
    message = r"(loss became nan at step 3|no number)\. The weights after step 2 are kept"
    with pytest.raises(NonFiniteLossError, match=message):
        train(recipe, photographs, tmp_path, network, callbacks=[Spoil()])
    assert all(np.isfinite(value).all() for value in checkpoint(tmp_path).values())
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_to_float32_weights(
    recipe, photographs, network, tmp_path, precision
):
    before = keras.config.dtype_policy()
    style = train(recipe, photographs, tmp_path, network, precision)
    assert keras.config.dtype_policy() == before
    assert {w.dtype for w in style.model.weights} == {"float32"}
    # A second call finds the training done.
    again = train(recipe, photographs, tmp_path, network, precision)
    np.testing.assert_array_equal(again.model.get_weights()[0], style.model.get_weights()[0])


def test_batch_normalization_keeps_its_averages(recipe, photographs, network, tmp_path):
    style = train(recipe.replace(normalization="batch"), photographs, tmp_path, network)
    averages = [w for w in style.model.non_trainable_variables if "moving_mean" in w.path]
    assert averages and all(np.abs(w.numpy()).max() > 0 for w in averages)


@pytest.mark.parametrize("name", ["savez", "savetxt"])
def test_a_full_disk_names_the_file(recipe, photographs, network, tmp_path, monkeypatch, name):
    def fail(file, *arguments, **options):
        Path(file).touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    whole = train(recipe, photographs, tmp_path / "whole", network)
    monkeypatch.setattr(f"tfstyle.training.progress.np.{name}", fail)
    file = {"savez": "checkpoint.npz", "savetxt": "history.csv"}[name]
    path = tmp_path / "full" / file
    with pytest.raises(DiskFullError, match=rf"{path} cannot be written: the disk is full\. Free"):
        train(recipe, photographs, tmp_path / "full", network)
    monkeypatch.undo()
    monkeypatch.setattr("tfstyle.training.loop.STEPS_PER_EPOCH", 2)
    parts = train(recipe, photographs, tmp_path / "full", network)
    for a, b in zip(whole.model.get_weights(), parts.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
