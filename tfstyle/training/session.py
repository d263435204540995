"""A painting, a folder of photographs and the folder of the new style: all of a training.

Everything that can be refused is refused when a `Session` is made, before Keras is loaded.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from tfstyle.facts import FACTS
from tfstyle.files import sha256
from tfstyle.images.files import find_images, read_image, read_images, spread
from tfstyle.styles.card import CARD, read_card
from tfstyle.styles.folder import find_style, is_trunk, shared_painting
from tfstyle.styles.recipe import Recipe
from tfstyle.styles.style import Style
from tfstyle.training.begun import begun, discard, refuse_other, setting_of
from tfstyle.training.division import check_division
from tfstyle.training.precision import PRECISIONS, fastest_precision
from tfstyle.training.report import Report

MINUTES = 10.0

# Fewer photographs than this leave traces of themselves in the pictures.
MANY_PHOTOGRAPHS = 1000


class Session:
    """The training of a style into its folder, begun, continued or done anew.

    The folder `output/training/GENERATOR` has checkpoint, losses and previews. A session of the
    same arguments goes on with a training that was interrupted.

    Args:
        painting: Path of an image, or of a recipe (.toml).
        content: Folder of photographs.
        output: Folder of the new style. Defaults to the name of the painting.
        minutes: Float, time in place of steps. Defaults to 10 for an image without `steps`.
        vgg: See `PerceptualLoss`.
        precision: See `train`; `"auto"` is the fastest of this processor.
        previews: Photographs to show. Defaults to two of `content`.
        restart: Boolean, whether to discard a training that was begun.
        tensorboard: Boolean, whether to write logs for TensorBoard.
        devices: Integer or `"all"`: see `train`.
        values: Keyword arguments of `Recipe` that replace those of a recipe.

    Raises:
        ValueError: on anything that cannot be trained.
        OtherTrainingError: a ValueError, if the folder holds a training of other arguments.
    """

    def __init__(
        self,
        painting: str | Path,
        content: str | Path,
        output: str | Path | None = None,
        *,
        minutes: float | None = None,
        vgg: str = "imagenet",
        precision: str = "auto",
        previews: Sequence[str | Path] | None = None,
        restart: bool = False,
        tensorboard: bool = False,
        devices: int | str = 1,
        **values: object,
    ) -> None:
        if minutes and values.get("steps"):
            raise ValueError("Give steps or minutes, not both.")
        painting = Path(painting)
        self.recipe = _recipe(painting, values)
        self.output = Path(output or painting.stem)
        self.folder = self.output / "training" / self.recipe.generator
        self.photographs = photographs_of(content)
        self.previews = list(previews or ()) or two_of(self.photographs)
        self._own_previews = bool(previews)
        check_inputs(precision, vgg, previews or ())
        check_division(self.recipe.batch_size, devices)
        self.devices = devices
        self._copy = shared_painting(self.output, self.recipe.painting, self.recipe.generator)
        _check_start(self.recipe)
        if tensorboard and not find_spec("tensorboard"):
            message = "TensorBoard logs need the package tensorboard: pip install tensorboard."
            raise ValueError(message)
        self._tensorboard = tensorboard
        self.vgg = vgg
        self.precision = fastest_precision() if precision == "auto" else precision
        self.minutes = minutes
        self._restart = restart
        saved = None if restart else begun(self.folder)
        if painting.suffix.lower() != ".toml" and not minutes and "steps" not in values:
            self._take_length(saved)
        if saved:
            refuse_other(self.folder, saved, self._setting())

    def _take_length(self, saved):
        """Chooses time or steps as they were when the training began; else the default time."""
        self.minutes = saved.get("minutes") if saved else MINUTES
        if self.minutes is None:
            self.recipe = self.recipe.replace(steps=saved["steps"])

    def _setting(self):
        return setting_of({"": self.recipe}, self.photographs, self.precision, self.minutes)

    def run(self, report: Callable[[Report], None] | None = None, command: str = "") -> Style:
        """Trains, and saves the style.

        Args:
            report: See `train`.
            command: What the style's card says of how it was trained.

        Returns:
            `Style`, as it was saved to `output`.

        Raises:
            ValueError: as `train`.
            NonFiniteLossError: as `train`.
            OSError: if the disk is full.
        """
        from tfstyle.training import train

        if self._restart:
            discard(self.folder)
        callbacks = []
        if self._tensorboard:
            from keras.callbacks import TensorBoard

            callbacks.append(TensorBoard(self.folder / "tensorboard"))
        style = train(
            *(self.recipe, self.photographs, self.folder, self.vgg, self.precision),
            *(self.previews, callbacks, self.minutes, report, self.devices),
        )
        saved = self.output / self.recipe.generator
        card = read_card(saved) if (saved / CARD).exists() else {}
        # A finished training called again must not cost previews and evaluation. The painting is
        # what saving ends with.
        saved_whole = self._copy.exists() and sha256(self._copy) == sha256(self.recipe.painting)
        known = saved_whole and card.get("training") == style.card["training"]
        if self._own_previews or not known:
            style.card = {**(card if known else {}), **style.card, "command": command}
            style.save(self.output, self.previews)
        return style


def photographs_of(folder: str | Path) -> list[Path]:
    """Lists the photographs to train on.

    Raises:
        ValueError: if there is no such folder, or none in it.
    """
    return find_images(folder)


def two_of(photographs: Sequence[Path]) -> list[Path]:
    """Chooses two photographs that can be read."""
    return [path for path, _ in islice(read_images(spread(photographs, 2)), 2)]


def check_inputs(precision: str, vgg: str, previews: Sequence[str | Path]) -> None:
    """Refuses what a training would refuse after loading Keras.

    Raises:
        ValueError: on an unknown precision, missing weights, or a preview that is no image.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision must be one of {', '.join(PRECISIONS)}. Received: {precision!r}"
        )
    if vgg != "imagenet" and not Path(vgg).is_file():
        raise ValueError(f"{vgg}: there is no such file of VGG19's weights.")
    for path in previews:
        read_image(path)


def check_painting(recipe: Recipe) -> None:
    """Refuses a recipe whose painting is missing.

    Raises:
        ValueError: if it is.
    """
    if not Path(recipe.painting).is_file():
        raise ValueError(f"{recipe.painting}: there is no such painting.")


def _recipe(painting, values):
    if painting.suffix.lower() == ".toml":
        recipe = Recipe.load(painting)
        recipe = recipe.with_generator(values.get("generator", recipe.generator)).replace(**values)
        check_painting(recipe)
        return recipe
    recipe = Recipe(painting=str(painting), title=painting.stem, **values)
    # Chosen by the training, so that the painting's colours arrive.
    recipe = recipe.replace(style_layer_weights=(0.0,) * len(recipe.style_layers))
    check_painting(recipe)
    read_image(painting)
    if "start" not in values and FACTS[recipe.generator].many_styles:
        return recipe.replace(start="trunk")
    return recipe


def _check_start(recipe):
    if recipe.teacher:
        find_style(recipe.teacher)
    if not recipe.start:
        return
    if not is_trunk(recipe.start):
        find_style(recipe.start, recipe.generator)
    elif not FACTS[recipe.generator].many_styles:
        able = " or ".join(name for name, facts in FACTS.items() if facts.many_styles)
        raise ValueError(
            f"Only {able} can start from a trunk. Start {recipe.generator} from a style, or from "
            "none."
        )
