"""What the rest of tfstyle must know about each generator, without building one.

A new generator is a function in `generators`, and its row here.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Facts:
    """The facts of one generator.

    Args:
        multiple: Integer. Heights and widths must be multiples of it.
        minimum: Integer, the least height and width.
        width: Integer, channels at full size, where a recipe leaves them to the generator.
        jitter: Integer, pixels, likewise: see `Recipe`.
        learning_rate: Float, likewise.
        gigabytes: Float, memory that a whole image takes for each of its megapixels.
        float_convolutions: Integer. In int8 files the convolutions up to this depth, counted from
            the image, stay in float32.
        noise_ratios: Integers. For each noise input, coarsest first, how much smaller than the
            image it is. Empty for a generator that takes no noise.
        many_styles: Whether it can paint many styles, so that a trunk can be made of it.
    """

    multiple: int
    minimum: int
    width: int
    jitter: int
    learning_rate: float
    gigabytes: float
    float_convolutions: int
    noise_ratios: tuple[int, ...] = ()
    many_styles: bool = False


# The better pictures first: the first that a style has is its default.
FACTS = {
    "johnson": Facts(
        multiple=4,
        minimum=8,
        width=32,
        jitter=4,  # the period of its own grid
        learning_rate=1e-3,
        gigabytes=0.6,
        float_convolutions=3,
        many_styles=True,
    ),
    "pyramid": Facts(
        multiple=32,
        minimum=64,
        width=8,
        jitter=8,  # the period of relu4_2; its own, 32, would cost a quarter of the crop
        learning_rate=2e-3,
        gigabytes=1.15,
        # It joins a new scale of the image until the end: only what follows the last bears int8.
        float_convolutions=12,
        noise_ratios=(32, 16, 8, 4, 2, 1),
    ),
    "mobile": Facts(
        multiple=4,
        minimum=16,
        width=8,
        jitter=4,
        learning_rate=2e-3,
        gigabytes=0.25,
        float_convolutions=2,
    ),
}
