"""Mutated TFLite files: each is refused in one line, or paints; none ends the process."""

from collections import Counter

from benchmarks.robustness.mutations import mutated
from benchmarks.robustness.worker import Worker


def try_files(file, photograph, cases, work):
    """Runs the runner on damaged copies of a TFLite file.

    Args:
        file: `pathlib.Path` of a file of `to_tflite`.
        photograph: `pathlib.Path`.
        cases: Integer.
        work: `pathlib.Path` of a folder to work in.

    Returns:
        `Counter` of outcomes: `"refused"`, `"painted"`, and for anything else what it was.
    """
    outcomes, worker = Counter(), Worker(_SCRIPT)
    content = file.read_bytes()
    damaged, picture = work / "damaged.tflite", work / "picture.png"
    for case in range(-1, cases):
        damaged.write_bytes(content if case < 0 else mutated(content, case))
        picture.unlink(missing_ok=True)
        outcome = worker.ask(f"{damaged}\t{photograph}\t{picture}")
        if outcome == "painted" and not picture.exists():
            outcome = "no picture"
        if case < 0:  # undamaged
            outcomes["the file itself does not paint"] += outcome != "painted"
            continue
        outcomes[outcome if outcome in ("refused", "painted") else f"case {case}: {outcome}"] += 1
    worker.close()
    return outcomes


# The command's own function: what it prints, and what it exits with.
_SCRIPT = """
import contextlib, io, sys
from tfstyle.export import litert

def answer(line):
    said = io.StringIO()
    sys.argv = ["litert", *line.split("\\t")]
    with contextlib.redirect_stderr(said):
        try:
            litert.main()
        except SystemExit as stop:
            lines = said.getvalue().splitlines()
            good = stop.code == 2 and len(lines) == 1 and lines[0].startswith("Error: ")
            return "refused" if good else f"exit {stop.code}: {said.getvalue()[-150:]}"
    return "painted"
"""
