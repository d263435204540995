"""What a person decides about a style, as a file that a person reads."""

import dataclasses
import difflib
import math
import os
import re
import tomllib
import typing
from pathlib import Path
from typing import Any

import tomli_w

from tfstyle.facts import FACTS
from tfstyle.files import replacing

_CHOICES = {
    "generator": FACTS,
    "normalization": ("instance", "batch"),
    "padding": ("reflect", "zero", "same"),
    "upsampling": ("nearest", "transposed"),
    "head": ("linear", "tanh", "tanh_above_black", "normalized_tanh"),
    "loss_padding": ("replicate", "zero"),
    "optimizer": ("muon", "adam"),
    "trainable": ("all", "normalization"),
}

# 0 stands for the generator's own value, until a training writes it down.
_OWN_VALUES = ("width", "jitter", "learning_rate")

# What only one generator takes, with what it is if no recipe says so.
_JOHNSON = {"upsampling": "nearest", "head": "linear", "epsilon": 1e-5}

_LEAST_PAINTING = 16  # pixels: VGG19 halves them four times

# Far beyond what anybody trains: a recipe from elsewhere must not decide how much memory is taken.
_MOST = {
    "width": 256,
    "noise_channels": 64,
    "style_size": 16_384,
    "crop": 4096,
    "batch_size": 1024,
    "steps": 10**8,
    "small_crop_steps": 10**8,
    "teacher_steps": 10**8,
    "seed": 2**32 - 1,  # of Keras
}
_MOST_OF_FLOATS = 1e12
# Of a file: the time that TOML takes can grow with the square of a line.
_MOST_BYTES, _MOST_OF_A_LINE = 2**18, 2**12
_MOST_LAYERS = 32


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that decides a training: painting, generator, loss, steps and seed.

    With the same photographs, versions, machine and weights of `start` the same recipe gives the
    same style.

    Args:
        painting: Path of the style image. In a file it is relative to the file.
        title, artist, year, rights, source: Strings, the painting's credit.
        generator: `"johnson"` (better), `"pyramid"` (smaller) or `"mobile"` (for phones).
        width: Integer, channels of the generator; 0 is 32 for `johnson` and 8 for the others.
        normalization: `"instance"`, or `"batch"` for comparison.
        padding: `"reflect"`, or `"zero"` for comparison.
        upsampling, head, epsilon: See `generators.johnson`: what the weights of other projects
            need. For `johnson` alone.
        noise_channels: Integer, only for `pyramid`.
        style_size: Integer, pixels of the painting's longer side: the size of the brush
            strokes. 512 shows strokes of a painting on photographs of 256 to 512 pixels.
        style_weight: Float, see `PerceptualLoss`. With 0, the training chooses the weight that
            balances painting and photographs: see `training.balanced`.
        style_layer_weights: Floats, one for each style layer, see `PerceptualLoss`; ones if empty.
            With 0, the training chooses a weight between 1 and the one that makes the layer
            contribute as much as the deepest: their geometric mean. The shallow layers bring the
            colours of the painting.
        content_layers, style_layers: Layers of VGG19, see `PerceptualLoss`.
        content_weight, total_variation_weight: Floats, see `PerceptualLoss`.
        loss_padding: `"replicate"`, or `"zero"` as in the papers: `padding` of `PerceptualLoss`.
        stability: Float, weight of the stability loss, which reduces flicker in videos: see
            `training.stability`. 1.5 is a useful value. 0 skips it, which makes a step faster.
        teacher: Name or folder of a trained style whose pictures the generator learns to paint, as
            a small generator learns from a large one; none if empty. The loss of painting and
            photographs is added: see `training.teacher`.
        teacher_weight: Float, how much a difference from the teacher's pictures counts.
        teacher_steps: Integer, number of steps at the start that learn from the teacher's pictures
            alone, in whole hundreds. Without VGG19, such a step of a small generator takes a fifth
            of the time.
        crop: Integer, height and width of the training crops.
        jitter: Integer, pixels. Photograph and picture are cropped by a random offset below
            `jitter`, down and across, before VGG19 sees them. Otherwise the generator learns a
            mesh that fits VGG19's pooling: it lowers the loss, but does not look like strokes. 1
            turns it off. 0 means 4 for `johnson` and `mobile`, the period of their grid, and 8 for
            `pyramid`, the period of relu4_2 (that of its own grid, 32, would cost a quarter of the
            crop).
        batch_size: Integer, crops in each step. Instance normalization needs no batch, and 800
            steps of one crop reach a lower loss than 200 steps of four.
        steps: Integer, steps of the training.
        small_crop_steps: Integer, number of steps at the start that use crops of half the side, in
            whole hundreds. Such a step takes a quarter of the time.
        optimizer: `"muon"`, see `training.muon.Muon`; or `"adam"`, as in the papers, which needs
            more steps for the same loss.
        learning_rate: Float, the initial learning rate; it falls to 0 along a cosine. 0 means 1e-3
            for `johnson` and 2e-3 for the others.
        start: Name or folder of a trained style of the same generator, or of a trunk, from whose
            weights the training starts; random weights if empty. A folder is relative to the
            working directory.
        trainable: `"all"` weights, or `"normalization"` for only gamma and beta.
        seed: Integer, seed of random weights, order of photographs, and crops.

    Raises:
        ValueError: if a value is out of range.
    """

    painting: str = "painting.jpg"
    title: str = ""
    artist: str = ""
    year: str = ""
    rights: str = ""
    source: str = ""
    generator: str = "johnson"
    width: int = 0
    normalization: str = "instance"
    padding: str = "reflect"
    upsampling: str = "nearest"
    head: str = "linear"
    epsilon: float = 1e-5
    noise_channels: int = 0
    style_size: int = 512
    style_weight: float = 0.0
    style_layer_weights: tuple[float, ...] = ()
    content_layers: tuple[str, ...] = ("relu4_2",)
    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    content_weight: float = 1.0
    total_variation_weight: float = 0.0
    loss_padding: str = "replicate"
    stability: float = 0.0
    teacher: str = ""
    teacher_weight: float = 1.0
    teacher_steps: int = 0
    crop: int = 256
    jitter: int = 0
    batch_size: int = 1
    steps: int = 6000
    small_crop_steps: int = 0
    optimizer: str = "muon"
    learning_rate: float = 0.0
    start: str = ""
    trainable: str = "all"
    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.painting, os.PathLike):
            object.__setattr__(self, "painting", os.fspath(self.painting))
        for field in dataclasses.fields(self):
            kind: Any = typing.get_origin(field.type) or field.type
            value = _typed(field.name, kind, getattr(self, field.name))
            _check_range(field.name, value)
            object.__setattr__(self, field.name, value)
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be one of {', '.join(known)}. Received: {getattr(self, name)!r}"
                )
        self._check_generator()
        self._check_layers()
        self._check_sizes()
        if self.teacher_steps and not self.teacher:
            raise ValueError("teacher_steps need a teacher: the name or folder of a style.")

    def _check_generator(self):
        if self.noise_channels and not FACTS[self.generator].noise_ratios:
            takers = " or ".join(repr(name) for name, facts in FACTS.items() if facts.noise_ratios)
            raise ValueError(
                f"noise_channels are only for the generator {takers}. Received: {self.generator!r}"
            )
        others = [name for name, value in _JOHNSON.items() if getattr(self, name) != value]
        if others and self.generator != "johnson":
            raise ValueError(
                f"{', '.join(others)}: only for the generator 'johnson'. "
                f"Received: {self.generator!r}"
            )

    def _check_layers(self):
        if not self.style_layers:
            raise ValueError("style_layers must name at least one layer: see PerceptualLoss.")
        if len(self.style_layer_weights or self.style_layers) != len(self.style_layers):
            raise ValueError(
                "style_layer_weights must have one number for each of the "
                f"{len(self.style_layers)} style layers. Received: {list(self.style_layer_weights)}"
            )

    def _check_sizes(self):
        for name in ("crop", "batch_size", "steps", "epsilon"):
            if not getattr(self, name):
                raise ValueError(f"{name} must be above 0. Received: 0")
        if self.style_size < _LEAST_PAINTING:
            raise ValueError(
                f"style_size must be at least {_LEAST_PAINTING}. Received: {self.style_size}"
            )
        jitter = self.jitter or FACTS[self.generator].jitter
        if jitter > self.crop // 2:
            raise ValueError(
                f"jitter must be at most half of crop, {self.crop // 2}. Received: {jitter}"
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Recipe":
        """Reads a recipe from a TOML file.

        Raises:
            ValueError: if the file is missing, is not TOML, or has an unknown key or a wrong value.
        """
        path = Path(path)
        return _read(path, _read_toml(path))

    def replace(self, **values: Any) -> "Recipe":
        """Returns a recipe with other values.

        Raises:
            ValueError: if a value is out of range.
        """
        return dataclasses.replace(self, **values)

    def with_generator(self, name: str) -> "Recipe":
        """Returns the recipe for a generator; of another one with that one's own values.

        Raises:
            ValueError: if there is no such generator.
        """
        if name == self.generator:
            return self
        return self.replace(generator=name, **dict.fromkeys(_OWN_VALUES, 0), **_JOHNSON)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the recipe to a TOML file, `painting` relative to it."""
        path = Path(path)
        _write_toml(path, self._values(path))

    def _values(self, path):
        painting = Path(self.painting)
        # Resolved, for `..` does not lead back out of a folder that is a link.
        painting = os.path.relpath(painting.parent.resolve() / painting.name, path.parent.resolve())
        return {**dataclasses.asdict(self), "painting": Path(painting).as_posix()}

    @property
    def explicit(self) -> "Recipe":
        """The recipe with the generator's own values where it leaves them to it."""
        left = [name for name in _OWN_VALUES if not getattr(self, name)]
        return self.replace(**{name: getattr(FACTS[self.generator], name) for name in left})

    @property
    def generator_options(self) -> dict[str, Any]:
        """The keyword arguments of the generator's function."""
        options = {
            "width": self.explicit.width,
            "normalization": self.normalization,
            "padding": self.padding,
        }
        if self.noise_channels:
            options["noise_channels"] = self.noise_channels
        if self.generator == "johnson":
            options |= {name: getattr(self, name) for name in _JOHNSON}
        return options

    @property
    def loss_options(self) -> dict[str, Any]:
        """The keyword arguments of `PerceptualLoss` but its network."""
        layers = ("content_layers", "style_layers", "style_layer_weights")
        names = (*layers, "content_weight", "style_weight", "total_variation_weight")
        return {"padding": self.loss_padding} | {name: getattr(self, name) for name in names}


CREDIT_KEYS = ("title", "artist", "year", "rights", "source")

# What a painting decides; a trunk shares the rest between its paintings.
PAINTING_KEYS = ("painting", *CREDIT_KEYS, "style_size", "style_weight", "style_layer_weights")


def load_recipes(path: str | os.PathLike[str]) -> dict[str, Recipe]:
    """Reads the recipes of a trunk: what its paintings share, and a table for each of them.

    Returns:
        Dictionary of name to `Recipe`.

    Raises:
        ValueError: if the file is missing, is not TOML, or has an unknown key or a wrong value.
    """
    path = Path(path)
    shared = _read_toml(path)
    paintings = shared.pop("paintings", None)
    if not isinstance(paintings, dict) or not paintings:
        raise ValueError(f"{path}: a trunk needs a table [paintings.NAME] for each painting.")
    for name, own in paintings.items():
        if not isinstance(own, dict):
            raise ValueError(f"{path}: [paintings.{name}] must be a table. Received: {own!r}")
        if not re.fullmatch(r"[\w-]+", name):  # it becomes a file's name, and part of a blend's
            raise ValueError(
                f"{path}: the name of a painting may only have letters, digits, - and _. "
                f"Received: {name!r}"
            )
    return {name: _read(path, {**shared, **own}) for name, own in paintings.items()}


def save_recipes(recipes: dict[str, Recipe], path: str | os.PathLike[str]) -> None:
    """Writes the recipes of a trunk to one TOML file, paintings relative to it."""
    path = Path(path)
    values = {name: recipe._values(path) for name, recipe in recipes.items()}
    shared = {k: v for k, v in next(iter(values.values())).items() if k not in PAINTING_KEYS}
    paintings = {name: {key: own[key] for key in PAINTING_KEYS} for name, own in values.items()}
    _write_toml(path, {**shared, "paintings": paintings})


def _typed(name, kind, value):
    """Returns the value of a field as its type; lists, as TOML has them, become tuples."""
    if kind is float and type(value) is int:
        return float(value)
    if kind is tuple and isinstance(value, list):
        value = tuple(value)
    if type(value) is not kind:
        raise ValueError(f"{name} must be of type {kind.__name__}. Received: {value!r}")
    if name == "style_layer_weights":
        if not all(type(item) in (int, float) for item in value):
            raise ValueError(f"{name} must be a list of numbers. Received: {list(value)}")
        return tuple(map(float, value))
    if kind is tuple and not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} must be a list of names. Received: {list(value)}")
    return value


def _check_range(name, value):
    items = value if isinstance(value, tuple) else (value,)
    if len(items) > _MOST_LAYERS:
        raise ValueError(f"{name} must have at most {_MOST_LAYERS} entries. Received: {len(items)}")
    numbers = [item for item in items if isinstance(item, int | float)]
    if not all(0 <= number < math.inf for number in numbers):
        raise ValueError(f"{name} must be finite and not negative. Received: {value}")
    most = _MOST.get(name, _MOST_OF_FLOATS)
    if any(number > most for number in numbers):
        raise ValueError(f"{name} must be at most {most:,}. Received: {value}")


def _read_toml(path):
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"{path} is larger than {_MOST_BYTES:,} bytes: it is not a recipe.")
        # Some editors begin a file with a byte-order mark, which TOML does not know.
        text = path.read_text(encoding="utf-8-sig")
        if max(map(len, text.splitlines()), default=0) > _MOST_OF_A_LINE:
            raise ValueError(
                f"{path} has a line of more than {_MOST_OF_A_LINE} letters: it is not a recipe."
            )
        return tomllib.loads(text)
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such recipe.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is not a TOML file: {error}.") from None


def _write_toml(path, values):
    with replacing(path) as temporary:
        temporary.write_text(tomli_w.dumps(values), encoding="utf-8")


def _read(path, values):
    if "paintings" in values:
        raise ValueError(f"{path} is the recipe of a trunk: use tfstyle trunk, or load_recipes.")
    known = [field.name for field in dataclasses.fields(Recipe)]
    for key in values.keys() - set(known):
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Keys are {', '.join(known)}."
        raise ValueError(f"{path}: a recipe has no key {key!r}. {hint}")
    try:
        recipe = Recipe(**values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return recipe.replace(painting=str(path.parent / recipe.painting))
