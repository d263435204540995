"""Where the time of a training step goes, beside what the processor can do at best.

    python -m benchmarks.parts --vgg WEIGHTS

Prints milliseconds of each part of a step of Adam, its multiplications and additions in
convolutions (GFLOP) and their rate, beside that of the largest plain convolution and of a matrix
product, all in one process.
"""

import argparse

import keras
import numpy as np
import tensorflow as tf

from benchmarks.timing import measure
from benchmarks.training import bare_step
from tfstyle import PerceptualLoss, johnson


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--vgg", required=True)
    parser.add_argument("--precision", default="mixed_bfloat16")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    keras.config.set_dtype_policy(options.precision)
    dtype = keras.config.dtype_policy().compute_dtype
    rng = np.random.default_rng(0)
    batch = tf.constant(
        rng.random((options.batch_size, options.crop, options.crop, 3)), dtype="float32"
    )
    loss = PerceptualLoss(network=options.vgg)
    grams = loss.style_grams(rng.random((320, 512, 3)))
    generator = johnson()
    content = loss.content_features(batch)

    def paint(x):
        return tf.reduce_sum(generator(x, training=True))

    def judge(x):
        return loss(content, x, grams)["total"]

    images = options.batch_size
    painting = images * convolution_gflop(generator, options.crop)
    judging = images * convolution_gflop(loss.network, options.crop)
    wide = tf.constant(rng.normal(size=(images, 64, 64, 256)), dtype)
    kernel = tf.constant(rng.normal(size=(3, 3, 256, 256)), dtype)
    matrix = tf.constant(rng.normal(size=(2048, 2048)), dtype)
    weights = generator.trainable_variables
    parts = {
        "step": (bare_step(generator, loss, grams), 3 * painting + 3 * judging),
        "generator, forward": (tf.function(paint), painting),
        "generator, forward and back": (gradient(paint, weights), 3 * painting),
        "VGG19 of photographs": (tf.function(loss.content_features), judging),
        "VGG19 and loss, forward and back": (gradient(judge), 2 * judging),
        "convolution 3x3, 256 to 256": (
            tf.function(lambda x: tf.nn.conv2d(wide, kernel, 1, "SAME")),
            images * 2 * 64**2 * 9 * 256**2 / 1e9,
        ),
        "matrix product 2048": (tf.function(lambda x: matrix @ matrix), 2 * 2048**3 / 1e9),
    }
    functions = [lambda part=part: finish(part(batch)) for part, _ in parts.values()]
    print(f"{'':33} {'ms':>8} {'GFLOP':>8} {'GFLOP/s':>8}")
    for (name, (_, gflop)), seconds in zip(
        parts.items(), measure(functions, options.rounds), strict=True
    ):
        print(f"{name:33} {1000 * seconds:8.1f} {gflop:8.1f} {gflop / seconds:8.0f}")


def gradient(function, variables=None):
    """Gives the compiled gradient of a function, by its argument or by variables."""

    @tf.function
    def compute(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return tape.gradient(value, variables or x)

    return compute


def finish(result):
    """Waits until a result is there."""
    return [value.numpy() for value in tf.nest.flatten(result)]


def convolution_gflop(model, size):
    """Counts the operations of a model's convolutions for one image, two a multiplication."""
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    outputs = keras.Model(model.input, [layer.output for layer in convolutions])
    tensors = outputs(keras.KerasTensor((1, size, size, 3)))
    return (
        sum(
            2 * tensor.shape[1] * tensor.shape[2] * _multiplications(layer)
            for layer, tensor in zip(convolutions, tensors, strict=True)
        )
        / 1e9
    )


def _multiplications(convolution):
    """Counts those of one pixel of a convolution's output."""
    *sides, inputs, outputs = convolution.kernel.shape
    if getattr(convolution, "upsampling", False):  # see `tfstyle.layers.Conv2D`
        sides = [side // 2 + 1 for side in sides]
    return np.prod([*sides, inputs, outputs])


if __name__ == "__main__":
    main()
