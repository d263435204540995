"""Which convolutions int8 leaves in float32: those near the image.

Their outputs have the sharpest peaks, up to 40 standard deviations, beside which the steps of int8
are coarse, and every later layer builds on them. With the first three in float32 the pictures of
`johnson` in `int8_weights` go from a structural similarity of 0.93 to 0.98 and more, and those of
`int8` from 0.94 to 0.97 (docs/export.md), at next to no bytes: the first convolutions are small.
"""

import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

# How many convolutions on the longest path from the image. `pyramid` joins a new scale of the image
# until the end, and only what follows its last scale bears int8.
_DEPTHS = {"johnson": 3, "pyramid": 12}
_CONVOLUTION = "CONV_2D"
# All that is no convolution and no copy. A normalization's own numbers range from a variance near
# 0 to far above 1, which one scale of int8 does not hold: quantized, similarity falls to 0.3.
_IN_FLOAT = ("MEAN", "SUB", "MUL", "ADD", "RSQRT", "MINIMUM", "RELU", "RELU_0_TO_1", "RELU6")


def near_image(content, generator):
    """Lists the output tensors of the convolutions near the image in a TFLite file, by name.

    Args:
        content: Bytes of the file.
        generator: Name of the generator in it.
    """
    model = _read(content)
    tensors = model.subgraphs[0].tensors
    return [
        tensors[operator.outputs[0]].name.decode() for operator in _near_image(model, generator)
    ]


def compute_in_float(content, generator):
    """Lets a file of int8 weights compute the convolutions near the image in float32.

    Their weights stay in int8, and are turned to float32 once, when the file is loaded.

    Args:
        content: Bytes of a TFLite file.
        generator: Name of the generator in it.

    Returns:
        Bytes.
    """
    model = _read(content)
    graph = model.subgraphs[0]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = 5  # of weights with a scale for each channel
    model.operatorCodes.append(code)
    for operator in _near_image(model, generator):
        weights = graph.tensors[operator.inputs[1]]
        if weights.type != schema.TensorType.INT8:
            continue  # the converter leaves small ones in float32
        floats = schema.TensorT()
        floats.shape, floats.type, floats.buffer = weights.shape, schema.TensorType.FLOAT32, 0
        floats.name = weights.name + b"_float32"
        graph.tensors.append(floats)
        dequantize = schema.OperatorT()
        dequantize.opcodeIndex = len(model.operatorCodes) - 1
        dequantize.inputs, dequantize.outputs = [operator.inputs[1]], [len(graph.tensors) - 1]
        operator.inputs[1] = len(graph.tensors) - 1
        graph.operators.insert(0, dequantize)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def quantize(converter, samples, in_float):
    """Converts with convolutions in int8, but those named, and the rest in float32.

    Args:
        converter: `tf.lite.TFLiteConverter`.
        samples: Function that gives an iterable of inputs: see `representative_dataset`.
        in_float: Names of `near_image`.

    Returns:
        Bytes of the TFLite file.
    """
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_ops=list(_IN_FLOAT), denylisted_nodes=list(in_float)
    )
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=samples, debug_options=options
    )
    return debugger.get_nondebug_quantized_model()


def _near_image(model, generator):
    """Lists the operators with few convolutions between the image and them."""
    depth, found = {}, []  # of a tensor: convolutions on the longest path to it
    for operator in model.subgraphs[0].operators:
        before = max((depth.get(tensor, 0) for tensor in operator.inputs), default=0)
        code = flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
        if code == _CONVOLUTION and before < _DEPTHS[generator]:
            found.append(operator)
        for tensor in operator.outputs:
            depth[tensor] = before + (code == _CONVOLUTION)
    return found


def _read(content):
    return flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
