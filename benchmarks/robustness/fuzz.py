"""Lets atheris look for bytes that a reader of files answers with anything but a ValueError.

    pip install atheris
    python -m benchmarks.robustness.fuzz --seconds 600

The first byte of an input chooses the reader: of recipes, cards, weights, TFLite files, and of
other projects' weights (pickles of PyTorch, safetensors). The inputs begin with files of a real
style. atheris ends with an error, and writes the bytes to a file, at the first other exception,
crash, or input that takes more than two minutes.
"""

import argparse
import contextlib
import hashlib
import io
import json
import pickle
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tfstyle"]):
    from benchmarks.robustness.inputs import make_style
    from tfstyle import load
    from tfstyle.export import to_tflite
    from tfstyle.export.litert import read_facts
    from tfstyle.importing.arrays import read_arrays
    from tfstyle.importing.layouts import layout_of
    from tfstyle.styles.card import CARD, read_card
    from tfstyle.styles.contents import check_contents, read_weights
    from tfstyle.styles.folder import RECIPE, WEIGHTS
    from tfstyle.styles.recipe import Recipe, load_recipes


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work, seeds = Path(name), Path(name) / "seeds"
        seeds.mkdir()
        _write_seeds(work, seeds)
        limits = [f"-max_total_time={options.seconds}", "-timeout=120", "-max_len=65536"]
        atheris.Setup([sys.argv[0], str(seeds), *limits], lambda data: _try(data, work))
        atheris.Fuzz()  # ends the process


def _try(data, work):
    if data:
        readers = (_recipe, _recipes, _card, _weights, _facts, _pickle, _safetensors)
        with contextlib.suppress(ValueError):
            readers[data[0] % len(readers)](data[1:], work)


def _recipe(content, work):
    (work / RECIPE).write_bytes(content)
    Recipe.load(work / RECIPE)


def _recipes(content, work):
    (work / RECIPE).write_bytes(content)
    load_recipes(work / RECIPE)


def _card(content, work):
    (work / CARD).write_bytes(content)
    read_card(work)


def _weights(content, work):
    (work / WEIGHTS).write_bytes(content)
    facts = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    arrays = read_weights(work, facts)
    parameters = sum(array.size for array in arrays.values())
    check_contents(arrays, work, {"parameters": parameters}, Recipe(width=4))


def _facts(content, work):
    (work / "style.tflite").write_bytes(content)
    read_facts(work / "style.tflite")


def _pickle(content, work):
    (work / "style.pth").write_bytes(content)
    layout_of(set(read_arrays(work / "style.pth")), "style.pth")


def _safetensors(content, work):
    (work / "style.safetensors").write_bytes(content)
    layout_of(set(read_arrays(work / "style.safetensors")), "style.safetensors")


def _write_seeds(work, seeds):
    style = make_style(work / "made")
    place = style / "johnson"
    to_tflite(load(style), work / "seed.tflite", "int8_weights")
    card = json.loads((place / CARD).read_text())
    seed = {
        0: (place / RECIPE).read_bytes(),
        1: b'width = 4\n[paintings.first]\npainting = "first.png"\n',
        2: json.dumps(card).encode(),
        3: (place / WEIGHTS).read_bytes(),
        4: (work / "seed.tflite").read_bytes()[:60_000],
        5: b"".join(_OLD_PICKLES),
        6: (place / WEIGHTS).read_bytes(),
        12: _zip_of_a_tensor(),
    }
    for number, content in seed.items():
        (seeds / str(number)).write_bytes(bytes([number]) + content)


# One tensor of four numbers, as `torch.save` wrote it until version 1.6, and writes it since.
_TENSOR = (
    b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storage"
    b"ctorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQK\0K\x04\x85K\x01\x85\x89}tRs."
)
_HEADER = [pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, {})]
_OLD_PICKLES = [*_HEADER, _TENSOR, pickle.dumps(["0"], 2), (4).to_bytes(8, "little"), bytes(16)]


def _zip_of_a_tensor():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", _TENSOR)
        archive.writestr("archive/data/0", bytes(16))
    return file.getvalue()


if __name__ == "__main__":
    main()
