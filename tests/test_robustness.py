"""Small versions of benchmarks/robustness; the large run is in docs/robustness.md."""

import resource

import pytest

pytest.importorskip("tensorflow", reason="exports, too: runs in all but tox -e jax")

from benchmarks.robustness import disks, inputs, mutations, pairs, styles, trainings
from benchmarks.robustness.worker import Worker
from tfstyle import load


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return inputs.make_style(tmp_path_factory.mktemp("made") / "made")


@pytest.fixture
def things(made, tmp_path):
    photograph = inputs.make_photograph(tmp_path / "photograph.png")
    return made, photograph, inputs.make_training(tmp_path / "inputs", 4)


def test_mutated_styles_are_refused_or_paint(made, tmp_path):
    (tmp_path / "cases").mkdir()
    outcomes = styles.try_styles(made, 24, tmp_path / "cases")
    assert set(outcomes) <= {"refused", "painted"} and outcomes.total() == 24


def test_mutated_tflite_files_are_refused_or_paint(made, tmp_path):
    files = pytest.importorskip("benchmarks.robustness.files")
    pytest.importorskip("ai_edge_litert", reason="runs where tfstyle[export] is installed")
    from tfstyle.export import to_tflite

    to_tflite(load(made), tmp_path / "style.tflite", size=64)
    photograph = inputs.make_photograph(tmp_path / "photograph.png")
    outcomes = +files.try_files(tmp_path / "style.tflite", photograph, 16, tmp_path)
    assert set(outcomes) <= {"refused", "painted"} and outcomes.total() == 16


def test_a_worker_survives_its_process():
    worker = Worker("import os\ndef answer(line): return line if line != 'die' else os._exit(3)")
    assert [worker.ask(line) for line in ("1", "die", "2")] == [
        "1",
        "the process ended with 3",
        "2",
    ]
    worker.close()


def test_mutations_differ_and_repeat():
    content = bytes(range(256)) * 8
    changed = [mutations.mutated(content, seed) for seed in range(50)]
    assert content not in changed and len(set(changed)) > 40
    assert changed == [mutations.mutated(content, seed) for seed in range(50)]


@pytest.mark.parametrize("limit", [100, 3_000, 12_000])
def test_a_disk_without_room_keeps_the_older_style(made, tmp_path, limit):
    style = load(made)
    style.save(tmp_path / "mine")
    before = sorted(tmp_path.rglob("*"))
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most[1]))  # of a file: as a full disk
    try:
        with pytest.raises(OSError, match="File too large"):
            style.save(tmp_path / "mine")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert sorted(tmp_path.rglob("*")) == before
    assert load(tmp_path / "mine").card["sha256"] == style.card["sha256"]


@pytest.mark.slow
def test_killed_trainings_and_jumping_clocks(tmp_path):
    made = inputs.make_training(tmp_path / "inputs", trainings.STEPS)
    assert set(trainings.try_kills(made, tmp_path / "killed", (95, 100, 230), True)) == {"the same"}


@pytest.mark.slow
def test_signals_while_saving(made, tmp_path):
    assert set(trainings.try_signals(made, tmp_path, times=1)) == {"whole"}


@pytest.mark.slow
def test_two_processes(things, tmp_path):
    (tmp_path / "pairs").mkdir()
    assert set(pairs.try_pairs(*things, tmp_path / "pairs", rounds=1)) == {"whole"}


@pytest.mark.slow
@pytest.mark.skipif(not disks.can_mount(), reason="needs root: python -m benchmarks.robustness")
def test_full_and_read_only_disks(things, tmp_path):
    assert set(disks.try_full_disks(*things, tmp_path, sizes=(8, 64))) <= {"done", "refused"}
    assert set(disks.try_read_only(*things, tmp_path)) == {"done", "refused"}
