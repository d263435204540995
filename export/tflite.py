"""Export to TFLite: files that LiteRT runs on phones, in browsers and on small boards."""

import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
from tfstyle.export.inspection import similarity
from tfstyle.export.litert import Painter
from tfstyle.export.metadata import add_metadata, describe_style
from tfstyle.export.portable import portable_generator
from tfstyle.export.signature import NAME, require_tensorflow, write_signature

from tfstyle.files import replacing
from tfstyle.generators import sample_noise, size_rule
from tfstyle.images import center_crop, read_image, resize_shortest, to_pixels

PRECISIONS = ("float32", "float16", "int8_weights", "int8")

# The least likeness (SSIM) to Keras' pictures of a file that computes in whole numbers.
SSIM_FLOOR = 0.95


def to_tflite(
    style, path, precision="float32", size=None, photographs=(), seed=None, floor=SSIM_FLOOR
):
    """Writes a style as a TFLite file of builtin operations, and what it is as JSON beside it.

    The signature takes `image`, float32 `[1, height, width, 3]`, RGB in [0, 1], and gives
    `stylized`, likewise. Height and width are multiples of the generator's: `metadata` says of
    which, and `litert.Painter` pads. A generator that takes noise has further inputs, one a
    scale; with a `seed` its noise is part of the file.

    Args:
        style: `Style`.
        path: Of the new file, ending in `.tflite`.
        precision: `"float32"`; `"float16"` weights, half the bytes, for GPUs; `"int8_weights"`, a
            quarter, computed in whole numbers with floats between the layers; or `"int8"`,
            whole numbers throughout, for processors that have nothing else.
        size: Integer, or `(height, width)`: GPU delegates want it. With none both are free,
            which runs on CPUs alone.
        photographs: Image files, some 20, for `"int8"`: they tell the range of each tensor.
        seed: Integer, decides the noise; needs a size.
        floor: Float, the least SSIM to Keras' pictures for `"int8"`; 0 takes any.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: on an unknown precision, a size that is no multiple, `"int8"` without
            photographs or below the floor; or if Keras does not run on TensorFlow.
    """
    require_tensorflow()
    path = Path(path)
    size = _check(style, path, precision, size, photographs, seed)
    model = portable_generator(style)
    function, specs = _signature(model, size, seed)
    images = [_photograph(name, size) for name in photographs]
    noise = () if seed is not None else [np.zeros(spec.shape, "float32") for spec in specs[1:]]
    content = _convert(model, function, specs, precision, [[image, *noise] for image in images])
    facts = {**describe_style(style, precision, size_rule(model)), "size": size, "seed": seed}
    content = add_metadata(content, facts)
    if precision == "int8":
        _check_likeness(style, content, images, floor)
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return path


def _check(style, path, precision, size, photographs, seed):
    """Refuses what cannot be exported; gives the size as `[height, width]`."""
    if path.suffix != ".tflite":
        raise ValueError(f"{path}: the file's name must end in .tflite.")
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision must be one of {', '.join(PRECISIONS)}. Received: {precision!r}"
        )
    multiple, minimum = size_rule(style.model)
    if size is not None:
        size = [size, size] if isinstance(size, int) else list(size)
        if any(side % multiple or side < minimum for side in size):
            near = [max(minimum, round(side / multiple) * multiple) for side in size]
            raise ValueError(
                f"Height and width must be multiples of {multiple}, at least {minimum}, for "
                f"{style.model.name}. Received: {size}. Near: {near}"
            )
    if precision == "int8" and not (photographs and size):
        raise ValueError("int8 needs a size, and photographs, some 20, to find its ranges.")
    if seed is not None and not size:
        raise ValueError("A seed needs a size: the noise that it decides has one.")
    return size


def _signature(model, size, seed):
    """Gives the function to export, and the `tf.TensorSpec`s of its arguments."""
    import tensorflow as tf

    height, width = size or (None, None)
    image = tf.TensorSpec((1, height, width, 3), "float32", name="image")
    if len(model.inputs) == 1:
        return lambda image: model(image, training=False), [image]
    if seed is not None:
        noise = [tf.constant(z) for z in sample_noise(model, 1, height, width, seed)]
        return lambda image: model([image, *noise], training=False), [image]
    shapes = [z.shape for z in sample_noise(model, 1, height or 64, width or 64, 0)]
    specs = [
        tf.TensorSpec((1, *(shape[1:3] if size else (None, None)), shape[3]), name=z.name)
        for shape, z in zip(shapes, model.inputs[1:], strict=True)
    ]
    return lambda *inputs: model(list(inputs), training=False), [image, *specs]


def _convert(model, function, specs, precision, samples):
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        write_signature(model, function, specs, Path(folder) / "model")
        converter = tf.lite.TFLiteConverter.from_saved_model(
            f"{folder}/model", signature_keys=[NAME]
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if precision == "int8":
            names = [spec.name for spec in specs]
            converter.representative_dataset = lambda: (
                dict(zip(names, sample, strict=True)) for sample in samples
            )
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        with warnings.catch_warnings():
            # The calibration of int8 uses TensorFlow's own interpreter, which is deprecated.
            warnings.simplefilter("ignore")
            return converter.convert()


def _photograph(path, size):
    """Gives the middle of a photograph, float32 `[1, height, width, 3]` in [0, 1]."""
    height, width = size
    image = resize_shortest(read_image(path), max(size))
    return to_pixels(center_crop(image, max(size)).crop((0, 0, width, height)))[None]


def _check_likeness(style, content, images, floor):
    painter = Painter(content)
    found = np.mean([similarity(painter.paint(x[0]), style.stylize(x)[0]) for x in images[:4]])
    if not found >= floor:
        raise ValueError(
            f"In int8 the pictures are no more those of the style: SSIM {found:.3f}, below "
            f"{floor}. Take int8_weights, or set the floor to 0 to have it nevertheless."
        )
