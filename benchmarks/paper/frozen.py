"""C3: whose statistics normalize a picture at test time.

Each network of the main comparison paints twice: every picture normalized by its own mean and
variance, or all by the same averages. For batch normalization those are the moving averages of
its training (momentum 0.9, as in the paper's code), and averages anew over batches of training
photographs in case the former are too noisy; for instance normalization the averages over
training photographs one by one.
"""

import keras
import numpy as np

from benchmarks.paper.pictures import SHORT, bars, charts
from benchmarks.paper.study import means, paint, spread
from benchmarks.paper.trainings import grid
from tfstyle import InstanceNormalization
from tfstyle.evaluation.reference import squares
from tfstyle.styles.model import build_generator
from tfstyle.styles.weights import weighted_layers

CLAIMS = {"C3": "Instance normalization must act at test time too (section 2)."}

_OWN, _AVERAGES, _MOVING = "own", "averages", "moving averages"
_PHOTOGRAPHS = 64  # that averages are taken over
_NORMALIZATIONS = (InstanceNormalization, keras.layers.BatchNormalization)


def trainings(study):
    return grid(study.options)


def measure(study):
    photographs, shown = study.held_out(), study.shown()
    rows, figures = [], []
    for training in study.track(trainings(study), "statistics"):
        columns = {"photograph": shown}
        for statistics, model in _generators(study, training).items():
            labels = {**training.labels("generator", "normalization"), "statistics": statistics}
            terms = study.losses(training.painting, model, photographs)
            rows.append({**labels, **means(terms)})
            columns[f"{SHORT[training.normalization]}, {statistics}"] = [
                paint(model, x) for x in shown
            ]
        name = f"frozen_{training.painting}_{training.generator}_{training.normalization}"
        figures.append(study.show(name, columns))
    return {"tables": {"Loss on held-out photographs": rows}, "figures": figures}


def draw(result):
    figure, axes = charts(1, xlabel="held-out total loss")
    rows = result["tables"]["Loss on held-out photographs"]
    bars(axes[0], rows, _label, "total")
    return figure


def with_own_statistics(style):
    """Gives the generator of a batch-normalized style, each picture normalized by its own."""
    generator = build_generator(style.recipe.replace(normalization="instance"))
    pairs = zip(weighted_layers(generator), weighted_layers(style.model), strict=True)
    for ours, theirs in pairs:
        # Gamma and beta; the moving averages behind them are left out.
        ours.set_weights(theirs.get_weights()[: len(ours.weights)])
    return generator


def with_averages(style, photographs):
    """Gives the generator of a style, all pictures normalized by averages over photographs.

    They are what each layer meets in training: means and variances of single images for instance
    normalization, of batches for batch normalization.

    Args:
        style: `Style`.
        photographs: float32 `[N, height, width, 3]` in [0, 1], N at least a batch.
    """
    batch = style.recipe.batch_size if style.recipe.normalization == "batch" else 1
    averages = _averages(style, photographs[: len(photographs) // batch * batch], batch)
    generator = build_generator(style.recipe.replace(normalization="batch"))
    for ours, theirs in zip(weighted_layers(generator), weighted_layers(style.model), strict=True):
        values = theirs.get_weights()
        if isinstance(theirs, _NORMALIZATIONS):
            values = [*values[:2], *averages.pop(0)]
        ours.set_weights(values)
    return generator


def _averages(style, photographs, batch):
    """Lists the average mean and variance `[channels]` of what comes to each normalization."""
    # A copy: batch normalization moves its averages when it runs as in training.
    copy = build_generator(style.recipe)
    copy.set_weights(style.model.get_weights())
    layers = [layer for layer in weighted_layers(copy) if isinstance(layer, _NORMALIZATIONS)]
    incoming = keras.Model(copy.input, [layer.input for layer in layers])
    moments = []
    for first in range(0, len(photographs), batch):
        features = incoming(photographs[first : first + batch], training=True)
        arrays = [keras.ops.convert_to_numpy(each) for each in features]
        moments.append([(x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))) for x in arrays])
    return [np.mean(layer, axis=0) for layer in zip(*moments, strict=True)]


def _generators(study, training):
    style = study.train(training)
    paths = spread(study.train_paths, _PHOTOGRAPHS)
    averages = with_averages(style, squares(paths, study.options.size))
    if training.normalization == "instance":
        return {_OWN: style.model, _AVERAGES: averages}
    return {_OWN: with_own_statistics(style), _MOVING: style.model, _AVERAGES: averages}


def _label(row):
    short = SHORT[row["normalization"]]
    return f"{row['painting']}, {row['generator']}, {short}, {row['statistics']}"
