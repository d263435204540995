"""Initial weights of a training: random, or those of a style or a trunk."""

import numpy as np

from tfstyle.generators import size_rule
from tfstyle.layers import InstanceNormalization
from tfstyle.styles.folder import is_trunk
from tfstyle.styles.loading import load
from tfstyle.styles.trunk import load_trunk
from tfstyle.styles.weights import weighted_layers
from tfstyle.training.crops import middles


def begin(generator, recipe, loss, grams, paths):
    """Sets the initial weights of the generator.

    From a trunk, it takes the style whose pictures have the lowest loss for this painting.

    Returns:
        Entry of the card about the start, or None if the weights are random.
    """
    _check_crop(generator, recipe)
    if not recipe.start:
        return None
    if not is_trunk(recipe.start):
        start = load(recipe.start, recipe.generator)
        _take(generator, recipe, start)
        return {"style": recipe.start, **_trained_before(start.card)}
    trunk = load_trunk(recipe.start)
    pixels = np.stack(middles(paths, recipe.crop, count=2))
    content = loss.content_features(pixels)

    def total(name):
        return float(loss(content, trunk.stylize(pixels, name), grams)["total"])

    nearest = min(trunk.recipes, key=total)
    _take(generator, recipe, trunk.bake(nearest))
    return {"trunk": recipe.start, "style": nearest, "sha256": trunk.card["sha256"]}


def begin_trunk(generator, recipes):
    """Sets the initial weights of a trunk: from a style, copied for all paintings, or a trunk."""
    recipe = next(iter(recipes.values()))
    _check_crop(generator, recipe)
    if not recipe.start:
        return None
    if is_trunk(recipe.start):
        start = load_trunk(recipe.start)
        if len(start.recipes) != len(recipes):
            raise ValueError(
                f"A trunk starts from one of as many paintings. {recipe.start} has "
                f"{len(start.recipes)}, the recipe {len(recipes)}."
            )
        _refuse_other_generator(recipe, next(iter(start.recipes.values())))
    else:
        start = load(recipe.start, "johnson")
        _refuse_other_generator(recipe, start.recipe)
    layers = (weighted_layers(model) for model in (generator, start.model))
    for ours, theirs in zip(*layers, strict=True):
        values = theirs.get_weights()
        if isinstance(theirs, InstanceNormalization):
            values = [np.tile(value, (ours.styles, 1)) for value in values]
        ours.set_weights(values)
    return {"style": recipe.start, **_trained_before(start.card)}


def _trained_before(card):
    """Returns the hash of the weights that a training begins with, and what they had cost."""
    training = card.get("training", {})  # a baked style has none
    earlier = training.get("start") or {}
    cost = {key: training.get(key, 0) + earlier.get(key, 0) for key in ("steps", "seconds")}
    return {"sha256": card["sha256"], **cost}


def _check_crop(generator, recipe):
    multiple, minimum = size_rule(generator)
    crop = recipe.crop // 2 if recipe.small_crop_steps else recipe.crop
    if crop % multiple or crop < minimum:
        raise ValueError(
            f"crop must be a multiple of {multiple} and at least {minimum} for the generator "
            f"{recipe.generator!r}. Received: crop={crop}"
        )


def _take(generator, recipe, start):
    _refuse_other_generator(recipe, start.recipe)
    generator.set_weights(start.model.get_weights())


def _refuse_other_generator(recipe, start):
    ours, theirs = ((each.generator, each.generator_options) for each in (recipe, start))
    if ours != theirs:
        raise ValueError(
            f"A training starts from a generator of the same kind and options. {recipe.start} is "
            f"{theirs}, the recipe {ours}."
        )
