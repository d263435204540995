import re
import tomllib
from pathlib import Path

from setuptools import find_packages, setup

SETTINGS = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
REPOSITORY = SETTINGS["tool"]["tfstyle"]["repository"]


def description():
    """Gives the README; its links to files are addresses, if the repository has one."""
    text = Path("README.md").read_text(encoding="utf-8")
    if REPOSITORY:
        text = re.sub(r"(!\[[^]]*\]\()(?!https?:)", rf"\g<1>{REPOSITORY}/raw/HEAD/", text)
        text = re.sub(r"(?<!!)(\[[^]]*\]\()(?!https?:)", rf"\g<1>{REPOSITORY}/blob/HEAD/", text)
    return text


setup(
    name="tfstyle",
    version="0.2.0",
    description="Fast neural style transfer for Keras and TensorFlow, with trained styles",
    long_description=description(),
    long_description_content_type="text/markdown",
    project_urls={"Source": REPOSITORY, "Issues": f"{REPOSITORY}/issues"} if REPOSITORY else {},
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11,<3.14",
    # export/ and zoo/ lie beside tfstyle/: one is a product of its own, one is data.
    packages=[*find_packages(include=["tfstyle*"]), "tfstyle.export", "tfstyle.zoo"],
    package_dir={"tfstyle.export": "export", "tfstyle.zoo": "zoo"},
    package_data={
        "tfstyle": ["*.pyi", "py.typed"],
        "tfstyle.export": ["web/page/**"],
        "tfstyle.zoo": [
            *("*/painting.*", "*/*/*"),  # a style's painting and generators; a trunk's paintings
            "trunk/*",
        ],
    },
    exclude_package_data={"tfstyle.zoo": ["*/preview.jpg"]},
    install_requires=[
        "tensorflow>=2.16",
        "keras>=3.3",
        "filelock",  # one training at a time in a folder
        "h5py",
        "matplotlib",  # loss plots
        "numpy",
        "pillow>=10.1",
        "safetensors>=0.4",  # weights: numbers and nothing else, read by memory-safe code
        "scipy>=1.11",  # L-BFGS of the slow reference
        "tomli-w",  # writes recipes; Python itself only reads TOML
        "typer>=0.12",  # the command line; brings rich for tables and progress bars
    ],
    extras_require={
        # Runs exported files: to compare them, to measure int8, and for `tfstyle.export.litert`.
        # Writing them needs TensorFlow alone; metadata is written with its flatbuffers, for
        # MediaPipe's own writer is broken since 0.10.30 and brings 200 MB of OpenCV.
        "export": ["ai-edge-litert"],
        "heif": ["pillow-heif"],  # HEIC, the format of phones; brings 6 MB of codecs
        # Decodes TIFF, PNG and JPEG strip by strip; 18 MB of libvips. Pillow has no such way, and
        # tifffile reads one format, uncompressed without further packages.
        "large": ["pyvips[binary]>=3"],
        # Styles at hf://user/repo.
        "hub": ["huggingface_hub", "platformdirs"],
        # Writes ONNX files. Keras' own way brings tf2onnx, and makes eight operations of one.
        "onnx": ["onnx"],
        "serve": ["starlette", "uvicorn"],  # for examples/serve.py
        "tensorboard": ["tensorboard"],
        # The fastest engine for pictures on a CPU, and the one that starts at once. It is not
        # required: it has no wheels for some systems, and holds NumPy back by a version.
        "openvino": ["openvino>=2025.4", "platformdirs"],
        # Reads and writes videos with FFmpeg's libraries, which it brings; optical flow. Headless:
        # OpenCV's windows need libraries of a desktop.
        "video": ["av>=18", "opencv-python-headless"],
        # Many machines: scheduling, repetition, and pyarrow, which knows object stores. Ray 2.64
        # will take the number of repetitions in another way.
        "ray": ["ray[data]>=2.51,<2.64"],
        # For `python -m benchmarks.peers`, which needs a checkout. Several GB.
        "peers": ["onnx", "onnxruntime", "openvino>=2025.4", "torch"],
        # xdist: the tests are many small programs of one thread each.
        "test": [
            *("ai-edge-litert", "av>=18", "huggingface_hub", "hypothesis"),
            *("opencv-python-headless",),
            *("onnx", "onnxruntime", "openvino>=2025.4", "pillow-heif", "platformdirs"),
            *("pyvips[binary]>=3",),
            *("pytest>=8", "pytest-timeout", "pytest-xdist", "starlette", "tensorboard"),
            "uvicorn",
        ],
    },
    entry_points={"console_scripts": ["tfstyle = tfstyle.commands.main:main"]},
    classifiers=[
        "License :: OSI Approved :: Apache Software License",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Multimedia :: Graphics",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
