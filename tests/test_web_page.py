"""The page in the browser, as far as Python alone can tell: `npm test` in export/web runs it."""

import json
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

import tfstyle.export
from tfstyle.commands.main import main
from tfstyle.export import web_page
from tfstyle.export.web_page import SIZES, differences, write_web_page
from tfstyle.styles.model import build_generator
from tfstyle.styles.style import Style

# A checkout has it, a wheel has not.
WEB = Path(__file__).parents[1] / "export" / "web"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A folder in place of the built page."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("page")
    (folder / "styles.json").write_text("those of another time")
    monkeypatch.setattr(web_page, "PAGE", folder)
    return folder


@pytest.fixture
def mine(style, tmp_path):
    style.recipe = style.recipe.replace(title="Stripes", artist="A. Painter", rights="CC0 1.0")
    style.save(tmp_path / "mine")
    return tmp_path / "mine"


def changed(data, changes):
    data = bytearray(data)
    for offset, hexadecimal in changes:
        data[offset : offset + len(hexadecimal) // 2] = bytes.fromhex(hexadecimal)
    return bytes(data)


def test_differences_turn_one_file_into_the_other(rng):
    old = rng.integers(0, 256, 1000, "uint8")
    new = np.where(rng.random(1000) < 0.1, 255 - old, old).astype("uint8")
    found = differences(old.tobytes(), new.tobytes())
    assert changed(old.tobytes(), found) == new.tobytes()
    assert sum(len(hexadecimal) // 2 for _, hexadecimal in found) == (old != new).sum()
    assert differences(b"same", b"same") == []


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_a_page_has_every_style_at_every_size(mine, page, tmp_path):
    sizes = ((64, 32), (32, 64), (96, 96))
    write_web_page(tmp_path / "site", [mine], sizes=sizes)
    (entry,) = json.loads((tmp_path / "site/styles.json").read_text(encoding="utf-8"))
    credit = (entry["name"], entry["title"], entry["artist"], entry["rights"])
    assert credit == ("mine", "Stripes", "A. Painter", "CC0 1.0")
    assert (tmp_path / "site/index.html").read_text() == "page"
    with Image.open(tmp_path / "site" / entry["thumbnail"]) as thumbnail:
        assert thumbnail.width == thumbnail.height
    assert [(size["width"], size["height"]) for size in entry["sizes"]] == list(sizes)
    for size in entry["sizes"]:
        data = (tmp_path / "site" / size["file"]).read_bytes()
        picture = stylized(changed(data, size["changes"]), size)
        assert picture.shape == (1, size["height"], size["width"], 3)


def stylized(data, size):
    import tensorflow as tf

    runner = tf.lite.Interpreter(model_content=data).get_signature_runner()
    return runner(image=np.zeros((1, size["height"], size["width"], 3), "float32"))["stylized"]


def test_files_of_other_lengths_stand_by_themselves(mine, page, tmp_path, monkeypatch):
    def to_tflite(style, path, precision, size, seed):
        path.write_bytes(b"a longer file" if size == (64, 64) else b"file" + bytes(size))

    monkeypatch.setattr(tfstyle.export, "to_tflite", to_tflite, raising=False)
    write_web_page(tmp_path / "site", [mine], sizes=((32, 32), (64, 64)))
    (entry,) = json.loads((tmp_path / "site/styles.json").read_text(encoding="utf-8"))
    small, large = (size["file"] for size in entry["sizes"])
    assert re.fullmatch(r"styles/mine-[0-9a-f]{8}.tflite", small) and small != large
    assert (tmp_path / "site" / large).read_bytes() == b"a longer file"


def test_two_styles_of_one_name_are_refused(mine, page, tmp_path):
    with pytest.raises(ValueError, match="one name: mine, mine"):
        write_web_page(tmp_path / "site", [mine, mine])


def test_folders_of_other_things_are_left_alone(mine, page, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/index.html").write_text("other")
    with pytest.raises(ValueError, match="other files"):
        write_web_page(tmp_path / "work", [mine])
    assert (tmp_path / "work/index.html").read_text() == "other"


def test_of_a_file_of_the_same_name_a_folder_is_no_page(mine, page, tmp_path):
    (tmp_path / "project").mkdir()
    for index in ('[{"name": "mine"}]', "{}", "no JSON"):
        (tmp_path / "project" / "styles.json").write_text(index)
        with pytest.raises(ValueError, match="other files"):
            write_web_page(tmp_path / "project", [mine])
        assert [path.name for path in (tmp_path / "project").iterdir()] == ["styles.json"]
    with pytest.raises(ValueError, match="other files"):
        write_web_page(tmp_path / "project" / "styles.json", [mine])


def test_an_update_that_fails_leaves_the_older_page(mine, page, tmp_path, monkeypatch):
    write_web_page(tmp_path / "site", [mine], sizes=((32, 32),))
    before = (tmp_path / "site/styles.json").read_text(encoding="utf-8")

    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(tfstyle.export, "to_tflite", interrupt, raising=False)
    with pytest.raises(KeyboardInterrupt):
        write_web_page(tmp_path / "site", [mine])
    assert (tmp_path / "site/styles.json").read_text(encoding="utf-8") == before
    (entry,) = json.loads(before)
    assert (tmp_path / "site" / entry["sizes"][0]["file"]).exists()


def test_names_are_quoted_in_addresses(mine, page, tmp_path):
    shutil.copytree(mine, tmp_path / "sketch #2")
    write_web_page(tmp_path / "site", [tmp_path / "sketch #2"], sizes=((32, 32),))
    (entry,) = json.loads((tmp_path / "site/styles.json").read_text(encoding="utf-8"))
    assert entry["name"] == "sketch #2"
    for address in (entry["thumbnail"], entry["sizes"][0]["file"]):
        assert "#" not in address and (tmp_path / "site" / unquote(address)).exists()


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_noise_is_in_the_file(recipe, page, tmp_path):
    """The page gives an image alone."""
    recipe = recipe.replace(generator="pyramid", noise_channels=1)
    Style(recipe, build_generator(recipe)).save(tmp_path / "noisy")
    write_web_page(tmp_path / "site", [tmp_path / "noisy"], sizes=((64, 64),))
    (entry,) = json.loads((tmp_path / "site/styles.json").read_text(encoding="utf-8"))
    (size,) = entry["sizes"]
    assert stylized((tmp_path / "site" / size["file"]).read_bytes(), size).shape == (1, 64, 64, 3)


def test_a_page_in_its_own_folder_gets_its_styles_there(mine, page, monkeypatch):
    monkeypatch.setattr(web_page, "PAGE", page / "nowhere")
    write_web_page(page, [mine], page, sizes=((32, 32),))
    assert sorted(path.name for path in page.iterdir()) == ["index.html", "styles", "styles.json"]
    assert json.loads((page / "styles.json").read_text(encoding="utf-8"))[0]["name"] == "mine"


def test_the_command_says_how_to_build_the_page(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["tfstyle", "web", str(tmp_path / "site")])
    monkeypatch.setattr(web_page, "PAGE", tmp_path / "nowhere")
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "npm ci && npm run page" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_sizes_suit_every_generator_and_photographs_of_both_kinds():
    assert all(width % 32 == height % 32 == 0 for width, height in SIZES)
    assert {(height, width) for width, height in SIZES} == set(SIZES)


@pytest.mark.skipif(not WEB.is_dir(), reason="needs a checkout: runs there")
def test_the_packages_of_the_page_are_locked():
    wanted = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in lock.items():
        assert not name or package["integrity"].startswith("sha512-"), name


@pytest.mark.skipif(not WEB.is_dir(), reason="needs a checkout: runs there")
def test_every_example_has_a_credit_and_a_thumbnail():
    folder = WEB / "photographs"
    examples = json.loads((folder / "photographs.json").read_text(encoding="utf-8"))
    for example in examples:
        assert example["title"] and example["author"]
        assert example["rights"] in ("CC0 1.0", "public domain")
    names = {example["name"] for example in examples}
    assert {path.stem for path in (folder / "thumbnails").iterdir()} == names
    # The zebra is the README's photograph: build.js copies it.
    assert {path.stem for path in folder.glob("*.jpg")} == names - {"zebra"}
