"""How fast other engines run the network of a style, beside this library.

    pip install "tfstyle[peers]"
    python -m benchmarks.peers [--style NAME] [--rounds 10]

The network of `johnson` is written anew in PyTorch with the style's weights, and exported from
there to ONNX for ONNX Runtime and OpenVINO. Each engine paints squares of 256, 512 and 1024 pixels,
in turn, in one process: the printed milliseconds are medians; "difference" is the largest
difference of a picture of 256 pixels to ours in float32, of 255. Let nothing else run meanwhile.
"""

import argparse
import contextlib
import io
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import openvino
import torch
from torch import nn

import tfstyle
from benchmarks.timing import measure
from tfstyle.processor import has_bfloat16, instruction_sets, processor_name

SIDES = (256, 512, 1024)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--style", default="great_wave")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    engines = {**our_engines(options.style), **peers(tfstyle.load(options.style, "johnson"))}
    print(f"{processor_name()}, {os.cpu_count()} cores, {', '.join(instruction_sets()) or 'none'}")
    print(f"{'engine':28}" + "".join(f"{side:>8}" for side in SIDES) + f"{'difference':>12}")
    random = np.random.default_rng(0)
    images = {side: random.random((side, side, 3), "float32") for side in SIDES}
    expected = next(iter(engines.values()))(images[SIDES[0]])
    found = {
        side: measure([lambda p=paint, x=x: p(x) for paint in engines.values()], options.rounds)
        for side, x in images.items()
    }
    for number, (name, paint) in enumerate(engines.items()):
        cells = "".join(f"{1000 * found[side][number]:8.0f}" for side in SIDES)
        difference = 255 * np.abs(paint(images[SIDES[0]]) - expected).max()
        print(f"{name:28}{cells}{difference:12.1f}")


def our_engines(name):
    """Returns a dictionary of functions from pixels to a picture; the first is the reference."""
    precisions = ("float32", "bfloat16") if has_bfloat16() else ("float32",)
    return {
        f"tfstyle {engine} {precision}": tfstyle.load(
            name, "johnson", engine=engine, precision=precision
        ).stylize
        for engine in ("keras", "openvino")
        for precision in precisions
    }


def peers(style):
    """Returns the same of the network in PyTorch, ONNX Runtime and OpenVINO."""
    network = Johnson(style.recipe.width).eval()
    network.take(style.model)
    channels_last = network.to(memory_format=torch.channels_last)

    def paint_torch(pixels, bfloat16=False):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            image = torch.from_numpy(pixels[None]).permute(0, 3, 1, 2)
            return channels_last(image)[0].permute(1, 2, 0).float().numpy()

    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        free = {2: "height", 3: "width"}
        with contextlib.redirect_stdout(io.StringIO()):
            torch.onnx.export(
                *(network, torch.zeros(1, 3, 256, 256), path),
                **{"input_names": ["image"], "output_names": ["picture"]},
                **{"dynamic_axes": {"image": free, "picture": free}, "dynamo": False},
            )
        file = path.read_bytes()
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    engines = {
        "PyTorch float32": paint_torch,
        "PyTorch bfloat16": lambda pixels: paint_torch(pixels, bfloat16=True),
        "ONNX Runtime float32": lambda pixels: planes(
            pixels, lambda image: session.run(None, {"image": image})[0]
        ),
    }
    for precision, hint in (("float32", "f32"), ("bfloat16", "bf16")):
        engines[f"OpenVINO {precision}"] = openvino_engine(file, hint)
    if not has_bfloat16():
        engines = {name: paint for name, paint in engines.items() if "bfloat16" not in name}
    return engines


def openvino_engine(file, hint):
    """Returns OpenVINO's function, compiled for each size of its own, as is fastest."""
    core = openvino.Core()
    compiled = {}

    def run(image):
        if image.shape not in compiled:
            model = core.read_model(io.BytesIO(file))
            model.reshape(list(image.shape))
            settings = {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"}
            compiled[image.shape] = core.compile_model(model, "CPU", settings)
        return compiled[image.shape](image)[0]

    return lambda pixels: planes(pixels, run)


def planes(pixels, run):
    """Calls a function of images whose channels come first."""
    image = np.ascontiguousarray(pixels[None].transpose(0, 3, 1, 2))
    return run(image)[0].transpose(1, 2, 0)


class Johnson(nn.Module):
    """The network of `tfstyle.johnson`, as one writes it in PyTorch."""

    def __init__(self, width):
        super().__init__()
        self.begin = nn.Sequential(
            *block(3, width, 9),
            *block(width, 2 * width, 3, stride=2),
            *block(2 * width, 4 * width, 3, stride=2),
        )
        self.residual = nn.ModuleList(
            nn.Sequential(*block(4 * width, 4 * width, 3), *block(4 * width, 4 * width, 3)[:-1])
            for _ in range(5)
        )
        self.end = nn.Sequential(
            *(nn.Upsample(scale_factor=2), *block(4 * width, 2 * width, 3)),
            *(nn.Upsample(scale_factor=2), *block(2 * width, width, 3)),
            *(nn.ReflectionPad2d(4), nn.Conv2d(width, 3, 9)),
        )

    def forward(self, image):
        x = self.begin(image)
        for branch in self.residual:
            x = x + branch(x)
        return torch.clamp(self.end(x) / 4 + 0.5, 0, 1)

    def take(self, model):
        """Takes the weights of a Keras model: both have them in the order of the layers."""
        for parameter, weight in zip(self.parameters(), model.weights, strict=True):
            array = np.array(weight, "float32")
            array = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
            parameter.data = torch.from_numpy(np.ascontiguousarray(array))


def block(inputs, channels, kernel, stride=1):
    return [
        nn.ReflectionPad2d(kernel // 2),
        nn.Conv2d(inputs, channels, kernel, stride, bias=False),
        nn.InstanceNorm2d(channels, affine=True),
        nn.ReLU(),
    ]


if __name__ == "__main__":
    main()
