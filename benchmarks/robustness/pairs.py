"""Two processes that write the same: one result is whole, or one of the two is refused."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from benchmarks.robustness.commands import Commands
from tfstyle.styles.loading import load


def try_pairs(style, photograph, inputs, work, rounds=5):
    """Lets two processes paint, export, train and make a network to the same place at once.

    Args:
        style: `pathlib.Path` of a style.
        photograph: `pathlib.Path`.
        inputs: Paths of network, recipe and photographs: see `trainings`.
        work: `pathlib.Path` of an empty folder to work in.
        rounds: Integer.

    Returns:
        `Counter` of outcomes: `"whole"` for each pair, or what else happened.
    """
    outcomes = Counter()
    pair = [Commands(), Commands()]
    paint = ("stylize", photograph, "--style", style, "--force", "--output")
    export = ("export", style, "--size", "64", "--output")
    pair[0].tfstyle(*paint, work / "one.png")
    pair[0].tfstyle(*export, work / "one.tflite")

    def both(act):
        with ThreadPoolExecutor(2) as pool:
            return sorted(pool.map(act, pair))

    for number in range(rounds):
        picture, file = work / f"{number}.png", work / f"{number}.tflite"
        said = both(lambda each, picture=picture: each.tfstyle(*paint, picture))
        outcomes[_judged("stylize", said, picture, work / "one.png")] += 1
        said = both(lambda each, file=file: each.tfstyle(*export, file))
        outcomes[_judged("export", said, file, work / "one.tflite")] += 1
        said = both(
            lambda each, picture=picture, number=number: each.tfstyle(
                *paint, picture, "--engine", "openvino", cache=work / f"cache{number}"
            )
        )
        outcomes["whole" if said == ["done"] * 2 else f"openvino: {said}"] += 1
        folder = work / f"training{number}"
        said = both(lambda each, folder=folder: each.train(*inputs, folder))
        if said != ["done", "refused"]:
            outcomes[f"train: {said}"] += 1
            continue
        load(folder / "style")
        outcomes["whole"] += 1
    for each in pair:
        each.close()
    return outcomes


def _judged(name, said, file, expected):
    if said != ["done"] * 2:
        return f"{name}: {said}"
    return "whole" if file.read_bytes() == expected.read_bytes() else f"{name}: another file"
