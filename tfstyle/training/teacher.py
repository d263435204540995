"""The pictures of a trained style as the target of another generator, such as a smaller one."""

import keras
from keras import ops

from tfstyle.generators import size_rule
from tfstyle.styles.loading import load
from tfstyle.styles.model import build_generator
from tfstyle.styles.recipe import Recipe

# What a mean squared difference of 1, the whole range of a picture, costs beside the loss of a
# recipe: a style has a loss near 7e5, and a small generator differs from a large one by 0.1.
IMITATION_BALANCE = 1e7


def teacher_of(recipe: Recipe) -> keras.Model | None:
    """Loads the generator that a recipe learns from, under the present dtype policy of Keras.

    Returns:
        `keras.Model` whose weights do not change; None if the recipe names no teacher.

    Raises:
        ValueError: if there is no such style, if it paints with noise, or if the training's crops
            do not suit it.
    """
    if not recipe.teacher:
        return None
    style = load(recipe.teacher)
    if style.recipe.noise_channels:
        raise ValueError(
            f"The teacher {recipe.teacher} paints with noise, so a photograph has no one picture. "
            "Choose a style without noise_channels."
        )
    multiple, minimum = size_rule(style.model)
    if recipe.crop % multiple or recipe.crop < minimum:
        raise ValueError(
            f"crop must be a multiple of {multiple} and at least {minimum} for the teacher "
            f"{recipe.teacher}. Received: crop={recipe.crop}"
        )
    teacher = build_generator(style.recipe)
    teacher.set_weights(style.model.get_weights())
    teacher.trainable = False
    return teacher


def imitation(pictures, target):
    """Returns the mean squared difference of two batches of pictures.

    Args:
        pictures: Float `[N, height, width, 3]`.
        target: Float `[N, height, width, 3]`, the teacher's pictures of the same photographs.

    Returns:
        float32 scalar.

    Reference:
        Hinton, Vinyals, Dean, *Distilling the Knowledge in a Neural Network*, arXiv 1503.02531.
    """
    return ops.mean(ops.square(ops.cast(pictures, "float32") - ops.cast(target, "float32")))
