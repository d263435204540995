"""The loss of single pictures."""


def loss_terms(loss, style_grams, photograph, picture):
    """Returns the terms of the loss of one picture, a dictionary of floats.

    Args:
        loss: `PerceptualLoss`.
        style_grams: The result of `loss.style_grams` for the painting.
        photograph: float32 array `[height, width, 3]` in [0, 1].
        picture: float32 array of the same shape and range.
    """
    values = loss(loss.content_features(photograph[None]), picture[None], style_grams)
    return {name: float(value) for name, value in values.items()}


def rounded(value):
    """Rounds a float to four significant digits."""
    return float(f"{value:.4g}")
