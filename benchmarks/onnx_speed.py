"""Speed of a style's ONNX file beside the engines of tfstyle and, with tf2onnx, Keras' own export.

    python -m benchmarks.onnx_speed

Prints milliseconds of one picture of 512 x 512 in float32, the median of rounds in which all take
turns, and the largest difference to Keras.
"""

import argparse
import importlib.util
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

import tfstyle
from tfstyle.processor import processor_name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--style", default="mosaic")
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    image = np.random.default_rng(0).random((1, options.side, options.side, 3), "float32")
    with tempfile.TemporaryDirectory() as folder:
        runs = engines(options.style, Path(folder))
        pictures = {name: run(image) for name, run in runs.items()}
        times = {name: [] for name in runs}
        for _ in range(options.rounds):
            for name, run in runs.items():
                start = time.perf_counter()
                run(image)
                times[name].append(1000 * (time.perf_counter() - start))
    print(f"{processor_name()}, {os.cpu_count()} cores; {options.side} x {options.side}")
    for name, values in times.items():
        difference = np.abs(pictures[name] - pictures["Keras"]).max()
        print(f"{name:40} {statistics.median(values):7.0f} ms   {difference:.1e}")


def engines(name, folder):
    """Gives what paints, by name: functions of images."""
    from tfstyle.export import to_onnx

    style = tfstyle.load(name)
    style.model(np.zeros((1, 64, 64, 3), "float32"))  # Keras exports what was called
    to_onnx(style, folder / "ours.onnx")
    runs = {
        "Keras": style.stylize,
        "OpenVINO": tfstyle.load(name, engine="openvino").stylize,
        "ONNX Runtime, to_onnx": by_onnx_runtime(folder / "ours.onnx"),
        "OpenVINO, to_onnx": by_openvino(folder / "ours.onnx"),
    }
    if importlib.util.find_spec("tf2onnx"):
        style.model.export(folder / "keras.onnx", format="onnx", verbose=False)
        runs["ONNX Runtime, Keras' own export"] = by_onnx_runtime(folder / "keras.onnx")
    return runs


def by_onnx_runtime(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {session.get_inputs()[0].name: images})[0]


def by_openvino(path):
    import openvino

    network = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda images: network([images])[0]


if __name__ == "__main__":
    main()
