"""The card of a trained generator: what was measured."""

import json
from pathlib import Path
from typing import Any

from tfstyle.files import replacing

CARD = "card.json"

# What every card has: see `weights.describe`.
_FACTS = {"sha256": str, "parameters": int, "bytes": int}


def read_card(folder: Path) -> dict[str, Any]:
    """Reads the card of a trained generator.

    Raises:
        ValueError: if it is damaged.
    """
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if all(type(card[key]) is kind for key, kind in _FACTS.items()):
            return card
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    raise ValueError(f"{path} is missing or damaged. Copy the style again.")


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Writes the card of a trained generator."""
    with replacing(folder / CARD) as temporary:
        temporary.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
