"""Runs a TFLite file of tfstyle: with LiteRT, NumPy and Pillow, without Keras and TensorFlow.

    python -m tfstyle.export.litert FILE PHOTO OUT [--threads N] [--seed N]

`pip install ai-edge-litert numpy pillow`, and `pip install --no-deps tfstyle`, are all it needs.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from tfstyle.export.metadata import read_metadata

from tfstyle.images import fitting, mirror, read_image, to_image, to_pixels, write_image


class Painter:
    """A TFLite file, ready to paint.

    Args:
        file: Path of the file, or its bytes.
        threads: Integer, processors to use; LiteRT's default, one, if none.

    Raises:
        ValueError: if there is no such file, or it is none of `to_tflite`.
    """

    def __init__(self, file, threads=None):
        name = "These bytes" if isinstance(file, bytes) else file
        try:
            content = file if isinstance(file, bytes) else Path(file).read_bytes()
            self.facts = read_metadata(content)
            self.interpreter = Interpreter(model_content=content, num_threads=threads)
        except (OSError, ValueError, RuntimeError) as error:
            raise ValueError(f"{name}: {error}") from None

    def paint(self, pixels, seed=0):
        """Paints one image.

        Args:
            pixels: float32 `[height, width, 3]` in [0, 1]. For a file of free size any size;
                it is mirrored at its right and lower border to the generator's multiples. For a
                file of a fixed size, at most that size, and mirrored likewise.
            seed: Integer, decides the noise of a file that takes noise.

        Returns:
            float32 array of the same shape, in [0, 1].
        """
        height, width = pixels.shape[:2]
        padded = self.grow(pixels)[None]
        run = self.interpreter.get_signature_runner()
        shapes = {name: each["shape"] for name, each in run.get_input_details().items()}
        rng = np.random.default_rng(seed)
        # Drawn as `generators.sample_noise` does: coarsest first.
        noise = {
            name: rng.standard_normal(self._noise_shape(name, shapes[name], padded), "float32")
            for name in sorted(shapes.keys() - {"image"}, key=_ratio, reverse=True)
        }
        return run(image=padded, **noise)["stylized"][0, :height, :width]

    def grow(self, pixels):
        """Mirrors an image `[height, width, 3]` at its borders to a size that the file takes."""
        return mirror(pixels[None], *self._size(*pixels.shape[:2]))[0]

    def fit(self, image):
        """Scales a `PIL.Image.Image` down so that it fits a file of a fixed size."""
        if not self.facts["size"]:
            return image
        height, width = self.facts["size"]
        factor = min(width / image.width, height / image.height)
        size = (max(1, int(image.width * factor)), max(1, int(image.height * factor)))
        return image.resize(size) if size != image.size else image

    def _size(self, height, width):
        """Gives the size that an image is mirrored to."""
        size = self.facts["size"]
        if not size:
            rule = self.facts["multiple"], self.facts["minimum"]
            return fitting(height, *rule), fitting(width, *rule)
        if height > size[0] or width > size[1]:
            raise ValueError(
                f"The file paints images of {size[0]}x{size[1]} at most. Received: "
                f"{height}x{width}. `Painter.fit` scales an image to it."
            )
        return size

    def _noise_shape(self, name, shape, padded):
        height, width = (side // _ratio(name) for side in padded.shape[1:3])
        return 1, height, width, shape[-1]


def main():
    """Paints a photograph on the command line."""
    parser = argparse.ArgumentParser(
        "python -m tfstyle.export.litert", description="Paint a photograph by a TFLite file."
    )
    parser.add_argument("file", help="a .tflite file of tfstyle")
    parser.add_argument("photo")
    parser.add_argument("out", help="the picture; its suffix decides its format")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=0, help="for files that take noise")
    options = parser.parse_args()
    try:
        painter = Painter(options.file, options.threads)
        image = painter.fit(read_image(options.photo))
        write_image(to_image(painter.paint(to_pixels(image), options.seed)), options.out)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)


def _ratio(name):
    """Gives the scale of a noise input, of its name `noise_RATIO`."""
    return int(name.rpartition("_")[2])


if __name__ == "__main__":
    main()
