"""A process that tries one case after another: what ends it is known, and ends nothing else."""

import os
import subprocess
import sys


class Worker:
    """Runs a script that answers each line of its input with one line.

    Args:
        script: Python source. It defines `answer(line)`, which returns a string.
    """

    def __init__(self, script):
        self._script = script + _LOOP
        self._process = None

    def ask(self, line):
        """Returns what the script answers, or how it ended."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", self._script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        return answer or f"the process ended with {self._end()}"

    def close(self):
        """Ends the process."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None

    def _end(self):
        code = self._process.wait()
        self.close()
        return code


_LOOP = """
import sys
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    try:
        said = answer(line.rstrip("\\n"))
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
    print(" ".join(said.split()), file=answers, flush=True)
"""
