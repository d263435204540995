"""Full and read-only disks: what is written is whole, or refused in one line and absent."""

import contextlib
import os
import shutil
import subprocess
from collections import Counter

from benchmarks.robustness.commands import Commands

SIZES = (8, 32, 128, 512, 2048, 8192)  # KiB


def can_mount():
    """Whether this process may mount file systems."""
    return os.name == "posix" and os.geteuid() == 0 and shutil.which("mount") is not None


def try_full_disks(style, photograph, inputs, work, sizes=SIZES):
    """Writes everything that tfstyle writes to disks of these sizes.

    Args:
        style: `pathlib.Path` of a style.
        photograph: `pathlib.Path`.
        inputs: Paths of network, recipe and photographs: see `trainings`.
        work: `pathlib.Path` of a folder to work in.
        sizes: Integers, KiB.

    Returns:
        `Counter` of outcomes: `"done"`, `"refused"`, or what else happened.
    """
    outcomes, commands = Counter(), Commands()
    for size in sizes:
        for name, write in _writers(commands, style, photograph, inputs).items():
            with _mounted(work / "disk", size) as disk:
                outcome = write(disk)
                left = [path.name for path in disk.rglob(".partial-*")]
            if left:
                outcome = f"{outcome}, and left {left}"
            outcomes[_named(outcome, f"{name}, {size} KiB")] += 1
    commands.close()
    return outcomes


def try_read_only(style, photograph, inputs, work):
    """Reads a style from a disk that cannot be written to, and writes everything there.

    Returns:
        `Counter` of outcomes: `"done"` (of what only reads), `"refused"`, or what else happened.
    """
    outcomes, commands = Counter(), Commands()
    with _mounted(work / "disk", 8192) as disk:
        copy = disk / "style"
        shutil.copytree(style, copy)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        reading = ["stylize", photograph, "--style", copy, "--force", "--output", work / "out.png"]
        for engine in ("keras", "openvino"):
            outcome = commands.tfstyle(*reading, "--engine", engine, cache=disk / "cache")
            outcomes[_named(outcome, f"reading, {engine}", {"done"})] += 1
        for name, write in _writers(commands, style, photograph, inputs).items():
            outcomes[_named(write(disk), name, {"refused"})] += 1
    commands.close()
    return outcomes


def _writers(commands, style, photograph, inputs):
    return {
        "stylize": lambda disk: commands.tfstyle(
            "stylize", photograph, "--style", style, "--force", "--output", disk / "picture.png"
        ),
        "export": lambda disk: commands.tfstyle(
            "export", style, "--size", "64", "--output", disk / "style.tflite"
        ),
        "train": lambda disk: commands.train(*inputs, disk / "training"),
    }


def _named(outcome, name, good=("done", "refused")):
    return outcome if outcome in good else f"{name}: {outcome}"


@contextlib.contextmanager
def _mounted(folder, kibibytes):
    folder.mkdir(exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
