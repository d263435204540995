"""Whether exported files paint the same picture on 64-bit ARM as on x86-64.

    apt-get install mmdebstrap debian-archive-keyring
    pip install ai-edge-litert
    python -m benchmarks.arm FILE.tflite [FILE.tflite ...] PHOTO [--work FOLDER]

Runs `tfstyle.export.litert` here and, by QEMU's user-mode emulation, on three ARM cores, and prints
for each file and core how far the uint8 pictures lie apart, in steps of 255. The first run puts
Debian's Python for arm64 and its `qemu-user` into FOLDER/debian, and the aarch64 wheels of the very
versions that run here into FOLDER/wheels-... (0.7 GB; remove the folder to start anew). Nothing is
installed on the machine, and only `apt-get` needs to be root. Pictures are left in FOLDER/pictures.

Seconds are those of the process, Python's start included: of an emulator, not of any phone.
"""

import argparse
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tfstyle.export.litert import read_facts
from tfstyle.files import replacing

CHECKOUT = Path(__file__).parents[1]

# Debian 13: its QEMU 10 shows programs an ARM /proc/cpuinfo. That of Debian 12 (7.2) shows the
# host's, on which LiteRT crashes, and computes int8 convolutions wrongly on `-cpu max`.
DEBIAN, PYTHON = "trixie", "3.13"
PACKAGES = "base-files,libstdc++6,python3,qemu-user:amd64"

RUNNER_NEEDS = ("ai-edge-litert", "numpy", "pillow")

# LiteRT chooses its kernels by the core. These have plain NEON, the dot product of int8, and its
# matrix product (with SVE2): phones of about 2014, 2019 and 2022.
CORES = ("cortex-a53", "cortex-a76", "cortex-a710")

# The oldest C libraries that the wheels are built for; Debian 13 has glibc 2.41.
PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_27_aarch64", "manylinux_2_28_aarch64")

# Mean difference, of 255, up to which it is the same picture. Float arithmetic moves one value in
# ten thousand over a step of uint8. int8 rounds activations, and the processors round differently:
# pictures of `mosaic`, `johnson` lie 0.7 (int8_weights) and 2.8 (int8) apart, and 0.8 and 3.0 from
# the float32 picture on either. These limits were set after measuring, to catch wrong arithmetic:
# a faulty emulator gave 60.
LIMITS = {"float32": 0.01, "float16": 0.01, "int8_weights": 1.0, "int8": 5.0}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.tflite")
    parser.add_argument("photo", type=Path)
    parser.add_argument("--work", type=Path, default=CHECKOUT / "build" / "arm")
    parser.add_argument("--cores", nargs="+", default=CORES, choices=CORES)
    options = parser.parse_args()
    for path in (*options.files, options.photo):
        if not path.is_file():
            parser.error(f"expected a file, received {path}")
    try:
        limits = [LIMITS[read_facts(path)["precision"]] for path in options.files]
        cores = {core: emulated(core, options.work) for core in options.cores}
    except (ValueError, ImportError) as error:
        parser.error(str(error))

    width = max(len(path.name) for path in options.files)
    print(
        f"{'file':{width}} {'bytes':>9} {'core':>11} {'largest':>7} {'mean':>8} {'x86 s':>6} arm s"
    )
    failed = False
    for path, limit in zip(options.files, limits, strict=True):
        here, seconds_here = paint([sys.executable], path, options)
        for core, python in cores.items():
            there, seconds = paint(python, path, options, core)
            distance = np.abs(here - there)
            failed |= distance.mean() > limit
            print(
                f"{path.name:{width}} {path.stat().st_size:9} {core:>11} {distance.max():7.0f}"
                f" {distance.mean():8.5f} {seconds_here:6.1f} {seconds:5.1f}",
                flush=True,
            )
    if failed:
        sys.exit(f"Not the same pictures: a mean difference exceeds that of {LIMITS}.")


def emulated(core, work):
    """Gives the command that runs Python on an ARM core, after downloading what it needs.

    Raises:
        ValueError: This machine is no x86-64, or something must be installed first.
    """
    if platform.machine() != "x86_64":
        raise ValueError(f"expected an x86-64 machine, received {platform.machine()}")
    root, wheels = debian(work.resolve()), aarch64_wheels(work.resolve())
    qemu = [root / "usr/bin/qemu-aarch64", "-cpu", core, "-L", root]
    return [*qemu, "-E", f"PYTHONPATH={wheels}:{CHECKOUT}", root / "usr/bin/python3"]


def debian(work):
    """Gives a folder with Debian's Python for arm64 and its emulator for this machine."""
    root = work / "debian"
    if not root.exists():
        if not shutil.which("mmdebstrap"):
            cure = "apt-get install mmdebstrap debian-archive-keyring"
            raise ValueError(f"expected the program mmdebstrap; install it with: {cure}")
        # Packages are unpacked, not installed: no chroot, hence no root.
        mode = "root" if os.geteuid() == 0 else "chrootless"
        with replacing(root) as folder:
            run(
                *("mmdebstrap", "--quiet", f"--mode={mode}", "--variant=extract"),
                *("--arch=arm64,amd64", f"--include={PACKAGES}", DEBIAN, folder),
            )
    return root


def aarch64_wheels(work):
    """Gives a folder of the runner's packages for ARM, of the versions installed here."""
    versions = {name: importlib.metadata.version(name) for name in RUNNER_NEEDS}
    wheels = work / "-".join(["wheels", *versions.values()])
    if not wheels.exists():
        with replacing(wheels) as folder:
            run(
                *(sys.executable, "-m", "pip", "install", "--quiet", "--target", folder),
                *("--only-binary=:all:", f"--python-version={PYTHON}"),
                *(f"--platform={name}" for name in PLATFORMS),
                *(f"{name}=={version}" for name, version in versions.items()),
            )
    return wheels


def paint(python, path, options, core="x86"):
    """Gives the picture that a Python paints of the photograph, as float array, and its seconds."""
    picture = options.work.resolve() / "pictures" / f"{path.stem}-{core}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.unlink(missing_ok=True)
    start = time.perf_counter()
    run(*python, "-m", "tfstyle.export.litert", path.resolve(), options.photo.resolve(), picture)
    seconds = time.perf_counter() - start
    with Image.open(picture) as image:
        return np.asarray(image, "float32"), seconds


def run(*command):
    """Runs a command and ends with what it said, if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    if done.returncode:
        words = " ".join(map(str, command))
        sys.exit(f"{words}\nended with {done.returncode}:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
