"""What decides the numbers of a study."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Options:
    """The options of a study, beside its data.

    Args:
        styles: Names of paintings.
        generators: Names of `GENERATORS`. Border, few photographs and noise are measured on
            `pyramid` alone, the generator of which the paper tells them.
        seeds: Integer, how many seeds the main comparison is trained with; all else with seed 0.
        steps: Integer, of each training.
        batch_size: Integer. Batch normalization needs more than 1.
        crop: Integer, height and width of the training crops.
        size: Integer, height and width of the pictures measured, multiple of 32.
        width: Integer, channels of `johnson`; `pyramid` keeps its own.
        learning_rate: Float, see `Recipe`.
        style_size: Integer, see `Recipe`.
        precision: Keras dtype policy of the trainings; `auto` is the processor's fastest.
            Everything is measured in float32.
        held_out: Integer, photographs that pictures are measured on.
        sample: Integer, how many of them serve where each takes long: contrast, noise, other
            resolutions, the slow reference.
        shown: Integer, photographs in the figures.
        few: Numbers of training photographs to compare with all of them.
        iterations: Integer, L-BFGS iterations of the slow reference.
        sizes: Heights of the square pictures that speed and other resolutions are measured on.
        rounds: Integer, how often speed is measured; the median counts.
    """

    styles: tuple = ("starry_night",)
    generators: tuple = ("pyramid", "johnson")
    seeds: int = 1
    steps: int = 2000
    batch_size: int = 4
    crop: int = 256
    size: int = 256
    width: int = 32
    learning_rate: float = 1e-3
    style_size: int = 512
    precision: str = "auto"
    held_out: int = 50
    sample: int = 10
    shown: int = 4
    few: tuple = (16, 160)
    iterations: int = 100
    sizes: tuple = (256, 512, 1080)
    rounds: int = 10


# Whether everything runs, in seconds: the numbers mean nothing.
TINY = {
    "steps": 2,
    "batch_size": 2,
    "crop": 64,
    "size": 96,
    "width": 4,
    "style_size": 64,
    "precision": "float32",
    "held_out": 2,
    "sample": 1,
    "shown": 2,
    "few": (2,),
    "iterations": 2,
    "sizes": (64, 96),
    "rounds": 1,
}
