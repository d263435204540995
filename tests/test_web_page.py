"""The page's folder: `npm test` in export/web runs the page itself."""

import gzip
import json
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from tfstyle.commands.main import main
from tfstyle.export import web_page, web_styles
from tfstyle.export.web_page import PAGE, first_photograph, write_web_page

# A checkout has it, a wheel has not.
WEB = Path(__file__).parents[1] / "export" / "web"


@pytest.fixture
def written(monkeypatch):
    """Names of the styles that are written, here as files of a few bytes."""
    names = []

    def write_style(place, folder, photograph):
        name = place.parent.name
        names.append(name)
        files = {
            key: f"{name}.{key}" for key in ("file", "painting", "thumbnail", "sample", "golden")
        }
        for file in files.values():
            (folder / file).write_text(file)
        return {"name": name, **{key: web_styles._address(file) for key, file in files.items()}}

    monkeypatch.setattr(web_styles, "write_style", write_style)
    monkeypatch.setattr(web_page, "_unpack_engine", lambda folder: folder.mkdir())
    return names


def index_of(site):
    return json.loads((site / "styles.json").read_text(encoding="utf-8"))


def files_of(site, entry):
    return [site / unquote(address) for address in web_page._addresses(entry)]


def test_the_page_is_whole(written, mine, tmp_path):
    site = tmp_path / "site"
    write_web_page(site, [mine], processes=1)
    copied = {path.relative_to(PAGE) for path in PAGE.rglob("*") if path.is_file()}
    copied.remove(Path("litert.tar.xz"))
    assert all((site / path).read_bytes() == (PAGE / path).read_bytes() for path in copied)
    index = index_of(site)
    assert (site / index["engine"]).is_dir()
    assert (site / index["golden"]).stat().st_size == web_styles.GOLDEN**2 * 3
    assert [entry["name"] for entry in index["styles"]] == ["mine"] and index["trunk"] is None
    assert all(path.exists() for path in files_of(site, index["styles"][0]))


def test_the_engine_is_unpacked_for_browsers(tmp_path):
    folder = tmp_path / "litert"
    web_page._unpack_engine(folder)
    names = {path.name for path in folder.iterdir()}
    builds = ("litert_wasm_internal", "litert_wasm_compat_internal")
    loaders = {f"{build}.{ending}" for build in builds for ending in ("js", "wasm.gz")}
    assert names == {"litert.js", "LICENSE", "NOTICE"} | loaders
    for path in folder.glob("*.gz"):
        assert gzip.decompress(path.read_bytes())[:4] == b"\0asm"
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")


def test_only_styles_that_changed_are_written_again(written, mine, tmp_path):
    site, done = tmp_path / "site", []
    other = tmp_path / "other"
    shutil.copytree(mine, other)
    write_web_page(site, [mine, other], processes=1, done=done.append)
    assert sorted(written) == sorted(done) == ["mine", "other"]
    (other / "johnson/recipe.toml").write_text("changed")
    (site / "stale.txt").write_text("of an older page, which is left")
    del written[:], done[:]
    write_web_page(site, [mine, other], processes=1, done=done.append)
    assert written == ["other"] and sorted(done) == ["mine", "other"]
    for entry in index_of(site)["styles"]:
        assert all(path.exists() for path in files_of(site, entry))
    # And those whose files are gone, or that the page no longer shows.
    files_of(site, index_of(site)["styles"][0])[0].unlink()
    write_web_page(site, [mine], processes=1)
    assert written == ["other", "mine"]
    assert len(list((site / "styles").iterdir())) == 6


def test_a_page_whose_code_changed_is_written_again(written, mine, tmp_path, monkeypatch):
    write_web_page(tmp_path / "site", [mine], processes=1)
    monkeypatch.setattr(web_page, "sha256", lambda path: f"another of {Path(path).name}")
    write_web_page(tmp_path / "site", [mine], processes=1)
    assert written == ["mine", "mine"]


def test_an_update_that_fails_leaves_the_older_page(written, mine, tmp_path, monkeypatch):
    site = tmp_path / "site"
    write_web_page(site, [mine], processes=1)
    before = index_of(site)

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(web_styles, "write_style", interrupt)
    (mine / "johnson/recipe.toml").write_text("changed")
    with pytest.raises(KeyboardInterrupt):
        write_web_page(site, [mine], processes=1)
    assert index_of(site) == before
    assert all(path.exists() for path in files_of(site, before["styles"][0]))


def test_the_address_is_told_to_programs_that_show_links(written, mine, tmp_path):
    site = tmp_path / "site"
    write_web_page(site, [mine], processes=1)
    assert "canonical" not in (site / "index.html").read_text(encoding="utf-8")
    write_web_page(site, [mine], "https://example.org/paint?a&b", processes=1)
    html = (site / "index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="https://example.org/paint?a&amp;b/" />' in html
    assert html.count("</head>") == 1


def test_styles_that_cannot_be_shown_are_refused(mine, tmp_path, written):
    with pytest.raises(ValueError, match="the same name: mine, mine"):
        write_web_page(tmp_path / "site", [mine, mine])
    with pytest.raises(ValueError, match="beside the trunk"):
        write_web_page(tmp_path / "site", ["trunk"])
    assert not (tmp_path / "site").exists()


def test_folders_of_other_things_are_left_alone(written, mine, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/index.html").write_text("other")
    with pytest.raises(ValueError, match="other files"):
        write_web_page(tmp_path / "work", [mine], processes=1)
    assert (tmp_path / "work/index.html").read_text() == "other"


@pytest.mark.parametrize(
    "index", ['[{"name": "mine"}]', "{}", "no JSON", '{"styles": 3}', '{"styles": [{"name": 1}]}']
)
def test_of_a_file_of_the_same_name_a_folder_is_no_page(index, written, mine, tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "styles.json").write_text(index)
    with pytest.raises(ValueError, match="other files"):
        write_web_page(tmp_path / "project", [mine], processes=1)
    assert [path.name for path in (tmp_path / "project").iterdir()] == ["styles.json"]


def test_a_page_of_before_becomes_a_new_one(written, mine, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    older = [{"name": "mine", "thumbnail": "styles/mine.jpg", "sizes": []}]
    (site / "styles.json").write_text(json.dumps(older))
    write_web_page(site, [mine], processes=1)
    assert index_of(site)["styles"][0]["file"] == "styles/mine.file"


def test_names_are_quoted_in_addresses(written, mine, tmp_path):
    shutil.copytree(mine, tmp_path / "sketch #2")
    site = tmp_path / "site"
    write_web_page(site, [tmp_path / "sketch #2"], processes=1)
    (entry,) = index_of(site)["styles"]
    assert entry["name"] == "sketch #2" and "#" not in entry["file"]
    assert all(path.exists() for path in files_of(site, entry))


def test_styles_are_written_by_processes_of_their_own(mine, tmp_path, monkeypatch):
    monkeypatch.setattr(web_page, "_unpack_engine", lambda folder: folder.mkdir())
    done = []
    write_web_page(tmp_path / "site", [mine], processes=2, done=done.append)
    (entry,) = index_of(tmp_path / "site")["styles"]
    assert done == ["mine"] and entry["shapes"] and entry["multiple"] == 4
    assert all(path.exists() for path in files_of(tmp_path / "site", entry))


def test_the_command_refuses_a_style_that_is_not_there(monkeypatch, capsys, tmp_path):
    site = str(tmp_path / "site")
    monkeypatch.setattr(sys, "argv", ["tfstyle", "web", site, "--style", "mosaik"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "mosaic" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


@pytest.mark.skipif(not WEB.is_dir(), reason="needs a checkout: runs there")
def test_the_packages_of_the_page_are_locked():
    wanted = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in lock.items():
        assert not name or package["integrity"].startswith("sha512-"), name


def test_every_example_has_a_credit_and_a_thumbnail():
    folder = PAGE / "photographs"
    examples = json.loads((folder / "photographs.json").read_text(encoding="utf-8"))
    for example in examples:
        assert example["title"] and example["author"]
        assert example["rights"] in ("CC0 1.0", "public domain")
    names = {example["name"] for example in examples}
    assert {path.stem for path in (folder / "thumbnails").iterdir()} == names
    assert {path.stem for path in folder.glob("*.jpg")} == names
    assert first_photograph().stem == examples[0]["name"]
