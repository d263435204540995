"""What `tfstyle export --android` writes; `tox -e android` reads it in Kotlin."""

import json

import numpy as np
import pytest
from PIL import Image

from tfstyle import Recipe
from tfstyle.commands.main import app
from tfstyle.export.android_assets import GOLDEN, golden_picture, write_android_assets
from tfstyle.export.litert import Painter

CREDIT = {"title": "Stripes", "artist": "A. Painter", "rights": "CC0 1.0", "source": "a museum"}


@pytest.fixture
def mine(mine):
    path = mine / "johnson" / "recipe.toml"
    Recipe.load(path).replace(**CREDIT).save(path)
    return mine


def export(*arguments):
    app(["export", *map(str, arguments)], standalone_mode=False)


def test_an_app_gets_models_catalogue_golden_pictures_and_credits(mine, tmp_path, capsys):
    export(mine, "--android", tmp_path / "main", "--size", "64x96", "--precision", "float16")
    folder = tmp_path / "main/assets/tfstyle"
    assert str(folder) in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == [
        "catalog.json",
        "credits.txt",
        "mine.jpg",
        "mine.png",
        "mine.tflite",
    ]
    (entry,) = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))["styles"]
    assert {key: entry[key] for key in CREDIT} == CREDIT
    assert entry["name"] == "mine"
    assert entry["size"] == [64, 96]
    assert entry["bytes"] == (folder / entry["model"]).stat().st_size
    assert Painter(folder / entry["model"]).facts["precision"] == "float16"
    with Image.open(folder / entry["golden"]) as golden:
        again = golden_picture(folder / entry["model"], folder / entry["painting"])
        assert golden.size == (GOLDEN, GOLDEN)
        np.testing.assert_array_equal(np.asarray(golden), np.asarray(again))
    words = (folder / "credits.txt").read_text(encoding="utf-8")
    assert "Stripes, A. Painter. CC0 1.0\n  a museum" in words


def test_older_assets_of_ours_are_replaced_and_others_kept(mine, tmp_path):
    ours = tmp_path / "main/assets/tfstyle"
    ours.mkdir(parents=True)
    (ours / "old.tflite").touch()
    (tmp_path / "main/assets/others.txt").touch()
    export(mine, "--android", tmp_path / "main", "--size", "free")
    assert not (ours / "old.tflite").exists()
    assert (tmp_path / "main/assets/others.txt").exists()
    (entry,) = json.loads((ours / "catalog.json").read_text(encoding="utf-8"))["styles"]
    assert entry["size"] is None


def test_nothing_is_written_if_a_style_fails(tmp_path):
    def broken():
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        write_android_assets(tmp_path / "main", {"mine": broken}, size=64)
    assert not list((tmp_path / "main/assets").iterdir())


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (("mosaic", "kiss"), "Give one style, or --android"),
        (("mosaic", "mosaic", "--android", "main"), "one name"),
        (("mosaic", "--android", "main", "--precision", "int8"), "int8_weights"),
        (("mosaic", "--android", "main", "--output", "x.tflite"), "no other option"),
        (("mosaic", "--android", "main", "--size", "big"), "--size must be"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_loaded(arguments, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=reason):
        export(*arguments)
    assert not list(tmp_path.iterdir())
