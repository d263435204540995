"""The experiments, and what a result says of how it came about."""

import dataclasses
import hashlib
import json
import time

from benchmarks.paper import (
    border,
    contrast,
    cost,
    few,
    frozen,
    noise,
    normalization,
    resolution,
    slow,
    speed,
)
from tfstyle.files import replacing, sha256
from tfstyle.styles.weights import environment

EXPERIMENTS = {
    "normalization": normalization,
    "frozen": frozen,
    "contrast": contrast,
    "border": border,
    "few": few,
    "slow": slow,
    "resolution": resolution,
    "speed": speed,
    "cost": cost,
    "noise": noise,
}


def run(name, study, command):
    """Trains and measures one experiment, unless its result is there.

    Args:
        name: Key of `EXPERIMENTS`.
        study: `Study`.
        command: String, the command line, for the result.
    """
    path = study.out / "results" / f"{name}.json"
    setting = _setting(study)
    if path.exists() and _agrees(path, setting):
        return
    experiment = EXPERIMENTS[name]
    trainings = {each.name: study.train(each) for each in experiment.trainings(study)}
    began = time.perf_counter()
    measured = experiment.measure(study)
    result = {
        "claims": list(experiment.CLAIMS),
        "command": command,
        **setting,
        "trainings": {name: _summary(style) for name, style in trainings.items()},
        "seconds": round(time.perf_counter() - began),
        **environment(),
        **measured,
    }
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    study.say(f"{', '.join(experiment.CLAIMS)}: {path}")


def _setting(study):
    """Gives what decides the numbers of a study: its options, and its data by their names."""
    data = {
        "training photographs": len(study.train_paths),
        "names of training photographs": _hash(study.train_paths),
        "held-out photographs": len(study.held_out_paths),
        "names of held-out photographs": _hash(study.held_out_paths),
        "paintings": {name: sha256(path) for name, path in study.paintings.items()},
    }
    return {"options": dataclasses.asdict(study.options), "data": data}


def _agrees(path, setting):
    saved = json.loads(path.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(setting))  # tuples become lists, as in the file
    return all(saved[key] == now[key] for key in now)


def _hash(paths):
    return hashlib.sha256("\n".join(path.name for path in paths).encode()).hexdigest()


def _summary(style):
    card = style.card["training"]
    return {
        "seed": style.recipe.seed,
        "style_weight": style.recipe.style_weight,
        **{key: card[key] for key in ("steps", "seconds", "photographs", "precision", "losses")},
    }
