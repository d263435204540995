"""Mutated folders of styles: each is refused in one line, or paints.

HDF5 is native code, and a file that lies can crash it. So each case is a process of its own.
"""

import shutil
import subprocess
import sys
from collections import Counter

from benchmarks.robustness.mutations import mutated
from tfstyle.files import sha256
from tfstyle.styles.card import read_card, write_card

FILES = ("recipe.toml", "card.json", "model.weights.h5")


def try_styles(folder, cases, work):
    """Damages one file of a generator's folder in each case, and loads and uses the style.

    Args:
        folder: `pathlib.Path` of a trained generator; it is not changed.
        cases: Integer.
        work: `pathlib.Path` of an empty folder to work in.

    Returns:
        `Counter` of outcomes: `"refused"`, `"painted"`, and for anything else what it was.
    """
    outcomes = Counter()
    for case in range(cases):
        copy = work / f"{case}" / folder.name
        shutil.copytree(folder, copy)
        name = FILES[case % len(FILES)]
        path = copy / name
        path.write_bytes(mutated(path.read_bytes(), case))
        if name == "model.weights.h5" and case % 2:  # as an enemy would: the hash agrees
            write_card(copy, {**read_card(copy), "sha256": sha256(path)})
        outcomes[_outcome(copy, case)] += 1
        shutil.rmtree(copy.parent)
    return outcomes


def _outcome(folder, case):
    command = [sys.executable, "-c", _LOAD, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True)
    said = result.stdout.splitlines()[-1:]
    if result.returncode == 0 and said in (["refused"], ["painted"]):
        return said[0]
    return f"case {case}: exit {result.returncode}: {result.stderr.strip()[-150:]}"


_LOAD = """
import sys
import numpy as np
from tfstyle import UnusableStyleError, load
try:
    picture = load(sys.argv[1]).stylize(np.random.default_rng(0).random((64, 64, 3), "float32"))
except UnusableStyleError as error:
    assert len(str(error).splitlines()) == 1, "several lines"
    print("refused")
else:
    assert np.isfinite(picture).all(), "no picture"
    print("painted")
"""
