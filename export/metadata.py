"""The metadata of a TFLite file: for people, for tools, and for `litert`.

The file has two entries:

- `TFLITE_METADATA`: name, description, author, licence, and the content and range of each tensor,
  in the schema that Android Studio, MediaPipe and other readers show.
- `tfstyle`: JSON with everything else, such as the multiples of height and width. `to_tflite`
  writes the same JSON beside the file.

The schema's own library, MediaPipe, has not been able to read or write it since its release 0.10.30
and brings OpenCV; so the few tables are written here with `flatbuffers`, which TensorFlow brings,
and read by MediaPipe 0.10.21 in a test (`tox -e metadata`).
"""

import json

import flatbuffers
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

ENTRY = "tfstyle"
_SCHEMA_ENTRY = "TFLITE_METADATA"
_PARSER_VERSION = "1.0.0"  # none of the tables used here is younger

# Of the unions and enumerations in metadata_schema.fbs.
_FEATURE, _IMAGE = 1, 2
_NORMALIZATION = 1
_RGB = 1


def add_metadata(content, facts):
    """Writes both entries into a TFLite file.

    Args:
        content: Bytes of the file.
        facts: Dictionary that can be written as JSON, with the strings `name`, `description`,
            `version`, `author` and `license`. Its `tensors` is a dictionary of the lists `inputs`
            and `outputs`; each entry has `name`, `description`, `content` (`"image"` or
            `"noise"`) and, for images, `range`.

    Returns:
        Bytes of the file with metadata.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    model.metadata = model.metadata or []
    for name, data in (
        (_SCHEMA_ENTRY, _pack(facts)),
        (ENTRY, json.dumps(facts).encode("utf-8")),
    ):
        buffer, entry = schema.BufferT(), schema.MetadataT()
        buffer.data = list(data)
        entry.name, entry.buffer = name, len(model.buffers)
        model.buffers.append(buffer)
        model.metadata.append(entry)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _pack(facts):
    """Returns a `ModelMetadata` of metadata_schema.fbs, as bytes."""
    builder = flatbuffers.Builder(1024)
    inputs, outputs = (
        _vector(builder, [_tensor(builder, tensor) for tensor in facts["tensors"][kind]])
        for kind in ("inputs", "outputs")
    )
    subgraph = _table(builder, 5, {2: inputs, 3: outputs})
    subgraphs = _vector(builder, [subgraph])
    texts = {
        slot: builder.CreateString(text)
        for slot, text in (
            (0, facts["name"]),
            (1, facts["description"]),
            (2, facts["version"]),
            (4, facts["author"]),
            (5, facts["license"]),
            (7, _PARSER_VERSION),
        )
    }
    builder.Finish(_table(builder, 8, {**texts, 3: subgraphs}), file_identifier=b"M001")
    return bytes(builder.Output())


def _tensor(builder, tensor):
    """Writes a `TensorMetadata`."""
    name = builder.CreateString(tensor["name"])
    description = builder.CreateString(tensor["description"])
    slots = {0: name, 1: description}
    if tensor["content"] == "image":
        properties = _table(builder, 2, {}, {0: _RGB})
        content = _table(builder, 3, {1: properties}, {0: _IMAGE})
        # What an 8-bit value becomes before it goes in: (value - 0) / 255.
        mean, deviation = _floats(builder, [0.0]), _floats(builder, [255.0])
        options = _table(builder, 2, {0: mean, 1: deviation})
        unit = _table(builder, 2, {1: options}, {0: _NORMALIZATION})
        least, most = (_floats(builder, [float(limit)]) for limit in tensor["range"])
        stats = _table(builder, 2, {0: most, 1: least})
        slots |= {4: _vector(builder, [unit]), 5: stats}
    else:
        properties = _table(builder, 0, {})
        content = _table(builder, 3, {1: properties}, {0: _FEATURE})
    return _table(builder, 7, {**slots, 3: content})


def _table(builder, count, offsets, bytes_=None):
    builder.StartObject(count)
    for slot, value in (bytes_ or {}).items():
        builder.PrependInt8Slot(slot, value, 0)
    for slot, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    return builder.EndObject()


def _vector(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _floats(builder, values):
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return builder.EndVector()
