"""Makes `docs/paper.md` of the results of one or several studies.

    python -m benchmarks.paper.document [FOLDER ...] [--docs DOCS]

Takes results and sheets of pictures from each study's FOLDER, if any is given, to DOCS/paper and
DOCS/figures, into a folder of the same name; draws the charts; and writes DOCS/paper.md anew. What
a person says of the results stands in DOCS/paper/verdicts.toml, a table for each claim:

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
    parser.add_argument("studies", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    options = parser.parse_args(arguments)
    try:
        for study in options.studies:
            take(study, options.docs)
        text = page(options.docs)
    except ValueError as error:
        parser.error(str(error))
    draw_charts(options.docs)
    with replacing(options.docs / "paper.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


def take(study, docs):
    """Copies results, and the pictures that they name, from a study's folder.

    Raises:
        ValueError: if the folder has no results.
    """
    results = read_results(study / "results")
    if not results:
        raise ValueError(f"{study} has no results. Run python -m benchmarks.paper --out {study}.")
    for name, result in results.items():
        _copy(study / "results" / f"{name}.json", docs / "paper" / study.name)
        for figure in result["figures"]:
            _copy(study / "figures" / figure, docs / "figures" / study.name)


def draw_charts(docs):
    """Draws the chart of each result to `docs/figures/STUDY/NAME.png`."""
    for study, results in _read_studies(docs).items():
        for name, result in results.items():
            with replacing(docs / "figures" / study / f"{name}.png") as temporary:
                EXPERIMENTS[name].draw(result).savefig(temporary, dpi=100)


def page(docs):
    """Gives the text of the document for the results and verdicts in `docs/paper`.

    Raises:
        ValueError: if there is a result without verdict, or a verdict of another word.
    """
    studies = _read_studies(docs)
    measured = {name for results in studies.values() for name in results}
    names = [name for name in EXPERIMENTS if name in measured]
    verdicts = _read_verdicts(docs / "paper" / "verdicts.toml", names)
    sections = [_section(name, studies, verdicts) for name in names]
    parts = ["# The paper, claim by claim", verdicts["introduction"].strip(), _summary(verdicts)]
    return "\n\n".join([*parts, *sections]) + "\n"


def table(rows):
    """Gives rows, dictionaries of the same keys, as a table of Markdown."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    lines += [[_cell(value) for value in row.values()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def read_results(folder):
    """Gives what the experiments measured whose results are in a folder, by their names."""
    paths = {name: folder / f"{name}.json" for name in EXPERIMENTS}
    return {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name, path in paths.items()
        if path.exists()
    }


def _read_studies(docs):
    folders = sorted((docs / "paper").glob("*/"))
    return {folder.name: read_results(folder) for folder in folders}


def _copy(path, folder):
    with replacing(folder / path.name) as temporary:
        shutil.copyfile(path, temporary)


def _read_verdicts(path, names):
    try:
        verdicts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}. See the help.") from None
    if "introduction" not in verdicts:
        raise ValueError(f"{path} has no introduction.")
    for claim in (claim for name in names for claim in EXPERIMENTS[name].CLAIMS):
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


def _section(name, studies, verdicts):
    experiment = EXPERIMENTS[name]
    heading, method = inspect.getdoc(experiment).split("\n\n", 1)
    parts = [f"## {heading.rstrip('.')}", method]
    for claim, words in experiment.CLAIMS.items():
        verdict = verdicts[claim]
        parts.append(f"**{claim}: {words}** *{verdict['verdict'].capitalize()}.* ")
        parts[-1] += verdict["text"].strip()
    for study, results in studies.items():
        if name in results:
            parts += _result(name, study, results[name])
    return "\n\n".join(parts)


def _result(name, study, result):
    """Lists the paragraphs of one study's result."""
    figures = (f"{name}.png", *result["figures"])
    tables = [part for pair in result["tables"].items() for part in (f"{pair[0]}:", table(pair[1]))]
    images = [f"![{name}](figures/{study}/{figure})" for figure in figures]
    link = f"[{study}/{name}.json](paper/{study}/{name}.json)"
    return [*tables, *images, f"    {result['command']}", f"{_facts(result)}. All numbers: {link}."]


def _facts(result):
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
        f"{options['batch_size']} at {options['crop']} x {options['crop']}, Adam at "
        f"{options['learning_rate']:g}, {options['precision']}, johnson of width "
        f"{options['width']}, seeds {seeds}, {minutes:.0f} minutes",
        **result.get("facts", {}),
        "measured in": f"{result['seconds']} s on {result['hardware']}",
        "versions": ", ".join(f"{key} {value}" for key, value in result["versions"].items()),
    }
    if not trainings:
        del facts["trainings"], facts["photographs"], facts["Paintings"]
    return "; ".join(f"{key}: {value}" for key, value in facts.items())


def _cell(value):
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 4):.4g}"
    return f"{value:,}" if isinstance(value, int) else value


if __name__ == "__main__":
    main()
