"""Mutated folders of styles: each is refused in one line, or paints."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.robustness.mutations import mutated
from tfstyle import UnusableStyleError, load
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
    pixels = np.random.default_rng(0).random((64, 64, 3), "float32")
    for case in range(cases):
        copy = work / f"{case}" / folder.name
        shutil.copytree(folder, copy)
        name = FILES[case % len(FILES)]
        path = copy / name
        path.write_bytes(mutated(path.read_bytes(), case))
        if name == "model.weights.h5" and case % 2:  # as an enemy would: the hash agrees
            write_card(copy, {**read_card(copy), "sha256": sha256(path)})
        outcomes[_outcome(copy, pixels, case)] += 1
        shutil.rmtree(copy.parent)
    return outcomes


def _outcome(folder: Path, pixels, case):
    try:
        picture = load(folder).stylize(pixels)
    except UnusableStyleError as error:
        lines = str(error).splitlines()
        return "refused" if len(lines) == 1 else f"case {case}: {len(lines)} lines"
    except BaseException as error:  # what this looks for
        return f"case {case}: {type(error).__name__}: {error}"[:200]
    return "painted" if np.isfinite(picture).all() else f"case {case}: no picture"
