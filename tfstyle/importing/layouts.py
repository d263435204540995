"""How other projects name the weights of their style networks, and what these expect.

All are networks of Johnson et al.: three convolutions, five residual blocks, two of upsampling, one
convolution to the picture. They differ in the names, in padding, upsampling and head, and in what
numbers they take for colours.
"""

import dataclasses

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


@dataclasses.dataclass(frozen=True)
class Layout:
    """What is known of the networks of one project.

    Args:
        project: Where they come from.
        convolutions: Sixteen names of kernels, from the image to the picture.
        normalizations: Pairs of the names of gamma and beta, one for each convolution but the last;
            also for the last if the head is normalized.
        bias: Name of the last convolution's bias, or none.
        options: What the recipe says of the generator, but its width.
        bgr: Whether the network takes and gives blue, green, red.
        scale, shift: The network's input is `(image - shift) / scale`, for RGB in [0, 1]; a linear
            head gives the picture likewise.
        torch: Whether kernels are `[out, in, height, width]`, not `[height, width, in, out]`.
        ignored: Endings of names that have no part in the picture.
    """

    project: str
    convolutions: tuple[str, ...]
    normalizations: tuple[tuple[str, str], ...]
    bias: str | None
    options: dict
    bgr: bool = False
    scale: tuple[float, ...] = (1 / 255,) * 3
    shift: tuple[float, ...] = (0.0,) * 3
    torch: bool = True
    ignored: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """All names that a file of this layout must have."""
        pairs = {name for pair in self.normalizations for name in pair}
        return {*self.convolutions, *pairs, *([self.bias] if self.bias else [])}


def _numbered(ends, blocks, starts):
    return (*starts, *(f"{block}.{end}" for block in blocks for end in ends))


_RESIDUAL = tuple(f"res{number}" for number in range(1, 6))


def _examples(project, upsampling, gamma="weight", beta="bias", **values):
    """Gives the layout of PyTorch's examples, with the names of their last three convolutions."""
    convolutions = ("conv1", "conv2", "conv3")
    convolutions = (*_numbered(("conv1", "conv2"), _RESIDUAL, convolutions), *upsampling)
    normalizations = (*_numbered(("in1", "in2"), _RESIDUAL, ("in1", "in2", "in3")), "in4", "in5")
    inner = tuple(f"{name}.conv2d" for name in convolutions)
    biases = tuple(f"{name}.bias" for name in inner[:-1])  # which the normalization cancels
    return Layout(
        project=project,
        convolutions=tuple(f"{name}.weight" for name in inner),
        normalizations=tuple((f"{name}.{gamma}", f"{name}.{beta}") for name in normalizations),
        bias=f"{inner[-1]}.bias",
        # Older files have means and variances, which instance normalization does not use.
        ignored=(*biases, ".running_mean", ".running_var", ".num_batches_tracked"),
        **values,
    )


def _rrmina(head):
    blocks = ("ConvBlock.0", "ConvBlock.2", "ConvBlock.4")
    residual = tuple(f"ResidualBlock.{number}" for number in range(5))
    down = tuple(f"{name}.conv_layer" for name in _numbered(("conv1", "conv2"), residual, blocks))
    up = ("DeconvBlock.0.conv_transpose", "DeconvBlock.2.conv_transpose")
    last = "DeconvBlock.4.conv_layer"
    normalized = (*(name.removesuffix(".conv_layer") for name in down), *_without_end(up))
    return Layout(
        project="rrmina/fast-neural-style-pytorch",
        convolutions=tuple(f"{name}.weight" for name in (*down, *up, last)),
        normalizations=tuple(
            (f"{name}.norm_layer.weight", f"{name}.norm_layer.bias") for name in normalized
        ),
        bias=f"{last}.bias",
        options={"upsampling": "transposed", "head": head},
        bgr=True,
        ignored=(
            *(f"{name}.bias" for name in (*down, *up)),
            *(".running_mean", ".running_var", ".num_batches_tracked"),
        ),
    )


def _without_end(names):
    return (name.rpartition(".")[0] for name in names)


def _lengstrom():
    # TensorFlow numbers variables without names in the order in which they are made: of each
    # convolution the kernel, then shift and scale of its normalization.
    names = ["Variable", *(f"Variable_{number}" for number in range(1, 48))]
    return Layout(
        project="lengstrom/fast-style-transfer",
        convolutions=tuple(names[::3]),
        normalizations=tuple(zip(names[2::3], names[1::3], strict=True)),
        bias=None,
        options={
            "padding": "same",
            "upsampling": "transposed",
            "head": "normalized_tanh",
            "epsilon": 1e-3,
        },
        torch=False,
        ignored=("/Adam", "/Adam_1", "beta1_power", "beta2_power", "global_step"),
    )


_DECONVOLUTIONS = ("deconv1", "deconv2", "deconv3")

LAYOUTS = {
    "pytorch": _examples("pytorch/examples fast_neural_style", _DECONVOLUTIONS, options={}),
    # Its first versions, and those of Abhishek Kadian before, named and computed otherwise.
    "pytorch-2017": _examples(
        "pytorch/examples fast_neural_style of 2017, abhiskk/fast-neural-style",
        _DECONVOLUTIONS,
        gamma="scale",
        beta="shift",
        options={"epsilon": 1e-9},
        bgr=True,
    ),
    "gordicaleksa": _examples(
        "gordicaleksa/pytorch-neural-style-transfer-johnson",
        ("up1.conv2d", "up2.conv2d", "up3"),
        options={},
        scale=_IMAGENET_DEVIATION,
        shift=_IMAGENET_MEAN,
    ),
    "rrmina": _rrmina("linear"),
    "rrmina-tanh": _rrmina("tanh_above_black"),
    "lengstrom": _lengstrom(),
}


def layout_of(names: set[str], path: object) -> str:
    """Returns the first layout whose names a file has.

    Args:
        names: Those of the arrays in the file.
        path: Of the file, for the error.

    Raises:
        ValueError: if there is none.
    """
    for name, layout in LAYOUTS.items():
        others = names - layout.names
        if layout.names <= names and all(other.endswith(layout.ignored) for other in others):
            return name
    near = min(LAYOUTS.values(), key=lambda layout: len(layout.names ^ names))
    missing, others = sorted(near.names - names), names - near.names
    others = sorted(other for other in others if not other.endswith(near.ignored))
    raise ValueError(
        f"{path} is no style network that is known here. The nearest is that of {near.project}; "
        f"missing: {_few(missing)}; beyond it: {_few(others)}. Known are {', '.join(LAYOUTS)}."
    )


def _few(names):
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "") or "nothing"
