"""C4: photographs of more or less contrast or brightness.

Contrast `c` makes `mean + c * (x - mean)` of a photograph, brightness `c` makes `c * x`, clipped
to [0, 1]; of ten photographs. Both tables compare with the unchanged photograph: the picture of the
changed one with its picture, as root mean square difference of values from 0 to 255, and with its
content in the total loss.
"""

import numpy as np

from benchmarks.paper.pictures import SHORT, charts
from benchmarks.paper.study import paint
from benchmarks.paper.trainings import NORMALIZATIONS, grid
from tfstyle.evaluation.losses import rounded

CLAIMS = {"C4": "The contrast of the photograph hardly changes the result (figure 2)."}

FACTORS = (0.25, 0.5, 0.75, 1, 1.5, 2)
_SHOWN = (0.25, 0.5, 1, 2)
_DIFFERENCE, _TOTAL = "Difference of the pictures", "Total loss"


def change_contrast(photograph, factor):
    mean = photograph.mean()
    return np.clip(mean + factor * (photograph - mean), 0, 1)


def change_brightness(photograph, factor):
    return np.clip(factor * photograph, 0, 1)


CHANGES = {"contrast": change_contrast, "brightness": change_brightness}


def trainings(study):
    return grid(study.options)


def measure(study):
    photographs = study.sample()
    differences, totals = [], []
    for training in study.track(trainings(study), "contrast"):
        pictures = [paint(study.train(training).model, x) for x in photographs]
        for name, change in CHANGES.items():
            labels = {**training.labels("generator", "normalization"), "change": name}
            changed = [[change(x, factor) for x in photographs] for factor in FACTORS]
            numbers = [_compare(study, training, photographs, pictures, each) for each in changed]
            for table, values in zip(
                (differences, totals), zip(*numbers, strict=True), strict=True
            ):
                table.append({**labels, **dict(zip(map(str, FACTORS), values, strict=True))})
    figures = [_pictures(study, painting) for painting in study.options.styles]
    return {"tables": {_DIFFERENCE: differences, _TOTAL: totals}, "figures": figures}


def draw(result):
    figure, axes = charts(len(CHANGES), ylabel="difference of the pictures, of 255")
    names = list(CHANGES)
    for row in result["tables"][_DIFFERENCE]:
        each = axes[names.index(row["change"])]
        short = SHORT[row["normalization"]]
        each.plot(
            FACTORS,
            [row[str(factor)] for factor in FACTORS],
            f"C{NORMALIZATIONS.index(row['normalization'])}{_line(row['generator'])}",
            label=f"{short}, {row['generator']}, {row['painting']}",
        )
        each.set_xlabel(row["change"])
        each.legend(fontsize="small", loc="center left")
    return figure


def _compare(study, training, photographs, pictures, changed):
    """Gives the mean difference of the changed photographs' pictures, and their mean total."""
    squared, totals = [], []
    for photograph, before, photograph_changed in zip(photographs, pictures, changed, strict=True):
        picture = paint(study.train(training).model, photograph_changed)
        squared.append(np.mean(np.square(picture - before)))
        totals.append(study.terms(training.painting, photograph, picture)["total"])
    return rounded(255 * np.mean(np.sqrt(squared))), rounded(np.mean(totals))


def _pictures(study, painting):
    photograph = study.shown()[0]
    changed = [change_contrast(photograph, factor) for factor in _SHOWN]
    columns = {"photograph": changed}
    for training in trainings(study):
        if training.painting == painting:
            model = study.train(training).model
            name = f"{SHORT[training.normalization]}, {training.generator}"
            columns[name] = [paint(model, x) for x in changed]
    return study.show(f"contrast_{painting}", columns)


def _line(generator):
    return "-" if generator == "johnson" else "--"
