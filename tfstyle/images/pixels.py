"""Arrays of pixels: checked, and turned into images and back."""

import numpy as np
from PIL import Image

# A quarter of a level of 255, and the step of float16 at 1.
_ROUNDING = 0.001


def check_pixels(array):
    """Checks that an array is one image, or a batch of them, as people have them.

    Raises:
        ValueError: if it is not uint8 or floats in [0, 1] of the shape `[height, width, 3]` or
            `[N, height, width, 3]`; or 4 in place of 3, with alpha. Rounding may take floats
            beyond 1 by a thousandth.
    """
    if array.ndim not in (3, 4) or array.shape[-1] not in (3, 4) or 0 in array.shape:
        raise ValueError(
            "An image array must have the shape [height, width, 3] or [N, height, width, 3], RGB, "
            f"or 4 in place of 3, RGBA. Received: {list(array.shape)}"
        )
    if array.dtype.name != "uint8" and array.dtype.kind != "f":
        raise ValueError(f"Pixels must be uint8 or float. Received: {array.dtype}")
    if array.dtype.kind == "f" and not (array.min() >= -_ROUNDING and array.max() <= 1 + _ROUNDING):
        raise ValueError(
            "Float pixels must be in [0, 1]: divide by 255. Received values from "
            f"{array.min()} to {array.max()}"
        )


def values_of(array):
    """Returns the NumPy array of anything that holds values, as a tensor does.

    Raises:
        ValueError: if it has none yet, inside `tf.function`, `tf.data` or a Keras model.
    """
    try:
        values = np.asarray(array)
    except Exception as error:  # each library has its own for a tensor without values
        raise ValueError(
            "Style.stylize needs pixels, and this tensor has no values yet. Inside tf.function, "
            "tf.data or a Keras model call style.model, which takes and gives floats "
            f"[N, height, width, 3] in [0, 1]. Received: {type(array).__name__}"
        ) from error
    if values.dtype.name == "bfloat16":  # which NumPy does not count among its floats
        values = values.astype("float32")
    return values


def to_pixels(image):
    """Gives the float32 pixels `[height, width, 3]` in [0, 1] of a `PIL.Image.Image`."""
    return np.asarray(image.convert("RGB"), "float32") / 255


def to_image(pixels):
    """Gives the `PIL.Image.Image` of float pixels `[height, width, 3]`, clipped to [0, 1]."""
    return Image.fromarray(to_uint8(pixels))


def to_uint8(pixels):
    """Rounds float pixels in [0, 1] to uint8, 0 to 255; what is beyond is clipped."""
    return np.rint(np.clip(pixels, 0, 1) * 255).astype("uint8")


def luminance(pixels):
    """Gives the luma of ITU-R BT.709 of RGB pixels, without the axis of the channels."""
    return pixels @ np.array([0.2126, 0.7152, 0.0722], "float32")
