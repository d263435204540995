"""Export to TensorFlow's SavedModel: for TensorFlow Serving, and wherever TensorFlow runs."""

from pathlib import Path

from tfstyle.export.signature import INPUT, require_tensorflow, write_signature

from tfstyle.files import replacing
from tfstyle.generators import size_rule


def to_saved_model(style, folder):
    """Writes a style as a SavedModel, which needs neither tfstyle nor Keras to run.

    It is written to `folder/1`, as TensorFlow Serving wants it; one that is there is replaced. The
    signature `serving_default` takes `image`, float32 `[N, height, width, 3]`, RGB in [0, 1],
    of any size, and gives `stylized`, of the same shape and range. What the generator's
    multiples need is mirrored inside. Further inputs are those of the generator's noise, if it
    takes noise: for them height and width must be multiples.

        model = tf.saved_model.load(folder / "1")
        picture = model.signatures["serving_default"](image=photographs)["stylized"]

    Args:
        style: `Style`.
        folder: Made if missing.

    Returns:
        `pathlib.Path` of the SavedModel.

    Raises:
        ValueError: if Keras does not run on TensorFlow, or `folder` is a file.
    """
    tf = require_tensorflow()
    folder = Path(folder)
    if folder.is_file():
        raise ValueError(f"{folder} is a file. Give a folder.")
    model = style.model
    multiple, minimum = size_rule(model)

    def paint(image):
        height, width = tf.unstack(tf.shape(image)[1:3])
        rows, columns = (
            _mirrored(tf, side, tf.maximum(minimum, -(-side // multiple) * multiple))
            for side in (height, width)
        )
        padded = tf.gather(tf.gather(image, rows, axis=1), columns, axis=2)
        return model(padded, training=False)[:, :height, :width]

    def paint_noise(image, *noise):
        return model([image, *noise], training=False)

    specs = [
        tf.TensorSpec((None, None, None, tensor.shape[-1]), "float32", name=tensor.name)
        for tensor in model.inputs
    ]
    assert specs[0].name == INPUT
    with replacing(folder / "1") as temporary:
        write_signature(model, paint_noise if len(specs) > 1 else paint, specs, temporary)
    return folder / "1"


def _mirrored(tf, side, grown):
    """Gives the indices of `side` pixels mirrored about the last one, again and again."""
    period = tf.maximum(2 * (side - 1), 1)
    indices = tf.range(grown) % period
    return tf.minimum(indices, period - indices)
