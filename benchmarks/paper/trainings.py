"""The trainings of a study: what tells them apart, and their loss on held-out photographs."""

import contextlib
import dataclasses

import keras
import numpy as np

from tfstyle import training
from tfstyle.files import replacing
from tfstyle.painting.whole import stylize_pixels

NORMALIZATIONS = ("batch", "instance")


@dataclasses.dataclass(frozen=True)
class Training:
    """What tells one training of a study from its others.

    Args:
        painting: Name of the style image.
        generator, normalization, padding, noise_channels, seed: See `Recipe`.
        photographs: Integer, how many to train on, from all over the folder; 0 for all.
    """

    painting: str
    generator: str = "pyramid"
    normalization: str = "instance"
    padding: str = "reflect"
    photographs: int = 0
    noise_channels: int = 0
    seed: int = 0

    @property
    def name(self):
        """The name of the training's folder."""
        return "-".join(str(value) for value in dataclasses.astuple(self))

    def labels(self, *fields):
        """Gives the painting and further fields as the first cells of a table's row."""
        return {field: getattr(self, field) for field in ("painting", *fields)}


def grid(options, seeds=1):
    """Lists the trainings of the main comparison: both normalizations in each generator."""
    return [
        Training(painting, generator, normalization, seed=seed)
        for seed in range(seeds)
        for painting in options.styles
        for generator in options.generators
        for normalization in NORMALIZATIONS
    ]


class HeldOut(keras.callbacks.Callback):
    """Writes the mean total loss on held-out photographs at each report of a training.

    Args:
        path: Of the CSV file, with columns `step` and `total`.
        photographs: float32 `[N, height, width, 3]` in [0, 1].
        steps: Integer, of the whole training.
    """

    def __init__(self, path, photographs, steps):
        super().__init__()
        self._path = path
        self._photographs = photographs
        self._steps = steps

    def on_epoch_end(self, epoch, logs=None):
        loss, grams = self.model.perceptual_loss, self.model.style_grams
        pictures = stylize_pixels(self.model.generator, self._photographs)
        total = loss(loss.content_features(self._photographs), pictures, grams)["total"]
        step = min((epoch + 1) * training.STEPS_PER_EPOCH, self._steps)
        rows = [row for row in read_curve(self._path) if row[0] < step]
        with replacing(self._path) as temporary:
            rows.append((step, float(total)))
            np.savetxt(temporary, rows, "%.6g", ",", header="step,total", comments="")


def read_curve(path):
    """Reads what `HeldOut` wrote: list of step and total loss; empty if there is no such file."""
    return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2).tolist() if path.exists() else []


class Advance(keras.callbacks.Callback):
    """Moves a progress bar on with each step.

    Args:
        update: Function of `completed`, the number of steps done.
    """

    def __init__(self, update):
        super().__init__()
        self._update = update
        self._first = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._first = epoch * training.STEPS_PER_EPOCH

    def on_train_batch_end(self, batch, logs=None):
        self._update(completed=self._first + batch + 1)


@contextlib.contextmanager
def silent_fit():
    """Lets `fit` print nothing: there is a progress bar for the whole study."""
    keras.utils.disable_interactive_logging()
    try:
        yield
    finally:
        keras.utils.enable_interactive_logging()
