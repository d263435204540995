"""One TFLite file for every size: which of its numbers a height and a width decide.

LiteRT.js only runs files of fixed size. Two files of one generator for different sizes differ in
a few hundred 32-bit integers, the shapes. Each is `slope * side + intercept` of the height or of
the width. `shape_rules` finds them. The page sets them for each photograph, and loads the weights
only once.
"""

import math

import numpy as np


def shape_rules(convert, multiple, minimum):
    """Finds the shapes in a TFLite file, and how height and width decide them.

    Args:
        convert: Function of `(height, width)` that returns the bytes of a file of that size. It
            is called four times.
        multiple: Integer; heights and widths are multiples of it, in pixels.
        minimum: Integer, the smallest height and width, in pixels.

    Returns:
        Tuple of the bytes of a file and its rules, a list of `[axis, slope, intercept, offsets]`.
        The 32-bit integer at each offset is `slope * (height, width)[axis] + intercept`.

    Raises:
        ValueError: if the size changes anything else in the file.
    """
    step = math.lcm(multiple, 32)
    height, width = 2 * step, 3 * step
    while height < minimum:
        height, width = height + step, width + step
    read = lambda size: without_metadata(convert(size))  # noqa: E731
    base = read((height, width))
    rules = [
        *_rules_of_axis(base, read((height + 2 * step, width)), 0, height, 2 * step),
        *_rules_of_axis(base, read((height, width + step)), 1, width, step),
    ]
    other = (height + step, width + 3 * step)
    if resized(base, rules, other) != read(other):
        raise ValueError(
            "The page needs a generator whose size changes only the shapes in its file. This "
            "generator's file changes in another way; give a style of johnson or pyramid."
        )
    return base, rules


def resized(content, rules, size):
    """Sets the shapes of a file, as the page does: see `shape_rules`.

    Args:
        content: Bytes of the file.
        rules: Rules of the file, as `shape_rules` returns them.
        size: `(height, width)` in pixels.

    Returns:
        Bytes of the file for this size.
    """
    numbers = np.frombuffer(_whole_numbers(content), "<i4").copy()
    for axis, slope, intercept, offsets in rules:
        numbers[np.array(offsets) // 4] = slope * size[axis] + intercept
    return numbers.tobytes()[: len(content)]


def without_metadata(content):
    """Removes the converter's metadata from a TFLite file, which has a hash of the graph."""
    from tensorflow.lite.tools import flatbuffer_utils  # what runs files does not need it

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    model.metadata, model.metadataBuffer = [], []
    for buffer in _unused(model):
        model.buffers[buffer].data = None
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _unused(model):
    used = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    return set(range(len(model.buffers))) - used


def _rules_of_axis(base, other, axis, side, step):
    """Gives the rules of the numbers that differ between two files, in one order of offsets."""
    if len(base) != len(other):
        raise ValueError(
            f"The page needs files of one length for all sizes. Received: {len(base)} and "
            f"{len(other)} bytes."
        )
    before, after = (
        np.frombuffer(_whole_numbers(each), "<i4").astype("int64") for each in (base, other)
    )
    grouped = {}
    for place in np.flatnonzero(before != after):
        slope = float(after[place] - before[place]) / step
        intercept = float(before[place] - slope * side)
        grouped.setdefault((slope, intercept), []).append(int(place) * 4)
    return [[axis, *rule, offsets] for rule, offsets in grouped.items()]


def _whole_numbers(content):
    return content + bytes(-len(content) % 4)
