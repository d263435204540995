"""A generator as a function of named tensors, which every export begins with."""

import contextlib
import io

import keras

NAME = "serving_default"
INPUT, OUTPUT = "image", "stylized"


def write_signature(model, function, specs, folder):
    """Writes a SavedModel with one signature.

    Args:
        model: `keras.Model` whose weights `function` uses.
        function: Of one tensor a spec, in their order; gives the picture.
        specs: `tf.TensorSpec`s, whose names are those of the signature's inputs.
        folder: `pathlib.Path` of the SavedModel.
    """
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(NAME, lambda *inputs: {OUTPUT: function(*inputs)}, input_signature=specs)
    with contextlib.redirect_stdout(io.StringIO()):  # Keras lists the endpoints
        archive.write_out(str(folder))


def require_tensorflow():
    """Gives the module `tensorflow`.

    Raises:
        ValueError: if Keras runs on another backend.
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"Export needs Keras on TensorFlow. Received the backend {keras.backend.backend()!r}. "
            "Set KERAS_BACKEND=tensorflow."
        )
    import tensorflow as tf

    return tf
