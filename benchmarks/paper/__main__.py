r"""Measures the claims of the paper.

    python -m benchmarks.paper [CLAIM ...] --photos PHOTOGRAPHS --paintings PAINTINGS \
        --vgg WEIGHTS --out FOLDER

Trainings, slow references and results are kept in FOLDER: the same command goes on where it was
cut off. With more styles or seeds, results are measured anew on the trainings that are there; other
steps, sizes or precision need another FOLDER. `--tiny` tries everything in a minute, on any
photographs and without VGG19; its numbers mean nothing. Afterwards
`python -m benchmarks.paper.document FOLDER` makes the document.
"""

import argparse
import dataclasses
import inspect
import logging
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.paper.experiments import EXPERIMENTS, run
from benchmarks.paper.options import TINY, Options
from benchmarks.paper.study import Study
from benchmarks.paper.tiny import tiny_network
from tfstyle.commands.terminal import command_line
from tfstyle.training import fastest_precision


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    given = parser.parse_args(arguments)
    # It warns of compiling again and again: a study has many networks, each at several sizes.
    logging.getLogger("tensorflow").setLevel("ERROR")
    try:
        names = _experiments(given.claims)
        columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn())
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, *times, console=Console(stderr=True)) as progress:
            study = Study(_options(given), _data(given), given.out, progress)
            shown = command_line(("python", "-m", "benchmarks.paper"), arguments)
            for name in progress.track(names, description="experiments"):
                run(name, study, shown)
    except (ValueError, ArithmeticError) as error:
        parser.error(str(error))


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.paper",
        description=__doc__,
        epilog=inspect.getdoc(Options),
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="C1 to C11; all if none")
    parser.add_argument("--photos", type=Path, required=True, help="folder of train/ and val/")
    parser.add_argument("--show", type=Path, help="photographs of the figures: PHOTOS/free if none")
    parser.add_argument("--paintings", type=Path, required=True, help="folder of style images")
    parser.add_argument("--vgg", default="imagenet", help="weights; Keras' own if none")
    parser.add_argument("--out", type=Path, required=True, help="folder for all that is made")
    parser.add_argument("--tiny", action="store_true", help="a minute's trial")
    for field in dataclasses.fields(Options):
        is_many = field.type is tuple
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(field.default[0]) if is_many else field.type,
            nargs="+" if is_many else None,
            default=argparse.SUPPRESS,
            help=f"default {' '.join(map(str, field.default)) if is_many else field.default}",
        )
    return parser


def _experiments(claims):
    """Lists the experiments that measure some claims, or all; raises `ValueError`."""
    known = [claim for experiment in EXPERIMENTS.values() for claim in experiment.CLAIMS]
    for claim in claims:
        if claim not in known:
            raise ValueError(f"There is no claim {claim!r}. The paper has {', '.join(known)}.")
    wanted = set(claims or known)
    return [name for name, each in EXPERIMENTS.items() if wanted & each.CLAIMS.keys()]


def _options(given):
    names = [field.name for field in dataclasses.fields(Options)]
    values = {name: value for name, value in vars(given).items() if name in names}
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    options = Options(**{**(TINY if given.tiny else {}), **values})
    if options.precision == "auto":
        return dataclasses.replace(options, precision=fastest_precision())
    return options


def _data(given):
    return {
        "photos": given.photos,
        "show": given.show or given.photos / "free",
        "paintings": given.paintings,
        "vgg": tiny_network() if given.tiny else given.vgg,
    }


if __name__ == "__main__":
    main()
