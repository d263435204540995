"""Many photographs: which there are, where their pictures go, and what became of each."""

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
    """One photograph and the place of its picture."""

    photograph: Path
    picture: Path


@dataclass
class Plan:
    """What there is to paint.

    Attributes:
        items: In the order of the arguments; no two have one picture.
        problems: Sentences, each about an argument of which nothing is painted.
        notes: Sentences about what is left out.
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
    """Finds the photographs that arguments name, and gives each picture a place below `output`.

    A picture lies in `output` as its photograph lies in the folder given, or below the part of a
    pattern that has no wildcard; that of a file lies in `output` itself. Photographs of one place
    keep the folders in which they differ.

    Args:
        arguments: Files, folders and patterns, as `dcim/**/*.JPG`.
        output: Folder, not searched if it lies in one that is.
        recursive: Whether folders in folders are searched.
        name: Function of a photograph's path that returns its picture's name.
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
    """Yields the photographs of a folder and of those in it, sorted, without hidden ones.

    Args:
        folder: See `walk`.
        excluded: Likewise.
    """
    for place, names in walk(folder, excluded):
        yield from (place / name for name in names if is_photograph(name))


def walk(folder: Path, excluded: Path | None = None) -> Iterator[tuple[Path, list[str]]]:
    """Yields a folder and those in it, each with the names of its files, without hidden ones.

    A folder is listed once, and its files are not looked at: a network's file system would answer
    each question by itself.

    Args:
        folder: Where to search. Links to folders are not followed: they may lead round.
        excluded: A folder that is not searched.
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
    """A file of one JSON line for each photograph, written as they are done.

    Args:
        path: The file; an older one is replaced. None for none.

    Raises:
        OSError: if it cannot be written.
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
            seconds: What it took.
            error: One sentence, if it failed.
            skipped: Whether the picture was there already.
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
    """Returns photographs of one argument and their places, relative to the output."""
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
    """Gives each photograph a picture of its own."""
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
