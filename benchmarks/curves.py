"""What a training is worth after each minute, from four starts.

    python -m benchmarks.curves PAINTING... --photos PHOTOGRAPHS --vgg WEIGHTS --out FOLDER

`PHOTOGRAPHS` has the folders `train` and `val`. Trains each painting from nothing, from another
style, from the trunk by gamma and beta alone, and from the trunk with all weights; evaluates the
weights at several steps on photographs of `val`; writes `curves.json`, `curves.png` and a table.
Interrupted, the same command goes on. Minutes are those of the fastest hundred steps of the
trainings of the same weights, since other programs come and go.
"""

import argparse
import json
from pathlib import Path

import keras
import matplotlib.figure
import numpy as np

from tfstyle import Recipe, train
from tfstyle.evaluation import evaluate
from tfstyle.evaluation.reference import reference_curves
from tfstyle.files import replacing
from tfstyle.images.files import find_images
from tfstyle.styles.model import build_generator
from tfstyle.styles.style import Style
from tfstyle.training import STEPS_PER_EPOCH, fastest_precision

STARTS = {
    "from nothing": {},
    "from another style": {"start": "mosaic"},
    "from the trunk, gamma and beta": {"start": "trunk", "trainable": "normalization"},
    "from the trunk, all weights": {"start": "trunk"},
}
LOOKED_AT = (100, 200, 400, 600, 1000, 1500, 3000, 6000)


class Snapshots(keras.callbacks.Callback):
    """Keeps the generator's weights after some of the steps.

    Args:
        folder: `pathlib.Path`.
    """

    def __init__(self, folder):
        super().__init__()
        self._folder = folder

    def on_epoch_end(self, epoch, logs=None):
        steps = (epoch + 1) * STEPS_PER_EPOCH
        if steps in LOOKED_AT:
            with replacing(self._folder / f"{steps}.npz") as temporary:
                np.savez(temporary, *self.model.generator.get_weights())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("paintings", nargs="+", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--vgg", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--count", type=int, default=10, help="photographs to evaluate on")
    parser.add_argument("--iterations", type=int, default=30, help="of the slow reference")
    options = parser.parse_args()

    points = []
    for painting in options.paintings:
        runs = {name: run(painting, name, options) for name in STARTS}
        points += measure(painting, runs, options)
        with replacing(options.out / "curves.json") as temporary:
            temporary.write_text(json.dumps(points, indent=1), encoding="utf-8")
        draw(points, options.out / "curves.png")
    print(table(points))


def run(painting, name, options):
    """Trains a painting from one of the starts; gives the trained style and its folder."""
    folder = options.out / painting.stem / name.replace(",", "").replace(" ", "_")
    recipe = Recipe(painting=str(painting), steps=options.steps, **STARTS[name])
    photographs, precision = options.photos / "train", fastest_precision()
    snapshots = [Snapshots(folder / "weights")]
    return train(recipe, photographs, folder, options.vgg, precision, (), snapshots), folder


def measure(painting, runs, options):
    """Gives what each training is worth at each of its snapshots, as a list of dictionaries."""
    photographs = find_images(options.photos / "val")[: options.count]
    recipe = next(iter(runs.values()))[0].recipe
    curves = reference_curves(recipe, photographs, options.vgg, iterations=options.iterations)
    fastest = {}
    for style, folder in runs.values():
        fastest.setdefault(style.recipe.trainable, []).append(seconds_per_step(folder))
    points = []
    for name, (style, folder) in runs.items():
        seconds = min(fastest[style.recipe.trainable])
        for weights in sorted((folder / "weights").glob("*.npz"), key=lambda path: int(path.stem)):
            generator = build_generator(style.recipe)
            with np.load(weights, allow_pickle=False) as file:
                generator.set_weights([file[key] for key in file.files])
            snapshot = Style(style.recipe, generator)
            result = evaluate(snapshot, photographs, options.vgg, curves=curves)
            points.append(
                {
                    "painting": painting.stem,
                    "start": name,
                    "steps": int(weights.stem),
                    "minutes": round(int(weights.stem) * seconds / 60, 2),
                    **{key: result[key] for key in ("content", "style", "total")},
                    "lbfgs_equivalent": result["lbfgs_equivalent"],
                }
            )
    return points


def seconds_per_step(folder):
    """Gives the seconds of a step in the fastest interval of a training's history."""
    history = np.loadtxt(folder / "history.csv", delimiter=",", skiprows=1, ndmin=2)
    steps, seconds = np.diff(history[:, :2], axis=0, prepend=0).T
    return np.min(seconds / steps)


def draw(points, path):
    """Draws the L-BFGS equivalents against the minutes: a panel each painting."""
    paintings = list(dict.fromkeys(point["painting"] for point in points))
    figure = matplotlib.figure.Figure(figsize=(5 * len(paintings), 4), layout="constrained")
    panels = figure.subplots(1, len(paintings), sharey=True, squeeze=False)[0]
    for axes, painting in zip(panels, paintings, strict=True):
        axes.set(title=painting, xlabel="minutes")
        for name in STARTS:
            chosen = [p for p in points if (p["painting"], p["start"]) == (painting, name)]
            minutes = [point["minutes"] for point in chosen]
            axes.plot(minutes, [p["lbfgs_equivalent"] for p in chosen], marker="o", label=name)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("L-BFGS equivalent")
    panels[0].legend()
    with replacing(path) as temporary:
        figure.savefig(temporary)


def table(points):
    """Writes the points as a table of Markdown."""
    rows = ["| painting | start | steps | minutes | total loss | L-BFGS equivalent |"]
    rows.append("|---|---|---|---|---|---|")
    rows += [
        f"| {p['painting']} | {p['start']} | {p['steps']:,} | {p['minutes']:.1f} "
        f"| {p['total']:,.0f} | {p['lbfgs_equivalent']:.1f} |"
        for p in points
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    main()
