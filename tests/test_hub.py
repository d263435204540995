"""Styles on the Hugging Face Hub, which is here a server on this machine: `hub_server`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hub_server import HubServer

import tfstyle
from tfstyle.styles.hub import _parse

pytest.importorskip("huggingface_hub", reason="runs where tfstyle[test] is installed")

LOAD = "from tfstyle.styles.folder import find_style; print(find_style(sys.argv[1]))"
PUSH = """
import tfstyle
print(tfstyle.load(sys.argv[1]).push(sys.argv[2], license="MIT"))
"""


@pytest.fixture
def hub():
    server = HubServer()
    yield server
    server.close()


@pytest.fixture
def run(hub, tmp_path):
    """Runs a program with its own caches: the client reads the environment once."""

    def run(code, *arguments, offline=False):
        own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": "hf_test"}
        own |= {"TFSTYLE_CACHE": str(tmp_path / "cache"), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        own |= {"HF_HUB_OFFLINE": str(int(offline)), "HF_HUB_DISABLE_TELEMETRY": "1"}
        path = os.pathsep.join([str(Path(tfstyle.__file__).parents[1]), *sys.path])
        return subprocess.run(
            [sys.executable, "-c", f"import sys\n{code}", *map(str, arguments)],
            env={**os.environ, **own, "PYTHONPATH": path},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture(scope="module")
def made(painting, tmp_path_factory):
    """A style of random weights, saved once."""
    import keras

    from tfstyle.styles.model import build_generator

    keras.utils.set_random_seed(5)
    recipe = tfstyle.Recipe(painting=str(painting), width=4)
    return tfstyle.Style(recipe, build_generator(recipe)).save(
        tmp_path_factory.mktemp("made") / "Stripes"
    )


@pytest.fixture
def saved(made, tmp_path):
    shutil.copytree(Path(made.recipe.painting).parent.resolve(), tmp_path / "Stripes")
    return made


def put(hub, folder, name="me/stripes"):
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    hub.repositories[name] = [files]


def test_push_and_load(hub, run, saved, rng, tmp_path):
    pushed = run(PUSH, tmp_path / "Stripes", "hf://me/stripes")
    assert pushed.returncode == 0, pushed.stderr
    assert pushed.stdout.startswith(f"{hub.url}/me/stripes/commit/")
    commit = hub.repositories["me/stripes"][-1]
    weights = (tmp_path / "Stripes" / "johnson" / "model.safetensors").read_bytes()
    assert commit["johnson/model.safetensors"] == weights
    assert b'license: "mit"' in commit["README.md"]
    found = run(LOAD, "hf://me/stripes")
    assert found.returncode == 0, found.stderr
    folder = Path(found.stdout.strip())
    image = rng.integers(0, 256, (20, 30, 3), dtype="uint8")
    picture = tfstyle.load(folder.parent).stylize(image)
    np.testing.assert_array_equal(picture, saved.stylize(image))
    assert folder.parent.name == "stripes"


def test_nothing_but_a_style_is_fetched_and_only_once(hub, run, saved, tmp_path):
    folder = tmp_path / "Stripes"
    (folder / "evil.py").write_text("boom")
    (folder / "johnson" / "model.pkl").write_text("boom")
    put(hub, folder)
    found = Path(run(LOAD, "hf://me/stripes").stdout.strip())
    assert not [path for path in found.parent.rglob("*") if path.suffix in (".py", ".pkl")]
    fetched = [path for method, path in hub.requests if method == "GET" and "/resolve/" in path]
    assert any(path.endswith("model.safetensors") for path in fetched)
    assert not any(path.endswith((".py", ".pkl")) for path in fetched)
    hub.requests.clear()
    assert Path(run(LOAD, "hf://me/stripes").stdout.strip()) == found
    assert not [path for method, path in hub.requests if method == "GET" and "/resolve/" in path]


def test_offline(hub, run, saved, tmp_path):
    put(hub, tmp_path / "Stripes")
    missing = run(LOAD, "hf://me/stripes", offline=True)
    assert "hf://me/stripes cannot be fetched" in missing.stderr
    found = run(LOAD, "hf://me/stripes").stdout
    assert found
    hub.close()
    assert run(LOAD, "hf://me/stripes", offline=True).stdout == found
    assert run(LOAD, "hf://me/stripes").stdout == found  # the network is down


def test_a_new_version_is_fetched(hub, run, saved, tmp_path):
    put(hub, tmp_path / "Stripes")
    old = run(LOAD, "hf://me/stripes").stdout
    hub.repositories["me/stripes"].append(
        {**hub.repositories["me/stripes"][0], "johnson/recipe.toml": b"# changed"}
    )
    assert run(LOAD, "hf://me/stripes").stdout != old


def test_weights_that_were_changed_are_refused(hub, run, saved, tmp_path):
    put(hub, tmp_path / "Stripes")
    files = hub.repositories["me/stripes"][0]
    files["johnson/model.safetensors"] = files["johnson/model.safetensors"][:-1] + b"x"
    folder = Path(run(LOAD, "hf://me/stripes").stdout.strip())
    with pytest.raises(tfstyle.UnusableStyleError, match="SHA-256"):
        tfstyle.load(folder.parent)


def test_a_repository_that_is_not_there_is_one_line(run):
    ended = run(
        "from tfstyle.commands.main import main; sys.argv[1:] = "
        "['stylize', 'photo.jpg', '--style', 'hf://me/none']; main()"
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("Error: ")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "address", ["hf://", "hf://mosaic", "hf://a/b/c", "hf://a/../b", "hf:/a/b"]
)
def test_other_addresses_are_refused(address):
    with pytest.raises(ValueError, match=r"hf://user/repo"):
        _parse(address)


def test_addresses():
    assert _parse("hf://user/my.repo") == ("user/my.repo", None)
    assert _parse("hf://user/repo@v1.0/") == ("user/repo", "v1.0")


def test_a_style_without_license_is_not_pushed(style):
    with pytest.raises(ValueError, match="names its license"):
        style.push("hf://me/stripes")
