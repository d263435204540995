"""C11: what the noise z of a generator changes.

`pyramid` with three channels of noise at every scale, and without. Each of ten photographs is
painted with several z. The spread is the standard deviation over z of a value from 0 to 255, the
mean over all values of a picture; beside it stands the standard deviation within a picture.
"""

import numpy as np

from benchmarks.paper.pictures import charts
from benchmarks.paper.study import paint
from benchmarks.paper.trainings import Training
from tfstyle.evaluation.losses import rounded

CLAIMS = {"C11": "z samples different stylizations of a photograph (section 2)."}

_TABLE = "Pictures of one photograph"
_SEEDS = range(8)
_SHOWN = range(3)


def trainings(study):
    return [
        Training(painting, "pyramid", noise_channels=channels)
        for painting in study.options.styles
        for channels in (0, 3)
    ]


def measure(study):
    photographs = study.sample()
    rows, spreads, figures = [], [], []
    for training in study.track(trainings(study), "noise"):
        model = study.train(training).model
        pictures = [_variants(model, x, _SEEDS) for x in photographs]
        each = [rounded(255 * np.mean(np.std(variants, axis=0))) for variants in pictures]
        terms = [
            study.terms(training.painting, photograph, picture)["total"]
            for photograph, variants in zip(photographs, pictures, strict=True)
            for picture in variants
        ]
        rows.append(
            {
                **training.labels("noise_channels"),
                "spread over z": rounded(np.mean(each)),
                "within a picture": rounded(255 * np.mean(np.std(pictures, axis=(2, 3)))),
                "total": rounded(np.mean(terms)),
            }
        )
        spreads.append({**training.labels("noise_channels"), "spreads": each})
        if training.noise_channels:
            figures.append(_pictures(study, training))
    return {"tables": {_TABLE: rows}, "spreads": spreads, "figures": figures}


def draw(result):
    figure, axes = charts(1, xlabel="photograph", ylabel="spread over z, of 255")
    for row in result["spreads"]:
        label = f"{row['painting']}, {row['noise_channels']} channels of noise"
        axes[0].plot(sorted(row["spreads"]), label=label, marker=".")
    axes[0].legend()
    return figure


def _variants(model, photograph, seeds):
    return [paint(model, photograph, seed) for seed in seeds]


def _pictures(study, training):
    photographs, model = study.shown(), study.train(training).model
    variants = [_variants(model, x, _SHOWN) for x in photographs]
    columns = {f"z {number}": list(each) for number, each in enumerate(zip(*variants, strict=True))}
    return study.show(f"noise_{training.painting}", {"photograph": photographs, **columns})
