"""C8: other resolutions than that of the training.

The networks paint the largest of the held-out photographs, their middle squares scaled to each
size. A loss of one size cannot be compared with that of another; its share of the loss of the
unpainted photograph can.
"""

import numpy as np

from benchmarks.paper.pictures import SHORT, charts
from benchmarks.paper.study import means, paint
from benchmarks.paper.trainings import grid
from tfstyle.evaluation.losses import rounded
from tfstyle.evaluation.reference import squares
from tfstyle.images.files import read_image

CLAIMS = {"C8": "The generators work at other resolutions than trained: 512, 1080 (figure 6)."}

_TABLE = "Loss by size"


def trainings(study):
    return grid(study.options)


def measure(study):
    paths = sorted(study.held_out_paths, key=_short_side)[-study.options.sample :]
    rows, figures = [], []
    for size in study.track(study.options.sizes, "sizes"):
        photographs = squares(paths, size)
        unpainted = {name: _unpainted(study, name, photographs) for name in study.options.styles}
        for training in study.track(trainings(study), f"{size} pixels"):
            model = study.train(training).model
            terms = study.losses(training.painting, model, photographs)
            share = np.mean([each["total"] for each in terms]) / unpainted[training.painting]
            labels = {**training.labels("generator", "normalization"), "size": size}
            rows.append({**labels, **means(terms), "of the unpainted": rounded(share)})
        figures += [_pictures(study, painting, size) for painting in study.options.styles]
    sides = [_short_side(path) for path in paths]
    facts = {"shorter side of the photographs": f"{min(sides)} to {max(sides)} pixels"}
    return {"tables": {_TABLE: rows}, "facts": facts, "figures": figures}


def draw(result):
    figure, axes = charts(1, xlabel="size", ylabel="loss, of the unpainted photograph's")
    lines = {}
    for row in result["tables"][_TABLE]:
        name = f"{SHORT[row['normalization']]}, {row['generator']}, {row['painting']}"
        lines.setdefault(name, []).append((row["size"], row["of the unpainted"]))
    for name, points in lines.items():
        axes[0].plot(*zip(*points, strict=True), label=name, marker=".")
    axes[0].legend(fontsize="small")
    return figure


def _short_side(path):
    return min(read_image(path).size)


def _unpainted(study, painting, photographs):
    return np.mean([study.terms(painting, x, x)["total"] for x in photographs])


def _pictures(study, painting, size):
    """Shows one photograph at its full size, painted by each generator with instance norm."""
    photograph = squares(study.shown_paths[:1], size)[0]
    columns = {"photograph": [photograph]}
    for training in trainings(study):
        if (training.painting, training.normalization) == (painting, "instance"):
            columns[training.generator] = [paint(study.train(training).model, photograph)]
    return study.show(f"resolution_{painting}_{size}", columns)
