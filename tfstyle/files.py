"""Files that are whole or absent: written under a temporary name, then renamed."""

import contextlib
import errno
import hashlib
import os
import shutil
import socket
import threading
import time
from pathlib import Path


class DiskFullError(OSError):
    """The disk of a file, or a user's share of it, is full.

    Args:
        path: Of the file that was to be written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} cannot be written: the disk is full. Free some space.")
        self.errno = errno.ENOSPC
        self.path = path


_DAY = 24 * 60 * 60  # seconds


@contextlib.contextmanager
def replacing(path):
    """Gives a temporary path beside `path` to write a file or folder to, and renames it at the end.

    Whatever stops the writing, `path` never holds a part: it holds the old content or the new;
    or, if the process is killed between the two renames that replace a folder, nothing, with the
    old folder beside it as `.old-...`, which the next call for this path puts back. The temporary
    name ends as the given one, so that writers choose their format by it.

    Raises:
        DiskFullError: an OSError, in place of one that says so without the path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _restore(path)
    # Only the name's end: a whole one may already be as long as a file system allows.
    temporary = path.with_name(f".partial-{_writer()}-{path.name[-40:]}")
    _remove(temporary)  # of a process of this number that was killed
    try:
        yield temporary
        if temporary.is_dir():
            _replace_folder(temporary, path)
        else:
            _flush(temporary)
            temporary.replace(path)
    except OSError as error:
        # Of nested calls the inner one has the name.
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and not isinstance(error, DiskFullError):
            raise DiskFullError(path) from error
        raise
    finally:
        _remove(temporary)


def remove_partial(folder):
    """Removes what writers that were killed have left in a folder and those in it.

    What a process that lives is writing stays. Of another machine's processes nobody knows whether
    they live: what they write stays for a day.
    """
    for path in list(Path(folder).rglob(".partial-*")):
        with contextlib.suppress(FileNotFoundError):  # its writer has just finished
            if _is_left(path):
                _remove(path)


def sha256(path):
    """Returns the SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _writer():
    """Names the machine, the process and the thread: no two writers share a temporary file."""
    machine = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    return f"{machine}-{os.getpid()}-{threading.get_native_id()}"


def _is_left(path):
    machine, process, thread, *_ = [*path.name.removeprefix(".partial-").split("-"), "", ""]
    known = process.isdecimal() and thread.isdecimal() and os.name == "posix"
    if not known or machine != _writer().partition("-")[0]:
        return time.time() - path.stat().st_mtime > _DAY
    if int(process) == os.getpid():  # ours, or of a process of this number before
        return int(thread) not in _other_threads()
    return not _lives(int(process))


def _other_threads():
    return {thread.native_id for thread in threading.enumerate()} - {threading.get_native_id()}


def _lives(process):
    try:
        os.kill(process, 0)  # asks, on POSIX
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is another user's
    return True


def _replace_folder(temporary, path):
    old = _backup(path)
    if path.exists():
        path.replace(old)
    temporary.replace(path)
    _remove(old)


def _restore(path):
    old = _backup(path)
    if path.exists():
        _remove(old)
    elif old.exists():
        old.replace(path)


def _backup(path):
    # Of two long names with one end each has its own.
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]
    return path.with_name(f".old-{digest}-{path.name[-40:]}")


def _flush(path):
    # Without this a power cut after the rename can leave an empty file under the final name.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
