"""C1, C2: instance against batch normalization.

Both generators are trained with either normalization: the same painting, photographs, crops and
order, steps, learning rate and seed. Losses are means over the held-out photographs, of the
pictures that people see; batch normalization uses the averages of its training there.
"""

from benchmarks.paper.pictures import SHORT, charts
from benchmarks.paper.study import means, paint
from benchmarks.paper.trainings import NORMALIZATIONS, grid
from tfstyle.evaluation.losses import rounded

CLAIMS = {
    "C1": "Instance normalization gives better stylization than batch normalization, with the "
    "same hyper-parameters (figure 5).",
    "C2": "It does so in both generators (figure 5).",
}


def trainings(study):
    return grid(study.options, study.options.seeds)


def measure(study):
    photographs = study.held_out()
    rows, curves, totals = [], [], {}
    for training in study.track(trainings(study), "losses"):
        terms = study.losses(training.painting, study.train(training).model, photographs)
        labels = training.labels("generator", "normalization", "seed")
        rows.append({**labels, **means(terms)})
        curves.append({**labels, **study.curve(training)})
        totals[training] = [each["total"] for each in terms]
    figures = [_figure_5(study, painting) for painting in study.options.styles]
    tables = {
        "Loss on held-out photographs": rows,
        "Total loss of the same photograph, instance beside batch": _compare(totals),
    }
    return {"tables": tables, "curves": curves, "figures": figures}


def draw(result):
    names = list(dict.fromkeys(curve["generator"] for curve in result["curves"]))
    paintings = list(dict.fromkeys(curve["painting"] for curve in result["curves"]))
    figure, axes = charts(len(names), xlabel="step", ylabel="held-out total loss", yscale="log")
    for curve in result["curves"]:
        each = axes[names.index(curve["generator"])]
        label = f"{SHORT[curve['normalization']]}, {curve['painting']}, seed {curve['seed']}"
        color = f"C{NORMALIZATIONS.index(curve['normalization'])}"
        dashes = ("-", "--", ":", "-.")[paintings.index(curve["painting"]) % 4]
        each.plot(curve["steps"], curve["totals"], dashes, label=label, color=color, marker=".")
        each.set_title(curve["generator"])
        each.legend(fontsize="small")
    return figure


def _compare(totals):
    """Compares the two trainings that differ in normalization alone, photograph by photograph.

    Args:
        totals: Dictionary of `Training` to total losses; batch and instance follow each other.
    """
    pairs = list(totals.items())
    rows = []
    for (_, batch), (training, instance) in zip(pairs[::2], pairs[1::2], strict=True):
        lower = sum(ours < theirs for ours, theirs in zip(instance, batch, strict=True))
        rows.append(
            {
                **training.labels("generator", "seed"),
                "instance / batch": rounded(sum(instance) / sum(batch)),
                "instance lower on": f"{lower} of {len(instance)}",
            }
        )
    return rows


def _figure_5(study, painting):
    photographs = study.shown()
    columns = {"photograph": photographs}
    for training in grid(study.options):
        if training.painting == painting:
            model = study.train(training).model
            name = f"{SHORT[training.normalization]}, {training.generator}"
            columns[name] = [paint(model, x) for x in photographs]
    paths = study.track(study.shown_paths, "slow reference")
    columns["slow reference"] = [study.reference(painting, path)["picture"] for path in paths]
    return study.show(f"normalization_{painting}", columns)
