"""What MkDocs needs beside the pages: files from outside of `docs`, links to them, and `--help`.

MkDocs calls the functions whose names begin with `on_`.
"""

import posixpath
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]

# Pages that stand elsewhere in the repository, and their addresses in the site.
ELSEWHERE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "zoo/README.md": "gallery.md",
    "export/web/README.md": "export/web.md",
    "export/android/README.md": "export/android.md",
}
IMAGES = ("zoo/*/gallery.jpg", "zoo/trunk/preview.jpg")
COMMANDS = "reference/commands.md"

_LINK = re.compile(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\(([^)\s]+)\)")


def on_config(config):
    """Takes the repository's address from the project's one setting; it may be empty."""
    config.repo_url = repository() or None
    return config


def on_files(files, config):
    """Adds the pages and images that stand outside of `docs`."""
    images = [path for pattern in IMAGES for path in sorted(ROOT.glob(pattern))]
    names = [path.relative_to(ROOT).as_posix() for path in images]
    for source, target in {**ELSEWHERE, **{name: name for name in names}}.items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Mends links, which are relative to the repository, and writes the list of commands."""
    uri = page.file.src_uri
    if uri == COMMANDS:
        markdown += commands()
    source = next((key for key, value in ELSEWHERE.items() if value == uri), f"docs/{uri}")
    return _LINK.sub(lambda link: mended(link, source, uri), markdown)


def mended(link, source, uri):
    """Returns a link as it must stand in the page `uri`, which comes from the file `source`."""
    image, text, target = link.groups()
    if re.match(r"[a-z]+:|#", target):
        return link[0]
    if not image:  # its text may be an image
        text = _LINK.sub(lambda inner: mended(inner, source, uri), text)
    path, mark, anchor = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if path in ELSEWHERE or path.startswith("docs/") or any(map(Path(path).match, IMAGES)):
        site = ELSEWHERE.get(path, path.removeprefix("docs/"))
        path = posixpath.relpath(site, posixpath.dirname(uri) or ".")
    elif repository():
        path = f"{repository()}/blob/HEAD/{path}"
    else:
        return text
    return f"{image}[{text}]({path}{mark}{anchor})"


def commands():
    """Returns what `--help` says of each command, as Markdown."""
    typer = (sys.executable, "-m", "typer", "tfstyle.commands.main", "utils", "docs")
    written = subprocess.run(
        (*typer, "--name", "tfstyle"), check=True, capture_output=True, text=True
    )
    # Below the page's own heading, which says what the first one says.
    return written.stdout.partition("\n")[2]


def repository():
    """Returns the address of the repository, from `pyproject.toml`, or an empty string."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["tfstyle"]["repository"]
