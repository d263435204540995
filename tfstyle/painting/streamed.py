"""Applies a generator to an image of any size in bounded memory: strip by strip.

The picture equals that of the whole image. An instance normalization needs mean and variance of its
whole input, so each one takes a pass over the image. Between two normalizations, a row depends only
on a few rows near it. `plan` decides which images are kept for later passes in a temporary file.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from tfstyle.generators import noise_inputs, size_rule
from tfstyle.images.geometry import fitting, resize_pixels
from tfstyle.images.look import Look
from tfstyle.images.rows import RowFile
from tfstyle.layers import fast_kernels
from tfstyle.layers.strips import as_tensor, moments
from tfstyle.memory import return_freed_memory
from tfstyle.painting.budget import working_bytes
from tfstyle.painting.disk import free_bytes, scratch_folder
from tfstyle.painting.graph import Graph
from tfstyle.painting.plan import Plan
from tfstyle.painting.reach import CannotStreamError
from tfstyle.painting.scratch import Scratch, StoredImage
from tfstyle.painting.sources import NormalRows, Photograph

_SCRATCH_BYTES = 40e9
# TensorFlow's kernel sums in float32: it computes the variance of 1.6 million pixels with an error
# of 4e-4, that of 32 thousand with one of 3e-6.
_MOMENTS_PIXELS = 2**15
# For larger arrays, malloc of glibc gets new pages from the system each time, which is slow.
_ARRAY_BYTES = 2**25
_HEIGHTS = (512, 256, 128, 64, 32, 16, 8, 4)
_LOW = 32  # rows: lower strips spend more time on rows that their neighbours compute, too


def can_stream(generator: keras.Model) -> bool:
    """Returns whether a generator can be applied strip by strip.

    It cannot if `reach` does not know one of its layers, or if Keras' backend is OpenVINO, which
    only computes whole networks.
    """
    if keras.backend.backend() == "openvino":
        return False
    try:
        Graph(generator)
    except CannotStreamError:
        return False
    return True


def paint_rows(
    generator: keras.Model,
    image,
    write: Callable[[int, np.ndarray], None],
    look: Look,
    memory: float | None = None,
    style_weights: np.ndarray | None = None,
    progress: Callable[[float], object] | None = None,
) -> None:
    """Paints one image of any size with a `Look`, strip by strip.

    The picture equals that of `whole.stylize_pixels`, up to the rounding of float32. Only strips
    are kept in memory, except if the stroke of the look is not 1. Then 24 bytes are needed for
    each pixel of image and picture.

    Args:
        generator: `keras.Model` of `build_generator`, or of `styles.trunk.build_trunk`.
        image: Array, or another object whose slices of rows are arrays, of shape
            `(height, width, 3)`: uint8, or floats in [0, 1]. For a `RowFile`, no memory is
            reserved for the picture, because `write` is expected to write it to a file, too.
        write: Function that is called for each strip of the picture, from top to bottom, with the
            number of its first row and its pixels: float32 `[rows, width, 3]` in [0, 1].
        look: `Look`.
        memory: Limit for the whole process, in bytes: see `budget`. If it is too low for any
            strip, the lowest strips are used anyway.
        style_weights: Array `[styles]`, for a trunk.
        progress: Function that is called with the finished share of the work, in [0, 1].

    Raises:
        CannotStreamError: if a layer of the generator cannot be computed strip by strip.
        OSError: if the disk is full.
    """
    size = height, width = image.shape[:2]
    amounts = look.amounts(size)
    original = Photograph(image, *size)

    def finish(top, picture):
        picture = picture[: max(0, height - top)]  # the rest is padding
        rows = slice(top, top + len(picture)) if amounts.shape[1] > 1 else slice(None)
        photograph = original.pixels(top, top + len(picture))
        if len(picture):
            write(top, look.finish(photograph[None], picture[None], amounts[:, rows])[0])

    seen = image
    if look.stroke != 1:
        sides = [max(1, round(side / look.stroke)) for side in size]
        seen = resize_pixels(original.pixels(0, height)[None], sides)[0]
    high, wide = (fitting(side, *size_rule(generator)) for side in seen.shape[:2])
    photograph = Photograph(seen, high, wide, look.grain, look.seed)
    others: dict[str, Any] = _noise(generator, high, wide, look.seed)
    if style_weights is not None:
        others["style_weights"] = np.asarray(style_weights, "float32")[None]
    # Of a picture in memory, Pillow takes 4 bytes per pixel, and its JPEG encoder 2.
    in_memory = 0 if isinstance(image, RowFile) else 6 * height * width
    working = partial(working_bytes, memory, in_memory)
    if look.stroke == 1:
        stream(
            generator,
            photograph,
            lambda top, strip: finish(top, strip[:, :width]),
            working,
            others,
            progress,
        )
        return
    picture = np.empty(photograph.shape, "float32")

    def receive(top, strip):
        picture[top : top + len(strip)] = strip

    stream(generator, photograph, receive, working, others, progress)
    finish(0, resize_pixels(picture[None, : seen.shape[0], : seen.shape[1]], size)[0])


def _noise(generator, height, width, seed):
    """Returns the noise of `sample_noise` as images that are read by rows."""
    rng = np.random.default_rng(seed)
    return {
        name: NormalRows(rng, (height // ratio, width // ratio, channels))
        for name, ratio, channels in noise_inputs(generator)
    }


def stream(
    generator,
    photograph: Photograph,
    receive: Callable[[int, np.ndarray], None],
    working: Callable[[], float],
    others: dict | None = None,
    progress: Callable[[float], object] | None = None,
) -> None:
    """Runs a generator on one image, strip by strip.

    Args:
        generator: Functional `keras.Model`.
        photograph: `Photograph`, of a size that the generator accepts.
        receive: Function that is called for each strip of the picture, from top to bottom, with
            the number of its first row and its pixels: float32 `[rows, width, 3]` in [0, 1].
        working: Function that returns how many bytes the arrays of a strip may take. It is called
            before each pass. A strip has at least 4 rows, even if they take more.
        others: Dictionary of input name to value, for the generator's further inputs. An image is
            an object with `shape` and `read`, such as `NormalRows`. Other values are arrays.
        progress: Function that is called with the finished share of the work, in [0, 1].

    Raises:
        CannotStreamError: if a layer cannot be computed strip by strip.
        OSError: if the disk is full.
    """
    graph = Graph(generator)
    image, *rest = generator.inputs
    given = {id(image): photograph, **{id(each): (others or {})[each.name] for each in rest}}
    folder = scratch_folder()
    images = {key: each for key, each in given.items() if hasattr(each, "read")}
    sizes = graph.sizes({key: each.shape[:2] for key, each in images.items()})
    plan = Plan(graph, sizes, min(_SCRATCH_BYTES, 0.9 * free_bytes(folder)))
    matrices = {key: each for key, each in given.items() if key not in images}
    done = Progress(plan, progress)
    with Scratch(folder) as scratch, fast_kernels():
        _Passes(plan, images, matrices, scratch, working, done).run(receive)
    return_freed_memory()  # before the picture is scaled or written


class Progress:
    """Reports the finished share of all passes."""

    def __init__(self, plan, tell):
        self._ends = np.cumsum([0, *plan.seconds]) / sum(plan.seconds)
        self._tell = tell

    def __call__(self, number, part):
        if self._tell:
            self._tell(float(self._ends[number] + part * np.diff(self._ends)[number]))


class _Passes:
    """Computes the passes over one image, one after the other."""

    def __init__(self, plan, images, matrices, scratch, working, progress):
        self.plan = plan
        self.images = images
        self.matrices = matrices
        self.scratch = scratch
        self.working = working
        self.progress = progress
        self.statistics = {}

    def run(self, receive):
        last_reads = self.plan.last_reads()
        for number, each in enumerate(self.plan.passes):
            finished = {key for key in each.reads if last_reads[key] == number}
            statistics = Moments()
            for first, values in self._strips(number, each, finished):
                if each.normalization:
                    statistics.add(values)
                else:
                    receive(first, np.asarray(values)[0])
                del values  # frees its memory before the next strip is computed
            if each.normalization:
                self.statistics[each.normalization.output] = statistics.mean, statistics.variance
            for key in finished:
                image = self.images.pop(key)
                if isinstance(image, StoredImage):
                    image.release(image.rows)

    def _strips(self, number, each, finished):
        height = self.plan.sizes[each.target][0]
        rows = self._rows(each)
        for key in each.keeps:
            self.images[key] = StoredImage(self.scratch)
        for first in range(0, height, rows):
            last = min(height, first + rows)
            needs = self._needs(each, first, last, is_last=last == height)
            yield first, self._compute(each, needs, first, last)
            for key in finished:
                if isinstance(self.images[key], StoredImage):
                    self.images[key].release(needs[key][0])
            self.progress(number, last / height)

    def _needs(self, each, first, last, is_last=False):
        """Returns the rows of each image that a strip of the target needs."""
        needs = {each.target: (first, last)}

        def need(key, top, bottom):
            before = needs.get(key, (top, bottom))
            needs[key] = min(top, before[0]), max(bottom, before[1])

        for step in reversed(each.steps):
            top, bottom = needs[step.output]
            if step.output in each.keeps:
                stored = self.images.get(step.output)
                end = self.plan.sizes[step.output][0] if is_last else bottom
                top, bottom = min(top, stored.rows if stored else top), end
                needs[step.output] = top, bottom
            for key in step.inputs:
                need(key, *step.reaches[0].needs(top, bottom, self.plan.sizes[key][0]))
        return needs

    def _compute(self, each, needs, first, last):
        """Computes one strip of the target, and stores the images that later passes need."""
        strips = {key: self._read(key, *needs[key]) for key in each.reads if key in self.images}
        left = {key: sum(key in step.inputs for step in each.steps) for key in needs}
        tops = {key: needs[key][0] for key in each.reads}
        for step in each.steps:
            strips[step.output], tops[step.output] = self._call(step, strips, needs, tops)
            self._keep(each, step.output, strips, tops)
            for key in step.inputs:
                left[key] -= 1
                if not left[key] and key != each.target:
                    del strips[key]
        top = tops[each.target]
        return strips[each.target][:, first - top : last - top]

    def _call(self, step, strips, needs, tops):
        """Calls one layer on the rows of its inputs that it needs."""
        wanted = needs[step.output]
        values, starts = dict(self.matrices), []
        for key in step.inputs:
            top, bottom = step.reaches[0].needs(*wanted, self.plan.sizes[key][0])
            values[key] = _rows_of(strips[key], tops[key], top, bottom)
            starts.append(top)
        if step.normalizes:
            y, first = step.normalize(values, *self.statistics[step.output]), starts[0]
        else:
            y, first = step.run(values, starts[0])
        return _rows_of(y, first, *wanted), wanted[0]

    def _keep(self, each, key, strips, tops):
        if key in each.keeps:
            stored = self.images[key]
            strip = np.asarray(strips[key])[0]
            if each.target == key or stored.rows < tops[key] + len(strip):
                stored.append(strip[stored.rows - tops[key] :])

    def _read(self, key, top, bottom):
        return as_tensor(self.images[key].read(top, bottom))

    def _rows(self, each):
        """Returns the rows of a strip: the most for which its arrays fit the memory limit.

        Strips above 32 rows also keep each array at a size that malloc allocates quickly.
        """
        height = self.plan.sizes[each.target][0]
        working = self.working()
        for rows in _HEIGHTS:
            first = max(0, (height - rows) // 2 // _HEIGHTS[-1] * _HEIGHTS[-1])
            taken = self._bytes(each, first, min(height, first + rows))
            is_handy = rows <= _LOW or max(taken.values()) <= _ARRAY_BYTES
            if is_handy and sum(taken.values()) <= working:
                return rows
        return _HEIGHTS[-1]

    def _bytes(self, each, first, last):
        """Returns the bytes of each array of a strip."""
        needs = self._needs(each, first, last)
        return {key: (bottom - top) * self._row_bytes(key) for key, (top, bottom) in needs.items()}

    def _row_bytes(self, key):
        if key in self.plan.bytes:
            return self.plan.bytes[key] / self.plan.sizes[key][0]
        return 2 * 4 * np.prod(self.images[key].shape[1:])  # an input: reading takes two copies


class Moments:
    """Mean and variance of each channel of an image, from its strips.

    They are computed in float32 for a few rows at a time, and combined in float64.

    Reference:
        Chan, Golub, LeVeque, *Algorithms for Computing the Sample Variance*, 1983.
    """

    def __init__(self):
        self.count = 0
        self.mean: Any = 0.0  # arrays [1, 1, 1, channels] after the first strip
        self._squares: Any = 0.0

    def add(self, strip) -> None:
        """Adds a strip `[1, rows, width, channels]`."""
        rows = max(1, _MOMENTS_PIXELS // strip.shape[2])
        for top in range(0, strip.shape[1], rows):
            self._add(_rows_of(strip, 0, top, min(top + rows, strip.shape[1])))

    def _add(self, strip):
        count = strip.shape[1] * strip.shape[2]
        mean, variance = moments(strip)
        total, change = self.count + count, mean - self.mean
        self._squares += variance * count + change**2 * (self.count * count / total)
        self.mean = self.mean + change * (count / total)
        self.count = total

    @property
    def variance(self) -> np.ndarray:
        return self._squares / self.count


def _rows_of(strip, start, top, bottom):
    if start == top and strip.shape[1] == bottom - top:
        return strip
    return strip[:, top - start : bottom - start]
