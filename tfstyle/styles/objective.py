"""The loss of a recipe, and the Gram matrices of its painting."""

from tfstyle.images.files import read_image
from tfstyle.images.geometry import resize_longest
from tfstyle.images.pixels import to_pixels
from tfstyle.images.transparency import on_white
from tfstyle.perceptual import PerceptualLoss


def loss_of(recipe, vgg):
    """Returns the loss of a recipe, and the Gram matrices of its painting at `style_size`.

    Args:
        recipe: `Recipe`.
        vgg: The network of the loss: see `PerceptualLoss`.

    Returns:
        Tuple of the `PerceptualLoss` and the result of its `style_grams` for the painting.
    """
    loss = PerceptualLoss(**recipe.loss_options, network=vgg)
    return loss, painting_grams(recipe, loss)


def painting_grams(recipe, loss):
    """Returns the result of `loss.style_grams` for the painting of a recipe, at `style_size`."""
    painting = resize_longest(on_white(read_image(recipe.painting)), recipe.style_size)
    return loss.style_grams(to_pixels(painting))
