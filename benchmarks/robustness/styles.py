"""Mutated folders of styles: each is refused in one line, or paints."""

import shutil
from collections import Counter

from benchmarks.robustness.mutations import mutated
from benchmarks.robustness.worker import Worker
from tfstyle.files import sha256
from tfstyle.styles.card import read_card, write_card
from tfstyle.styles.loading import load

FILES = ("recipe.toml", "card.json", "model.safetensors", "model.weights.h5")


def try_styles(folder, cases, work):
    """Damages one file of a style's folder in each case, and loads and uses the style.

    Of the weights' files every second has a card that agrees with the damage, as an enemy's would.

    Args:
        folder: `pathlib.Path` of a style with one generator; it is not changed.
        cases: Integer.
        work: `pathlib.Path` of an empty folder to work in.

    Returns:
        `Counter` of outcomes: `"refused"`, `"painted"`, and for anything else what it was.
    """
    shutil.copytree(folder, work / "new")
    shutil.copytree(folder, work / "old")
    write_as_before(next((work / "old").glob("*/card.json")).parent)
    outcomes, worker = Counter(), Worker(_SCRIPT)
    for undamaged in ("new", "old"):
        outcomes[f"undamaged: {worker.ask(work / undamaged)}"] += 1
    del outcomes["undamaged: painted"]
    for case in range(cases):
        name = FILES[case % len(FILES)]
        copy = work / f"{case}"
        shutil.copytree(work / ("old" if name.endswith("h5") else "new"), copy)
        path = next(copy.glob(f"*/{name}"))
        path.write_bytes(mutated(path.read_bytes(), case))
        if name.startswith("model") and case // len(FILES) % 2:
            _agree(path)
        outcome = worker.ask(copy)
        outcomes[outcome if outcome in ("refused", "painted") else f"case {case}: {outcome}"] += 1
        shutil.rmtree(copy)
    worker.close()
    return outcomes


def write_as_before(place):
    """Turns a generator's folder into one that earlier versions wrote, with weights in HDF5."""
    path = place / "model.weights.h5"
    load(place).model.save_weights(path)
    (place / "model.safetensors").unlink()
    _agree(path)


def _agree(path):
    facts = {"sha256": sha256(path), "bytes": path.stat().st_size}
    write_card(path.parent, {**read_card(path.parent), **facts})


_SCRIPT = """
import numpy as np
from tfstyle import UnusableStyleError, load

PIXELS = np.random.default_rng(0).random((32, 32, 3), "float32")

def answer(folder):
    try:
        picture = load(folder).stylize(PIXELS)
    except UnusableStyleError as error:
        return "refused" if len(str(error).splitlines()) == 1 else f"several lines: {error}"
    return "painted" if np.isfinite(picture).all() else "painted no numbers"
"""
