"""Which training a folder holds, read before Keras is loaded."""

import dataclasses
import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np

from tfstyle.files import sha256
from tfstyle.styles.recipe import CREDIT_KEYS
from tfstyle.training.lock import locked

CHECKPOINT = "checkpoint.npz"

# What a training may choose itself. Checkpoints of version 0.1 say only what was chosen.
_CHOSEN = ("style_weight", "style_layer_weights")


class OtherTrainingError(ValueError):
    """A folder holds a training of another recipe, other photographs or another precision.

    Args:
        folder: `pathlib.Path`.
        differences: Dictionary of what differs to the pair of its value there and the one asked.
    """

    def __init__(self, folder, differences):
        self.folder = folder
        self.differences = differences
        listed = ", ".join(
            f"{key} {before} (now {now})" for key, (before, now) in differences.items()
        )
        super().__init__(
            f"{folder} holds another training: {listed}. Choose another folder; to train its "
            "style on, start from it."
        )


def setting_of(recipes, photographs, precision, minutes=None):
    """Returns what decides a training; the paintings by their content, without their credit.

    Args:
        recipes: Dictionary of style name to `Recipe`.
        photographs: Sequence of image files.
        precision: Keras dtype policy.
        minutes: Float, the time that decides the number of steps; None if the recipe does.
    """
    names = "\n".join(Path(path).name for path in photographs)
    setting = {
        "precision": precision,
        "photographs": len(photographs),
        "names of photographs": hashlib.sha256(names.encode()).hexdigest(),
        "minutes": minutes,
    }
    for name, recipe in recipes.items():
        values = {**dataclasses.asdict(recipe.explicit), "painting": sha256(recipe.painting)}
        if minutes is not None:
            values["steps"] = None
        for key in CREDIT_KEYS:
            del values[key]
        setting |= {f"{name} {key}".strip(): value for key, value in values.items()}
    return json.loads(json.dumps(setting))  # tuples become lists, as in the checkpoint


def begun(folder):
    """Returns what was asked of the training in a folder, as `setting_of` does; None if none.

    Raises:
        ValueError: if its checkpoint is damaged.
    """
    saved = read_checkpoint(folder, ("setting", "asked"))
    if not saved:
        return None
    asked = json.loads(str(saved.get("asked", saved["setting"])))
    if "asked" not in saved:
        asked = {key: value for key, value in asked.items() if not key.endswith(_CHOSEN)}
    return asked


def refuse_other(folder, saved, asked):
    """Refuses to go on with a training of another setting.

    Raises:
        OtherTrainingError: if a value differs.
    """
    known = {k: v for k, v in asked.items() if k in saved or not k.endswith(_CHOSEN)}
    pairs = {key: (saved.get(key), value) for key, value in known.items()}
    differences = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
    if differences:
        raise OtherTrainingError(folder, differences)


def read_checkpoint(folder, names=None):
    """Returns the arrays of a checkpoint, or those of some names; None if there is none.

    Raises:
        ValueError: if it is damaged.
    """
    path = Path(folder) / CHECKPOINT
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            json.loads(str(file["setting"]))
            return {name: file[name] for name in file.files if names is None or name in names}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        raise ValueError(f"{path} is damaged. Delete it to begin anew.") from None


def discard(folder):
    """Removes the training in a folder, if any.

    Raises:
        FolderInUseError: if another process trains there.
    """
    folder = Path(folder)
    if not folder.exists():
        return
    with locked(folder):
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif not path.name.startswith(".lock"):
                path.unlink()
