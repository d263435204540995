"""One TFLite file for all paintings of a trunk, and for blends of them.

The paintings of a trunk differ only in gamma and beta of its normalizations. In a TFLite file these
are a few thousand float32 numbers. A blend has the weighted mean of its paintings'.
"""

import numpy as np


def portable_styles(trunk):
    """Yields a trunk's generator with gamma and beta of each painting in turn.

    All have the scales that `make_portable` chooses for the even blend, so that they only differ in
    gamma and beta. The scales matter on GPUs, which compute in float16.

    Args:
        trunk: `Trunk`.

    Yields:
        Tuple of the painting's name and the `keras.Model`, the same object each time.
    """
    from tfstyle.export.portable import make_portable  # what runs files does not need it

    portable = make_portable(trunk.bake(dict.fromkeys(trunk.recipes, 1)).model)
    normalizations = _normalizations(portable)
    for name in trunk.recipes:
        for ours, theirs in zip(
            normalizations, _normalizations(trunk.bake(name).model), strict=True
        ):
            ours.set_weights(theirs.get_weights())
        yield name, portable


def value_ranges(contents):
    """Finds the float32 numbers in which TFLite files differ.

    Args:
        contents: List of bytes, one file for each painting.

    Returns:
        Tuple of the ranges, a list of `[offset in bytes, count]`, and the numbers, float32
        `[paintings, numbers]`, in the order of the ranges.

    Raises:
        ValueError: if the files differ in anything else.
    """
    first, *others = contents
    if any(len(each) != len(first) for each in others):
        raise ValueError(
            "The files of a trunk's paintings must have equal lengths, but differ in length."
        )
    ranges = [
        [start, length // 4]
        for start, length in _buffers(first)
        if any(each[start : start + length] != first[start : start + length] for each in others)
    ]
    values = [
        np.concatenate([np.frombuffer(c, "<f4", n, at) for at, n in ranges]) for c in contents
    ]
    for content, numbers in zip(contents, values, strict=True):
        if with_values(first, ranges, numbers) != content:
            raise ValueError(
                "The files of a trunk's paintings must differ only in gamma and beta. These differ "
                "in other bytes; train the trunk with normalization = 'instance'."
            )
    return ranges, np.stack(values)


def with_values(content, ranges, values):
    """Returns a file with the numbers of a painting or a blend: see `value_ranges`."""
    content = bytearray(content)
    done = 0
    for offset, count in ranges:
        content[offset : offset + 4 * count] = values[done : done + count].astype("<f4").tobytes()
        done += count
    return bytes(content)


def _normalizations(generator):
    return [layer for layer in generator.layers if "normalization" in layer.name]


def _buffers(content):
    """Lists offset and length of each tensor's data in a TFLite file."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    for number in range(model.BuffersLength()):
        buffer = model.Buffers(number)
        if buffer.DataLength():
            table = buffer._tab
            yield table.Vector(table.Offset(4)), buffer.DataLength()  # 4: its field `data`
