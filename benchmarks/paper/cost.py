"""C10: what the two generators cost, and what they reach.

Parameters, operations of the convolutions for one picture (a multiplication and an addition are
two), time of a training and held-out loss, all with instance normalization.
"""

import numpy as np

from benchmarks.paper.pictures import charts
from benchmarks.paper.trainings import grid
from benchmarks.parts import convolution_gflop
from tfstyle.evaluation.losses import rounded

CLAIMS = {
    "C10": "The residual generator is somewhat more efficient and easier to use than the "
    "multi-scale one (section 3)."
}

_TABLE = "Both generators"


def trainings(study):
    chosen = grid(study.options, study.options.seeds)
    return [training for training in chosen if training.normalization == "instance"]


def measure(study):
    photographs = study.held_out()
    rows = []
    for training in study.track(trainings(study), "cost"):
        style = study.train(training)
        terms = study.losses(training.painting, style.model, photographs)
        card = style.card["training"]
        rows.append(
            {
                **training.labels("generator", "seed"),
                "parameters": style.model.count_params(),
                "GFLOP": rounded(convolution_gflop(style.model, study.options.size)),
                "minutes of training": rounded(card["seconds"] / 60),
                "total": rounded(np.mean([each["total"] for each in terms])),
            }
        )
    return {"tables": {_TABLE: rows}, "figures": []}


def draw(result):
    figure, axes = charts(1, xlabel="GFLOP a picture", ylabel="held-out total loss")
    rows = result["tables"][_TABLE]
    for row in rows:
        label = f"{row['generator']}, {row['painting']}, seed {row['seed']}"
        axes[0].scatter(row["GFLOP"], row["total"], label=label)
    right, top = (1.2 * max(row[name] for row in rows) for name in ("GFLOP", "total"))
    axes[0].set(xlim=(0, right), ylim=(0, top))
    axes[0].legend(fontsize="small")
    return figure
