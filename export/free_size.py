"""A size to begin with, for files of free height and width.

The converter writes free sides as 1 into the input's shape, and only its `shape_signature` says
that they are free. A network whose convolutions have no padding of their own cannot be planned at
1 x 1. Java's `Interpreter` does so as soon as it is made, before anyone can give it a size, and
raises; it cannot load such a file. LiteRT for Python plans later.
"""

from tensorflow.lite.tools import flatbuffer_utils

_SIDE = 64  # pixels: small, so that planning for it costs nothing


def with_first_size(content, facts):
    """Gives the inputs of a TFLite file of free size a size to begin with; they stay free.

    Args:
        content: Bytes of the file.
        facts: Dictionary with `minimum`, the least side, and `noise`, of which each entry has the
            `name` of an input and the `ratio` of the image's side to its own.

    Returns:
        Bytes.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    side = max(_SIDE, facts["minimum"])
    ratios = {"image": 1, **{z["name"]: z["ratio"] for z in facts["noise"]}}
    for entry in model.signatureDefs[0].inputs:
        tensor = model.subgraphs[0].tensors[entry.tensorIndex]
        own = side // ratios[entry.name.decode()]
        tensor.shape = [own if free == -1 else free for free in tensor.shapeSignature]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
