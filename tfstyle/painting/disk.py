"""The folder for large temporary files, and its free space. Does not import Keras."""

import os
import shutil
import sys
import tempfile
from pathlib import Path


def scratch_folder() -> Path:
    """Returns the folder for large temporary files.

    It is the environment variable TMPDIR if that is set. Otherwise it is /var/tmp on Linux,
    because /tmp can be in memory, and the system's own folder elsewhere.
    """
    var = Path("/var/tmp")
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if sys.platform == "linux" and not named and os.access(var, os.W_OK):
        return var
    return Path(tempfile.gettempdir())


def free_bytes(folder: Path) -> int:
    """Returns the free bytes of a folder's disk."""
    return shutil.disk_usage(folder).free
