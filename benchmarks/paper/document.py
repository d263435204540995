"""Makes `docs/paper.md` of the results of a study.

    python -m benchmarks.paper.document [FOLDER] [--docs DOCS]

Takes results and sheets of pictures from the study's FOLDER to DOCS/paper and DOCS/figures, if
one is given; draws the charts; and writes DOCS/paper.md anew. What a person says of the results
stands in DOCS/paper/verdicts.toml, a table for each claim:

    [C1]
    verdict = "holds"       # or: holds partly, does not hold here
    text = "..."            # Markdown: the evidence, and its limits

The text before the first claim is that of the key `introduction`.
"""

import argparse
import inspect
import json
import shutil
import tomllib
from pathlib import Path

from benchmarks.paper.experiments import EXPERIMENTS
from tfstyle.files import replacing

VERDICTS = ("holds", "holds partly", "does not hold here")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("study", nargs="?", type=Path, metavar="FOLDER")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    options = parser.parse_args(arguments)
    try:
        if options.study:
            take(options.study, options.docs)
        text = page(options.docs)
    except ValueError as error:
        parser.error(str(error))
    draw_charts(options.docs)
    with replacing(options.docs / "paper.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


def take(study, docs):
    """Copies results, and the pictures that they name, from a study's folder."""
    for name in EXPERIMENTS:
        result = read_result(study / "results", name)
        if not result:
            continue
        pairs = [(study / "results" / f"{name}.json", docs / "paper")]
        pairs += [(study / "figures" / figure, docs / "figures") for figure in result["figures"]]
        for source, folder in pairs:
            with replacing(folder / source.name) as temporary:
                shutil.copyfile(source, temporary)


def draw_charts(docs):
    """Draws the chart of each result to `docs/figures/NAME.png`."""
    for name, experiment in EXPERIMENTS.items():
        result = read_result(docs / "paper", name)
        if result:
            with replacing(docs / "figures" / f"{name}.png") as temporary:
                experiment.draw(result).savefig(temporary, dpi=100)


def page(docs):
    """Gives the text of the document for the results and verdicts in `docs/paper`.

    Raises:
        ValueError: if there is a result without verdict, or a verdict of another word.
    """
    results = {name: read_result(docs / "paper", name) for name in EXPERIMENTS}
    results = {name: result for name, result in results.items() if result}
    verdicts = _read_verdicts(docs / "paper" / "verdicts.toml", results)
    sections = [_section(name, result, verdicts) for name, result in results.items()]
    parts = ["# The paper, claim by claim", verdicts["introduction"].strip(), _summary(verdicts)]
    return "\n\n".join([*parts, *sections]) + "\n"


def table(rows):
    """Gives rows, dictionaries of the same keys, as a table of Markdown."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    lines += [[_cell(value) for value in row.values()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def read_result(folder, name):
    """Gives what an experiment measured; nothing if it has not."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _read_verdicts(path, results):
    try:
        verdicts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}. See the help.") from None
    if "introduction" not in verdicts:
        raise ValueError(f"{path} has no introduction.")
    for claim in (claim for result in results.values() for claim in result["claims"]):
        verdict = verdicts.get(claim, {}).get("verdict")
        if verdict not in VERDICTS:
            raise ValueError(
                f"{path} needs a verdict of {claim}: {', '.join(VERDICTS)}. Received: {verdict}"
            )
    return verdicts


def _summary(verdicts):
    rows = []
    for experiment in EXPERIMENTS.values():
        for claim, words in experiment.CLAIMS.items():
            verdict = verdicts.get(claim, {}).get("verdict", "not measured")
            rows.append({"": claim, "claim": words, "verdict": verdict})
    rows.sort(key=lambda row: int(row[""][1:]))
    return table(rows)


def _section(name, result, verdicts):
    experiment = EXPERIMENTS[name]
    heading, method = inspect.getdoc(experiment).split("\n\n", 1)
    parts = [f"## {heading.rstrip('.')}", method]
    for claim, words in experiment.CLAIMS.items():
        verdict = verdicts[claim]
        parts.append(f"**{claim}: {words}** *{verdict['verdict'].capitalize()}.* ")
        parts[-1] += verdict["text"].strip()
    for caption, rows in result["tables"].items():
        parts += [f"{caption}:", table(rows)]
    parts += [f"![{name}](figures/{figure})" for figure in (f"{name}.png", *result["figures"])]
    return "\n\n".join([*parts, _facts(name, result)])


def _facts(name, result):
    """Says data, seeds, steps, hardware and time of a result."""
    options, trainings = result["options"], result["trainings"].values()
    minutes = sum(training["seconds"] for training in trainings) / 60
    seeds = ", ".join(sorted({str(training["seed"]) for training in trainings}))
    data = result["data"]
    facts = {
        "Paintings": ", ".join(options["styles"]),
        "photographs": f"{data['training photographs']:,} to train, "
        f"{data['held-out photographs']} held out",
        "trainings": f"{len(trainings)} of {options['steps']:,} steps of batch "
        f"{options['batch_size']} at {options['crop']} x {options['crop']}, learning rate "
        f"{options['learning_rate']:g}, {options['precision']}, johnson of width "
        f"{options['width']}, seeds {seeds}, {minutes:.0f} minutes",
        **result.get("facts", {}),
        "measured in": f"{result['seconds']} s on {result['hardware']}",
        "versions": ", ".join(f"{key} {value}" for key, value in result["versions"].items()),
    }
    if not trainings:
        del facts["trainings"], facts["photographs"], facts["Paintings"]
    sentence = "; ".join(f"{key}: {value}" for key, value in facts.items())
    return f"    {result['command']}\n\n{sentence}. All numbers: [{name}.json](paper/{name}.json)."


def _cell(value):
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 4):.4g}"
    return f"{value:,}" if isinstance(value, int) else value


if __name__ == "__main__":
    main()
