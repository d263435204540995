"""The progress of a training in the terminal."""

import contextlib
import math
from collections.abc import Iterator

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from tfstyle.commands.terminal import note, notes
from tfstyle.files import DiskFullError
from tfstyle.training.report import Report


@contextlib.contextmanager
def training_bar(title: str, verbose: bool) -> Iterator["TrainingBar"]:
    """Shows a training, and says how it goes on after a full disk or Ctrl-C.

    Args:
        title: Name of the style or trunk.
        verbose: Whether to show steps, their time and the losses.
    """
    try:
        with TrainingBar(title, verbose, notes) as bar:
            yield bar
    except DiskFullError as error:
        raise OSError(f"{error} Then the same command goes on with the training.") from None
    except KeyboardInterrupt:
        note("Stopped. The same command goes on with the training.")
        raise typer.Exit(130) from None


class TrainingBar:
    """One bar for a whole training with the time left, and a line for each new preview.

    A context manager that is called with each `Report`.

    Args:
        title: Name of the style.
        verbose: Whether to show steps, their time and the losses.
        console: Where it is drawn.
    """

    def __init__(self, title: str, verbose: bool, console: Console) -> None:
        columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}")]
        if verbose:
            columns.append(TextColumn("{task.fields[numbers]}"))
        self._bar = Progress(*columns, console=console, refresh_per_second=4)
        # Without a total the bar pulses: nobody knows the time before the first steps.
        self._task = self._bar.add_task(escape(title), total=None, left="preparing", numbers="")
        self._verbose = verbose
        self._begun = False

    def __enter__(self) -> "TrainingBar":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self._bar.update(self._task, left="done", numbers="")
        self._bar.stop()

    def __call__(self, report: Report) -> None:
        """Shows a report."""
        if not self._begun and report.step and not report.losses and not report.preview:
            self._bar.print(f"Going on after step {report.step} of {report.steps}.")
        self._begun = True
        if report.preview:
            self._bar.print(f"Preview: {escape(str(report.preview))}", soft_wrap=True)
        numbers = _numbers(report) if report.losses else self._bar.tasks[0].fields["numbers"]
        self._bar.update(
            self._task,
            completed=report.step,
            total=report.steps,
            left=time_left(report.seconds_left),
            numbers=numbers,
        )
        if self._verbose and report.losses and report.step % 100 == 0:
            self._bar.print(numbers)


def time_left(seconds: float | None) -> str:
    """Returns the time until the end in words."""
    if seconds is None:
        return "measuring"
    if seconds < 60:
        return "less than a minute left"
    minutes = math.ceil(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min left" if hours else f"{minutes} min left"


def _numbers(report: Report) -> str:
    pace = f", {report.seconds_per_step:.2f} s a step" if report.seconds_per_step else ""
    terms = ", ".join(f"{name} {value:.4g}" for name, value in report.losses.items() if value)
    return f"step {report.step} of {report.steps}{pace}, {terms}"
