"""Weights of other projects' networks, as those of `generators.johnson`."""

import numpy as np

from tfstyle.importing.layouts import Layout

_UPSAMPLED = (13, 14)  # of the sixteen convolutions


def convert(arrays: dict[str, np.ndarray], layout: Layout) -> list[np.ndarray]:
    """Gives the weights of `johnson`, in its order.

    What the network expects of its input, and what its linear head gives, goes into the first and
    the last convolution: the generator takes and gives RGB in [0, 1]. A constant that is added to
    the image, and the bias of a convolution before a normalization, have no effect: the
    normalization cancels them.

    Args:
        arrays: Dictionary of name to array: see `arrays.read_arrays`.
        layout: `Layout` of these names.

    Returns:
        List of float32 arrays.

    Raises:
        ValueError: if an array has another number of axes than its kind has.
    """
    kernels = [_kernel(arrays, layout, number) for number in range(len(layout.convolutions))]
    order = [2, 1, 0] if layout.bgr else [0, 1, 2]
    scale, shift = (np.array(each, "float32")[order] for each in (layout.scale, layout.shift))
    if kernels[0].shape[2] == kernels[-1].shape[3] == 3:  # else the generator refuses them
        kernels[0] = kernels[0][:, :, order] / scale[:, None]
        kernels[-1] = kernels[-1][..., order]
    bias = []
    if layout.bias:
        bias = [_array(arrays, layout.bias, 1)[order]]
    if layout.options.get("head", "linear") == "linear":
        # ImageOutput gives x / 4 + 1 / 2.
        kernels[-1] = 4 * kernels[-1] * scale
        bias = [4 * (bias[0] * scale + shift - 0.5)]
    pairs = [[_array(arrays, name, 1) for name in pair] for pair in layout.normalizations]
    pairs += [bias] * (len(kernels) - len(pairs))
    return [
        np.asarray(each, "float32")
        for kernel, pair in zip(kernels, pairs, strict=True)
        for each in (kernel, *pair)
    ]


def width_of(arrays: dict[str, np.ndarray], layout: Layout) -> int:
    """Returns the channels of the first convolution."""
    return _kernel(arrays, layout, 0).shape[-1]


def _kernel(arrays, layout, number):
    """Gives a kernel as `[height, width, in, out]`."""
    kernel = _array(arrays, layout.convolutions[number], 4)
    is_transposed = number in _UPSAMPLED and layout.options.get("upsampling") == "transposed"
    if layout.torch:  # [out, in, height, width], of a transposed one [in, out, height, width]
        kernel = kernel.transpose((2, 3, 0, 1) if is_transposed else (2, 3, 1, 0))
    elif is_transposed:  # [height, width, out, in]
        kernel = kernel.transpose((0, 1, 3, 2))
    return kernel[::-1, ::-1] if is_transposed else kernel


def _array(arrays, name, axes):
    array = arrays[name]
    if array.ndim != axes:
        raise ValueError(f"{name} must have {axes} axes. Received: shape {array.shape}")
    return array.astype("float32")
