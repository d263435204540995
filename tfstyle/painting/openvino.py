"""Generators on OpenVINO: the same pictures in less time, on CPUs of Intel and AMD.

Converting a generator to a network of OpenVINO needs Keras. Running the network needs neither Keras
nor TensorFlow. OpenVINO orders channels before height and width, so the network transposes its
input and its output.
"""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

# Without the package both are None, and `_require_openvino` is called first.
# pyright: reportOptionalMemberAccess=false, reportInvalidTypeForm=false
# Where it is not installed, pyright takes this file for it.
# pyright: reportAttributeAccessIssue=false

try:
    import openvino
    from openvino import opset16 as ov
except ImportError:
    openvino = ov = None

if TYPE_CHECKING:
    import keras

_HEIGHT_AND_WIDTH = (2, 3)


def is_installed() -> bool:
    """Returns whether the package openvino is installed."""
    return openvino is not None


def version() -> str:
    """Returns the version of openvino.

    Raises:
        ImportError: if it is not installed.
    """
    _require_openvino()
    return openvino.__version__


def write_network(network: "openvino.Model", path: Path) -> None:
    """Writes a network to an `.xml` file, and its weights in float32 to a `.bin` beside it."""
    openvino.save_model(network, str(path), compress_to_fp16=False)


class OpenVino:
    """A network, compiled for this machine's CPU. Several threads can use it at once.

    It computes in as many threads as the environment variable OMP_NUM_THREADS says, or else as
    there are cores.

    Args:
        network: The `openvino.Model` that `network_of` returns, or the path of its `.xml` file.
        precision: `"float32"`, or `"bfloat16"`, which is faster on CPUs that support it.

    Raises:
        ImportError: if openvino is not installed.
    """

    def __init__(self, network: "openvino.Model | Path", precision: str = "float32"):
        _require_openvino()
        core = openvino.Core()
        # OpenVINO would choose bfloat16 by itself: the precision is the caller's choice.
        hint = {"float32": "f32", "bfloat16": "bf16"}[precision]
        options: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": hint,
            "PERFORMANCE_HINT": "LATENCY",
            **_limits(),
        }
        network = str(network) if isinstance(network, Path) else network
        self._compiled = core.compile_model(network, "CPU", options)
        self._requests = threading.local()

    def __call__(self, inputs: list[np.ndarray]) -> np.ndarray:
        """Runs the network.

        Args:
            inputs: The network's inputs in the order of the Keras model: float32
                `[1, height, width, 3]` in [0, 1], then noise or style weights.

        Returns:
            float32 `[1, height, width, 3]` in [0, 1].
        """
        if not hasattr(self._requests, "own"):
            self._requests.own = self._compiled.create_infer_request()
        request = self._requests.own
        return request.infer(inputs)[0].copy()  # the next run writes to the same memory


def _limits():
    """Returns OpenVINO's options for the threads that OMP_NUM_THREADS allows."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if not threads.isdecimal():
        return {}
    # Pinned, the threads of several such processes would share one core.
    return {"INFERENCE_NUM_THREADS": int(threads), "ENABLE_CPU_PINNING": False}


def network_of(generator: "keras.Model") -> "openvino.Model":
    """Converts a generator to an `openvino.Model`, for one image of any size.

    Args:
        generator: `keras.Model` of the layers that `_OPERATIONS` lists.

    Raises:
        ValueError: if the generator has another layer.
        ImportError: if openvino is not installed.
    """
    _require_openvino()
    tensors: dict[int, Any] = {}
    parameters = []
    for operation in generator.operations:
        node = operation._inbound_nodes[0]
        name = type(operation).__name__
        if name == "InputLayer":
            shape = [1, *(-1 if side is None else side for side in operation.batch_shape[1:])]
            parameters.append(ov.parameter(shape, np.float32, name=operation.name))
            made = _channels_first(parameters[-1]) if len(shape) == 4 else parameters[-1]
        elif name in _OPERATIONS:
            given = [tensors[id(tensor)] for tensor in node.input_tensors]
            made = _OPERATIONS[name](operation, *given)
        else:
            raise ValueError(
                f"OpenVINO cannot run the layer {operation.name!r} of kind {name}. Known are "
                f"{', '.join(_OPERATIONS)}. Use engine='keras'."
            )
        tensors[id(node.output_tensors[0])] = made
    picture = ov.transpose(tensors[id(generator.outputs[0])], _integers(0, 2, 3, 1))
    order = [each.name for each in generator.inputs]
    parameters.sort(key=lambda parameter: order.index(parameter.get_friendly_name()))
    return openvino.Model([ov.result(picture)], parameters, "generator")  # pyright: ignore[reportGeneralTypeIssues]


def _require_openvino():
    if openvino is None:
        raise ImportError("The engine openvino is not installed: pip install 'tfstyle[openvino]'")


def _channels_first(image):
    return ov.transpose(image, _integers(0, 3, 1, 2))


def _integers(*values):
    return ov.constant(np.array(values, "int64"))


def _floats(values, shape=None):
    values = np.asarray(values, "float32")
    return ov.constant(np.ascontiguousarray(values if shape is None else values.reshape(shape)))


def _array(weight):
    import keras

    return np.asarray(keras.ops.convert_to_numpy(weight), "float32")


def _identity(layer, x):
    return x


def _pad(layer, x):
    sides = layer.padding
    if isinstance(sides, int):  # ReflectionPadding2D
        before = after = (sides, sides)
        mode = "symmetric" if layer.symmetric else "reflect"
    else:
        before, after = zip(*sides, strict=True)
        mode = "constant"
    zero = [ov.constant(np.float32(0))] if mode == "constant" else []
    return ov.pad(x, _integers(0, 0, *before), _integers(0, 0, *after), mode, *zero)


def _crop(layer, x):
    (top, bottom), (left, right) = layer.cropping
    ends = [-bottom or 2**31 - 1, -right or 2**31 - 1]
    steps, axes = _integers(1, 1), _integers(*_HEIGHT_AND_WIDTH)
    return ov.slice(x, _integers(top, left), _integers(*ends), steps, axes)


def _convolve(layer, x):
    """Convolves, with upsampling or space-to-depth if the layer has it."""
    from tfstyle.layers.convolution import computes_squares, kernel_of_phases, kernel_of_squares

    if layer.padding != "valid" or layer.groups != 1:
        raise ValueError(f"OpenVINO cannot run {layer.name!r}: padding={layer.padding!r}.")
    kernel, strides = layer.kernel, list(layer.strides)
    upsampling = getattr(layer, "upsampling", False)
    squares = not upsampling and computes_squares(layer)
    if upsampling:
        kernel = kernel_of_phases(kernel, upsampling)
    elif squares:
        kernel, strides = kernel_of_squares(kernel), [2, 2]
    kernel = _floats(np.transpose(_array(kernel), (3, 2, 0, 1)))
    x = ov.convolution(x, kernel, strides, [0, 0], [0, 0], list(layer.dilation_rate))
    if upsampling or squares:
        x = ov.depth_to_space(x, "blocks_first", 2)
    return ov.add(x, _floats(_array(layer.bias), (1, -1, 1, 1))) if layer.use_bias else x


def _normalize(layer, x):
    gamma, beta = (_floats(_array(each), (1, -1, 1, 1)) for each in layer.scale_and_shift())
    return _scaled(x, layer.epsilon, gamma, beta)


def _normalize_styles(layer, x, weights):
    rows = [ov.matmul(weights, _floats(_array(w)), False, False) for w in layer.weights]
    gamma, beta = (ov.reshape(row, _integers(1, -1, 1, 1), False) for row in rows)
    return _scaled(x, layer.epsilon, gamma, beta)


def _scaled(x, epsilon, gamma, beta):
    normal = ov.mvn(x, _integers(*_HEIGHT_AND_WIDTH), True, float(epsilon), "inside_sqrt")
    return ov.add(ov.multiply(normal, gamma), beta)


def _normalize_batch(layer, x):
    scale = _array(layer.gamma) / np.sqrt(_array(layer.moving_variance) + layer.epsilon)
    shift = _array(layer.beta) - _array(layer.moving_mean) * scale
    shape = (1, -1, 1, 1)
    return ov.add(ov.multiply(x, _floats(scale, shape)), _floats(shift, shape))


def _upsample(layer, x):
    factors = _floats([layer.factor, layer.factor])
    axes = _integers(*_HEIGHT_AND_WIDTH)
    modes = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return ov.interpolate(x, factors, "nearest", "scales", axes=axes, **modes)


def _pool(layer, x):
    """Pools by a convolution of each channel: `avg_pool` of 2026.4 crashes on some CPUs."""
    height, width = layer.pool_size
    channels = layer.input.shape[-1]
    kernel = _floats(np.full((channels, 1, 1, height, width), 1 / (height * width)))
    return ov.group_convolution(x, kernel, list(layer.strides), [0, 0], [0, 0], [1, 1])


def _rescale(layer, x):
    return ov.add(ov.multiply(x, _floats(layer.scale)), _floats(layer.offset))


def _activate(layer, x):
    name = layer.activation.__name__
    if name != "relu":
        raise ValueError(f"OpenVINO cannot run the activation {name!r} of {layer.name!r}.")
    return ov.relu(x)


def _concatenate(layer, *tensors):
    return ov.concat(list(tensors), 1)


def _add(layer, a, b):
    return ov.add(a, b)


def _to_image(layer, x):
    return ov.clamp(ov.add(ov.multiply(x, _floats(0.25)), _floats(0.5)), 0.0, 1.0)


def _to_image_by_tanh(layer, x):
    scaled = ov.multiply(ov.tanh(x), _floats(150 / 255))
    return ov.clamp(ov.add(scaled, _floats(layer.middle)), 0.0, 1.0)


# By the name of the class: what a layer or operation of Keras is in OpenVINO.
_OPERATIONS = {
    "Activation": _activate,
    "Add": _add,
    "AveragePooling2D": _pool,
    "BatchNormalization": _normalize_batch,
    "Concatenate": _concatenate,
    "ConditionalInstanceNormalization": _normalize_styles,
    "Conv2D": _convolve,
    "Cropping2D": _crop,
    "ImageInput": _identity,
    "ImageOutput": _to_image,
    "InstanceNormalization": _normalize,
    "NearestUpsampling2D": _upsample,
    "ReflectionPadding2D": _pad,
    "Rescaling": _rescale,
    "TanhOutput": _to_image_by_tanh,
    "ZeroPadding2D": _pad,
}
