"""Folders of files on any filesystem that pyarrow or fsspec knows: local, s3://, gs://, ..."""

import functools
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow.fs as arrow

from tfstyle.files import replacing
from tfstyle.media.batch import walk


@dataclass(frozen=True)
class Place:
    """A folder, or a bucket and the beginning of its keys.

    `open_place` returns one.

    Attributes:
        filesystem: `pyarrow.fs.FileSystem`.
        path: Of the folder, as the filesystem knows it.
    """

    filesystem: arrow.FileSystem
    path: str

    @property
    def is_local(self) -> bool:
        """Whether it is on a filesystem of this machine, where files are renamed."""
        return isinstance(self.filesystem, arrow.LocalFileSystem)

    def folders(self, excluded: "Place | None" = None) -> Iterator[tuple[str, list[str]]]:
        """Yields its folders, relative to it, with the names of their files, no hidden ones.

        Files are listed, not asked about one by one. Of an object store the memory holds the keys
        of one folder at its top at a time.

        Args:
            excluded: A folder that is not listed.
        """
        if self.is_local:
            root = Path(self.path)
            left_out = Path(excluded.path) if excluded and excluded.is_local else None
            for folder, names in walk(root, left_out):
                yield folder.relative_to(root).as_posix().removeprefix("."), names
            return
        same = excluded and excluded.filesystem.equals(self.filesystem)
        left_out = f"{excluded.path}/" if excluded and same else None
        top = self._list(self.path, recursive=False)
        yield from self._by_folder((info for info in top if info.is_file), left_out)
        for info in top:
            if info.type == arrow.FileType.Directory:
                yield from self._by_folder(self._list(info.path, recursive=True), left_out)

    def _list(self, path, recursive):
        return self.filesystem.get_file_info(
            arrow.FileSelector(path, allow_not_found=True, recursive=recursive)
        )

    def _by_folder(self, infos, left_out):
        found: dict[str, list[str]] = {}
        for info in infos:
            if info.is_file and not (left_out and info.path.startswith(left_out)):
                relative = PurePosixPath(info.path).relative_to(self.path)
                if not any(part.startswith(".") for part in relative.parts):
                    folder = relative.parent.as_posix().removeprefix(".")
                    found.setdefault(folder, []).append(relative.name)
        return ((folder, sorted(names)) for folder, names in sorted(found.items()))

    def of(self, name: str) -> str:
        """Returns the path of a file, as the filesystem knows it."""
        return f"{self.path}/{name}" if self.path else name

    def source(self, name: str) -> Path | io.BytesIO:
        """Gives a file to read: its path if it is local, otherwise its content.

        Raises:
            OSError: if it cannot be read.
        """
        if self.is_local:
            return Path(self.of(name))
        with self.filesystem.open_input_stream(self.of(name)) as file:
            content = io.BytesIO(file.read())
        content.name = name  # pyright: ignore[reportAttributeAccessIssue] - for messages
        return content

    def put(self, name: str, content: bytes) -> None:
        """Writes a file: renamed at the end if it is local, otherwise sent as a whole.

        Raises:
            OSError: if it cannot be written.
        """
        if self.is_local:
            with replacing(self.of(name)) as temporary:
                temporary.write_bytes(content)
            return
        try:
            self._send(name, content)
        except FileNotFoundError:  # a filesystem that has folders
            self.filesystem.create_dir(self.of(name).rpartition("/")[0], recursive=True)
            self._send(name, content)

    def _send(self, name, content):
        with self.filesystem.open_output_stream(self.of(name)) as file:
            file.write(content)


@functools.lru_cache(64)
def open_place(root: str) -> Place:
    """Opens a folder.

    Args:
        root: Path, or address such as `s3://bucket/folder?region=eu-central-1`, with the options
            that `pyarrow.fs.FileSystem.from_uri` knows. Other schemes are fsspec's. Empty for
            names that are whole paths.

    Raises:
        ValueError: if the address is of no known kind.
        ImportError: if its kind needs a package that is not installed.
    """
    if "://" not in root:
        path = str(Path(root).absolute()) if root else ""
        return Place(arrow.LocalFileSystem(), path)
    try:
        filesystem, path = arrow.FileSystem.from_uri(root)
    except (ValueError, NotImplementedError):
        from fsspec.core import url_to_fs

        other, path = url_to_fs(root)
        filesystem = arrow.PyFileSystem(arrow.FSSpecHandler(other))
    return Place(filesystem, path.rstrip("/"))


def place_of(root: str, name: str) -> tuple[Place, str]:
    """Returns the place of a file, and its name there.

    Args:
        root: Of `open_place`. If it is empty, `name` is a path or an address.
        name: Below `root`.
    """
    if root or "://" not in name:
        return open_place(root), name
    scheme, _, rest = name.partition("://")
    host, _, rest = rest.partition("/")
    return open_place(f"{scheme}://{host}"), rest
