"""The loss of single pictures."""


def loss_terms(loss, style_grams, photograph, picture):
    """Gives the terms of the loss of one picture, a dictionary of floats.

    Args:
        loss: `PerceptualLoss`.
        style_grams: What `loss.style_grams` gave for the painting.
        photograph: float32 array `[height, width, 3]` in [0, 1].
        picture: Likewise.
    """
    values = loss(loss.content_features(photograph[None]), picture[None], style_grams)
    return {name: float(value) for name, value in values.items()}


def rounded(value):
    """Gives a float of four digits."""
    return float(f"{value:.4g}")
