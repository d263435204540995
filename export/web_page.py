"""The page that paints in the browser: the files of `export/web/page`, with styles beside them.

site/
  index.html, scripts/, ...        the page, copied from this package without a build step
  litert-1a2b3c4d/                 LiteRT.js, from page/litert.tar.xz; named by its hash
  styles.json                      the list of styles
  styles/                          the files of the styles: see `web_styles`
"""

import gzip
import hashlib
import html
import json
import os
import shutil
import tarfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import unquote

from tfstyle.export import web_styles
from tfstyle.files import replacing, sha256
from tfstyle.styles.folder import find_style, find_trunk, holds_anything, is_trunk, style_folders

PAGE = Path(__file__).parent / "web" / "page"
INDEX = "styles.json"
_ENGINE = "litert.tar.xz"
# What every index of a page has, this one's and those of before.
_ENTRY = {"name", "thumbnail"}
_PROCESSES = 4  # of 1 GB each


def styles_to_show(styles=()):
    """Returns the folders of styles and trunks. Defaults to all of the zoo."""
    if not styles:
        return [*map(find_style, style_folders()), find_trunk("trunk")]
    return [find_trunk(style) if is_trunk(style) else find_style(style) for style in styles]


def write_web_page(
    folder, styles=(), address="", processes=None, start=None, done=lambda name: None
):
    """Writes a static web page that paints photographs in the browser.

    Styles that an older page in `folder` already has are not written again.

    Args:
        folder: A new folder, or the folder of an older page. Any web server can serve it.
        styles: Names of styles of the zoo, or folders of styles; each is shown with its default
            generator. A trunk adds blends. Defaults to the whole zoo.
        address: URL of the page, if it is known. Programs that show a preview of a link need it.
        processes: Integer, number of styles that are written at a time, each in a process that
            takes 1 GB. Defaults to the number of CPU cores, up to 4. With 1, no process is
            started.
        start: Function of a module, called first in each new process; or None.
        done: Function that is called with the name of each style once it is written.

    Raises:
        ValueError: if a style does not exist, two styles have the same name, there are two trunks
            or no style, or the folder holds other files.

    Example: `write_web_page("site", ["mosaic", "great_wave"])`
    """
    folder = Path(folder)
    places = {_name(place): place for place in _checked(styles_to_show(styles))}
    older = _older_entries(folder)
    engine = _copy_page(folder, address)
    photograph = first_photograph()
    with replacing(folder / "styles") as temporary:
        temporary.mkdir()
        keys = {name: _key(place, photograph) for name, place in places.items()}
        kept = {
            name: older[name]
            for name, key in keys.items()
            if _reuse(older.get(name), key, folder, temporary)
        }
        for name in kept:
            done(name)
        new = {name: place for name, place in places.items() if name not in kept}
        written = {}
        for name, entry in _write_all(new, temporary, photograph, processes, start):
            written[name] = {**entry, "made_of": keys[name]}
            done(name)
        pixels = web_styles.golden_pixels(photograph).tobytes()
        golden = temporary / f"photograph-{hashlib.sha256(pixels).hexdigest()[:8]}.golden"
        golden.write_bytes(pixels)
    entries = {name: kept.get(name) or written[name] for name in places}
    trunk = next((entries[_name(place)] for place in places.values() if _of_trunk(place)), None)
    index = {
        "engine": engine,
        "golden": f"styles/{golden.name}",
        "side": web_styles.SIDE,
        "styles": [entries[name] for name, place in places.items() if not _of_trunk(place)],
        "trunk": trunk,
    }
    with replacing(folder / INDEX) as temporary:
        temporary.write_text(json.dumps(index, separators=(",", ":")), encoding="utf-8")


def first_photograph():
    """Returns the path of the example photograph that visitors see first."""
    examples = json.loads((PAGE / "photographs/photographs.json").read_text(encoding="utf-8"))
    return PAGE / "photographs" / f"{examples[0]['name']}.jpg"


def _checked(places):
    names = [_name(place) for place in places]
    if len(set(names)) < len(names):
        raise ValueError(f"Two styles have the same name: {', '.join(names)}. Rename a folder.")
    trunks = [place for place in places if _of_trunk(place)]
    if len(trunks) > 1:
        raise ValueError(f"A page takes at most one trunk. Received: {', '.join(map(str, trunks))}")
    if len(trunks) == len(places):
        raise ValueError("A page needs at least one style beside the trunk: add --style NAME.")
    return places


def _of_trunk(place):
    return is_trunk(place)


def _name(place):
    return place.name if _of_trunk(place) else place.parent.name


def _write_all(places, folder, photograph, processes, start):
    """Yields names and entries in the order in which they are finished."""
    jobs = {
        name: partial(
            web_styles.write_trunk if _of_trunk(place) else web_styles.write_style,
            place,
            folder,
            photograph,
        )
        for name, place in places.items()
    }
    if processes == 1:
        yield from ((name, job()) for name, job in jobs.items())
        return
    # TensorFlow has threads, which a forked process lacks.
    processes = min(processes or os.cpu_count() or 1, _PROCESSES, len(jobs))
    pool = ProcessPoolExecutor(max(1, processes), get_context("spawn"), start)
    try:
        # The trunk takes longest: it goes first.
        order = sorted(jobs, key=lambda name: not _of_trunk(places[name]))
        futures = {pool.submit(jobs[name]): name for name in order}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _copy_page(folder, address):
    if not _is_page(folder):
        if holds_anything(folder):
            raise ValueError(
                f"{folder} holds other files. Give a new folder, or that of an older page."
            )
        folder.mkdir(parents=True, exist_ok=True)
        # A writing that is interrupted can be repeated.
        (folder / INDEX).write_text('{"styles":[]}', encoding="utf-8")
    shutil.copytree(PAGE, folder, ignore=shutil.ignore_patterns(_ENGINE), dirs_exist_ok=True)
    if address:
        _add_address(folder / "index.html", address)
    engine = f"litert-{sha256(PAGE / _ENGINE)[:8]}"
    if not (folder / engine).is_dir():
        with replacing(folder / engine) as temporary:
            _unpack_engine(temporary)
    for other in folder.glob("litert-*"):
        if other.name != engine:
            shutil.rmtree(other)
    return engine


def _add_address(path, address):
    """Tells programs that show a preview of a link where the page and its picture are."""
    address = html.escape(address.rstrip("/") + "/")
    lines = (
        f'<link rel="canonical" href="{address}" />',
        f'<meta property="og:url" content="{address}" />',
        f'<meta property="og:image" content="{address}icons/preview.jpg" />',
    )
    text = path.read_text(encoding="utf-8")
    head = "".join(f"    {line}\n" for line in lines) + "  </head>"
    path.write_text(text.replace("  </head>", head, 1), encoding="utf-8")


def _unpack_engine(folder):
    """Writes LiteRT.js with its WASM in gzip, because most web servers do not compress WASM."""
    with tarfile.open(PAGE / _ENGINE) as archive:
        archive.extractall(folder, filter="data")
    for path in sorted(folder.glob("*.wasm")):
        packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
        path.with_name(path.name + ".gz").write_bytes(packed)
        path.unlink()


def _older_entries(folder):
    if not _is_page(folder):
        return {}
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    if isinstance(index, list):
        return {}  # a page of before, whose files had static sizes
    entries = [*index["styles"], *filter(None, [index.get("trunk")])]
    return {entry["name"]: entry for entry in entries if "made_of" in entry}


def _is_page(folder):
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        # Other sites too may have a file of this name.
        entries = index if isinstance(index, list) else index["styles"]
        return isinstance(entries, list) and all(entry.keys() >= _ENTRY for entry in entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _key(place, photograph):
    """Returns a hash of everything that the files of a style depend on, including this code."""
    parts = [*sorted(Path(__file__).parent.glob("*.py")), photograph]
    parts += sorted(path for path in place.rglob("*") if path.is_file())
    parts += sorted(place.parent.glob("painting.*"))
    return hashlib.sha256("".join(map(sha256, parts)).encode()).hexdigest()[:16]


def _reuse(entry, key, old, new):
    """Copies the files of an older page's style, if all exist and have the same key."""
    if not entry or entry["made_of"] != key:
        return False
    files = [old / unquote(address) for address in _addresses(entry)]
    if not all(file.is_file() for file in files):
        return False
    for file in files:
        shutil.copy(file, new)
    return True


def _addresses(entry):
    names = ("file", "painting", "thumbnail", "sample", "golden", "values")
    found = [entry[name] for name in names if name in entry]
    return found + [each for style in entry.get("styles", ()) for each in _addresses(style)]
