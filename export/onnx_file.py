"""A style as an ONNX file, for ONNX Runtime and others.

Keras can write one itself, by way of tf2onnx. It is right, but a normalization becomes eight
operations, and reflection dozens. Here each layer is the operation that ONNX has for it.
ONNX keeps channels before height and width, so the network does too, from its first operation to
its last.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tfstyle.files import replacing
from tfstyle.generators import size_rule

_OPSET, _IR_VERSION = 17, 8  # of 2022: what readers of today have


def to_onnx(style, path: str | Path) -> dict:
    """Writes a style as an ONNX file of free height and width, in float32.

    The input `image` and the output `stylized` are `[1, height, width, 3]` in [0, 1]. Height and
    width must be multiples of 4 (`johnson`) or 32 (`pyramid`); the file's metadata has the number
    as `multiple`. A generator that takes noise has an input for each scale, `noise_32` to
    `noise_1`.

    Args:
        style: `Style`.
        path: Path ending in `.onnx`.

    Returns:
        Dictionary, the file's metadata.

    Raises:
        ValueError: if the path does not end in `.onnx`, or the generator has a layer that cannot
            be converted.
        ImportError: if onnx is not installed.

    Example: `to_onnx(tfstyle.load("mosaic"), "mosaic.onnx")`
    """
    path = Path(path)
    if path.suffix != ".onnx":
        raise ValueError(f"The file must end in .onnx. Received: {path}")
    try:
        import onnx
    except ImportError:
        raise ImportError("Writing ONNX needs onnx: pip install 'tfstyle[onnx]'") from None
    recipe = style.recipe
    multiple, minimum = size_rule(style.model)
    imported = style.card.get("imported", {})
    facts = {
        "name": recipe.title or Path(recipe.painting).stem,
        "license of the painting": recipe.rights,
        "license of the weights": imported.get("license", ""),
        "multiple": str(multiple),
        "minimum": str(minimum),
    }
    facts = {name: value for name, value in facts.items() if value}
    model = _Network(style.model).model()
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as temporary:
        onnx.save(model, temporary)
    return facts


class _Network:
    """Writes the operations of a generator.

    Args:
        generator: `keras.Model` of `generators`.
    """

    def __init__(self, generator):
        self._generator = generator
        self._nodes, self._constants, self._inputs = [], [], []

    def model(self):
        """Returns the `onnx.ModelProto`."""
        from onnx import TensorProto, helper

        tensors = {}
        for operation in self._generator.operations:
            node = operation._inbound_nodes[0]
            given = [tensors[id(tensor)] for tensor in node.input_tensors]
            tensors[id(node.output_tensors[0])] = self._write(operation, given)
        last = tensors[id(self._generator.outputs[0])]
        self._nodes.append(helper.make_node("Transpose", [last], ["stylized"], perm=[0, 2, 3, 1]))
        order = [each.name for each in self._generator.inputs]
        self._inputs.sort(key=lambda each: order.index(each.name))
        sides = [1, "height", "width", 3]
        output = helper.make_tensor_value_info("stylized", TensorProto.FLOAT, sides)
        graph = helper.make_graph(
            self._nodes, self._generator.name, self._inputs, [output], self._constants
        )
        opset = helper.make_opsetid("", _OPSET)
        return helper.make_model(
            graph, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="tfstyle"
        )

    def _write(self, layer, given):
        name = type(layer).__name__
        if name == "InputLayer":
            return self._input(layer)
        if name not in _OPERATIONS:
            raise ValueError(
                f"The layer {layer.name!r} of type {name} cannot be converted to ONNX. These "
                f"can: {', '.join(_OPERATIONS)}."
            )
        return _OPERATIONS[name](self, layer, *given)

    def _input(self, layer):
        from onnx import TensorProto, helper

        name = layer.name
        # Noise of a scale has sides of its own.
        end = name.removeprefix("image").removeprefix("noise")
        sides = [1, f"height{end}", f"width{end}", layer.batch_shape[-1]]
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, sides))
        return self.add("Transpose", name, perm=[0, 3, 1, 2])

    def add(self, kind: str, *inputs, **attributes) -> str:
        """Adds an operation; inputs are names of tensors, or arrays. Returns the output's name."""
        from onnx import helper

        names = [each if isinstance(each, str) else self._constant(each) for each in inputs]
        output = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, names, [output], output, **attributes))
        return output

    def _constant(self, values):
        from onnx import numpy_helper

        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def _array(weight):
    import keras

    return np.asarray(keras.ops.convert_to_numpy(weight), "float32")


def _integers(*values):
    return np.array(values, "int64")


def _identity(network, layer, x):
    return x


def _reflect(network, layer, x):
    if layer.symmetric and layer.padding > 1:
        raise ValueError(f"ONNX has symmetric padding by 1 pixel only. Received: {layer.padding}")
    mode = "edge" if layer.symmetric else "reflect"
    return network.add(
        "Pad", x, _integers(0, 0, *[layer.padding] * 2, 0, 0, *[layer.padding] * 2), mode=mode
    )


def _pad(network, layer, x):
    before, after = zip(*layer.padding, strict=True)
    return network.add("Pad", x, _integers(0, 0, *before, 0, 0, *after))


def _crop(network, layer, x):
    (top, bottom), (left, right) = layer.cropping
    ends = _integers(-bottom or 2**31 - 1, -right or 2**31 - 1)
    return network.add("Slice", x, _integers(top, left), ends, _integers(2, 3))


def _convolve(network, layer, x):
    from tfstyle.layers.convolution import kernel_of_phases

    upsampling = getattr(layer, "upsampling", False)
    kernel = kernel_of_phases(layer.kernel, upsampling) if upsampling else layer.kernel
    if layer.padding != "valid":
        raise ValueError(
            f"{layer.name!r} must have padding='valid' for ONNX. Received: {layer.padding!r}"
        )
    bias = [_array(layer.bias)] if layer.use_bias else []
    inputs = x, _array(kernel).transpose(3, 2, 0, 1)
    if not upsampling:
        return network.add("Conv", *inputs, *bias, strides=list(layer.strides))
    x = network.add("DepthToSpace", network.add("Conv", *inputs), blocksize=2, mode="DCR")
    return network.add("Add", x, bias[0].reshape(1, -1, 1, 1)) if bias else x


def _normalize(network, layer, x):
    gamma, beta = (_array(each) for each in layer.scale_and_shift())
    return network.add("InstanceNormalization", x, gamma, beta, epsilon=float(layer.epsilon))


def _normalize_batch(network, layer, x):
    weights = layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance
    arrays = map(_array, weights)
    return network.add("BatchNormalization", x, *arrays, epsilon=float(layer.epsilon))


def _upsample(network, layer, x):
    scales = np.array([1, 1, layer.factor, layer.factor], "float32")
    modes = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return network.add("Resize", x, "", scales, mode="nearest", **modes)


def _pool(network, layer, x):
    sides = {"kernel_shape": list(layer.pool_size), "strides": list(layer.strides)}
    return network.add("AveragePool", x, **sides)


def _rescale(network, layer, x):
    x = network.add("Mul", x, np.float32(layer.scale))
    return network.add("Add", x, np.float32(layer.offset)) if layer.offset else x


def _activate(network, layer, x):
    if layer.activation.__name__ != "relu":
        raise ValueError(
            f"The only activation for ONNX is relu. Received: {layer.activation.__name__}"
        )
    return network.add("Relu", x)


def _to_image(network, x, scale, middle):
    x = network.add("Add", network.add("Mul", x, np.float32(scale)), np.float32(middle))
    return network.add("Clip", x, np.float32(0), np.float32(1))


# By the name of the class: what a layer or operation of Keras is in ONNX.
_OPERATIONS: dict[str, Callable] = {
    "Activation": _activate,
    "Add": lambda network, layer, a, b: network.add("Add", a, b),
    "AveragePooling2D": _pool,
    "BatchNormalization": _normalize_batch,
    "Concatenate": lambda network, layer, *parts: network.add("Concat", *parts, axis=1),
    "Conv2D": _convolve,
    "Cropping2D": _crop,
    "ImageInput": _identity,
    "ImageOutput": lambda network, layer, x: _to_image(network, x, 1 / 4, 1 / 2),
    "InstanceNormalization": _normalize,
    "NearestUpsampling2D": _upsample,
    "ReflectionPadding2D": _reflect,
    "Rescaling": _rescale,
    "TanhOutput": lambda network, layer, x: _to_image(
        network, network.add("Tanh", x), 150 / 255, layer.middle
    ),
    "ZeroPadding2D": _pad,
}
