"""The first and the last layer of a generator."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfstyle")
class ImageInput(keras.layers.Layer):
    """Returns images unchanged, and raises an error for sizes that the generator cannot paint.

    Args:
        multiple: Integer. Height and width must be multiples of it. It is the product of the
            strides, or the largest pooling ratio, of the layers that follow.
        minimum: Integer, the smallest height and width.

    Input shape:
        `[N, height, width, 3]`, RGB in [0, 1].

    Output shape:
        The same as the input.

    Raises:
        ValueError: if height or width is known and is too small or not a multiple.
    """

    def __init__(self, multiple, minimum, **kwargs):
        super().__init__(**kwargs)
        self.multiple = multiple
        self.minimum = minimum

    def call(self, inputs):
        for side in inputs.shape[1:3]:
            if side is not None and (side % self.multiple or side < self.minimum):
                raise ValueError(
                    f"This generator takes heights and widths that are multiples of "
                    f"{self.multiple} and at least {self.minimum}. Received images of shape "
                    f"{tuple(inputs.shape)}. `Style.stylize` takes any size; or pad the "
                    f"images first."
                )
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "multiple": self.multiple, "minimum": self.minimum}


def _clip_for_training(pixels):
    """Clips to [0, 1]; outside, the gradient passes only if a step would lead back inside."""

    @ops.custom_gradient
    def clip(pixels):
        clipped = ops.clip(pixels, 0, 1)

        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            leads_out = (clipped - pixels) * upstream > 0  # a step goes against the gradient
            return ops.where(leads_out, 0.0, upstream)

        return clipped, gradient

    return clip(pixels)


@keras.saving.register_keras_serializable(package="tfstyle")
class ImageOutput(keras.layers.Layer):
    """Maps the last feature map, whose values are near [-2, 2], to RGB in [0, 1].

        y = x / 4 + 1 / 2, clipped to [0, 1]

    In training, a pixel outside [0, 1] keeps its gradient only if the gradient leads back into the
    range. The alternatives are worse. With a saturating function, pixels get stuck: scaled tanh
    leaves black patches, and sigmoid dark smudges (`benchmarks/heads.py`). Without clipping, the
    loss sees other pixels than people do (`docs/notebook/training.md`).

    Input shape:
        `[N, height, width, 3]`.

    Output shape:
        The same as the input, in float32, whatever the dtype policy of the layers before.
    """

    def __init__(self, **kwargs):
        # bfloat16 has 8 bits: in [0.5, 1] its steps are those of an 8-bit picture.
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, inputs, training=False):
        pixels = inputs / 4 + 0.5
        return _clip_for_training(pixels) if training else ops.clip(pixels, 0, 1)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="tfstyle")
class TanhOutput(ImageOutput):
    """Maps the last feature map to RGB in [0, 1] by a scaled tanh, as other projects' networks do.

        y = 150 / 255 * tanh(x) + middle, clipped to [0, 1]

    It is for their weights. For a training use `ImageOutput`, which says why.

    Args:
        middle: Float, the picture where `x` is 0. Defaults to 1/2.

    Input shape:
        `[N, height, width, 3]`.

    Output shape:
        As the input; float32 whatever the dtype policy of the layers before.
    """

    def __init__(self, middle=0.5, **kwargs):
        super().__init__(**kwargs)
        self.middle = middle

    def call(self, inputs, training=False):
        pixels = ops.tanh(inputs) * (150 / 255) + self.middle
        return _clip_for_training(pixels) if training else ops.clip(pixels, 0, 1)

    def get_config(self):
        return {**super().get_config(), "middle": self.middle}
