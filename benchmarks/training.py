"""How much `fit` with its pipeline costs beside a bare step.

    python -m benchmarks.training --photos PHOTOGRAPHS --vgg WEIGHTS

Prints milliseconds a step of a hand-written `tf.function` loop over a batch in memory, and of
`fit` as `tfstyle.train` calls it: photographs are read, cropped, batched and cut, each loss is
looked at, history, checkpoint and plot are written at the end. Both with Adam. Measured in turn in
one process.
"""

import argparse
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from benchmarks.timing import measure
from tfstyle import PerceptualLoss, Recipe, johnson
from tfstyle.images.files import find_images
from tfstyle.layers import fast_kernels
from tfstyle.memory import keep_freed_memory
from tfstyle.training.crops import Photographs
from tfstyle.training.plan import Plan
from tfstyle.training.progress import Progress
from tfstyle.training.transfer import StyleTransfer


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", required=True)
    parser.add_argument("--vgg", required=True)
    parser.add_argument("--precision", default="mixed_bfloat16")
    parser.add_argument("--batch-size", type=int, default=Recipe().batch_size)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    keep_freed_memory()
    keras.config.set_dtype_policy(options.precision)
    loss = PerceptualLoss(network=options.vgg)
    painting = np.random.default_rng(0).uniform(size=(320, 512, 3))
    grams = loss.style_grams(painting)
    jitter = Recipe().explicit.jitter
    model = StyleTransfer(johnson(), loss, grams, jitter, batch_size=options.batch_size)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), jit_compile=False)
    step = bare_step(johnson(), loss, grams)
    paths = find_images(options.photos)
    batch = tf.constant(photographs(paths, options.batch_size, 1)[0][0])

    def run_bare():
        for _ in range(options.steps):
            value = step(batch)
        float(value)

    def run_fit():
        dataset = photographs(paths, options.batch_size, options.steps)
        with tempfile.TemporaryDirectory() as folder:
            progress = Progress(Path(folder), Plan(options.steps), setting={}, asked={})
            progress.restore(model)
            model.fit(dataset, shuffle=False, verbose=0, callbacks=[progress])

    bare, fit = measure((run_bare, run_fit), options.rounds)
    for name, seconds in (("bare step", bare), ("fit", fit)):
        print(f"{name:10} {1000 * seconds / options.steps:8.1f} ms a step")
    print(f"fit / bare {fit / bare:8.3f}")


def bare_step(generator, loss, grams):
    """Gives the smallest training step that one would write by hand."""
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(generator.trainable_variables)

    @tf.function
    def step(photographs):
        with tf.GradientTape() as tape, fast_kernels():
            pictures = generator(photographs, training=True)
            total = loss(loss.content_features(photographs), pictures, grams)["total"]
        gradients = tape.gradient(total, generator.trainable_variables)
        optimizer.apply_gradients(zip(gradients, generator.trainable_variables, strict=True))
        return total

    return step


def photographs(paths, batch_size, steps):
    return Photographs(paths, 256, batch_size, seed=0, steps=steps)


if __name__ == "__main__":
    main()
