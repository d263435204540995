"""A generator as a list of steps, each with the rows of its inputs that it needs."""

from collections.abc import Callable
from functools import cached_property

import keras
import numpy as np
from keras import ops

from tfstyle.layers import ConditionalInstanceNormalization, ImageInput, InstanceNormalization
from tfstyle.layers.strips import normalize
from tfstyle.painting.reach import Reach, reach_of

_NORMALIZATIONS = InstanceNormalization, ConditionalInstanceNormalization


class Step:
    """One call of a layer in a generator.

    Args:
        node: Keras' record of the call.

    Attributes:
        operation: The layer, or an operation of `keras.ops`.
        inputs: Tuple of the keys of its input images. Style weights are not images.
        output: Key of the image that it returns.
        normalizes: Whether it needs mean and variance of its whole input.
        multiplications: Integer, number of multiplications for each pixel of the output.
    """

    def __init__(self, node):
        (output,) = node.outputs
        self.operation = node.operation
        self.arguments = node.arguments
        self.output = id(output)
        self.channels = output.shape[-1]
        self.dtype = keras.backend.standardize_dtype(output.dtype)
        images = [tensor for tensor in node.input_tensors if len(tensor.shape) == 4]
        self.inputs = tuple(dict.fromkeys(map(id, images)))
        self.normalizes = isinstance(self.operation, _NORMALIZATIONS)
        self.reaches = [
            Reach() if self.normalizes else reach_of(self.operation, axis) for axis in (0, 1)
        ]
        kernel = getattr(self.operation, "kernel", None)
        self.multiplications = 0 if kernel is None else int(np.prod(kernel.shape))
        self.multiplications //= self.reaches[0].up ** 2  # `Conv2D` that upsamples saves as many

    def run(self, values: dict, top: int):
        """Calls the layer on strips of its inputs.

        Args:
            values: Dictionary of key to strip, `[1, rows, width, channels]`.
            top: Integer, number of the first row of the strips in their images.

        Returns:
            Tuple of the strip of the output, and the number of its first row.
        """
        if isinstance(self.operation, ImageInput):  # which refuses the heights of strips
            return values[self.inputs[0]], top
        arguments, options = self.arguments.fill_in(values)
        return self.operation(*arguments, **options), self.reaches[0].first(top)

    def normalize(self, values: dict, mean: np.ndarray, variance: np.ndarray):
        """Normalizes a strip with the mean and variance `[channels]` of the whole image."""
        layer = self.operation
        arguments, options = self.arguments.fill_in(values)
        if isinstance(layer, InstanceNormalization):
            (x,), (gamma, beta) = arguments, layer.scale_and_shift()
        else:
            x, weights = [*arguments, *options.values()]
            weights = ops.cast(weights, layer.gammas.dtype)
            gamma, beta = (ops.matmul(weights, rows)[0] for rows in (layer.gammas, layer.betas))
        y = normalize(x, np.float32(mean), np.float32(variance), gamma, beta, layer.epsilon)
        return ops.cast(y, layer.compute_dtype)


class Graph:
    """The steps of a generator, each after the steps that compute its inputs.

    The order is found from the output backwards, so that a step comes shortly before its
    consumers.

    Args:
        generator: Functional `keras.Model` with one output.

    Raises:
        CannotStreamError: if it has a layer that cannot be computed strip by strip.
    """

    def __init__(self, generator: keras.Model):
        self.generator = generator  # keys are the identities of its tensors
        self.steps: list[Step] = []
        self.output = id(generator.outputs[0])
        self._add(generator.outputs[0], set())
        self.by_output = {step.output: step for step in self.steps}

    def _add(self, tensor, seen):
        if id(tensor) in seen:
            return
        seen.add(id(tensor))
        operation, number, _ = tensor._keras_history
        if isinstance(operation, keras.layers.InputLayer):
            return
        node = operation._inbound_nodes[number]
        for each in node.input_tensors:
            self._add(each, seen)
        self.steps.append(Step(node))

    @cached_property
    def consumers(self) -> dict[int, list[Step]]:
        """Dictionary of an image's key to the list of steps that take it."""
        found: dict[int, list[Step]] = {}
        for step in self.steps:
            for key in step.inputs:
                found.setdefault(key, []).append(step)
        return found

    def sizes(self, inputs: dict[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
        """Returns `(height, width)` of each image, from those of the generator's inputs."""
        sizes = dict(inputs)
        for step in self.steps:
            height, width = sizes[step.inputs[0]]
            rows, columns = step.reaches
            sizes[step.output] = rows.size(height), columns.size(width)
        return sizes

    def bytes(self, sizes: dict[int, tuple[int, int]]) -> dict[int, int]:
        """Returns the bytes of each image except the inputs, from the result of `sizes`."""
        return {
            step.output: int(np.prod(sizes[step.output])) * step.channels * _width(step.dtype)
            for step in self.steps
        }

    def closure(self, target: int, known: Callable[[int], bool]) -> list[Step]:
        """Returns the steps that compute an image from the known images."""
        wanted, steps = {target}, []
        for step in reversed(self.steps):
            if step.output in wanted and not known(step.output):
                steps.append(step)
                wanted.update(step.inputs)
        return steps[::-1]


def _width(dtype):
    """Returns the bytes of one number: 4 for `float32`, 2 for `bfloat16`."""
    return int("".join(filter(str.isdigit, dtype))) // 8
