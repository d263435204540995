"""Writes files of weights with the real PyTorch, and the pictures of their networks.

The networks are written anew here, from what is known of those of other projects: layers, names,
order, padding. `tests/test_importing.py` imports the files and compares the pictures.

    tests/data/torch/pytorch.pth         pytorch/examples, as PyTorch saves today
    tests/data/torch/pytorch_old.model   the same, as PyTorch saved before 1.6, with running means
    tests/data/torch/pytorch_2017.pth    the same of 2017: scale and shift, blue first
    tests/data/torch/gordicaleksa.pth    in a dictionary with other facts; ImageNet's mean
    tests/data/torch/rrmina.pth          transposed convolutions, blue first
    tests/data/torch/rrmina_tanh.pth     the same with a tanh
    tests/data/torch/module.pth          a whole module, which runs code when it is read
    tests/data/torch/pictures.npz        an image, and the picture of each

In an environment with torch and numpy:

    python tests/torch/make_fixtures.py            # writes the files
    python tests/torch/make_fixtures.py --check    # compares them with what is computed now
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

DATA = Path(__file__).resolve().parents[1] / "data" / "torch"
WIDTH = 2


class Reflected(nn.Module):
    """Reflection padding and convolution; after upsampling, if any."""

    def __init__(self, before, after, kernel, stride=1, upsample=False):
        super().__init__()
        self.conv2d = nn.Conv2d(before, after, kernel, stride)
        self.sides = [kernel // 2] * 4
        self.upsample = upsample

    def forward(self, x):
        if self.upsample:
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
        return self.conv2d(functional.pad(x, self.sides, mode="reflect"))


class Wrapped(nn.Module):
    """A module one name deeper, as gordicaleksa's upsampling is."""

    def __init__(self, inner):
        super().__init__()
        self.conv2d = inner

    def forward(self, x):
        return self.conv2d(x)


class ScaleShift(nn.Module):
    """Instance normalization as of 2017."""

    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        variance, mean = torch.var_mean(x, (2, 3), unbiased=False, keepdim=True)
        normal = (x - mean) / torch.sqrt(variance + 1e-9)
        return normal * self.scale[:, None, None] + self.shift[:, None, None]


class Residual(nn.Module):
    def __init__(self, channels, norm):
        super().__init__()
        self.conv1, self.in1 = Reflected(channels, channels, 3), norm(channels)
        self.conv2, self.in2 = Reflected(channels, channels, 3), norm(channels)

    def forward(self, x):
        return x + self.in2(self.conv2(torch.relu(self.in1(self.conv1(x)))))


class Examples(nn.Module):
    """Of pytorch/examples; with other names for the last three, gordicaleksa's."""

    def __init__(self, norm, names=("deconv1", "deconv2", "deconv3"), wrap=lambda layer: layer):
        super().__init__()
        w = WIDTH
        self.conv1, self.in1 = Reflected(3, w, 9), norm(w)
        self.conv2, self.in2 = Reflected(w, 2 * w, 3, 2), norm(2 * w)
        self.conv3, self.in3 = Reflected(2 * w, 4 * w, 3, 2), norm(4 * w)
        for number in range(1, 6):
            self.add_module(f"res{number}", Residual(4 * w, norm))
        self.add_module(names[0], wrap(Reflected(4 * w, 2 * w, 3, upsample=True)))
        self.in4 = norm(2 * w)
        self.add_module(names[1], wrap(Reflected(2 * w, w, 3, upsample=True)))
        self.in5 = norm(w)
        self.add_module(names[2], Reflected(w, 3, 9))
        self.names = names

    def forward(self, x):
        for number in (1, 2, 3):
            x = getattr(self, f"conv{number}")(x)
            x = torch.relu(getattr(self, f"in{number}")(x))
        for number in range(1, 6):
            x = getattr(self, f"res{number}")(x)
        x = torch.relu(self.in4(getattr(self, self.names[0])(x)))
        x = torch.relu(self.in5(getattr(self, self.names[1])(x)))
        return getattr(self, self.names[2])(x)


class Named(nn.Module):
    """A convolution and its normalization under rrmina's names."""

    def __init__(self, before, after, kernel, stride=1, normalized=True, transposed=False):
        super().__init__()
        if transposed:
            self.conv_transpose = nn.ConvTranspose2d(before, after, kernel, 2, kernel // 2, 1)
        else:
            self.conv_layer = nn.Conv2d(before, after, kernel, stride)
        if normalized:
            self.norm_layer = nn.InstanceNorm2d(after, affine=True)
        self.sides = [kernel // 2] * 4

    def forward(self, x):
        if hasattr(self, "conv_transpose"):
            x = self.conv_transpose(x)
        else:
            x = self.conv_layer(functional.pad(x, self.sides, mode="reflect"))
        return self.norm_layer(x) if hasattr(self, "norm_layer") else x


class NamedResidual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.conv2 = Named(channels, channels, 3), Named(channels, channels, 3)

    def forward(self, x):
        return x + self.conv2(torch.relu(self.conv1(x)))


class Rrmina(nn.Module):
    def __init__(self, tanh=False):
        super().__init__()
        w, relu = WIDTH, nn.ReLU
        down = [Named(3, w, 9), relu(), Named(w, 2 * w, 3, 2), relu(), Named(2 * w, 4 * w, 3, 2)]
        self.ConvBlock = nn.Sequential(*down, relu())
        self.ResidualBlock = nn.Sequential(*(NamedResidual(4 * w) for _ in range(5)))
        up = [Named(4 * w, 2 * w, 3, transposed=True), relu()]
        up += [Named(2 * w, w, 3, transposed=True), relu(), Named(w, 3, 9, normalized=False)]
        self.DeconvBlock = nn.Sequential(*up)
        self.tanh = tanh

    def forward(self, x):
        x = self.DeconvBlock(self.ResidualBlock(self.ConvBlock(x)))
        return 150 * torch.tanh(x) if self.tanh else x


def instance(channels, **options):
    return nn.InstanceNorm2d(channels, affine=True, **options)


def tracked(channels):
    return instance(channels, track_running_stats=True)


NETWORKS = {
    "pytorch.pth": lambda: Examples(instance),
    "pytorch_old.model": lambda: Examples(tracked),
    "pytorch_2017.pth": lambda: Examples(ScaleShift),
    "gordicaleksa.pth": lambda: Examples(instance, ("up1", "up2", "up3"), Wrapped),
    "rrmina.pth": Rrmina,
    "rrmina_tanh.pth": lambda: Rrmina(tanh=True),
}
BLUE_FIRST = ("pytorch_2017.pth", "rrmina.pth", "rrmina_tanh.pth")
MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
DEVIATION = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def randomize(network, name, generator):
    """Gives weights of which pictures between black and white come."""
    state = network.state_dict()
    for key, value in state.items():
        if value.ndim == 4:
            spread = float(np.prod(value.shape[1:])) ** -0.5
        elif key.endswith("num_batches_tracked"):
            continue
        else:
            spread = 0.3
        mean = 1 if value.ndim == 1 and key.endswith(("weight", "scale", "running_var")) else 0
        value.copy_(mean + spread * torch.randn(value.shape, generator=generator))
    last = list(state)[-2:]
    if name in ("pytorch.pth", "pytorch_old.model", "pytorch_2017.pth", "rrmina.pth"):
        state[last[0]] *= 60
        state[last[1]] += 127
    network.load_state_dict(state)
    # Instance normalization with running means uses those of the image in training alone; the
    # programs of the examples drop the running ones before they load a file.
    return network.train()


def picture(network, name, image):
    """Paints `[height, width, 3]` in [0, 1] as the original program does."""
    x = torch.from_numpy(image).permute(2, 0, 1)
    with torch.no_grad():
        if name == "gordicaleksa.pth":
            y = network(((x - MEAN) / DEVIATION)[None])[0] * DEVIATION + MEAN
        elif name in BLUE_FIRST:
            y = network(255 * x.flip(0)[None])[0].flip(0) / 255
        else:
            y = network(255 * x[None])[0] / 255
    return y.clamp(0, 1).permute(1, 2, 0).numpy()


def save(network, name):
    state = network.state_dict()
    if name == "gordicaleksa.pth":
        facts = {"commit_hash": "0123abc", "content_weight": 1e0, "style_weight": 4e5}
        state = {**facts, "num_of_datapoints": 1000, "state_dict": state, "optimizer_state": {}}
    older = name in ("pytorch_old.model", "pytorch_2017.pth")
    torch.save(state, DATA / name, _use_new_zipfile_serialization=not older)


def load(name):
    network = NETWORKS[name]()
    state = torch.load(DATA / name, weights_only=True)
    network.load_state_dict(state.get("state_dict", state))
    return network.train()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if parser.parse_args().check:
        with np.load(DATA / "pictures.npz") as file:
            # float32 in another order of summation, through 16 layers.
            wrong = [
                name
                for name in NETWORKS
                if not np.allclose(picture(load(name), name, file["image"]), file[name], atol=1e-4)
            ]
        print("\n".join(f"differs: {name}" for name in wrong) or f"{len(NETWORKS)} pictures agree")
        sys.exit(bool(wrong))
    DATA.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(5).integers(0, 256, size=(24, 32, 3)) / 255
    arrays = {"image": image.astype("float32")}
    for number, (name, make) in enumerate(NETWORKS.items()):
        network = randomize(make(), name, torch.Generator().manual_seed(number))
        arrays[name] = picture(network, name, arrays["image"])
        save(network, name)
    torch.save(nn.Conv2d(1, 1, 1), DATA / "module.pth")
    np.savez_compressed(DATA / "pictures.npz", **arrays)


if __name__ == "__main__":
    main()
