"""Mutated TFLite files: each is refused in one line, or paints; none ends the process.

LiteRT is native code, and a file that lies can crash it. So each case is a process of its own.
"""

import subprocess
import sys
from collections import Counter

from benchmarks.robustness.mutations import mutated


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
    outcomes = Counter()
    content = file.read_bytes()
    for case in range(cases):
        damaged, picture = work / f"{case}.tflite", work / f"{case}.png"
        damaged.write_bytes(mutated(content, case))
        command = ["-m", "tfstyle.export.litert", str(damaged), str(photograph), str(picture)]
        result = subprocess.run([sys.executable, *command], capture_output=True, text=True)
        outcomes[_outcome(result, picture, case)] += 1
        damaged.unlink()
        picture.unlink(missing_ok=True)
    return outcomes


def _outcome(result, picture, case):
    if result.returncode == 0 and picture.exists():
        return "painted"
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    if result.returncode == 2 and len(errors) == 1 and "Traceback" not in result.stderr:
        return "refused"
    return f"case {case}: exit {result.returncode}: {result.stderr.strip()[-150:]}"
