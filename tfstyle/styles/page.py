"""The page of a style on the Hugging Face Hub."""

import json
import re

from tfstyle.styles.recipe import Recipe


def page_of(recipe: Recipe, card: dict, address: str, license: str) -> str:
    """Writes the page, which begins with the facts that the Hub reads.

    Args:
        recipe: `Recipe` of the style.
        card: Its card.
        address: `hf://user/repo`.
        license: Of the weights.
    """
    is_name = re.fullmatch(r"[a-z0-9.-]+", license.lower())
    facts = {"license": license.lower() if is_name else "other"}
    if not is_name:
        facts["license_name"] = license
    facts |= {"library_name": "tfstyle", "pipeline_tag": "image-to-image"}
    # What JSON writes of a text is YAML, too.
    head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in facts.items())
    painting = ", ".join(filter(None, (recipe.title, recipe.artist, recipe.year)))
    origin = card.get("imported", {}).get("origin")
    return f"""---
{head}---

# {recipe.title or address.rpartition("/")[2]}

A style of tfstyle: photographs painted like {painting or "a painting"}.

    tfstyle.load("{address}").stylize("photo.jpg").save("picture.jpg")

- License of the weights: {license}
- Origin of the weights: {origin or "trained with tfstyle"}
- Rights of the painting: {recipe.rights or "not stated"}
- Source of the painting: {recipe.source or "not stated"}
- Generator: {recipe.generator}
"""
