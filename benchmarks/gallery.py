"""Writes zoo/README.md, the gallery of the zoo, from recipes and cards.

python -m benchmarks.gallery --photos FOLDER_OF_THE_PHOTOGRAPHS_BELOW    the pictures too
python -m benchmarks.gallery --time                      times all together, into zoo/timing.json
"""

import argparse
import json
import re
import subprocess
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.timing import measure
from tfstyle import list_styles, load
from tfstyle.evaluation.losses import rounded
from tfstyle.files import replacing
from tfstyle.images.files import read_image
from tfstyle.images.geometry import center_crop, montage
from tfstyle.painting.whole import stylize_pixels
from tfstyle.styles.card import read_card
from tfstyle.styles.folder import RECIPE, find_style, generators_of, style_folders
from tfstyle.styles.recipe import Recipe
from tfstyle.styles.weights import environment

ZOO = Path(__file__).parents[1] / "zoo"
# Times of different machines or days do not compare, so all are taken together, apart from cards.
TIMING = ZOO / "timing.json"

PHOTOGRAPHS = {
    "portrait_astronaut.jpg": "Eileen Collins (NASA, public domain)",
    "building_colosseum.jpg": "the Colosseum (Bence Boros, CC0 1.0)",
    "landscape_lake_sherburne.jpg": (
        "Lake Sherburne (Jacob W. Frank, US National Park Service, public domain)"
    ),
}
SIDE = 384

# Cells of a table are one line each.
# ruff: noqa: E501
HEAD = """\
# The gallery

Each section shows a painting and three photographs in its style: {photographs}. They have
{side} x {side} pixels. The first row is painted by the generator `johnson`. Further rows, where there are
any, are painted by `pyramid`, which is smaller and faster, and by `mobile`, which is made for phones. The
table below the picture has a row for each, in the same order.

`tfstyle stylize photo.jpg --style NAME` paints with a style, and `--generator mobile` with a smaller
generator. [Paint photographs](../docs/guide/stylize.md) explains all options.

The tables show what was measured:

| column | meaning |
|---|---|
| weights | number of parameters of the generator |
| size | size of the file of weights |
| style size | longer side of the painting during training, in pixels: the size of the brush strokes |
| style weight | weight of the style loss; in brackets the weights of its layers relu1_1, relu2_1, relu3_1 and relu4_1, where they are not 1 |
| training | the last training; most styles were trained several times, each starting from the result before |
| content, style, total | losses; only comparable between rows with equal weights, so lower is not better across styles |
| L-BFGS equivalent | how many iterations the slow method of Gatys et al. needs, starting from the photograph, to reach the generator's loss; higher is better. In brackets: the generator's loss divided by the slow method's loss after {iterations} iterations; lower is better |
| checkerboard | strength of a regular pattern at the generator's upsampling grid; 1 is none, lower is better |
| border | loss along the border divided by the loss of the same parts of the photograph away from the border; 1 is no difference |
| frame | how far the mean colour along an edge differs from the colour beside it, from 0 to 1; photographs have 0.03 |
| shift | in the cards: how many pixels what is painted lies below and right of its place in the photograph; 0.25 is noise |
| ms | milliseconds to paint 256 x 256 pixels with Keras in float32: median of {rounds} rounds over all generators on {hardware}, at commit {commit} (`python -m benchmarks.gallery --time`) |

The losses are means over 10 photographs of 256 x 256 pixels that no training saw. Content is compared at
layer relu4_2 of VGG19 unless noted. "zeros" marks styles for which VGG19 pads with zeros (`loss_padding`);
their losses are higher, and their **border** is lower.

All numbers come from the styles' cards, `NAME/GENERATOR/card.json`. `recipe.toml` beside it holds the
settings of the last training. The 3,000 training photographs were given for research and are not part of
the repository. `python -m benchmarks.gallery` writes this page.
"""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", type=Path, help="folder of the photographs to paint")
    parser.add_argument("--styles", nargs="+", help="only paint these")
    parser.add_argument("--time", action="store_true", help="time all generators anew")
    options = parser.parse_args()
    if options.time:
        zoo = list_styles().items()
        time_all([find_style(name, kind) for name, kinds in zoo for kind in kinds])
    if options.photos:
        images = [center_crop(read_image(options.photos / name), SIDE) for name in PHOTOGRAPHS]
        for name, generators in list_styles().items():
            if name not in (options.styles or [name]):
                continue
            styles = [load(name, generator) for generator in generators]
            painting = center_crop(read_image(styles[0].recipe.painting), SIDE)
            rows = [[painting, *map(style.stylize, images)] for style in styles]
            with replacing(ZOO / name / "gallery.jpg") as temporary:
                montage(rows).save(temporary, "JPEG", quality=85)
    with replacing(ZOO / "README.md") as temporary:
        temporary.write_text(page(), encoding="utf-8")


def time_all(places, rounds=10):
    """Times generators in turn, so that other programs slow them alike, and writes the file."""
    pixels = np.random.default_rng(0).random((1, 256, 256, 3), "float32")
    runs = [partial(stylize_pixels, load(place).model, pixels) for place in places]
    milliseconds = {
        f"{place.parent.name}/{place.name}": rounded(1000 * seconds)
        for place, seconds in zip(places, measure(runs, rounds), strict=True)
    }
    commit = subprocess.run(
        ["git", "-C", ZOO, "rev-parse", "--short", "HEAD"], capture_output=True, check=True
    ).stdout.decode()
    facts = {"commit": commit.strip(), "rounds": rounds, **environment()}
    with replacing(TIMING) as temporary:
        text = json.dumps({**facts, "milliseconds": milliseconds}, indent=2)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_timing():
    """Returns what `time_all` wrote."""
    return json.loads(TIMING.read_text(encoding="utf-8"))


def page():
    """Gives the text of zoo/README.md."""
    photographs = ", ".join(PHOTOGRAPHS.values())
    timing = read_timing()
    sections = [HEAD.format(photographs=photographs, side=SIDE, iterations=_iterations(), **timing)]
    milliseconds = timing["milliseconds"]
    sections += [_section(*style, milliseconds) for style in list_styles().items()]
    return "\n".join(sections)


def _iterations():
    """Gives how many iterations of the reference all cards were measured with."""
    cards = (read_card(style / kind) for style in style_folders() for kind in generators_of(style))
    (iterations,) = {card["evaluation"]["lbfgs_iterations"] for card in cards}
    return iterations


def _section(name, generators, milliseconds):
    places = [find_style(name, generator) for generator in generators]
    recipe = Recipe.load(places[0] / RECIPE)
    credit = (recipe.title, recipe.artist, recipe.year)
    lines = [
        f"## {name}\n",
        f"{', '.join(credit)}; {recipe.rights}; source: {recipe.source}.\n",
        f"![The painting, and three photographs in the style {name}]({name}/gallery.jpg)\n",
        "| generator | weights | size | style size | style weight | training | content | style "
        "| total | L-BFGS equivalent | checkerboard | border | frame | ms |",
        "|---" * 14 + "|",
        *(_row(place, milliseconds[f"{name}/{place.name}"]) for place in places),
        "",
    ]
    faults = {place.name: read_card(place).get("faults") for place in places}
    for generator, text in faults.items():
        if text:
            # A semicolon inside of brackets ends no fault.
            each = [f"- {fault}" for fault in re.split(r"; (?![^(]*\))", text.rstrip("."))]
            lines += [f"Known faults of `{generator}`:\n", *each, ""]
    return "\n".join(lines)


def _row(place, milliseconds):
    recipe, card = Recipe.load(place / RECIPE), read_card(place)
    training, result = card["training"], card["evaluation"]
    start = f" after `{recipe.start}`" if recipe.start else ""
    if recipe.start == place.parent.name:
        start = f" after {training['start']['steps']:,} steps before"
    weight = f"{recipe.style_weight:g}"
    if recipe.style_layer_weights:
        weight += f" ({', '.join(f'{each:g}' for each in recipe.style_layer_weights)})"
    if recipe.content_layers != ("relu4_2",):
        weight += f", content at {' and '.join(recipe.content_layers)}"
    if recipe.loss_padding == "zero":
        weight += ", zeros"
    cells = (
        f"`{recipe.generator}`",
        f"{card['parameters']:,}",
        f"{card['bytes'] / 1e6:.1f} MB",
        recipe.style_size,
        weight,
        f"{training['steps']:,} steps of {recipe.batch_size}, "
        f"{training['seconds'] / 60:.0f} min{start}",
        f"{result['content']:,.0f}",
        f"{result['style']:,.0f}",
        f"{result['total']:,.0f}",
        f"{result['lbfgs_equivalent']:.1f} ({result['ratio_to_lbfgs']:.2f})",
        f"{result['checkerboard']:.1f}",
        f"{result['border']:.2f}",
        f"{result['frame']:.2f}",
        f"{milliseconds:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
