"""C6: few training photographs or many, and stopping early.

`pyramid` with either normalization, trained alike on some of the photographs or on all. Held-out
losses are measured at the end and, on eight photographs, throughout the training: the lowest of
those and its step say what stopping early would have given. The learning rate falls to 0 along a
cosine, so a training that is stopped early is not one planned to be short. The total with own
statistics is that of the same network with each picture normalized by its own: what remains for
batch normalization when its averages, those of the training photographs, are not to blame.
"""

from benchmarks.paper.frozen import with_own_statistics
from benchmarks.paper.pictures import SHORT, charts
from benchmarks.paper.study import means
from benchmarks.paper.trainings import NORMALIZATIONS, Training
from tfstyle.evaluation.losses import rounded

CLAIMS = {
    "C6": "With batch normalization 16 training photographs are better than thousands, and "
    "stopping early helps; with instance normalization more do no harm (section 2)."
}


def trainings(study):
    few = [count for count in study.options.few if count < len(study.train_paths)]
    return [
        Training(painting, "pyramid", normalization, photographs=count)
        for painting in study.options.styles
        for normalization in NORMALIZATIONS
        for count in (*few, 0)
    ]


def measure(study):
    photographs = study.held_out()
    rows, curves = [], []
    for training in study.track(trainings(study), "few photographs"):
        style, curve = study.train(training), study.curve(training)
        terms = own = means(study.losses(training.painting, style.model, photographs))
        if training.normalization == "batch":
            own = means(study.losses(training.painting, with_own_statistics(style), photographs))
        labels = {**training.labels("normalization"), "photographs": _count(study, training)}
        lowest = min(curve["totals"])
        rows.append(
            {
                **labels,
                "in training": style.card["training"]["losses"]["loss"],
                **terms,
                "total, own statistics": own["total"],
                "lowest on eight": rounded(lowest),
                "at step": curve["steps"][curve["totals"].index(lowest)],
                "last on eight": rounded(curve["totals"][-1]),
            }
        )
        curves.append({**labels, **curve})

    def column(training):
        return f"{SHORT[training.normalization]}, {_count(study, training)}"

    figures = study.show_trainings("few", trainings(study), column)
    return {"tables": {"Loss after training": rows}, "curves": curves, "figures": figures}


def draw(result):
    figure, axes = charts(
        len(NORMALIZATIONS), xlabel="step", ylabel="held-out total loss", yscale="log"
    )
    for curve in result["curves"]:
        each = axes[NORMALIZATIONS.index(curve["normalization"])]
        label = f"{curve['photographs']} photographs, {curve['painting']}"
        each.plot(curve["steps"], curve["totals"], label=label, marker=".")
        each.set_title(SHORT[curve["normalization"]])
        each.legend(fontsize="small")
    return figure


def _count(study, training):
    return training.photographs or len(study.train_paths)
