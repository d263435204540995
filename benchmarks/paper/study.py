"""A study: its data, its trainings, and what is measured of a picture."""

import contextlib
import difflib
import json
import time

import numpy as np

from benchmarks.paper.pictures import sheet
from benchmarks.paper.trainings import Advance, HeldOut, read_curve, silent_fit
from tfstyle import Recipe, train
from tfstyle.evaluation.losses import loss_terms, rounded
from tfstyle.evaluation.reference import squares
from tfstyle.files import replacing, sha256
from tfstyle.images import files
from tfstyle.images.files import find_images, write_image
from tfstyle.images.pixels import to_uint8
from tfstyle.optimization import optimize
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.objective import loss_of
from tfstyle.training import balanced

_CURVE = 8  # photographs that the curves of a training are measured on


class Study:
    """Trains, paints and measures; keeps what takes long in a folder, and takes it from there.

    Args:
        options: `Options`.
        data: Dictionary of `photos`, a folder of the folders `train` and `val`, photographs to
            train and to measure on; `show`, a folder of photographs for the figures, which may
            be published; `paintings`, a folder of style images, named as the styles; `vgg`, the
            network of the loss: see `PerceptualLoss`.
        out: Folder for trainings, references, results and figures.
        progress: `rich.progress.Progress`.

    Raises:
        ValueError: if a folder has no images, or there is no painting of a name.
    """

    def __init__(self, options, data, out, progress):
        self.options = options
        self.vgg = data["vgg"]
        self.out = out
        self.train_paths = find_images(data["photos"] / "train")
        self.held_out_paths = spread(find_images(data["photos"] / "val"), options.held_out)
        self.shown_paths = spread(find_images(data["show"]), options.shown)
        self.paintings = {name: _find_painting(data["paintings"], name) for name in options.styles}
        self._progress = progress
        self._losses, self._recipes, self._styles = {}, {}, {}

    def held_out(self):
        """Gives the photographs to measure on: float32 `[N, size, size, 3]` in [0, 1]."""
        return squares(self.held_out_paths, self.options.size)

    def sample_paths(self):
        """Lists the held-out photographs that serve where each takes long."""
        return spread(self.held_out_paths, self.options.sample)

    def sample(self):
        """Gives them as `held_out` does."""
        return squares(self.sample_paths(), self.options.size)

    def shown(self):
        """Gives the photographs of the figures, as `held_out` does."""
        return squares(self.shown_paths, self.options.size)

    def loss(self, painting):
        """Gives the `PerceptualLoss` of a painting, float32, and its Gram matrices."""
        self.recipe(painting)
        return self._losses[painting]

    def recipe(self, painting):
        """Gives what the trainings of a painting share.

        One style weight serves them all, so that their losses can be compared: that which
        balances the painting with all training photographs.
        """
        if painting not in self._recipes:
            names = ("crop", "batch_size", "steps", "learning_rate", "style_size")
            values = {name: getattr(self.options, name) for name in names}
            # Adam, no jitter, and zeros beyond the border, as in the paper.
            values |= {"optimizer": "adam", "jitter": 1, "loss_padding": "zero"}
            values |= {"painting": str(self.paintings[painting])}
            recipe = Recipe(**values)
            loss, grams = loss_of(recipe, self.vgg)
            photographs = squares(spread(self.train_paths, 16), self.options.size)
            recipe = balanced(recipe, grams, [loss.style_grams(x) for x in photographs])
            loss.weights["style"] = recipe.style_weight
            self._losses[painting] = loss, grams
            self._recipes[painting] = recipe
        return self._recipes[painting]

    def train(self, training):
        """Gives the `Style` of a `Training`, trained now if it is not yet, or not to its end."""
        if training not in self._styles:
            self._styles[training] = self._train(training)
        return self._styles[training]

    def curve(self, training):
        """Gives the steps of a training and the total losses on held-out photographs at them."""
        rows = read_curve(self._folder(training) / "held_out.csv")
        return {"steps": [int(step) for step, _ in rows], "totals": [total for _, total in rows]}

    def terms(self, painting, photograph, picture):
        """Gives the terms of the loss of one picture, a dictionary of floats."""
        return loss_terms(*self.loss(painting), photograph, picture)

    def losses(self, painting, generator, photographs):
        """Gives the terms of the loss of each picture that a generator paints."""
        return [self.terms(painting, x, paint(generator, x)) for x in photographs]

    def reference(self, painting, path):
        """Gives what the slow reference makes of the middle of a photograph.

        Returns:
            Dictionary of `picture` (float32 `[size, size, 3]` in [0, 1]), `losses` (float64
            `[1 + iterations]`, as `optimize` gives them) and `seconds`.
        """
        file = self.out / "references" / painting / f"{sha256(path)[:16]}.npz"
        setting = self._reference_setting(painting)
        if not file.exists() or str(np.load(file)["setting"]) != setting:
            photograph = squares([path], self.options.size)[0]
            began = time.perf_counter()
            picture, losses = optimize(photograph, *self.loss(painting), self.options.iterations)
            seconds = time.perf_counter() - began
            with replacing(file) as temporary:
                kept = {"picture": to_uint8(picture), "losses": losses, "seconds": seconds}
                np.savez_compressed(temporary, setting=setting, **kept)
        saved = np.load(file)
        picture = np.float32(saved["picture"]) / 255
        seconds = float(saved["seconds"])
        return {"picture": picture, "losses": saved["losses"], "seconds": seconds}

    def show(self, name, columns):
        """Writes a sheet of pictures for the document: see `pictures.sheet`; gives its name."""
        # Half the size of the usual quality: a document has a dozen sheets.
        write_image(sheet(columns), self.out / "figures" / f"{name}.jpg", quality=85)
        return f"{name}.jpg"

    def show_trainings(self, name, trainings, label):
        """Writes a sheet for each painting: the figures' photographs, painted by each training.

        Args:
            name: String, what the sheets' names begin with.
            trainings: List of `Training`.
            label: Function of a training that gives the name of its column.

        Returns:
            List of the sheets' names.
        """
        shown, sheets = self.shown(), {}
        for training in trainings:
            columns = sheets.setdefault(training.painting, {"photograph": shown})
            model = self.train(training).model
            columns[label(training)] = [paint(model, x) for x in shown]
        return [self.show(f"{name}_{painting}", columns) for painting, columns in sheets.items()]

    def say(self, line):
        """Prints a line above the progress bars, for whoever keeps the output in a file."""
        self._progress.console.print(line, highlight=False)

    def track(self, items, description):
        """Goes through items with a progress bar."""
        items = list(items)
        with self._bar(description, len(items)) as update:
            for number, item in enumerate(items, start=1):
                yield item
                update(completed=number)

    @contextlib.contextmanager
    def _bar(self, description, total):
        task = self._progress.add_task(description, total=total)
        try:
            yield lambda completed: self._progress.update(task, completed=completed)
        finally:
            self._progress.remove_task(task)

    def _train(self, training):
        recipe = self.recipe(training.painting).replace(
            generator=training.generator,
            width=self.options.width if training.generator == "johnson" else 0,
            normalization=training.normalization,
            padding=training.padding,
            noise_channels=training.noise_channels,
            seed=training.seed,
        )
        photographs = spread(self.train_paths, training.photographs or len(self.train_paths))
        folder = self._folder(training)
        seen = squares(spread(self.held_out_paths, _CURVE), self.options.size)
        curve = HeldOut(folder / "held_out.csv", seen, recipe.steps)
        with self._bar(training.name, recipe.steps) as update, silent_fit():
            callbacks = [curve, Advance(update)]
            options = (self.vgg, self.options.precision)
            style = train(recipe, photographs, folder, *options, callbacks=callbacks)
        facts = style.card["training"]
        self.say(f"{training.name}: loss {facts['losses']['loss']:,.0f}, {facts['seconds']} s")
        return style

    def _folder(self, training):
        return self.out / "training" / training.name

    def _reference_setting(self, painting):
        recipe = self.recipe(painting)
        return json.dumps(
            {
                "painting": sha256(recipe.painting),
                "style_weight": recipe.style_weight,
                "style_size": recipe.style_size,
                "size": self.options.size,
                "iterations": self.options.iterations,
            }
        )


def spread(paths, count):
    """Picks `count` of some paths from all over the list; all if they are no more."""
    return files.spread(paths, count)[:count]


def paint(generator, photograph, seed=0):
    """Paints one photograph `[height, width, 3]` in [0, 1], of any size."""
    return stylize_pixels(generator, photograph[None], seed)[0]


def means(terms):
    """Gives the means of the losses of some pictures, as cells of a table's row."""
    names = ("content", "style", "total")
    return {name: rounded(np.mean([each[name] for each in terms])) for name in names}


def _find_painting(folder, name):
    known = {path.stem: path for path in find_images(folder)}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3) or sorted(known)
        raise ValueError(f"{folder} has no painting {name!r}. Did you mean {' or '.join(near)}?")
    return known[name]
