"""A style as plain data, which one machine sends to others."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfstyle.quiet import load_keras, without_stderr
from tfstyle.styles.card import CARD, read_card
from tfstyle.styles.engine import best_choice
from tfstyle.styles.folder import RECIPE, find_style, weights_path
from tfstyle.styles.loading import load
from tfstyle.styles.style import Style


@dataclass(frozen=True)
class PackedStyle:
    """The files of a style, or the weights of a blend. It can be pickled.

    `pack` returns one.

    Attributes:
        name: Of the style, or of the blend and its parts.
        sha256: Of the weights; of a blend empty: its trunk comes with tfstyle.
        generator: Name.
        precision: `"float32"` or `"bfloat16"`, on every machine.
        engine: `"keras"` or `"openvino"`, likewise.
        files: Dictionary of file name to content.
        blend: Dictionary of style name to weight, empty for a style.
    """

    name: str
    sha256: str
    generator: str
    precision: str
    engine: str
    files: dict[str, bytes]
    blend: dict[str, float]

    def load(self) -> Style:
        """Returns the `Style`. Raises what `tfstyle.load` and `Trunk.bake` do."""
        if self.engine == "keras":
            load_keras()
        if self.blend:
            from tfstyle.styles.trunk import load_trunk

            return load_trunk().bake(self.blend)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / self.name / self.generator
            folder.mkdir(parents=True)
            for name, content in self.files.items():
                (folder / name).write_bytes(content)
            with without_stderr():
                return load(folder, precision=self.precision, engine=self.engine)

    def facts(self) -> dict[str, Any]:
        """Returns what decides the pictures, as plain values."""
        names = ("name", "sha256", "generator", "precision", "engine")
        return {name: getattr(self, name) for name in names}


def pack(
    style: str | os.PathLike[str] | Mapping[str, float],
    generator: str | None = None,
    precision: str = "float32",
    engine: str = "keras",
) -> PackedStyle:
    """Packs a style. `"auto"` is decided here, so that all machines paint the same pictures.

    Args:
        style: As `tfstyle.load` takes it; or, for a blend, dictionary of style name to weight,
            which Keras paints in float32.
        generator: As `tfstyle.load` takes it.
        precision: Likewise.
        engine: Likewise.

    Raises:
        ValueError: if there is no such style or generator.
    """
    if isinstance(style, Mapping):
        name = ",".join(f"{part}:{weight:g}" for part, weight in style.items())
        return PackedStyle(name, "", "johnson", "float32", "keras", {}, dict(style))
    folder = find_style(style, generator)
    card = read_card(folder)
    precision, engine = best_choice(card, precision, engine)
    paths = (folder / RECIPE, folder / CARD, weights_path(folder))
    files = {path.name: path.read_bytes() for path in paths}
    name = folder.parent.name
    return PackedStyle(name, card["sha256"], folder.name, precision, engine, files, {})
