"""Measures an exported file: its operations, delegates, similarity and speed."""

import contextlib
import io
import statistics
import time
from collections import Counter
from pathlib import Path

import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from tfstyle.export.likeness import likeness
from tfstyle.export.litert import Painter
from tfstyle.images.files import read_image
from tfstyle.images.geometry import center_crop, resize_longest
from tfstyle.images.pixels import to_pixels


def operations(path):
    """Counts the operations of a TFLite file: `{"CONV_2D": 16, ...}`."""
    model = flatbuffer_utils.read_model(str(path))
    return Counter(
        flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
        for graph in model.subgraphs
        for operator in graph.operators
    )


def delegate_problems(path):
    """Lists the reasons why GPU delegates cannot run a whole TFLite file.

    It looks for free sizes, tensors of more than four axes, operations that are not builtin, and
    the problems that TensorFlow's own analyzer reports for GPUs.

    Args:
        path: Path of the file.

    Returns:
        List of strings; empty if a GPU can run all of it.
    """
    model = flatbuffer_utils.read_model(str(path))
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    problems = []
    if any(-1 in (t.shapeSignature if t.shapeSignature is not None else ()) for t in tensors):
        problems.append("free height and width")
    deep = sum(t.shape is not None and len(t.shape) > 4 for t in tensors)
    if deep:
        problems.append(f"{deep} tensors of more than four axes")
    custom = [code.customCode.decode() for code in model.operatorCodes if code.customCode]
    problems += [f"operation {name}, which is not builtin" for name in custom]
    report = io.StringIO()
    with contextlib.redirect_stdout(report):
        tf.lite.experimental.Analyzer.analyze(str(path), gpu_compatibility=True)
    lines = report.getvalue().splitlines()
    if not any("looks compatible with GPU delegate" in line for line in lines):
        problems += [line.strip() for line in lines if "GPU COMPATIBILITY WARNING" in line] or [
            "the analyzer does not say that it is compatible"
        ]
    return problems


def partitions(interpreter):
    """Counts the partitions of a file that XNNPACK, the delegate for CPUs, runs.

    Args:
        interpreter: LiteRT's `Interpreter`, with its tensors allocated.

    Returns:
        Integer; 1 is best, because nothing is copied between partitions.
    """
    # LiteRT has no public word for it: each piece stands in its list as one DELEGATE.
    return sum(each["op_name"] == "DELEGATE" for each in interpreter._get_ops_details())


def compare(style, path, photograph, threads=None, rounds=3):
    """Paints a photograph with a TFLite file and with its style, and compares the pictures.

    Args:
        style: `Style`.
        path: Path of the file.
        photograph: Path of an image. A file of fixed size gets the middle of it at that size,
            other files the whole photograph, scaled to 640 pixels.
        threads: Integer, number of threads. None leaves the choice to LiteRT.
        rounds: Integer, number of timed runs.

    Returns:
        Dictionary: `size` of the picture, `bytes` of the file, `difference` (the largest, of
        values in [0, 1]), `similarity` (structural, 1 is equal), `milliseconds` (median),
        `partitions`.
    """
    painter = Painter(path, threads)
    pixels = _pixels(photograph, painter.size)
    difference, similarity = likeness(painter, style.model, pixels)
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        painter.stylize(pixels)
        times.append(time.perf_counter() - started)
    return {
        "size": "x".join(map(str, pixels.shape[:2])),
        "bytes": Path(path).stat().st_size,
        "difference": difference,
        "similarity": similarity,
        "milliseconds": 1000 * statistics.median(times),
        "partitions": partitions(painter.interpreter),
    }


def _pixels(photograph, size):
    image = read_image(photograph)
    if size is None:
        return to_pixels(resize_longest(image, 640))
    return to_pixels(center_crop(image, size))
