"""C7: the generators beside the slow optimization.

The slow reference lowers the same loss by L-BFGS, started from the photograph, for ten
photographs one by one. A generator equals as many of its iterations as it takes to come to the
total loss of the generator's picture, or the last if it does not.
"""

import numpy as np

from benchmarks.paper.pictures import SHORT, charts
from benchmarks.paper.trainings import grid
from tfstyle.evaluation.losses import rounded
from tfstyle.evaluation.reference import compare

CLAIMS = {"C7": "The quality is comparable to that of the slow optimization (section 1)."}

_GENERATORS = "Generators"


def trainings(study):
    return grid(study.options)


def measure(study):
    curves, references = {}, []
    for painting in study.options.styles:
        paths = study.track(study.sample_paths(), "slow reference")
        results = [study.reference(painting, path) for path in paths]
        curves[painting] = [result["losses"] for result in results]
        references.append(
            {
                "painting": painting,
                "iterations": study.options.iterations,
                "total": rounded(np.mean([curve[-1] for curve in curves[painting]])),
                "seconds a picture": rounded(np.mean([result["seconds"] for result in results])),
            }
        )
    rows = [_row(study, t, curves[t.painting]) for t in study.track(trainings(study), "slow")]
    return {
        "tables": {_GENERATORS: rows, "The slow reference": references},
        "curves": [{"painting": name, "totals": _mean(each)} for name, each in curves.items()],
        "figures": [],
    }


def draw(result):
    figure, axes = charts(
        len(result["curves"]), xlabel="iteration", ylabel="total loss", yscale="log"
    )
    for each, curve in zip(axes, result["curves"], strict=True):
        each.plot(curve["totals"], label="slow reference", color="black")
        each.set_title(curve["painting"])
        rows = [r for r in result["tables"][_GENERATORS] if r["painting"] == curve["painting"]]
        for number, row in enumerate(rows):
            label = f"{SHORT[row['normalization']]}, {row['generator']}"
            each.axhline(row["total"], label=label, color=f"C{number}")
        each.legend(fontsize="small")
    return figure


def _row(study, training, curves):
    model = study.train(training).model
    terms = study.losses(training.painting, model, study.sample())
    totals = [each["total"] for each in terms]
    compared = compare(totals, curves)
    return {
        **training.labels("generator", "normalization"),
        "total": rounded(np.mean(totals)),
        "equals iterations": compared["lbfgs_equivalent"],
        "loss / reference": compared["ratio_to_lbfgs"],
    }


def _mean(curves):
    """Means curves, as far as the shortest goes: L-BFGS may find no way down."""
    shortest = min(map(len, curves))
    return [rounded(total) for total in np.mean([curve[:shortest] for curve in curves], axis=0)]
