"""A generator meets pixels: an image of any size, strip by strip, in bounded memory.

The picture is that of the whole image. An instance normalization needs mean and variance of its
whole input, so there is a pass over the image for each; between two of them each row depends on
some rows near it. `plan` decides what is kept from pass to pass in a temporary file.
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
# TensorFlow's kernel adds up in one float32: the variance of 1.6 million pixels is off by 4e-4,
# that of 32 thousand by 3e-6.
_MOMENTS_PIXELS = 2**15
# Larger arrays than this of glibc's malloc.h are taken from the system, page by page, each time.
_ARRAY_BYTES = 2**25
_HEIGHTS = (512, 256, 128, 64, 32, 16, 8, 4)
_LOW = 32  # rows: lower strips compute too many rows of their neighbours again


def can_stream(generator: keras.Model) -> bool:
    """Whether a generator can paint by strips.

    It cannot if it has a layer of a kind that `reach` does not know, or on Keras' backend OpenVINO,
    which computes whole networks only.
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

    The picture is that of `whole.stylize_pixels`, up to the rounding of float32. A look whose
    stroke is not 1 needs 24 bytes for each pixel of image and picture; others need none.

    Args:
        generator: `keras.Model` of `build_generator`, or of `styles.trunk.build_trunk`.
        image: Anything with `shape` `(height, width, 3)` whose slices of rows are arrays, of uint8
            or of floats in [0, 1]. Of a `RowFile` the picture is taken to go into a file too.
        write: Function that is given the first row of a strip of the picture, and its float32
            `[rows, width, 3]` in [0, 1]: from the top on, each row once.
        look: `Look`.
        memory: Bytes of the whole process: see `budget`. What does not fit takes the least.
        style_weights: Array `[styles]`, for a trunk.
        progress: Function that is told the part that is done, in [0, 1].

    Raises:
        CannotStreamError: if a layer of the generator cannot be computed by strips.
        OSError: if the disk is full.
    """
    size = height, width = image.shape[:2]
    amounts = look.amounts(size)
    original = Photograph(image, *size)

    def finish(top, picture):
        picture = picture[: max(0, height - top)]  # the rest was mirrored
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
    # Of a picture in memory: 4 bytes for a pixel in Pillow, and 2 that its encoder of JPEG takes.
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
    """Gives the numbers of `sample_noise`, by rows."""
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
    """Runs a generator on one image, and gives its picture strip by strip.

    Args:
        generator: Functional `keras.Model`.
        photograph: `Photograph`, of a size that the generator takes.
        receive: Function that is given the first row of a strip, and its float32
            `[rows, width, 3]` in [0, 1]: from the top on, each row once.
        working: Function that returns the bytes that the arrays of a strip may take. It is called
            before each pass. A strip has 4 rows at least.
        others: Dictionary of the names of further inputs to what they are given: something with
            `shape` and `read` for an image, an array otherwise.
        progress: Function that is told the part that is done, in [0, 1].

    Raises:
        CannotStreamError: if a layer cannot be computed by strips.
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
    """Tells the part of the passes that is done."""

    def __init__(self, plan, tell):
        self._ends = np.cumsum([0, *plan.seconds]) / sum(plan.seconds)
        self._tell = tell

    def __call__(self, number, part):
        if self._tell:
            self._tell(float(self._ends[number] + part * np.diff(self._ends)[number]))


class _Passes:
    """The passes over one image, and what they know of it so far."""

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
                del values  # else it would be there while the next strip is computed
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
        """Gives the rows of each image that a strip of the target takes."""
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
        """Computes one strip of the target, and appends what is kept."""
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
        """Gives the rows of a strip: as many as the memory allows and the allocator likes."""
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
        """Gives the bytes of all arrays of a strip."""
        needs = self._needs(each, first, last)
        return {key: (bottom - top) * self._row_bytes(key) for key, (top, bottom) in needs.items()}

    def _row_bytes(self, key):
        if key in self.plan.bytes:
            return self.plan.bytes[key] / self.plan.sizes[key][0]
        return 2 * 4 * np.prod(self.images[key].shape[1:])  # an input: twice while it is read


class Moments:
    """Mean and variance of each channel, in float64, from strips of an image.

    Those of some rows at a time are in float32. They join by the formula of Chan,
    Golub and LeVeque, *Algorithms for computing the sample variance*, 1983.
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
