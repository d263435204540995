"""Which output head a generator should have: linear and clipped, or not in training, sigmoid, tanh.

    python -m benchmarks.heads --photos PHOTOGRAPHS --vgg WEIGHTS --painting IMAGE --out FOLDER

Trains the same generator alike with each head on the same crops, and prints the held-out losses
of the last photographs, the share of pixel values at 0 or 1, and the share in dead patches: 8 x 8
pixels whose values are all below 3/255. Writes the pictures to `FOLDER/HEAD.jpg`.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from keras import ops

from tfstyle import PerceptualLoss, johnson
from tfstyle.images.files import find_images, read_image, write_image
from tfstyle.images.geometry import center_crop, montage, resize_longest
from tfstyle.images.pixels import to_image, to_pixels, to_uint8
from tfstyle.layers import ImageOutput
from tfstyle.training.crops import Photographs
from tfstyle.training.transfer import StyleTransfer

HEADS = {
    "linear": ImageOutput(),
    "unclipped": keras.layers.Lambda(lambda x: x / 4 + 0.5, dtype="float32"),
    "sigmoid": keras.layers.Lambda(ops.sigmoid, dtype="float32"),
    # Johnson et al.: 150 * tanh(x) around the middle of 0 to 255.
    "tanh": keras.layers.Lambda(lambda x: 0.5 + 150 / 255 * ops.tanh(x), dtype="float32"),
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", required=True)
    parser.add_argument("--vgg", required=True)
    parser.add_argument("--painting", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--precision", default="mixed_bfloat16")
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--style-weight", type=float, default=10.0)
    options = parser.parse_args()

    keras.config.set_dtype_policy(options.precision)
    loss = PerceptualLoss(network=options.vgg, style_weight=options.style_weight)
    painting = to_pixels(resize_longest(read_image(options.painting), 2 * options.crop))
    grams = loss.style_grams(painting)
    paths = find_images(options.photos)
    held_out = [center_crop(read_image(path), options.crop) for path in paths[-8:]]
    print(f"{'head':9} {'total':>10} {'content':>10} {'style':>10} {'at 0 or 1':>10} {'dead':>7}")
    for name, head in HEADS.items():
        keras.utils.set_random_seed(0)
        generator = with_head(johnson(options.width), head)
        model = StyleTransfer(generator, loss, grams)
        schedule = keras.optimizers.schedules.CosineDecay(1e-3, options.steps)
        model.compile(optimizer=keras.optimizers.Adam(schedule), jit_compile=False)
        dataset = Photographs(paths[:-8], options.crop, 1, seed=0, steps=options.steps)
        model.fit(dataset, shuffle=False, verbose=0)
        pixels = np.stack([to_pixels(image) for image in held_out])
        pictures = np.clip(ops.convert_to_numpy(generator(pixels)), 0, 1)
        terms = loss(loss.content_features(pixels), pictures, grams)
        numbers = "".join(f"{float(terms[term]):11.4g}" for term in ("total", "content", "style"))
        print(f"{name:9}{numbers} {at_limits(pictures):10.2%} {dead(pictures):7.2%}", flush=True)
        rows = [held_out, [to_image(picture) for picture in pictures]]
        write_image(montage(rows), options.out / f"{name}.jpg")


def with_head(generator, head):
    """Puts another layer in place of a generator's `ImageOutput`."""
    return keras.Model(generator.input, head(generator.layers[-1].input))


def at_limits(pictures):
    levels = to_uint8(pictures)
    return np.mean((levels == 0) | (levels == 255))


def dead(pictures):
    batch, height, width, channels = pictures.shape
    blocks = pictures.reshape(batch, height // 8, 8, width // 8, 8, channels)
    return np.mean(blocks.max(axis=(2, 4, 5)) < 3 / 255)


if __name__ == "__main__":
    main()
