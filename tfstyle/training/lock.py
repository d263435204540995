"""A lock that lets one process at a time use a folder."""

import contextlib
import datetime
import json
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from tfstyle.files import replacing

_LOCK, _OWNER = ".lock", ".lock.json"


class FolderInUseError(ValueError):
    """Another process is using the folder."""


@contextlib.contextmanager
def locked(folder):
    """Locks a folder against other processes and threads inside the `with` block.

    The operating system releases the lock when the process ends, however it ends. The file `.lock`
    stays behind and means nothing. On network file systems the lock works if they support `flock`,
    as NFS 4 and SMB do.

    Args:
        folder: Path; the folder is created if it is missing.

    Raises:
        FolderInUseError: if another process holds the lock. The message names it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        message = f"{folder} is in use by {_owner(folder)}. Wait for its end, or stop it."
        raise FolderInUseError(message) from None
    try:
        with replacing(folder / _OWNER) as temporary:
            temporary.write_text(json.dumps(_myself()) + "\n", encoding="utf-8")
        yield
        (folder / _OWNER).unlink(missing_ok=True)
    finally:
        lock.release()


def _myself():
    now = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
    return {"process": os.getpid(), "machine": socket.gethostname(), "since": now}


def _owner(folder):
    try:
        owner = json.loads((folder / _OWNER).read_text(encoding="utf-8"))
        return f"process {owner['process']} on {owner['machine']}, since {owner['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # it has just begun
        return "another process"
