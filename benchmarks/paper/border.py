"""C5: zero padding and the border of the picture.

`pyramid` with either normalization and either padding. Picture and photograph are cut into eight
strips across and eight down. The ratio is the mean total loss of the four strips at the border
over that of the twelve inside. The frame is how far the mean colour of the outer sixteenth along
an edge is from that of the sixteenth beside it, on [0, 1], at the worst edge. The photographs
themselves, unpainted, say what both are without any padding.
"""

import itertools

import numpy as np

from benchmarks.paper.pictures import SHORT, bars, charts
from benchmarks.paper.study import means, paint
from benchmarks.paper.trainings import NORMALIZATIONS, Training
from tfstyle.evaluation.artifacts import frame
from tfstyle.evaluation.losses import rounded

CLAIMS = {
    "C5": "Zero padding gives artifacts at the border that better padding alone does not cure; "
    "instance normalization with zero padding is good (figure 3)."
}

_TABLE = "Loss of the pictures, and what is along their border"
_FAULTS = ("border / interior", "frame")


def trainings(study):
    return [
        Training(painting, "pyramid", normalization, padding)
        for painting in study.options.styles
        for normalization, padding in itertools.product(NORMALIZATIONS, ("zero", "reflect"))
    ]


def measure(study):
    photographs, rows = study.held_out(), []
    for painting in study.options.styles:
        labels = {"painting": painting, "normalization": "unpainted", "padding": ""}
        rows.append({**labels, **_cells(study, painting, photographs, photographs)})
    for training in study.track(trainings(study), "border"):
        model = study.train(training).model
        pictures = [paint(model, x) for x in photographs]
        labels = training.labels("normalization", "padding")
        rows.append({**labels, **_cells(study, training.painting, photographs, pictures)})
    figures = study.show_trainings("border", trainings(study), _column)
    return {"tables": {_TABLE: rows}, "figures": figures}


def draw(result):
    rows = result["tables"][_TABLE]
    figure, axes = charts(len(_FAULTS))
    for each, fault in zip(axes, _FAULTS, strict=True):
        bars(each, rows, _label, fault)
        each.set_xlabel(fault)
        each.label_outer()
    return figure


def _cells(study, painting, photographs, pictures):
    pairs = list(zip(photographs, pictures, strict=True))
    terms = [study.terms(painting, *pair) for pair in pairs]
    faults = (_border(study, painting, pairs), frame(pictures))
    return {**means(terms), **dict(zip(_FAULTS, map(rounded, faults), strict=True))}


def _border(study, painting, pairs):
    """Gives the loss along the border over that of the interior.

    `tfstyle.evaluation.border` paints each strip twice, at the border and within: that is exact
    for a few photographs. This one needs fifty, among which a strip at the border is like others.
    """
    outer, inner = [], []
    for pair in pairs:
        for axis in (0, 1):
            strips = zip(*(np.array_split(pixels, 8, axis) for pixels in pair), strict=True)
            totals = [study.terms(painting, *strip)["total"] for strip in strips]
            outer += totals[:1] + totals[-1:]
            inner += totals[1:-1]
    return float(np.mean(outer) / np.mean(inner))


def _column(training):
    return f"{SHORT[training.normalization]}, {training.padding}"


def _label(row):
    short = SHORT.get(row["normalization"], row["normalization"])
    return " ".join((row["painting"], short, row["padding"]))
