"""Checkpoints, history, loss plot and previews of a training."""

import json
import time
from typing import Any

import keras
import matplotlib.figure
import numpy as np
from keras import ops

from tfstyle.files import remove_partial, replacing
from tfstyle.images.files import write_image
from tfstyle.styles.weights import has_finite_weights
from tfstyle.training.begun import CHECKPOINT, read_checkpoint, refuse_other
from tfstyle.training.report import Report

# A longer pause costs more when a training is killed; a checkpoint takes a tenth of a second.
SECONDS_BETWEEN_CHECKPOINTS = 30

# After the call of `train`: within half a minute of the command there is something to see.
_SECONDS_TO_FIRST_PREVIEW = 18

LOSSES = ("loss", "content", "style", "total_variation", "instability", "imitation")


class NonFiniteLossError(ArithmeticError):
    """The loss became infinite or NaN. The weights of the last checkpoint are kept."""


class Progress(keras.callbacks.Callback):
    """Writes checkpoints twice a minute and after every epoch, and reports after every epoch.

    At the end of an epoch, the checkpoint is written first, then history, plot and preview. A
    resumed training writes the history again from the checkpoint.

    Args:
        folder: `pathlib.Path`.
        plan: `Plan`.
        setting: Dictionary of everything that decides the training. A checkpoint is only resumed
            if its setting is equal.
        asked: The same as the caller gave it, before weights were chosen.
        start: Entry of the card about the initial weights. In a resumed training, the attribute of
            this name is that of the checkpoint.
        preview: Function that takes the generator and returns a `PIL.Image.Image` of what it
            paints; None for no previews.
        report: Function that is called with each `Report`, or None.
        began: When the training was called, by `time.perf_counter`.
    """

    def __init__(
        self, folder, plan, setting, asked, start=None, preview=None, report=None, began=None
    ):
        super().__init__()
        self._folder = folder
        self._plan = plan
        self._setting = setting
        self._asked = asked
        self.start = start
        self._preview: Any = preview
        self._tell: Any = report
        self._history = np.zeros((0, 2 + len(LOSSES)))
        self._done = 0  # steps
        self._seconds = 0.0  # that they took
        self._losses = []  # of the epoch so far: the state of the metrics
        self._compiled = False
        self._started = self._saved = time.perf_counter()
        self._began = self._started if began is None else began

    @property
    def done(self):
        """Integer, how many steps are done."""
        return self._done

    def restore(self, model):
        """Restores the model from the checkpoint, if there is one; returns the steps done."""
        remove_partial(self._folder)
        saved = read_checkpoint(self._folder)
        if saved is None:
            return 0
        refuse_other(self._folder, json.loads(str(saved["setting"])), self._setting)
        try:
            count = sum(name.startswith("variable_") for name in saved)
            state = [saved[f"variable_{number}"] for number in range(count)]
            self._history = saved["history"]
            # Those of earlier versions were written at the end of an epoch only.
            last = self._history[-1, :2] if len(self._history) else (0, 0)
            done, self._seconds = map(float, saved.get("progress", last))
            self.start = json.loads(str(saved.get("start", "null")))
        except (KeyError, ValueError, IndexError):
            raise ValueError(f"{self._folder / CHECKPOINT} is damaged. Delete it.") from None
        for variable, value in zip(_state(model), state, strict=True):
            variable.assign(value)
        self._done = int(done)
        self._losses = [saved[name] for name in saved if name.startswith("losses_")]
        self._plan.resume(saved.get("plans", ()), self._seconds)
        if self._lacks_history():
            self._write_history()
        if self._tell:
            self._report(self._done)
        else:
            print(f"Going on after step {self._done} of {self._plan.steps}.")
        return self._done

    def measure(self, model, dataset):
        """Plans the steps of a training that has not begun, by how long the first ones take.

        What they taught is undone: a training of as many steps by its recipe is the same.
        """
        before = [np.array(ops.convert_to_numpy(variable)) for variable in _state(model)]
        model.fit(dataset, shuffle=False, verbose=0, callbacks=[_Stopwatch(self._plan, skip=2)])
        for variable, value in zip(_state(model), before, strict=True):
            variable.assign(value)
        self._plan.adapt(0)

    def summary(self):
        """Returns the card's entries about this training: steps, seconds and losses."""
        losses = (float(f"{loss:.4g}") for loss in self._history[-1, 2:])
        return {
            "steps": self._done,
            "seconds": round(self._history[-1, 1]),
            "losses": dict(zip(LOSSES, losses, strict=True)),
            # A time that was kept: what was planned after which step.
            **({"plans": self._plan.history} if len(self._plan.history) > 1 else {}),
        }

    def on_epoch_begin(self, epoch, logs: Any = None):
        # Keras has just reset the metrics. Of an epoch that was cut off they go on.
        for variable, value in zip(_metrics(self.model), self._losses, strict=False):
            variable.assign(value)
        self._losses = []
        self._step = self._first = self._done

    def on_train_batch_begin(self, batch, logs: Any = None):
        self._batch_began = time.perf_counter()

    def on_train_batch_end(self, batch, logs: Any = None):
        now = time.perf_counter()
        self._step = step = self._first + batch + 1
        if not np.isfinite(logs["loss"]):
            raise self._stopped(f"loss became {logs['loss']} at step {step}")
        if self._compiled:  # the first step of a call compiles
            self._plan.measured(now - self._batch_began)
        self._compiled = True
        if self._plan.adapt(step):
            set_steps(self.model, self._plan.steps)
        if step >= self._plan.steps:
            self.model.stop_training = True
        if self._tell:
            self._report(step, {name: float(logs[name]) for name in LOSSES})
        if now - self._began >= _SECONDS_TO_FIRST_PREVIEW and self._has_no_preview():
            self._reach(step)
            self._write_preview()
        if now - self._saved >= SECONDS_BETWEEN_CHECKPOINTS:
            self._reach(step)
            self._losses = list(map(ops.convert_to_numpy, _metrics(self.model)))
            self._write_checkpoint()
            self._losses = []

    def on_epoch_end(self, epoch, logs: Any = None):
        self._reach(self._step)
        row = [self._done, self._seconds, *(logs[name] for name in LOSSES)]
        self._history = np.vstack([self._history, row])
        self._write_checkpoint()
        self._write_history()
        if self._preview:
            self._write_preview()
        self.model.stop_training = True

    def _has_no_preview(self):
        return self._preview and not any(self._folder.glob("previews/*.jpg"))

    def _write_preview(self):
        path = self._folder / "previews" / f"{self._done:06}.jpg"
        write_image(self._preview(self.model.generator), path)
        if self._tell:
            self._report(self._done, preview=path)

    def _report(self, step, losses=None, preview=None):
        plan = self._plan
        left, pace = plan.seconds_left(step), plan.seconds_per_step
        self._tell(Report(step, plan.steps, left, pace, losses or {}, preview))

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
        kept = f"The weights after step {self._done} are kept in {self._folder / CHECKPOINT}."
        return NonFiniteLossError(
            f"The {what}. {kept if self._done else 'Nothing was saved yet.'} Train in another "
            "folder with a lower learning_rate, or in float32."
        )

    def _lacks_history(self):
        """Whether the training was cut off between checkpoint and history."""
        path = self._folder / "history.csv"
        rows = len(path.read_text(encoding="utf-8").splitlines()) - 1 if path.exists() else 0
        return rows != len(self._history)

    def _write_history(self):
        with replacing(self._folder / "loss.png") as temporary:
            _plot(self._history, temporary)
        with replacing(self._folder / "history.csv") as temporary:
            header = ",".join(("step", "seconds", *LOSSES))
            np.savetxt(temporary, self._history, "%.6g", ",", header=header, comments="")

    def _write_checkpoint(self):
        state = enumerate(_state(self.model))
        arrays = {f"variable_{n}": ops.convert_to_numpy(v) for n, v in state}
        with replacing(self._folder / CHECKPOINT) as temporary:
            facts: dict[str, Any] = {
                "setting": json.dumps(self._setting),
                "start": json.dumps(self.start),
            }
            facts |= {"asked": json.dumps(self._asked), "plans": self._plan.history}
            facts["progress"] = (self._done, self._seconds)
            facts |= {f"losses_{n}": value for n, value in enumerate(self._losses)}
            np.savez(temporary, **facts, history=self._history, **arrays)
        self._saved = time.perf_counter()


class _Stopwatch(keras.callbacks.Callback):
    """Tells a plan how long steps take, but for the first ones."""

    def __init__(self, plan, skip):
        super().__init__()
        self._plan = plan
        self._skip = skip

    def on_train_batch_begin(self, batch, logs: Any = None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs: Any = None):
        float(logs["loss"])  # waits for the step
        if batch >= self._skip:
            self._plan.measured(time.perf_counter() - self._began)


def set_steps(model, steps):
    """Makes the learning rate fall to 0 at another number of steps."""
    model.schedule.decay_steps.assign(steps)
    if keras.backend.backend() == "jax":  # where a compiled step holds the number
        model.make_train_function(force=True)


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
