"""A style made of another project's weights."""

from pathlib import Path

from tfstyle.files import sha256
from tfstyle.importing.arrays import read_arrays
from tfstyle.importing.layouts import LAYOUTS, layout_of
from tfstyle.importing.weights import convert, width_of
from tfstyle.styles.model import build_generator
from tfstyle.styles.recipe import Recipe
from tfstyle.styles.style import Style


def import_style(
    path: str | Path,
    painting: str | Path,
    origin: str,
    license: str,
    layout: str | None = None,
    **credit: str,
) -> Style:
    """Makes a style of the weights of another project's network.

    Its pictures are those of the original network, up to the rounding of float32.

    Args:
        path: File of weights: see `importing.arrays.read_arrays`.
        painting: Image of the painting that the network was trained on.
        origin: Where the file comes from: an address, or a person.
        license: Under which the weights may be used. No file of weights says it.
        layout: A name of `LAYOUTS`. Defaults to the one that the names in the file say.
        **credit: `title`, `artist`, `year`, `rights` and `source` of the painting: see `Recipe`.

    Returns:
        `Style`; `Style.save` writes it to a folder.

    Raises:
        ValueError: if the file is none, or of a network that is not like `johnson`; if origin or
            license is empty; or on another layout.

    Example:

        origin = "https://github.com/pytorch/examples"
        style = import_style("mosaic.pth", "mosaic.jpg", origin, license="BSD-3-Clause")
        style.save("styles/mosaic")
    """
    for name, value in (("origin", origin), ("license", license)):
        if not value.strip():
            raise ValueError(f"{name} must say something: a style names where it comes from.")
    arrays = read_arrays(path)
    found = layout_of(set(arrays), path)
    name = found if layout is None else layout
    if name not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}. Received: {name!r}")
    chosen = LAYOUTS[name]
    if not chosen.names <= set(arrays):
        raise ValueError(f"{path} has not the names of {name}, but those of {found}.")
    width = width_of(arrays, chosen)
    recipe = Recipe(painting=str(painting)).replace(width=width, **chosen.options, **credit)
    generator = build_generator(recipe)
    values = convert(arrays, chosen)
    names = [
        f"{layer.name} {weight.name}" for layer in generator.layers for weight in layer.weights
    ]
    for where, weight, value in zip(names, generator.weights, values, strict=True):
        if tuple(weight.shape) != value.shape:
            raise ValueError(
                f"{path} is no network of {chosen.project}, of width {width}: for {where} it has "
                f"the shape {value.shape}, and {tuple(weight.shape)} is expected."
            )
    generator.set_weights(values)
    source = {"file": Path(path).name, "layout": name, "project": chosen.project}
    if Path(path).is_file():
        source["sha256"] = sha256(path)
    return Style(recipe, generator, {"imported": {**source, "origin": origin, "license": license}})
