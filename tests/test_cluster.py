"""`tfstyle cluster`: what it lists, skips and refuses; and a cluster that loses a machine."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfstyle.commands.main import main
from tfstyle.images.look import Look
from tfstyle.media.batch import find_tree, names_of_pictures, plan_pictures
from tfstyle.media.order import Order
from tfstyle.styles.packed import pack

needs_arrow = pytest.mark.skipif(
    not importlib.util.find_spec("pyarrow"), reason="needs tfstyle[ray]: runs in tox -e ray"
)
needs_ray = pytest.mark.skipif(
    not importlib.util.find_spec("ray"), reason="needs tfstyle[ray]: runs in tox -e ray"
)


class Inverter:
    """Stands in for a `Style`: a picture is the negative of its photograph."""

    def paint(self, image, look, memory=None, progress=None, polish=None):
        picture = Image.fromarray(255 - np.asarray(image))
        picture.info = image.info
        return picture


def photograph(path, size=(9, 7), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype="uint8")
    Image.fromarray(coarse).resize(size).save(path)
    return path


@pytest.fixture
def tree(tmp_path):
    """A folder of photographs in folders."""
    for number, name in enumerate(("a.jpg", "b/c.jpg", "b/d/e.png", "b/f.cur.png", ".no/g.jpg")):
        photograph(tmp_path / "in" / name, seed=number)
    (tmp_path / "in/b/f.cur").write_bytes(b"no icon")
    (tmp_path / "in/b/notes.txt").touch()
    return tmp_path / "in"


@pytest.fixture
def cluster(monkeypatch, capsys):
    """The command as a function: of its arguments, to exit code, output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tfstyle", "cluster", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        output, complaints = capsys.readouterr()
        return stopped.value.code, output, complaints

    return run


def test_without_ray_the_command_names_the_extra(cluster, monkeypatch, tree, tmp_path):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "ray" else find(name)
    )
    code, _, errors = cluster(tree, tmp_path / "out")
    assert code == 2 and "pip install 'tfstyle[ray]'" in errors


@needs_ray
def test_mistakes_are_refused_before_anything_is_loaded(cluster, tree, tmp_path):
    (tmp_path / "file").touch()
    for arguments, message in (
        ((tree, tmp_path / "out", "--style", "mosaik"), "Did you mean mosaic"),
        ((tmp_path / "missing", tmp_path / "out"), "missing is not a folder"),
        ((tree, tmp_path / "file"), "file is a file. Give a folder"),
        ((tree, tree), "has the photographs themselves"),
        ((tree, tmp_path / "out", "--memory", "much"), "--memory must be a size"),
    ):
        code, _, errors = cluster(*arguments)
        assert code == 2 and message in errors, errors
    assert not (tmp_path / "out").exists()


def test_pictures_of_a_folder_have_names_of_their_own(tree, tmp_path):
    assert names_of_pictures(["a.jpg", "f.cur", "f.cur.png"]) == [
        *("a.jpg", "f.cur.png.png", "f.cur.png")
    ]
    # As in the plain command, where they stay in their folder.
    plan = plan_pictures([str(tree)], tmp_path / "out", recursive=True)
    pictures = {item.picture.relative_to(tmp_path / "out").as_posix() for item in plan.items}
    assert pictures == {"a.jpg", "b/c.jpg", "b/d/e.png", "b/f.cur.png", "b/f.cur.png.png"}


def test_a_tree_is_walked_without_hidden_and_excluded_folders(tree):
    (tree / "b/link").symlink_to(tree)
    (tree / "b/x.jpg").mkdir()
    found = [path.relative_to(tree).as_posix() for path in find_tree(tree, tree / "b/d")]
    assert found == ["a.jpg", "b/c.jpg", "b/f.cur", "b/f.cur.png"]


def test_a_packed_style_paints_as_it_did(recipe, style, tmp_path):
    import tfstyle

    style.save(tmp_path / "mine")
    packed = pack(tmp_path / "mine")
    pixels = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype="uint8")
    expected = tfstyle.load(tmp_path / "mine").stylize(pixels)
    np.testing.assert_array_equal(packed.load().stylize(pixels), expected)
    assert packed.facts()["name"] == "mine"
    assert pack({"mosaic": 0.5, "kiss": 0.5}).facts()["name"] == "mosaic:0.5,kiss:0.5"


@needs_arrow
def test_a_painter_writes_pictures_and_errors(tree, tmp_path):
    import pyarrow as pa

    from tfstyle.media.cluster import Painter

    names = ["a.jpg", "b/f.cur", "missing.jpg"]
    rows = pa.table({"input": names, "output": names, "size": [1, 2, 3]})
    rows = rows.set_column(1, "output", pa.array(["x/a.png", "f.png", "m.png"]))
    painted = Painter(Inverter(), Order(), str(tree), str(tmp_path / "out"))(rows).to_pylist()
    picture = tmp_path / "out/x/a.png"
    assert painted[0]["hash"] == hashlib.sha256(picture.read_bytes()).hexdigest()
    with Image.open(picture) as image, Image.open(tree / "a.jpg") as before:
        np.testing.assert_array_equal(image, 255 - np.asarray(before))
    assert [row["error"] is None for row in painted] == [True, False, False]
    assert "there is no such file" in painted[2]["error"] and painted[2]["size"] == 3
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["a.png"]


@needs_arrow
@pytest.mark.parametrize("where", ["local", "memory"])
def test_a_place_lists_reads_and_writes(where, tree, tmp_path):
    from tfstyle.media.cluster import tree_of
    from tfstyle.media.places import open_place

    place = open_place(str(tree))
    if where == "memory":
        place = open_place(f"memory://{tmp_path.name}/in")
        for path in tree.rglob("*.*"):
            if path.is_file():
                place.put(path.relative_to(tree).as_posix(), path.read_bytes())
    inside = open_place(f"memory://{tmp_path.name}/in/b/d" if where == "memory" else f"{tree}/b/d")
    found = tree_of(place, inside).to_pydict()
    assert sorted(found["input"]) == ["a.jpg", "b/c.jpg", "b/f.cur", "b/f.cur.png"]
    assert dict(zip(found["input"], found["output"], strict=True))["b/f.cur"] == "b/f.cur.png.png"
    place.put("new/x.txt", b"new")
    source = place.source("new/x.txt")
    assert (source.read_bytes() if where == "local" else source.read()) == b"new"


@needs_arrow
def test_a_job_paints_what_is_missing_and_refuses_another_order(tree, tmp_path):
    from tfstyle.media.cluster import Job, Painter

    out = tmp_path / "out"

    def job(style="mosaic", order=None, force=False):
        return Job(str(tree), str(out), pack(style), order or Order(), force)

    def paint(job):
        """Does what `Job.run` has Ray do."""
        job._manifest.start(job._kept)
        rows = Painter(Inverter(), Order(), str(tree), str(out))(job._missing)
        job._add(rows, time.monotonic(), lambda _: None)
        job._manifest.flush()
        return job.progress

    progress = paint(job())
    assert (progress.total, progress.there, progress.painted, progress.failed) == (5, 0, 4, 1)
    assert job()._missing["input"].to_pylist() == ["b/f.cur"]
    (out / "b/c.jpg").unlink()
    again = paint(job())
    assert (again.there, again.painted, again.failed) == (3, 1, 1)
    rows = job()._manifest.done()
    assert sorted(rows["output"].to_pylist()) == ["a.jpg", "b/c.jpg", "b/d/e.png", "b/f.cur.png"]
    # Memory decides how pictures are painted, not how they look.
    assert job(order=Order(memory=4e9)).progress.there == 4
    for style, order, message in (
        ("kiss", None, "name 'mosaic', now 'kiss'"),
        ("mosaic", Order(Look(strength=0.5)), "strength 1.0, now 0.5"),
        ("mosaic", Order(Look(mask=np.ones((4, 4)))), "mask None, now '"),
    ):
        with pytest.raises(ValueError, match=message):
            job(style, order)
    assert job("kiss", force=True).progress.there == 0


@needs_arrow
def test_files_of_others_are_not_overwritten(tree, tmp_path):
    from tfstyle.media.cluster import Job

    photograph(tmp_path / "out/b/c.jpg")
    with pytest.raises(ValueError, match=r"has b/c.jpg already, and no manifest.parquet"):
        Job(str(tree), str(tmp_path / "out"), pack("mosaic"), Order())
    assert Job(str(tree), str(tmp_path / "out"), pack("mosaic"), Order(), True).progress.total == 5


@needs_ray
@pytest.mark.slow
def test_a_cluster_that_loses_a_machine_paints_what_the_plain_command_does(tmp_path):
    from ray.cluster_utils import Cluster

    damaged = make_photographs(tmp_path / "in", 300, 10)
    plain = tfstyle("stylize", tmp_path / "in", "-r", "-o", tmp_path / "plain", *STYLE)
    assert plain.wait() == 1
    machines = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        lost = machines.add_node(num_cpus=1)
        machines.add_node(num_cpus=1)
        machines.wait_for_nodes()
        arguments = (tmp_path / "in", tmp_path / "out", *STYLE, "--address", machines.address)
        job = tfstyle("cluster", *arguments)
        while len(pictures(tmp_path / "out")) < 100:
            assert job.poll() is None
            time.sleep(0.05)
        machines.remove_node(lost, allow_graceful=False)
        assert len(pictures(tmp_path / "out")) < 290  # it was in the middle
        assert job.wait() == 1
        painted = pictures(tmp_path / "out")
        assert len(painted) == 290 and painted == pictures(tmp_path / "plain")
        assert not [*(tmp_path / "out").rglob(".*")]
        check_manifest(tmp_path / "out", painted, damaged)
        times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.png")}
        assert tfstyle("cluster", *arguments).wait() == 1  # the damaged ones
        assert times == {path: path.stat().st_mtime_ns for path in times}
        check_manifest(tmp_path / "out", painted, damaged)
    finally:
        machines.shutdown()


@needs_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray warns of its own code
def test_a_photograph_that_kills_its_process_is_an_error(tree, tmp_path, monkeypatch):
    import ray

    from tfstyle.media.cluster import Job, connect

    def hook():
        import tfstyle.media.cluster as module

        write = module.Painter._write

        def write_or_die(self, photograph, picture):
            if photograph == "a.jpg":
                os.abort()
            return write(self, photograph, picture)

        module.Painter._write = write_or_die

    init = partial(ray.init, runtime_env={"worker_process_setup_hook": hook})
    monkeypatch.setattr(ray, "init", init)
    job = Job(str(tree), str(tmp_path / "out"), pack("mosaic"), Order())
    connect("local", quiet=True)
    try:
        progress = job.run()
    finally:
        ray.shutdown()
    assert (progress.painted, progress.failed) == (3, 2)
    again = Job(str(tree), str(tmp_path / "out"), pack("mosaic"), Order())
    assert again._missing["input"].to_pylist() == ["a.jpg", "b/f.cur"]


STYLE = ("--style", "starry_night", "--quiet")


def make_photographs(folder, count, damaged):
    """Makes photographs in ten folders; returns the names of those that are cut off."""
    rng = np.random.default_rng(1)
    names = [f"{number % 10}/{number}.png" for number in range(count)]
    for number, name in enumerate(names):
        photograph(folder / name, tuple(map(int, rng.integers(150, 250, 2))), number)
    bad = names[:: count // damaged]
    for name in bad:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])
    return bad


def tfstyle(*arguments):
    """Starts a command in one thread: the number of threads decides how results are rounded."""
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    environment = os.environ | dict.fromkeys(names, "1")
    command = [sys.executable, "-m", "tfstyle", *map(str, arguments)]
    return subprocess.Popen(command, env=environment)


def pictures(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("[!.]*.png")
    }


def check_manifest(folder, painted, damaged):
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(folder / "manifest.parquet").to_pylist()
    assert {row["output"]: row["hash"] for row in rows if row["hash"]} == painted
    failed = {row["input"]: row["error"] for row in rows if row["error"]}
    assert sorted(failed) == sorted(damaged) and len(rows) == len(painted) + len(damaged)
    assert all("is damaged or cut off" in error for error in failed.values())
