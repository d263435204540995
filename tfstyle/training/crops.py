"""The photographs of a training, as batches of crops."""

import functools
import itertools

import keras
import numpy as np

from tfstyle.images.files import read_images, spread
from tfstyle.images.geometry import center_crop, resize_shortest
from tfstyle.images.pixels import to_pixels

# Photographs are scaled so that a crop covers 8/9 of the shorter side: nearly all of the scene,
# at 33 positions each way for crops of 256.
_MARGIN = 9 / 8

# The middle of a photograph that is longer: a line of 30000 x 1 pixels, scaled to the crop's
# height, would fill the memory.
_LONGEST = 8  # times the shorter side


class Photographs(keras.utils.PyDataset):
    """Batches of random crops, for `keras.Model.fit`.

    The seed and the number of a sample decide its photograph, crop and noise, and nothing else
    does: sample `n` is the same on every backend, with any number of workers, and after an
    interruption. Each pass over the photographs has a new order.

    Args:
        paths: Image files. If one cannot be read, a warning is shown and the next is used.
        crop: Integer, height and width of a sample.
        batch_size: Integer, samples in each step.
        seed: Integer.
        steps: Integer, number of steps.
        first: Integer, number of the first step within the whole training.
        further: Function of `(batch, height, width, seed)` that returns the list of the
            generator's further inputs: `generators.sample_noise` or `draw_styles`. Defaults to
            none.

    Each item is a tuple with one element: float32 `[batch_size, crop, crop, 3]` in [0, 1], or a
    tuple of this array and the further inputs.
    """

    def __init__(self, paths, crop, batch_size, seed, steps, first=0, further=None):
        # Two threads decode faster than a step of any generator on two cores.
        super().__init__(workers=2, max_queue_size=8)
        self._paths = list(paths)
        self._crop = crop
        self._batch_size = batch_size
        self._seed = seed
        self._steps = steps
        self._first = first
        self._further = further

    def __len__(self):
        return self._steps

    def __getitem__(self, index):
        step = self._first + index
        numbers = range(step * self._batch_size, (step + 1) * self._batch_size)
        images = np.stack([self.sample(number) for number in numbers])
        further = self._further and self._further(*images.shape[:3], (self._seed, 1, step))
        return ((images, *further) if further else images,)

    def sample(self, number):
        """Returns sample `number`: float32 `[crop, crop, 3]` in [0, 1]."""
        across, down = np.random.default_rng((self._seed, 0, number)).random(2)
        image = self._read(number)
        left = int(across * (image.width - self._crop + 1))
        top = int(down * (image.height - self._crop + 1))
        return to_pixels(image.crop((left, top, left + self._crop, top + self._crop)))

    def _read(self, number):
        short = round(self._crop * _MARGIN)
        rounds, position = divmod(number, len(self._paths))
        order = _shuffled(self._seed, rounds, len(self._paths))
        order = itertools.chain(order[position:], order[:position])
        paths = (self._paths[chosen] for chosen in order)
        _, image = next(read_images(paths, (short, short)))
        longest = _LONGEST * min(image.size)
        if max(image.size) > longest:
            image = center_crop(image, [min(side, longest) for side in reversed(image.size)])
        return resize_shortest(image, short)


def draw_styles(styles, batch, height, width, seed):
    """Draws a style for each image of a batch, so that all styles occur equally often.

    Args:
        styles: Integer, number of styles.
        batch: Integer, number of images.
        height: Height of the images; it has no effect.
        width: Width of the images; it has no effect.
        seed: Tuple of integers; the last is the number of the step.

    Returns:
        List of one float32 array `[batch, styles]`, one-hot.
    """
    *seed, step = seed
    numbers = [divmod(step * batch + i, styles) for i in range(batch)]
    chosen = [_shuffled(tuple(seed), rounds, styles)[position] for rounds, position in numbers]
    return [np.eye(styles, dtype="float32")[chosen]]


def middles(paths, crop, count):
    """Returns the middle squares of `count` photographs, spread evenly over the list."""
    images = itertools.islice(read_images(spread(paths, count)), count)
    return [to_pixels(center_crop(image, crop)) for _, image in images]


@functools.lru_cache(maxsize=4)
def _shuffled(seed, rounds, count):
    return np.random.default_rng((*np.atleast_1d(seed), 2, rounds)).permutation(count)
