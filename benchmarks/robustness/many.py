"""Thousands of pictures: the memory stays flat."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

MOST = 2**26  # bytes that the process may grow by, from a tenth of the pictures to all


def try_many(style, count, work):
    """Paints a folder of tiny photographs by one command.

    Returns:
        Number of pictures, and the bytes of the process' memory after a tenth of them and at
        the end.
    """
    photographs, pictures = work / "photographs", work / "pictures"
    photographs.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (32, 32, 3), dtype="uint8")
        Image.fromarray(pixels).save(photographs / f"{number:05}.png")
    command = [sys.executable, "-m", "tfstyle", "stylize", str(photographs)]
    command += ["--style", str(style), "--output", str(pictures)]
    sizes = []
    with subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            done = sum(1 for _ in pictures.iterdir()) if pictures.exists() else 0
            if done >= count / 10:
                sizes.append(_memory(process.pid) or sizes[-1])
            time.sleep(1)
    return sum(1 for _ in pictures.glob("*.png")), sizes[0], sizes[-1]


def _memory(process):
    """Returns the resident bytes of a process; 0 if it has ended."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
