"""Tries files that lie, processes that are killed and disks that are full, and prints a table.

    python -m benchmarks.robustness                       # everything: half an hour on two cores
    python -m benchmarks.robustness styles files          # some of it

For each kind: how many cases were tried, how many were refused in one line, how many ended well
(painted, written whole, trained to the same weights), and whatever else happened, of which there
must be nothing. Full and read-only disks need Linux and root, to mount small file systems.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.robustness.disks import can_mount, try_full_disks, try_read_only
from benchmarks.robustness.files import try_files
from benchmarks.robustness.inputs import make_photograph, make_style, make_training
from benchmarks.robustness.many import MOST, try_many
from benchmarks.robustness.pairs import try_pairs
from benchmarks.robustness.styles import try_styles
from benchmarks.robustness.trainings import STEPS, try_kills, try_signals
from tfstyle import load
from tfstyle.export import to_tflite

_WELL = ("painted", "done", "whole", "the same")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("kinds", nargs="*", default=list(_KINDS), help=", ".join(_KINDS))
    parser.add_argument("--styles", type=int, default=500, help="mutated folders")
    parser.add_argument("--files", type=int, default=300, help="mutated TFLite files")
    parser.add_argument("--pictures", type=int, default=10_000, help="tiny ones")
    options = parser.parse_args()
    print("| kind | tried | refused | well | anything else |\n|---|---|---|---|---|", flush=True)
    failed = False
    for kind in options.kinds:
        with tempfile.TemporaryDirectory() as name:
            for label, outcomes in _KINDS[kind](Path(name), options):
                failed |= _print(label, outcomes)
    sys.exit(failed)


def _styles(work, options):
    (work / "cases").mkdir()
    style = make_style(work / "made")
    yield "mutated style folders", try_styles(style, options.styles, work / "cases")


def _files(work, options):
    file, photograph = work / "style.tflite", make_photograph(work / "photograph.png")
    to_tflite(load(make_style(work / "made")), file, "int8_weights", size=64)
    yield "mutated TFLite files", try_files(file, photograph, options.files, work)


def _kills(work, options):
    inputs = make_training(work / "inputs", STEPS)
    yield "trainings killed", try_kills(inputs, work / "killed")
    yield "trainings whose clock jumps", try_kills(inputs, work / "jumped", (90, 150, 290), True)


def _signals(work, options):
    yield "signals while saving", try_signals(make_style(work / "made"), work)


def _pairs(work, options):
    things = _things(work)
    (work / "pairs").mkdir()
    yield "two processes at once", try_pairs(*things, work / "pairs")


def _disks(work, options):
    if not can_mount():
        print("Full and read-only disks were not tried: that needs root.", file=sys.stderr)
        return
    things = _things(work)
    yield "full disks", try_full_disks(*things, work)
    yield "read-only disks", try_read_only(*things, work)


def _many(work, options):
    done, early, late = try_many(make_style(work / "made"), options.pictures, work)
    print(f"(memory: {early / 2**20:.0f} MiB early, {late / 2**20:.0f} MiB late)", file=sys.stderr)
    outcomes = {"painted": done, "not painted": options.pictures - done}
    outcomes["grew"] = int(late - early > MOST)
    yield "pictures by one command", outcomes


def _things(work):
    inputs = make_training(work / "inputs", 4)
    return make_style(work / "made"), make_photograph(work / "photograph.png"), inputs


def _print(kind, outcomes):
    rest = {name: n for name, n in outcomes.items() if name not in ("refused", *_WELL) and n}
    well = sum(outcomes.get(name, 0) for name in _WELL)
    tried = well + outcomes.get("refused", 0) + sum(rest.values())
    print(
        f"| {kind} | {tried} | {outcomes.get('refused', 0)} | {well} | {sum(rest.values())} |",
        flush=True,
    )
    for name in rest:
        print("   ", name, flush=True)
    return bool(rest)


_KINDS = {
    "styles": _styles,
    "files": _files,
    "kills": _kills,
    "signals": _signals,
    "pairs": _pairs,
    "disks": _disks,
    "many": _many,
}

if __name__ == "__main__":
    main()
