"""An initial size for files of free height and width.

The converter writes free sides as 1 into the input's shape; only `shape_signature` tells that they
are free. Java's `Interpreter` allocates tensors for this shape when it is created, before an app
can give it a size. A network of convolutions without padding cannot be allocated at 1 x 1, so
Java could not load such a file. LiteRT for Python allocates later.
"""

from tensorflow.lite.tools import flatbuffer_utils

_SIDE = 64  # pixels: small, so that planning for it costs nothing


def with_first_size(content, facts):
    """Sets the initial size of the inputs of a TFLite file. They still take any size.

    Args:
        content: Bytes of the file.
        facts: Dictionary with `minimum`, the least side in pixels, and `noise`, a list: each entry
            has the `name` of an input, and the `ratio` of the image's side to the input's.

    Returns:
        Bytes of the changed file.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    side = max(_SIDE, facts["minimum"])
    ratios = {"image": 1, **{z["name"]: z["ratio"] for z in facts["noise"]}}
    for entry in model.signatureDefs[0].inputs:
        tensor = model.subgraphs[0].tensors[entry.tensorIndex]
        own = side // ratios[entry.name.decode()]
        tensor.shape = [own if free == -1 else free for free in tensor.shapeSignature]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
