"""Many photographs: finds them, chooses paths for their pictures, and reports the results."""

import glob
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tfstyle.images.formats import is_photograph, is_video, picture_name


@dataclass(frozen=True)
class Item:
    """One photograph and the path of its picture."""

    photograph: Path
    picture: Path


@dataclass
class Plan:
    """The photographs to paint.

    Attributes:
        items: List of `Item` in the order of the arguments, each with a picture of its own.
        problems: Sentences, one about each argument for which nothing is painted.
        notes: Sentences about files that are left out.
    """

    items: list[Item] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan_pictures(
    arguments: list[str],
    output: Path,
    recursive: bool = False,
    name: Callable[[Path], str] = picture_name,
) -> Plan:
    """Finds photographs by arguments, and chooses a path below `output` for each picture.

    Pictures of a folder have the same relative paths as their photographs; those of a pattern are
    relative to its part without wildcards. The picture of a file lies in `output` itself. If two
    pictures would get the same path, they keep the folders in which their photographs differ.

    Args:
        arguments: Files, folders and patterns, such as `dcim/**/*.JPG`.
        output: Folder of the pictures. It is not searched for photographs.
        recursive: Whether to search folders within folders.
        name: Function of a photograph's path that returns the file name of its picture.

    Returns:
        `Plan`.
    """
    plan = Plan()
    found: dict[Path, Path] = {}  # a photograph and its place
    for argument in arguments:
        places = _find(argument, output, recursive, plan)
        for path, place in places.items():
            found.setdefault(path, place)
    plan.items = _targets(found, output, name)
    return plan


def find_tree(folder: Path, excluded: Path | None = None) -> Iterator[Path]:
    """Yields the photographs of a folder and its subfolders, sorted, without hidden files.

    Args:
        folder: See `walk`.
        excluded: See `walk`.
    """
    for place, names in walk(folder, excluded):
        yield from (place / name for name in names if is_photograph(name))


def walk(folder: Path, excluded: Path | None = None) -> Iterator[tuple[Path, list[str]]]:
    """Yields a folder and its subfolders, each with the names of its files, without hidden files.

    Each folder is listed once. Files are not examined one by one, which would be slow on a network
    file system.

    Args:
        folder: Folder to search. Links to folders are not followed, because they can form loops.
        excluded: A folder that is not searched, or None.
    """
    excluded = excluded and excluded.resolve()
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:  # it must not be read, or is gone
            continue
        entries = [entry for entry in entries if not entry.name.startswith(".")]
        yield place, [entry.name for entry in entries if entry.is_file()]
        folders = [place / entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        waiting += [path for path in reversed(folders) if path.resolve() != excluded]


def names_of_pictures(photographs: list[str]) -> list[str]:
    """Returns the names of the pictures of a folder's photographs, no two of them equal."""
    pictures = list(map(picture_name, photographs))
    if len(set(pictures)) < len(pictures):
        found = {Path(name): Path(name) for name in photographs}
        pictures = [item.picture.name for item in _targets(found, Path(), picture_name)]
    return pictures


class Report:
    """A file with one line of JSON for each photograph, written as soon as it is painted.

    Args:
        path: Path of the file, which replaces an older one. None writes no file.

    Raises:
        OSError: if the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = None
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8")

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(
        self, item: Item, seconds: float, error: str | None = None, skipped: bool = False
    ) -> None:
        """Adds a line.

        Args:
            item: `Item`.
            seconds: Float, time that the photograph took.
            error: One sentence if the photograph failed, otherwise None.
            skipped: Whether it was skipped because its picture existed.
        """
        if not self._file:
            return
        line = {
            "input": str(item.photograph),
            "output": str(item.picture),
            "seconds": round(seconds, 3),
            "error": error,
            "skipped": skipped,
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()  # what is killed afterwards has told what it did


def _find(argument, output, recursive, plan):
    """Returns the photographs of one argument, with paths relative to the output."""
    path = Path(argument)
    if path.is_dir():
        return _find_in_folder(path, output, recursive, plan)
    if glob.has_magic(argument) and not path.exists():
        return _find_pattern(argument, output, plan)
    if "://" in argument:
        plan.problems.append(f"{argument}: addresses are not read. Download it first.")
        return {}
    if is_video(path) and path.is_file():
        plan.problems.append(f"{path} is a video. Paint it with: tfstyle video {path} -o OUTPUT")
        return {}
    return {path: Path(path.name)}


def _find_in_folder(folder, output, recursive, plan):
    if recursive:
        paths = list(find_tree(folder, output))
    else:
        paths = sorted(p for p in folder.iterdir() if is_photograph(p) and p.is_file())
        paths = [path for path in paths if not path.name.startswith(".")]
    inside = [] if recursive else [p for p in folder.iterdir() if _is_album(p, output)]
    if inside and paths:
        plan.notes.append(f"{folder}: {len(inside)} folders in it left out. Use --recursive.")
    if not paths:
        cure = " Folders inside it are not searched: use --recursive." if inside else ""
        plan.problems.append(f"{folder} holds no images that Pillow can read.{cure}")
    return {path: path.relative_to(folder) for path in paths}


def _is_album(path, output):
    return path.is_dir() and not path.name.startswith(".") and path.resolve() != output.resolve()


def _find_pattern(pattern, output, plan):
    root = Path(*_before_wildcards(pattern))
    names = (Path(name) for name in sorted(glob.glob(pattern, recursive=True)))  # noqa: PTH207
    paths = [path for path in names if is_photograph(path) and path.is_file()]
    ours = output.resolve()
    paths = [path for path in paths if ours not in path.resolve().parents or _within(root, ours)]
    if not paths:
        plan.problems.append(f"No image matches {pattern}.")
    return {path: path.relative_to(root) for path in paths}


def _within(root, folder):
    root = root.resolve()
    return root == folder or folder in root.parents


def _before_wildcards(pattern):
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _targets(found, output, name):
    """Chooses a different path for the picture of each photograph."""
    places = {path: place.with_name(name(place)) for path, place in found.items()}
    counts = Counter(places.values())
    for place in [place for place, count in counts.items() if count > 1]:
        same = [path for path in places if places[path] == place]
        parents = {path.absolute().parent for path in same}
        if len(parents) == 1:  # x.cur and x.cur.png
            continue
        root = Path(os.path.commonpath(parents))
        for path in same:
            below = path.absolute().relative_to(root)
            places[path] = below.with_name(name(below))
    taken: set[Path] = set()
    # Those that keep their names first: of x.cur and x.cur.png the former becomes x.cur.png.png.
    for path in sorted(places, key=lambda path: places[path].name != path.name):
        while places[path] in taken:
            places[path] = places[path].with_name(f"{places[path].name}.png")
        taken.add(places[path])
    return [Item(path, output / places[path]) for path in found]
