"""Chooses style weights, so that every painting counts as much, and shallow layers count too."""

import numpy as np

from tfstyle.training.crops import middles

# What `style_weight * style` is for photographs that nobody has painted yet. In a good picture it
# falls to a twentieth, beside a content term of 0.4e6. At 1e7 faces are lost.
STYLE_BALANCE = 4e6


def balanced(recipe, style_grams, photograph_grams):
    """Chooses the style weights of a recipe that are 0.

        style_weight = STYLE_BALANCE / style(photographs)
        w_l = sqrt(style_L(photographs) / style_l(photographs)), L the deepest layer

    where `style` is the style loss of unpainted photographs. It differs by a factor of 60 between
    paintings. With one weight for all paintings, one painting would hide the photograph and
    another would be invisible. With the chosen weight, every training starts at the same style
    loss. Between layers, the style loss differs by a factor of 1,000. Without the square root, all
    layers would count as much: the colours arrive as well, but single bright spots appear in flat
    areas, and strokes and faces need a longer training.

    Args:
        recipe: `Recipe`.
        style_grams: The result of `PerceptualLoss.style_grams` for the painting.
        photograph_grams: List of its results for some photographs.

    Returns:
        The recipe, with weights of three significant digits instead of 0.
    """
    terms = np.mean(
        [
            [np.mean(np.square(a - b)) for a, b in zip(style_grams, grams, strict=True)]
            for grams in photograph_grams
        ],
        axis=0,
    )
    chosen = (_three_digits(weight) for weight in np.sqrt(terms[-1] / terms))
    each = zip(layer_weights(recipe), chosen, strict=True)
    weights = np.array([weight or other for weight, other in each])
    style_weight = recipe.style_weight or _three_digits(STYLE_BALANCE / np.sum(weights * terms))
    if recipe.style_layer_weights:
        recipe = recipe.replace(style_layer_weights=tuple(weights.tolist()))
    return recipe.replace(style_weight=style_weight)


def _three_digits(value):
    return float(f"{value:.3g}")


def balanced_recipes(recipes, loss, style_grams, paths):
    """Returns the recipes with their style weights chosen where they are 0: see `balanced`."""
    if all(all((r.style_weight, *r.style_layer_weights)) for r in recipes.values()):
        return recipes
    crop = next(iter(recipes.values())).crop
    grams = [loss.style_grams(pixels) for pixels in middles(paths, crop, count=16)]
    return {name: balanced(recipe, style_grams[name], grams) for name, recipe in recipes.items()}


def layer_weights(recipe):
    """Returns the weights of a recipe's style layers as an array; ones if it has none."""
    return np.array(recipe.style_layer_weights or [1.0] * len(recipe.style_layers))
