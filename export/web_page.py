"""The page that paints in the browser: built by npm from `export/web`, with styles beside it.

site/
  index.html, main.js, worker.js, wasm/, photographs/    the page: `npm run build`
  styles.json                                            what there is to choose
  styles/mosaic-1a2b3c4d.tflite, styles/mosaic.jpg       one file a style, and its painting, small
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

import numpy as np

import tfstyle
from tfstyle.files import replacing
from tfstyle.images.files import read_image, write_image
from tfstyle.images.geometry import center_crop
from tfstyle.styles.folder import find_style, holds_anything, style_folders

PAGE = Path(__file__).parent / "web" / "dist"
INDEX = "styles.json"

# Width and height. LiteRT.js takes static sizes alone: the page chooses the one that a photograph
# fills best, and mirrors the rest. All are multiples of 32, for `pyramid`. 768 pixels take a
# phone's processor some seconds.
SIZES = tuple(
    size
    for longer, shorter in ((512, (288, 352, 384)), (768, (448, 512, 576)))
    for size in (
        *((longer, side) for side in shorter),
        *((side, longer) for side in shorter),
        (longer, longer),
    )
)

_THUMBNAIL = 208  # pixels


def find_page(page=None):
    """Gives the folder of the built page.

    Args:
        page: Path; that of the checkout that this module runs from, if none.

    Raises:
        ValueError: if it has not been built.
    """
    page = Path(page or PAGE)
    if not (page / "index.html").is_file():
        raise ValueError(
            f"The page is not built: {page} has no index.html. It is not part of the installed "
            "package. In a checkout, with Node.js: cd export/web && npm ci && npm run page; then, "
            "if tfstyle runs from elsewhere, --page export/web/dist"
        )
    return page


def styles_to_show(styles=()):
    """Gives the folders of styles, see `find_style`; those of the whole zoo if there are none."""
    return [find_style(style) for style in styles or style_folders()]


def write_web_page(folder, styles=(), page=None, sizes=SIZES, done=lambda: None):
    """Writes a static web page that paints photographs in the browser.

    Args:
        folder: A new one, or that of an older page; any web server can serve it.
        styles: Names in the zoo or folders, of the generator that is each one's default; the
            whole zoo if none.
        page: See `find_page`.
        sizes: `(width, height)` of the pictures.
        done: Called after each style.

    Raises:
        ValueError: if the page has not been built, there is no such style, two have one name, or
            the folder holds other files.
    """
    folder, page = Path(folder), find_page(page)
    places = styles_to_show(styles)
    names = [place.parent.name for place in places]
    if len(set(names)) < len(names):
        raise ValueError(f"Two styles have one name: {', '.join(names)}. Rename a folder.")
    _copy_page(page, folder)
    entries = []
    with replacing(folder / "styles") as temporary:
        temporary.mkdir()
        for place in places:
            entries.append(_write_style(place, temporary, sizes))
            done()
    with replacing(folder / INDEX) as temporary:
        temporary.write_text(json.dumps(entries, separators=(",", ":")), encoding="utf-8")


def _copy_page(page, folder):
    if folder.is_dir() and folder.samefile(page):
        return
    if not _is_page(folder):
        if holds_anything(folder):
            raise ValueError(f"{folder} holds other files. Give a new folder, or an older page's.")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / INDEX).write_text("[]")  # a writing that is interrupted can be repeated
    kept = shutil.ignore_patterns(INDEX, "styles")
    shutil.copytree(page, folder, ignore=kept, dirs_exist_ok=True)


def _is_page(folder):
    try:
        entries = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        # Other sites too may have a file of this name.
        return isinstance(entries, list) and all(
            {"name", "thumbnail", "sizes"} <= entry.keys() for entry in entries
        )
    except (OSError, ValueError, AttributeError):
        return False


def _write_style(place, folder, sizes):
    style, name = tfstyle.load(place), place.parent.name
    painting = center_crop(read_image(style.recipe.painting), _THUMBNAIL)
    write_image(painting, folder / f"{name}.jpg")
    return {
        "name": name,
        "title": style.recipe.title or name,
        "artist": style.recipe.artist,
        "year": style.recipe.year,
        "rights": style.recipe.rights,
        "thumbnail": f"styles/{quote(name)}.jpg",
        "sizes": _write_sizes(style, name, folder, sizes),
    }


def _write_sizes(style, name, folder, sizes):
    """Writes one file, and gives for each size the bytes in which its own would differ.

    Of a fully convolutional network a size changes some hundred bytes: the shapes. So the weights
    are loaded once, whatever the sizes. A file of another length is written as one of its own.
    """
    found, written = [], {}  # by length: file name and bytes
    for width, height in sizes:
        data = _convert(style, (height, width))
        if len(data) not in written:
            # Named by its content: bytes of another time, in a browser's cache, would not fit
            # the changes.
            file = f"{name}-{hashlib.sha256(data).hexdigest()[:8]}.tflite"
            (folder / file).write_bytes(data)
            written[len(data)] = file, data
        file, base = written[len(data)]
        changes = differences(base, data)
        address = f"styles/{quote(file)}"
        found.append({"width": width, "height": height, "file": address, "changes": changes})
    return found


def _convert(style, size):
    # Beside float16 half the bytes, and faster on WASM; the pictures' SSIM to its is 0.998. The
    # page gives an image alone: noise, where a generator takes it, becomes a constant.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "style.tflite"
        tfstyle.export.to_tflite(style, path, precision="int8_weights", size=size, seed=0)
        return path.read_bytes()


def differences(old, new):
    """Lists where two byte strings of one length differ: `[offset, hexadecimal]` of each run."""
    unequal = np.flatnonzero(np.frombuffer(old, "uint8") != np.frombuffer(new, "uint8"))
    runs = np.split(unequal, np.flatnonzero(np.diff(unequal) > 1) + 1)
    return [[int(run[0]), new[run[0] : run[-1] + 1].hex()] for run in runs if run.size]
