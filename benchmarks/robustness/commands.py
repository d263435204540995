"""A process that runs commands of tfstyle, one after another."""

import json

from benchmarks.robustness.worker import Worker


class Commands:
    """Runs `tfstyle` with arguments, and trainings, in one process of its own."""

    def __init__(self):
        self._worker = Worker(_SCRIPT)
        self.close = self._worker.close

    def tfstyle(self, *arguments, cache=None):
        """Returns `"done"`, `"refused"` if it ended with one line, or what else happened."""
        return self._ask("tfstyle", cache, *arguments)

    def train(self, network, recipe, photographs, folder):
        """Trains with another network than VGG19, and saves the style into the folder."""
        return self._ask("train", None, network, recipe, photographs, folder)

    def _ask(self, kind, cache, *arguments):
        return self._worker.ask(json.dumps([kind, cache and str(cache), *map(str, arguments)]))


_SCRIPT = """
import contextlib, io, json, os, sys
import keras
from tfstyle import Recipe
from tfstyle.commands.main import main
from tfstyle.training import loop

def run(kind, arguments):
    if kind == "tfstyle":
        sys.argv = ["tfstyle", *arguments]
        return main()
    network, recipe, photographs, folder = arguments
    network = keras.saving.load_model(network)
    style = loop.train(Recipe.load(recipe), photographs, folder, network)
    style.save(os.path.join(folder, "style"))

def answer(line):
    kind, cache, *arguments = json.loads(line)
    if cache:
        os.environ["TFSTYLE_CACHE"] = cache
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            run(kind, arguments)
        except SystemExit as stop:
            if stop.code:
                errors = [each for each in said.getvalue().splitlines() if "Error" in each]
                good = stop.code in (1, 2) and len(errors) == 1 and "Trace" not in said.getvalue()
                return "refused" if good else f"exit {stop.code}: {said.getvalue()[-300:]}"
        except (ValueError, OSError) as error:  # of a training
            if kind != "train":
                raise
            return "refused" if len(str(error).splitlines()) == 1 else f"several lines: {error}"
    return "done"
"""
