"""What a TFLite file says of itself: TFLite Metadata, and a JSON of the same.

TFLite Metadata is a FlatBuffer inside the model's. Its public reader and writer, MediaPipe, pins
versions of NumPy and protobuf that TensorFlow does not run with, so that the few fields are
written here; the tox environment `metadata` shows that MediaPipe reads them.
"""

import json

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

# `tfstyle` holds the JSON, for `litert`; the other name is that of the TFLite Metadata schema.
OURS, THEIRS = b"tfstyle", b"TFLITE_METADATA"

_IMAGE_PROPERTIES, _NORMALIZATION = 2, 1  # members of the schema's unions
_RGB = 1


def describe_style(style, precision, rule):
    """Gives what the file says: a dictionary of strings and numbers.

    Args:
        style: `Style`.
        precision: String.
        rule: `(multiple, minimum)` of height and width: `generators.size_rule`.
    """
    recipe = style.recipe
    credit = ", ".join(filter(None, (recipe.title, recipe.artist, recipe.year)))
    return {
        "name": recipe.title or "Untitled",
        "description": (
            f"Paints a photograph like {credit or 'a painting'}. Input and output: RGB in [0, 1]."
        ),
        "author": "tfstyle",
        "license": f"Painting: {recipe.rights or 'not stated'}. Weights: Apache-2.0.",
        "source": recipe.source,
        "generator": recipe.generator,
        "precision": precision,
        "range": [0.0, 1.0],
        "multiple": rule[0],
        "minimum": rule[1],
    }


def add_metadata(content, facts):
    """Gives the bytes of a TFLite file with metadata added.

    Args:
        content: Bytes of the file.
        facts: Dictionary of `describe_style`.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    model.metadata = model.metadata or []
    for name, data in ((THEIRS, _pack(model, facts)), (OURS, json.dumps(facts).encode())):
        buffer, entry = schema.BufferT(), schema.MetadataT()
        buffer.data = list(data)
        entry.name, entry.buffer = name, len(model.buffers)
        model.buffers.append(buffer)
        model.metadata.append(entry)
    builder = flatbuffers.Builder(len(content) + 4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def read_metadata(content):
    """Gives the dictionary that `add_metadata` added.

    Raises:
        ValueError: if the bytes are no TFLite file, or none of tfstyle.
    """
    if content[4:8] != b"TFL3":
        raise ValueError("this is not a TFLite file.")
    model = schema.Model.GetRootAs(content, 0)
    for number in range(model.MetadataLength()):
        entry = model.Metadata(number)
        if entry.Name() == OURS:
            return json.loads(model.Buffers(entry.Buffer()).DataAsNumpy().tobytes())
    raise ValueError("this TFLite file was not exported by tfstyle.")


def _pack(model, facts):
    """Packs a `ModelMetadata` of the TFLite Metadata schema."""
    builder = flatbuffers.Builder(1024)
    graph = model.subgraphs[0]
    sides = [
        _vector(builder, [_tensor(builder, graph.tensors[index]) for index in indices])
        for indices in (graph.inputs, graph.outputs)
    ]
    subgraphs = _vector(builder, [_table(builder, 10, {2: sides[0], 3: sides[1]})])
    strings = [builder.CreateString(facts[key]) for key in ("name", "description")]
    credits = [builder.CreateString(facts[key]) for key in ("author", "license")]
    parser = builder.CreateString("1.0.0")
    fields = {0: strings[0], 1: strings[1], 3: subgraphs, 4: credits[0], 5: credits[1], 7: parser}
    builder.Finish(_table(builder, 8, fields), b"M001")
    return builder.Output()


def _tensor(builder, tensor):
    """Packs a `TensorMetadata`: its name, and for an image its colours and range."""
    name = tensor.name.decode()
    if list(tensor.shape)[-1] != 3:
        return _table(builder, 7, {0: builder.CreateString(name)})
    text = builder.CreateString("RGB, float32 in [0, 1]")
    title = builder.CreateString(name)
    builder.StartObject(2)
    builder.PrependInt8Slot(0, _RGB, 0)
    properties = builder.EndObject()
    content = _table(builder, 3, {1: properties}, union=_IMAGE_PROPERTIES)
    # To bytes of 0 to 255 by (byte - mean) / std.
    options = _table(builder, 2, {0: _floats(builder, 0), 1: _floats(builder, 255)})
    units = _vector(builder, [_table(builder, 2, {1: options}, union=_NORMALIZATION)])
    stats = _table(builder, 2, {0: _floats(builder, 1), 1: _floats(builder, 0)})
    return _table(builder, 7, {0: title, 1: text, 3: content, 4: units, 5: stats})


def _table(builder, slots, fields, union=None):
    """Packs a table of offsets; `union` is the type of the one in slot 1."""
    builder.StartObject(slots)
    if union:
        builder.PrependUint8Slot(0, union, 0)
    for slot, offset in fields.items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    return builder.EndObject()


def _vector(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _floats(builder, value):
    builder.StartVector(4, 3, 4)
    for _ in range(3):
        builder.PrependFloat32(value)
    return builder.EndVector()
