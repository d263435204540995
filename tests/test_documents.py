"""Documents: examples run, commands and options exist, links lead somewhere."""

import ast
import doctest
import importlib
import importlib.util
import json
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

import tfstyle
from tfstyle.images.files import read_image

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Other folders have pages of packages that are installed there.
FOLDERS = (".", "docs", "docs/guide", "docs/reference", "docs/notebook", "docs/images", "zoo")
FOLDERS = (*FOLDERS, "export/web", "export/android")
PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).glob("*.md"))
}
PACKAGE = Path(tfstyle.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if not path.stem.startswith("__")
)

NEED_ARROW = ("media.cluster", "media.manifest", "media.places")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder with what the README's examples find in a checkout."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def command_lines(text):
    """Lists the lines of a page's shell blocks, indented ones too, without comments."""
    indented = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
    lines = "".join([*blocks("shell", text), *indented]).replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in lines.splitlines() if _is_command(line)]


def _is_command(line):
    return re.match(r"\s*(?:[A-Z_]+=\S+ )*(tfstyle|python -m (benchmarks|tfstyle)\S*) ", line)


def anchors(text):
    """Lists the names of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return [heading.replace(" ", "-") for heading in plain]


def notebook_cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def without_code(text):
    return re.sub(r"^```.*?^```|`[^`\n]+`", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    if name in NEED_ARROW:
        pytest.importorskip("pyarrow", reason="needs tfstyle[ray]: runs in tox -e ray")
    module = importlib.import_module(f"tfstyle.{name}")
    assert doctest.testmod(module).failed == 0


def test_the_readmes_python_example(checkout):
    exec(blocks("python")[0], {})
    photograph = read_image(checkout / "docs/images/photograph.jpg")
    assert read_image(checkout / "picture.jpg").size == photograph.size


def test_the_readmes_first_command(checkout, monkeypatch):
    from tfstyle.commands.main import main

    monkeypatch.setattr(sys, "argv", shlex.split(blocks("shell")[0]))
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 0 and (checkout / "picture.jpg").exists()


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    text = without_code(PAGES[name].read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", link):
            continue
        place, _, anchor = link.partition("#")
        target = PAGES[name].parent / place if place else PAGES[name]
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_the_tutorials_links_lead_somewhere():
    path = ROOT / "docs/guide/tutorial.ipynb"
    cells = [cell for cell in notebook_cells(path) if cell["cell_type"] == "markdown"]
    links = re.findall(r"\]\(([^)\s]+)\)", "".join("".join(cell["source"]) for cell in cells))
    assert links and all((path.parent / link).exists() for link in links)


@pytest.mark.parametrize("name", PAGES)
def test_commands_have_the_options_that_pages_name(name):
    import typer.main

    from tfstyle.commands.main import app

    group = typer.main.get_command(app)
    for words in command_lines(PAGES[name].read_text(encoding="utf-8")):
        while "=" in words[0]:  # variables of the environment
            words = words[1:]
        words = [word for word in words if word != "..."]
        end = next((place for place, word in enumerate(words) if word in "|<>&&"), len(words))
        if words[0] == "tfstyle":
            verb, arguments = words[1], words[2:end]
            if verb.startswith("--") or "COMMAND" in verb:
                continue
            assert verb in group.commands, words
            group.commands[verb].make_context(verb, arguments, resilient_parsing=False).close()
        else:
            source = _source(words[2])
            for option in (word[2:] for word in words[3:end] if word.startswith("--")):
                # Of `add_argument("--photos")`, or a field of a dataclass of options.
                assert re.search(rf"\b{option}\b|\b{option.replace('-', '_')}: ", source), words


def _source(module):
    """Gives the text of a module of the repository, of all files if it is a folder."""
    path = ROOT / module.removeprefix("tfstyle.").replace(".", "/")
    paths = [path.with_suffix(".py"), *path.glob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in paths if path.is_file()]
    assert texts, f"There is no module {module}."
    return "".join(texts)


@pytest.mark.parametrize("name", PAGES)
def test_names_of_the_pages_python_exist(name):
    for block in blocks("python", PAGES[name].read_text(encoding="utf-8")):
        _check_names(ast.parse(block))


def test_names_of_the_tutorial_exist():
    cells = notebook_cells(ROOT / "docs/guide/tutorial.ipynb")
    for cell in cells:
        if cell["cell_type"] == "code":
            _check_names(ast.parse("".join(cell["source"])))


def _check_names(tree):
    """Checks that what is imported from tfstyle exists, and so do the attributes of tfstyle."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "tfstyle":
            module = importlib.import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names), ast.unparse(node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "tfstyle":
            assert hasattr(tfstyle, node.attr), ast.unparse(node)


@pytest.mark.parametrize("name", ["docs/guide/stylize.md", "docs/guide/performance.md"])
def test_python_of_the_guides_runs(checkout, name):
    for block in blocks("python", PAGES[name].read_text(encoding="utf-8")):
        exec(block, {})


def test_recipes_of_the_guide_can_be_read(tmp_path):
    recipes = blocks("toml", PAGES["docs/guide/train.md"].read_text(encoding="utf-8"))
    assert recipes
    for text in recipes:
        (tmp_path / "recipe.toml").write_text(text)
        assert tfstyle.Recipe.load(tmp_path / "recipe.toml").painting


def test_the_site_has_every_page():
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    site = (ROOT / "docs/site.py").read_text(encoding="utf-8")
    for name in PAGES:
        assert name.removeprefix("docs/") in settings or f'"{name}"' in site, name


def test_there_is_one_version():
    version = re.search(r'version="(.+?)"', (ROOT / "setup.py").read_text(encoding="utf-8"))[1]
    others = {
        "CHANGELOG.md": r"^## \[(.+?)\]",
        "CITATION.cff": r"^version: (.+)$",
        "export/android/pom.xml": r"<version>(.+?)</version>",
        "export/android/library/pom.xml": r"<version>(.+?)</version>",
        "export/android/libraries/pom.xml": r"<version>(.+?)</version>",
        "export/android/sample/app/build.gradle.kts": r'versionName = "(.+?)"',
    }
    for name, pattern in others.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        found = [each for each in re.findall(pattern, text, re.MULTILINE) if each != "Unreleased"]
        assert found[0] == version, name


def test_the_projects_address_stands_where_it_should():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    address = settings["tool"]["tfstyle"]["repository"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert ("repository-code:" in citation) == bool(address)
    assert f"repository-code: {address}" in citation or not address


def test_the_guide_to_installing_names_every_extra():
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    extras = re.findall(
        r'^        "(\w+)": \[', setup[setup.index("extras_require") :], re.MULTILINE
    )
    text = PAGES["docs/guide/install.md"].read_text(encoding="utf-8")
    assert len(extras) > 5 and all(f"| `{name}` |" in text for name in extras)
