"""Where large temporary files lie, and how much they may take. Needs no Keras."""

import os
import shutil
import sys
import tempfile
from pathlib import Path


def scratch_folder() -> Path:
    """Returns where large temporary files belong.

    That is TMPDIR, if it is set. On Linux it is /var/tmp otherwise: /tmp may be in memory.
    """
    var = Path("/var/tmp")
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if sys.platform == "linux" and not named and os.access(var, os.W_OK):
        return var
    return Path(tempfile.gettempdir())


def free_bytes(folder: Path) -> int:
    """Returns how much a folder's disk still takes."""
    return shutil.disk_usage(folder).free
