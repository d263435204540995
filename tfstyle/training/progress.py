"""Checkpoints, history, loss plot and previews of a training."""

import json
import time
import zipfile

import keras
import matplotlib.figure
import numpy as np
from keras import ops

from tfstyle.files import remove_partial, replacing
from tfstyle.images.files import write_image
from tfstyle.styles.weights import has_finite_weights

# A longer pause costs more when a training is killed; a checkpoint takes a tenth of a second.
SECONDS_BETWEEN_CHECKPOINTS = 30

LOSSES = ("loss", "content", "style", "total_variation", "instability")


class NonFiniteLossError(ArithmeticError):
    """The loss became infinite or NaN. The weights of the last checkpoint are kept."""


class Progress(keras.callbacks.Callback):
    """Writes checkpoints twice a minute and after every epoch, and reports after every epoch.

    At the end of an epoch, the checkpoint is written first, then history, plot and preview. A
    resumed training writes the history again from the checkpoint.

    Args:
        folder: `pathlib.Path`.
        steps: Integer, steps of the whole training.
        every: Integer, steps of an epoch.
        setting: Dictionary of everything that decides the training. A checkpoint is only resumed
            if its setting is equal.
        start: Entry of the card about the initial weights. In a resumed training, the attribute of
            this name is that of the checkpoint.
        preview: Function that takes the generator and returns a `PIL.Image.Image` of what it
            paints; None for no previews.
    """

    def __init__(self, folder, steps, every, setting, start=None, preview=None):
        super().__init__()
        self._folder = folder
        self._all_steps = steps
        self._every = every
        self._setting = setting
        self.start = start
        self._preview = preview
        self._checkpoint = folder / "checkpoint.npz"
        self._history = np.zeros((0, 2 + len(LOSSES)))
        self._done = 0  # steps
        self._seconds = 0.0  # that they took
        self._losses = []  # of the epoch so far: the state of the metrics
        self._started = self._saved = time.perf_counter()

    def restore(self, model):
        """Restores the model from the checkpoint, if there is one; returns the steps done."""
        remove_partial(self._folder)
        if not self._checkpoint.exists():
            return 0
        try:
            with np.load(self._checkpoint, allow_pickle=False) as file:
                saved = dict(file)
            setting = json.loads(str(saved["setting"]))
            start = json.loads(str(saved.get("start", "null")))
            count = sum(name.startswith("variable_") for name in saved)
            state = [saved[f"variable_{number}"] for number in range(count)]
            history = saved["history"]
            # Those of earlier versions were written at the end of an epoch only.
            last = history[-1, :2] if len(history) else (0, 0)
            done, seconds = saved.get("progress", last)
            losses = [saved[name] for name in saved if name.startswith("losses_")]
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            message = f"{self._checkpoint} is damaged. Delete it to begin anew."
            raise ValueError(message) from None
        self._refuse_other_training(setting)
        for variable, value in zip(_state(model), state, strict=True):
            variable.assign(value)
        self._history, self._losses, self.start = history, losses, start
        self._done, self._seconds = int(done), float(seconds)
        if len(history):
            self._write_history()
        print(f"Going on after step {self._done} of {self._all_steps}.")
        return self._done

    def summary(self):
        """Returns the card's entries about this training: steps, seconds and losses."""
        losses = (float(f"{loss:.4g}") for loss in self._history[-1, 2:])
        return {
            "steps": self._done,
            "seconds": round(self._history[-1, 1]),
            "losses": dict(zip(LOSSES, losses, strict=True)),
        }

    def on_epoch_begin(self, epoch, logs=None):
        # Keras has just reset the metrics. Of an epoch that was cut off they go on.
        for variable, value in zip(_metrics(self.model), self._losses, strict=False):
            variable.assign(value)
        self._losses = []
        self._first = self._done

    def on_train_batch_end(self, batch, logs=None):
        step = self._first + batch + 1
        if not np.isfinite(logs["loss"]):
            raise self._stopped(f"loss became {logs['loss']} at step {step}")
        if time.perf_counter() - self._saved >= SECONDS_BETWEEN_CHECKPOINTS:
            self._reach(step)
            self._losses = list(map(ops.convert_to_numpy, _metrics(self.model)))
            self._write_checkpoint()
            self._losses = []

    def on_epoch_end(self, epoch, logs=None):
        self._reach(min((epoch + 1) * self._every, self._all_steps))
        row = [self._done, self._seconds, *(logs[name] for name in LOSSES)]
        self._history = np.vstack([self._history, row])
        self._write_checkpoint()
        self._write_history()
        if self._preview:
            preview = self._preview(self.model.generator)
            write_image(preview, self._folder / "previews" / f"{self._done:06}.jpg")
        self.model.stop_training = True

    def _reach(self, step):
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()  # within an epoch JAX keeps the weights to itself
        # The loss is that before the last update, which may have spoiled the weights itself.
        if not has_finite_weights(self.model.generator):
            raise self._stopped("weights became infinite or no number")
        now = time.perf_counter()
        self._done, self._seconds = step, self._seconds + now - self._started
        self._started = now

    def _stopped(self, what):
        kept = f"The weights after step {self._done} are kept in {self._checkpoint}."
        return NonFiniteLossError(
            f"The {what}. {kept if self._done else 'Nothing was saved yet.'} Train in another "
            "folder with a lower learning_rate, or in float32."
        )

    def _write_history(self):
        with replacing(self._folder / "history.csv") as temporary:
            header = ",".join(("step", "seconds", *LOSSES))
            np.savetxt(temporary, self._history, "%.6g", ",", header=header, comments="")
        with replacing(self._folder / "loss.png") as temporary:
            _plot(self._history, temporary)

    def _write_checkpoint(self):
        state = enumerate(_state(self.model))
        arrays = {f"variable_{n}": ops.convert_to_numpy(v) for n, v in state}
        with replacing(self._checkpoint) as temporary:
            facts = {"setting": json.dumps(self._setting), "start": json.dumps(self.start)}
            facts["progress"] = (self._done, self._seconds)
            facts |= {f"losses_{n}": value for n, value in enumerate(self._losses)}
            np.savez(temporary, **facts, history=self._history, **arrays)
        self._saved = time.perf_counter()

    def _refuse_other_training(self, saved):
        now = json.loads(json.dumps(self._setting))  # tuples become lists, as in the file
        other = [
            f"{key} {saved.get(key)} (now {now[key]})" for key in now if saved.get(key) != now[key]
        ]
        if other:
            raise ValueError(
                f"{self._folder} holds another training: {', '.join(other)}. Choose another "
                "folder; to train its style on, start from it."
            )


def _state(model):
    """Lists all variables that a training changes."""
    return [*model.generator.weights, *model.optimizer.variables]


def _metrics(model):
    """Lists the variables of the mean losses of an epoch."""
    return [variable for tracker in model.trackers for variable in tracker.variables]


def _plot(history, path):
    """Draws each loss against the steps, logarithmically."""
    figure = matplotlib.figure.Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="step", ylabel="loss", yscale="log")
    for name, values in zip(LOSSES, history[:, 2:].T, strict=True):
        if np.any(values > 0):
            axes.plot(history[:, 0], values, label=name)
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path)
