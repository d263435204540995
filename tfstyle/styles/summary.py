"""What a card says, in a few words for people."""

from typing import Any


def facts_of(card: dict[str, Any]) -> dict[str, str]:
    """Returns the main facts of a card: size, training, quality.

    Args:
        card: Dictionary of `read_card`, or of a style that is not saved.
    """
    facts: dict[str, str] = {}
    if "bytes" in card:
        facts["size"] = f"{card['bytes'] / 1e6:.1f} MB, {card['parameters']:,} weights"
    training = card.get("training", {})
    if training.get("steps"):
        minutes = training.get("seconds", 0) / 60
        before = (training.get("start") or {}).get("steps")
        after = f", after {before:,} steps" if before else ""
        facts["training"] = f"{training['steps']:,} steps in {minutes:,.0f} minutes{after}"
    evaluation = card.get("evaluation", {})
    if evaluation.get("lbfgs_equivalent"):
        value = evaluation["lbfgs_equivalent"]
        facts["quality"] = f"as {value:g} iterations of the slow reference (higher is better)"
    return facts
