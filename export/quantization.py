"""The number of bits in which a TFLite file stores the weights of each convolution and computes.

Rounding costs most in the convolutions near the image: every later layer depends on them, and a
normalization amplifies their error where the image is nearly flat. These convolutions have few
weights, so they keep more bits. `rounding` explains what rounding does to flat areas.
"""

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from tfstyle.export.rounding import to_half, to_int8
from tfstyle.facts import FACTS

# How many convolutions on the longest path from the image keep weights of float32, and of float16;
# those behind have int8. Of a generator that is not here: those that int8 computes in float32, in
# float16. `pyramid` joins a new scale of the image until the end, and only what
# follows its last scale bears int8.
_EXACT = {"johnson": 0, "pyramid": 3, "mobile": 0}
_HALF = {"johnson": 5, "pyramid": 12, "mobile": 3}
_CONVOLUTION = "CONV_2D"
# All that is no convolution and no copy. A normalization's own numbers range from a variance near
# 0 to far above 1, which one scale of int8 does not hold: quantized, similarity falls to 0.3.
_IN_FLOAT = (
    *("MEAN", "SUB", "MUL", "ADD", "RSQRT", "MINIMUM", "RELU", "RELU_0_TO_1", "RELU6"),
    *("ABS", "REDUCE_MAX", "MAXIMUM", "DIV"),
)


def own_half(card):
    """Returns what a style's card says of `half`, see `store_weights`; None if it says nothing.

    For a style that paints flat images wrongly with the number of its generator:
    `pytest -m slow tests/test_flat_images.py`.
    """
    half = card.get("float16_convolutions")
    return half if type(half) is int else None


def store_weights(content, generator, precision, half=None):
    """Rounds the float32 weights of the convolutions of a TFLite file.

    Args:
        content: Bytes of the file.
        generator: Name of the generator in it.
        precision: `"float16"`, `"int8_weights"`, `"int8_dynamic"` or `"int8"`: see `to_tflite`.
        half: Integer, how many convolutions on the longest path from the image keep weights of
            float16; those behind have int8. None stands for what suits the generator.

    Returns:
        Bytes.
    """
    model = _read(content)
    graph = model.subgraphs[0]
    upsampling = _upsampling(model)
    floats = schema.TensorType.FLOAT32
    if half is None:
        half = _HALF.get(generator, FACTS[generator].float_convolutions)
    for operator, before in _convolutions(model):
        tensor = graph.tensors[operator.inputs[1]]
        if tensor.type != floats or before < _EXACT.get(generator, 0):
            continue
        phases = 4 if operator.outputs[0] in upsampling else 1
        weights = np.frombuffer(bytes(model.buffers[tensor.buffer].data), "<f4")
        weights = weights.reshape(tensor.shape)
        if precision == "float16" or before < half:
            _replace(model, tensor, to_half(weights, phases), schema.TensorType.FLOAT16)
        else:
            integers, scales = to_int8(weights, phases)
            _replace(model, tensor, integers, schema.TensorType.INT8, scales)
            if precision == "int8_dynamic" and before >= FACTS[generator].float_convolutions:
                continue  # LiteRT rounds the input to int8, too, in a range found at run time
        _dequantize(model, operator)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def float_convolutions(content, generator):
    """Lists the output tensors of the convolutions that `"int8"` computes in float32, by name.

    They are those near the image, and those that upsample: see `rounding`. The outputs near the
    image have peaks of up to 40 standard deviations, which makes the steps of int8 too coarse.

    Args:
        content: Bytes of a TFLite file.
        generator: Name of the generator in it.
    """
    model = _read(content)
    upsampling = _upsampling(model)
    return [
        model.subgraphs[0].tensors[operator.outputs[0]].name.decode()
        for operator, before in _convolutions(model)
        if before < FACTS[generator].float_convolutions or operator.outputs[0] in upsampling
    ]


def quantize(converter, samples, in_float):
    """Converts a model with its convolutions in int8, and everything else in float32.

    Args:
        converter: `tf.lite.TFLiteConverter`.
        samples: Function without arguments that returns an iterable of inputs: see
            `representative_dataset` of the converter.
        in_float: Names of convolutions to keep in float32: see `float_convolutions`.

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


def _convolutions(model):
    """Lists each convolution with the number of those on the longest path from the image to it."""
    depth, found = {}, []  # of a tensor: convolutions on the longest path to it
    for operator in model.subgraphs[0].operators:
        before = max((depth.get(tensor, 0) for tensor in operator.inputs), default=0)
        is_convolution = _name(model, operator) == _CONVOLUTION
        if is_convolution:
            found.append((operator, before))
        for tensor in operator.outputs:
            depth[tensor] = before + is_convolution
    return found


def _upsampling(model):
    """Returns the tensors whose channels become pixels."""
    operators = model.subgraphs[0].operators
    return {each.inputs[0] for each in operators if _name(model, each) == "DEPTH_TO_SPACE"}


def _replace(model, tensor, values, kind, scales=None):
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), "uint8")
    model.buffers.append(buffer)
    model.buffers[tensor.buffer].data = None
    tensor.buffer, tensor.type = len(model.buffers) - 1, kind
    if scales is not None:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = scales
        tensor.quantization.zeroPoint = np.zeros(len(scales), "int64")
        tensor.quantization.quantizedDimension = 0


def _dequantize(model, operator):
    """Converts a convolution's weights to float32 in the file. LiteRT runs it once, on load."""
    graph = model.subgraphs[0]
    number = operator.inputs[1]
    weights = graph.tensors[number]
    floats = schema.TensorT()
    floats.shape, floats.type, floats.buffer = weights.shape, schema.TensorType.FLOAT32, 0
    floats.name = weights.name + b"_float32"
    graph.tensors.append(floats)
    dequantize = schema.OperatorT()
    dequantize.opcodeIndex = _code(model, schema.BuiltinOperator.DEQUANTIZE)
    dequantize.inputs, dequantize.outputs = [number], [len(graph.tensors) - 1]
    operator.inputs[1] = len(graph.tensors) - 1
    graph.operators.insert(0, dequantize)


def _code(model, operation):
    """Returns the index of an operation in the file's list, after adding it if it is missing."""
    version = 5  # takes weights of float16, and of int8 with a scale for each channel
    for index, code in enumerate(model.operatorCodes):
        if code.builtinCode == operation:
            code.version = max(code.version, version)
            return index
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = operation
    code.version = version
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def _name(model, operator):
    return flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)


def _read(content):
    return flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
