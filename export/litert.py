"""Runs an exported TFLite file: on LiteRT, NumPy and Pillow, without TensorFlow and Keras.

    python -m tfstyle.export.litert STYLE.tflite PHOTO PICTURE [--threads N] [--seed N] [--grain G]
        [--strength S] [--keep-colors] [--mask MASK] [--stroke SIZE]

It needs only the packages ai-edge-litert, numpy and pillow; `pip install --no-deps tfstyle` is
enough. An app does the same in its own language.
"""

import argparse
import json
import os
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from tfstyle.images.files import format_of, read_image, write_image
from tfstyle.images.geometry import fitting, mirror
from tfstyle.images.look import Look, painted
from tfstyle.images.pixels import check_pixels, to_image, to_pixels
from tfstyle.noise import draw_noise


class Painter:
    """Paints with a TFLite file that `to_tflite` wrote.

    Args:
        file: Path of the file, or its content as bytes.
        threads: Integer, number of threads. None leaves the choice to LiteRT.

    Attributes:
        facts: Dictionary, the JSON in the file's metadata.
        size: `(height, width)` in pixels if the file has a fixed size, otherwise None.
        interpreter: The LiteRT `Interpreter`.

    Raises:
        ValueError: if the file is missing, damaged or not written by `to_tflite`, or threads is
            below 1.
        ImportError: if ai-edge-litert is not installed.
    """

    def __init__(self, file: str | os.PathLike | bytes, threads: int | None = None):
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be at least 1. Received: {threads}")
        content, path = (file, "The file") if isinstance(file, bytes) else (_read(file), file)
        self.facts = _read_facts(content, path)
        self.size = self.facts["size"] and tuple(self.facts["size"])
        self._lock = threading.Lock()
        try:
            self.interpreter = interpreter_class()(model_content=content, num_threads=threads)
            self._runner = self.interpreter.get_signature_runner("serving_default")
        except (ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise ValueError(f"{path} is damaged: {reason}. Export the style again.") from None

    def stylize(
        self,
        pixels,
        seed=0,
        grain=0.0,
        strength=1.0,
        keep_colors=False,
        mask=None,
        stroke=1.0,
    ):
        """Paints a photograph.

        A file without a fixed size extends the photograph by reflection to a multiple of the
        generator's size, as `Style.stylize` does, and returns a picture of the photograph's size.
        A file of fixed size scales the photograph to fit, extends it by reflection, and returns
        the picture at the scaled size, which keeps the photograph's proportions.

        Args:
            pixels: float32 `[height, width, 3]` in [0, 1], of any size from 1 x 1.
            seed: Integer, seed of the grain and of the noise of a file that takes noise.
            grain: As in `Style.stylize`.
            strength: As in `Style.stylize`.
            keep_colors: As in `Style.stylize`.
            mask: As in `Style.stylize`.
            stroke: As in `Style.stylize`; at least 1 for a file of fixed size.

        Returns:
            float32 `[height, width, 3]` in [0, 1].

        Raises:
            ValueError: if `pixels` has another shape, dtype or range, or an option is out of
                range.
        """
        pixels = np.asarray(pixels)
        check_pixels(pixels)
        if pixels.ndim != 3 or pixels.shape[-1] != 3 or pixels.dtype.kind != "f":
            raise ValueError(
                "pixels must be floats [height, width, 3] in [0, 1]: divide bytes by 255. "
                f"Received: {pixels.dtype} {list(pixels.shape)}"
            )
        if self.size and stroke < 1:
            raise ValueError(
                "stroke below 1 paints more pixels than this file's fixed size has. Give 1 or "
                f"more, or export the style without --size. Received: {stroke}"
            )
        pixels = np.clip(pixels.astype("float32"), 0, 1)
        if self.size:
            pixels = _fit(pixels, self.size)
        look = Look(strength, keep_colors, grain, seed, mask, stroke)
        return look.apply(self._paint, pixels[None])[0]

    def run(self, arrays):
        """Runs the file: takes a dictionary of all inputs by name, and returns `stylized`.

        The interpreter has one set of tensors: threads that share a painter wait for each other.
        """
        with self._lock:
            try:
                return self._runner(**arrays)["stylized"]
            except (RuntimeError, KeyError, ValueError) as error:
                raise ValueError(
                    f"The file is damaged: {' '.join(str(error).split())}. Export the style again."
                ) from None

    def _paint(self, images, seed):
        height, width = images.shape[1:3]
        grown = self.size or self._grown(height, width)
        padded = mirror(images, *grown).astype("float32")
        return self.run({"image": padded, **self._noise(grown, seed)})[:, :height, :width]

    def _grown(self, height, width):
        rule = self.facts["multiple"], self.facts["minimum"]
        return fitting(height, *rule), fitting(width, *rule)

    def _noise(self, size, seed):
        noise = [(z["ratio"], z["channels"]) for z in self.facts["noise"]]
        names = [z["name"] for z in self.facts["noise"]]
        return dict(zip(names, draw_noise(noise, 1, *size, seed), strict=True))  # pyright: ignore[reportCallIssue]


def main():
    """Runs the command line. A user's mistake prints one line and exits with code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m tfstyle.export.litert", description="Paint a photograph with a TFLite file."
    )
    parser.add_argument("file", type=Path, help="the .tflite file of tfstyle export")
    parser.add_argument("photograph", type=Path)
    parser.add_argument("picture", type=Path, help="an older one is replaced")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=0, help="for grain, and files that take noise")
    parser.add_argument(
        "--grain", type=float, default=0.0, help="0.02 brings strokes to flat areas"
    )
    parser.add_argument("--strength", type=float, default=1.0, help="below 1 the photograph shines")
    parser.add_argument("--keep-colors", action="store_true", help="the photograph's own colours")
    parser.add_argument("--mask", type=Path, help="image: white is painted, black is not")
    parser.add_argument("--stroke", type=float, default=1.0, help="2 makes bold strokes")
    options = parser.parse_args()
    try:
        format_of(options.picture)  # before painting
        painter = Painter(options.file, options.threads)
        paint = partial(
            painter.stylize,
            seed=options.seed,
            grain=options.grain,
            strength=options.strength,
            keep_colors=options.keep_colors,
            mask=options.mask,
            stroke=options.stroke,
        )
        write_image(painted(read_image(options.photograph), paint), options.picture)
    except (ValueError, ImportError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)


def read_facts(path):
    """Returns the JSON in the metadata of a TFLite file, a dictionary.

    Raises:
        ValueError: if the file is missing, not a TFLite file, or not written by `to_tflite`.
    """
    return _read_facts(_read(path), path)


def _read(path):
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise ValueError(f"{path}: there is no such file.") from None


def _read_facts(content, path):
    # Bytes 4 to 7 of a flatbuffer say what it is.
    if content[4:8] != b"TFL3":
        raise ValueError(f"{path} is not a TFLite file. Write one with: tfstyle export STYLE")
    interpreter_class()  # says what to install before the next line fails for the same reason
    from ai_edge_litert import schema_py_generated as schema

    try:
        # All of it is read here, in Python: LiteRT, which is native code, follows each place that a
        # file names, also one outside of the file.
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        for entry in model.metadata or ():
            if entry.name == b"tfstyle":
                facts = json.loads(model.buffers[entry.buffer].data.tobytes())
                _check_facts(facts)
                return facts
    except Exception as error:  # damaged bytes make flatbuffers raise nearly anything
        raise ValueError(f"{path} is damaged: {error!r}. Export the style again.") from None
    raise ValueError(f"{path} was not written by tfstyle: it has no metadata entry 'tfstyle'.")


def _check_facts(facts):
    """Refuses facts that painting cannot go by."""
    numbers = [facts["multiple"], facts["minimum"], *(facts["size"] or ())]
    for z in facts["noise"]:
        numbers += [z["ratio"], z["channels"]]
    if not all(type(number) is int and 0 < number <= 2**15 for number in numbers):
        raise ValueError(f"its sizes are {numbers}")
    if facts["size"] and len(facts["size"]) != 2:
        raise ValueError(f"its size is {facts['size']}")


def interpreter_class():
    """Returns LiteRT's class `Interpreter`.

    Raises:
        ImportError: if ai-edge-litert is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise ImportError(
            "Running TFLite files needs LiteRT: pip install ai-edge-litert (or tfstyle[export])"
        ) from None
    return Interpreter


def _fit(pixels, size):
    height, width = pixels.shape[:2]
    factor = min(size[0] / height, size[1] / width)
    if factor == 1:
        return pixels
    image = to_image(pixels)
    scaled = [max(1, round(side * factor)) for side in image.size]
    return to_pixels(image.resize(scaled, Image.Resampling.BICUBIC))


if __name__ == "__main__":
    main()
