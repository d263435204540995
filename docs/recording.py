"""Shortens the recording of a long command, for a picture that moves.

    asciinema rec long.cast --cols 92 --rows 14 --command "tfstyle train painting.jpg ..."
    python docs/recording.py long.cast short.cast --every 5 --faster 20
    svg-term --in short.cast --out recording.svg --window

What the command wrote within `--every` seconds appears at once, and time runs `--faster`.
"""

import argparse
import json
from pathlib import Path


def main():
    """Reads one recording in asciinema's format, version 2, and writes the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("long", type=Path)
    parser.add_argument("short", type=Path)
    parser.add_argument("--every", type=float, default=5)
    parser.add_argument("--faster", type=float, default=20)
    options = parser.parse_args()
    head, *lines = options.long.read_text(encoding="utf-8").splitlines()
    windows = {}
    for time, kind, text in map(json.loads, lines):
        if kind == "o":
            window = int(time // options.every)
            windows[window] = windows.get(window, "") + text
    events = [(window * options.every / options.faster, "o", windows[window]) for window in windows]
    options.short.write_text("\n".join([head, *map(json.dumps, events)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
