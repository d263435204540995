"""Checks arrays of pixels, and converts them to images and back."""

import numpy as np
from PIL import Image

# A quarter of a level of 255, and the step of float16 at 1.
_ROUNDING = 0.001


def check_pixels(array):
    """Checks that an array is one image or a batch of images.

    Raises:
        ValueError: if the shape is not `[height, width, 3]` or `[N, height, width, 3]` (4 instead
            of 3 with alpha), or the values are not uint8 or floats in [0, 1]. Floats may exceed
            the range by 0.001, because of rounding.
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
    """Converts an array or tensor to a NumPy array.

    Raises:
        ValueError: if a tensor has no values yet, inside `tf.function`, `tf.data` or a Keras model.
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
    """Returns the pixels of a `PIL.Image.Image`, float32 `[height, width, 3]` in [0, 1]."""
    return np.asarray(image.convert("RGB"), "float32") / 255


def to_image(pixels):
    """Returns the `PIL.Image.Image` of float pixels `[height, width, 3]`, clipped to [0, 1]."""
    return Image.fromarray(to_uint8(pixels))


def to_uint8(pixels):
    """Clips float pixels to [0, 1], and rounds them to uint8, 0 to 255."""
    return np.rint(np.clip(pixels, 0, 1) * 255).astype("uint8")


def luminance(pixels):
    """Returns the luma of RGB pixels `[..., 3]` by ITU-R BT.709, of shape `[...]`."""
    return pixels @ np.array([0.2126, 0.7152, 0.0722], "float32")
