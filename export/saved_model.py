"""A style as a TensorFlow SavedModel: for servers, and the first step of `to_tflite`."""

import os
from pathlib import Path
from typing import Any

import tensorflow as tf

from tfstyle.files import replacing
from tfstyle.generators import noise_inputs, sample_noise, size_rule
from tfstyle.styles.folder import holds_anything
from tfstyle.styles.style import Style

SIGNATURE = "serving_default"


def to_saved_model(style: Style, folder: str | os.PathLike[str]) -> Path:
    """Writes a style as a SavedModel, in the folder layout of TensorFlow Serving, as version 1.

    `tf.saved_model.load` reads it, without tfstyle and without Keras. It has one signature:

        serving_default(image: float32 [N, height, width, 3] in [0, 1]) -> {"stylized": the same}

    Height and width are free: the model extends images by reflection, as `Style.stylize` does, and
    crops the picture. A generator that takes noise has an input for each scale, `noise_32` to
    `noise_1`, and only takes heights and widths that are multiples of 32: see
    `generators.sample_noise`.

    Args:
        style: `Style`.
        folder: Path. The SavedModel is written to `folder/1`, and replaces an earlier one there.

    Returns:
        `pathlib.Path` of `folder/1`.

    Raises:
        ValueError: if `folder` is a file, or `folder/1` holds something other than a SavedModel.

    Example:

        tf.saved_model.load("served/1").signatures["serving_default"](image=images)["stylized"]
    """
    folder = Path(folder)
    target = folder / "1"
    if folder.is_file():
        raise ValueError(f"{folder} is a file. Give a folder.")
    if holds_anything(target) and not (target / "saved_model.pb").exists():
        raise ValueError(f"{target} exists and is not a SavedModel. Give another folder.")
    call = style.model if len(style.model.inputs) > 1 else _for_any_size(style.model)
    with replacing(target) as temporary:
        write_function(style.model, temporary, (None, None, None), call=call)
    return target


def write_function(generator, folder, shape, seed=None, call=None):
    """Writes a generator's inference for images of one shape as a SavedModel.

    Args:
        generator: `keras.Model` of `generators`.
        folder: Path of a new folder.
        shape: `(N, height, width)`, each an integer or None if free.
        seed: Integer, for a generator that takes noise: the noise of this seed becomes a
            constant, and no side of the shape may be None. With None, the noise is an input.
        call: Function to write instead of the generator. It uses the generator's weights.
    """
    call = call or generator
    module: Any = tf.Module()
    # What the function reads must hang on the module, or the SavedModel lacks the weights.
    module.variables_of_the_generator = [weight.value for weight in generator.weights]
    noises = []
    if seed is not None:
        noises = [tf.constant(z) for z in sample_noise(generator, *shape, seed)]  # pyright: ignore[reportCallIssue]
    inputs = [("image", 1, 3), *([] if noises else noise_inputs(generator))]
    batch, *sides = shape
    specs = [
        tf.TensorSpec([batch, *(side and side // ratio for side in sides), channels], name=name)
        for name, ratio, channels in inputs
    ]

    def stylize(*images):
        given = [*images, *noises]
        return {"stylized": call(given if len(given) > 1 else given[0], training=False)}

    function = tf.function(stylize, autograph=False).get_concrete_function(*specs)
    module.stylize = function
    tf.saved_model.save(module, str(folder), signatures={SIGNATURE: function})


def _for_any_size(generator):
    """Returns the generator as a function of images of any size."""
    multiple, minimum = size_rule(generator)

    def paint(images, training):
        height, width = tf.unstack(tf.shape(images)[1:3])
        grown = images
        for axis, side in ((1, height), (2, width)):
            size = tf.maximum(minimum, -(-side // multiple) * multiple)
            grown = tf.gather(grown, _mirrored(side, size), axis=axis)
        return generator(grown, training=training)[:, :height, :width]

    return paint


def _mirrored(side, size):
    """Returns `size` indices that run along a side and back, again and again."""
    period = tf.maximum(2 * (side - 1), 1)
    indices = tf.range(size) % period
    return tf.minimum(indices, period - indices)
