"""What an exported file is worth: operations, delegates, likeness to Keras, time."""

import collections
import contextlib
import io
import statistics
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from skimage.metrics import structural_similarity
from tfstyle.export.litert import Painter

from tfstyle.images import to_pixels

# What the GPU delegate takes of what our files may hold, with constant axes and rank 4
# (../docs/export.md). XNNPACK takes the same but MIRROR_PAD and RESIZE_NEAREST_NEIGHBOR.
GPU_OPERATIONS = {
    *("ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEQUANTIZE", "MAXIMUM", "MEAN"),
    *("MINIMUM", "MIRROR_PAD", "MUL", "PAD", "QUANTIZE", "RELU", "RESIZE_NEAREST_NEIGHBOR"),
    *("RSQRT", "SQUARED_DIFFERENCE", "SUB"),
}
FREE_SIZE = "free height and width"


def similarity(a, b):
    """Gives the structural similarity (SSIM) of two pictures `[height, width, 3]` in [0, 1]."""
    return float(structural_similarity(a, b, channel_axis=2, data_range=1.0))


def operations(content):
    """Counts the operations of a TFLite file by name.

    Args:
        content: Bytes of the file.

    Returns:
        `collections.Counter`.
    """
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=plain)
    return collections.Counter(each["op_name"] for each in interpreter._get_ops_details())


def partitions(content):
    """Counts the parts that XNNPACK computes; between them data goes back and forth.

    Of a file whose inputs have a fixed size.
    """
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return sum(each["op_name"] == "DELEGATE" for each in interpreter._get_ops_details())


def gpu_faults(content):
    """Lists what in a TFLite file a GPU delegate refuses; nothing if it takes the file.

    Args:
        content: Bytes of the file.

    Returns:
        List of strings.
    """
    import tensorflow as tf

    interpreter = Interpreter(model_content=content)
    tensors = interpreter.get_tensor_details()
    faults = [f"operation {name}" for name in sorted(operations(content).keys() - GPU_OPERATIONS)]
    if any(-1 in tensor["shape_signature"] for tensor in tensors):
        faults.append(FREE_SIZE)
    if any(len(tensor["shape"]) > 4 for tensor in tensors):
        faults.append("a tensor of rank above 4")
    with contextlib.redirect_stdout(io.StringIO()) as output:
        tf.lite.experimental.Analyzer.analyze(model_content=content, gpu_compatibility=True)
    if "GPU COMPATIBILITY WARNING" in output.getvalue():
        faults.append("TensorFlow's analyzer warns of GPU delegates")
    return faults


def inspect(style, path, image):
    """Runs a TFLite file beside Keras: what `tfstyle export` shows.

    Args:
        style: `Style` that it was made of.
        path: Of the file.
        image: `PIL.Image.Image` to paint.

    Returns:
        Dictionary of names to strings.
    """
    content = path.read_bytes()
    found = compare(style, content, image)
    counts = operations(content)
    faults = gpu_faults(content)
    return {
        "bytes": f"{len(content):,}",
        **_likeness(found),
        "milliseconds, one thread": f"{found['milliseconds']:.0f}",
        "operations": f"{sum(counts.values())}: "
        + ", ".join(f"{count} {name}" for name, count in counts.most_common()),
        **({} if FREE_SIZE in faults else {"parts on XNNPACK": str(partitions(content))}),
        "GPU delegates": f"refuse it: {', '.join(faults)}" if faults else "take all of it",
    }


def compare_saved_model(style, folder, image):
    """Runs a SavedModel beside Keras: as `inspect`."""
    import tensorflow as tf

    model = tf.saved_model.load(str(folder / "1"))
    pixels = to_pixels(image)
    expected = style.stylize(pixels)
    picture = model.signatures["serving_default"](image=tf.constant(pixels[None]))["stylized"]
    files = [path for path in (folder / "1").rglob("*") if path.is_file()]
    found = {
        "size": list(pixels.shape[:2]),
        "difference": float(np.abs(picture.numpy()[0] - expected).max()),
        "ssim": similarity(picture.numpy()[0], expected),
    }
    return {"bytes": f"{sum(path.stat().st_size for path in files):,}", **_likeness(found)}


def _likeness(found):
    return {
        "compared with Keras at": "{}x{}".format(*found["size"]),
        "largest difference": f"{found['difference']:.2g} of 1",
        "SSIM": f"{found['ssim']:.4f}",
    }


def compare(style, content, image, threads=None, rounds=3):
    """Paints an image by Keras and by a TFLite file.

    Args:
        style: `Style`.
        content: Bytes of the file.
        image: `PIL.Image.Image`.
        threads: Integer, processors for LiteRT.
        rounds: Integer, paintings to measure the time of.

    Returns:
        Dictionary of `size` (`[height, width]` of the pictures), `difference` (the largest
        of any pixel, in [0, 1]), `ssim` and `milliseconds` (median of the rounds).
    """
    painter = Painter(content, threads)
    pixels = to_pixels(painter.fit(image))
    seed = painter.facts["seed"] or 0
    expected = style.stylize(painter.grow(pixels), seed)[: pixels.shape[0], : pixels.shape[1]]
    milliseconds = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        picture = painter.paint(pixels, seed)
        milliseconds.append(1000 * (time.perf_counter() - began))
    return {
        "size": list(pixels.shape[:2]),
        "difference": float(np.abs(picture - expected).max()),
        "ssim": similarity(picture, expected),
        "milliseconds": statistics.median(milliseconds[1:]),
    }
