"""How photographs are to be painted, whatever style, files and machines do it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from tfstyle.images.colors import in_source_profile
from tfstyle.images.look import Look
from tfstyle.images.rows import RowFile
from tfstyle.images.sixteen import float_pixels, write_16_bits
from tfstyle.images.types import Progress
from tfstyle.media.animation import Animation
from tfstyle.media.photograph import Photograph, read_photograph
from tfstyle.quiet import without_libtiff
from tfstyle.styles.polish import Polish

_READ, _PAINTED = 0.02, 0.96  # parts of the time of a large photograph, after which it is so


@dataclass(frozen=True)
class Order:
    """What the commands are told about pictures. It can be pickled.

    Args:
        look: `Look`.
        max_side: Larger photographs are scaled down to this side in pixels.
        metadata: Whether pictures keep date, place, artist and rights.
        memory: Bytes of the process: see `painting.budget`.
        bits: 8, or 16, of each channel.
        keep_profile: Whether to write in the photograph's colour profile, not in sRGB.
        polish: `Polish`, or None.

    Raises:
        ValueError: if a profile is to be kept in 16 bits.
    """

    look: Look = field(default_factory=Look)
    max_side: int | None = None
    metadata: bool = True
    memory: float | None = None
    bits: int = 8
    keep_profile: bool = False
    polish: Polish | None = None

    def __post_init__(self) -> None:
        if self.keep_profile and self.bits != 8:
            raise ValueError(
                "--keep-profile converts 8 bits. Omit it, or --bits 16, which is in sRGB."
            )

    def read(self, source: str | Path | BinaryIO, progress: Progress | None = None) -> Photograph:
        """Reads a photograph: see `read_photograph`. `progress` is that of `write`."""
        # Pictures of 16 bits are of floats in memory.
        memory = self.memory if self.bits == 8 else float("inf")
        with without_libtiff(source):
            told = _part(progress, 0, _READ)
            return read_photograph(source, self.max_side, self.metadata, memory, told)

    def write(
        self,
        photograph: Photograph,
        style: Any,
        target: Path | BinaryIO,
        progress: Progress | None = None,
    ) -> None:
        """Paints a photograph, and writes the picture to a file or stream.

        Args:
            photograph: Of `read`.
            style: `Style`.
            target: Path, whose suffix decides the format, or an open binary file.
            progress: Function that is called with the fraction of a large photograph that is done.

        Raises:
            ValueError: if the format cannot hold the picture.
            OSError: if it cannot be written.
        """
        image: Any = photograph.image
        is_large = isinstance(image, RowFile)
        paint = partial(
            style.paint,
            look=self.look,
            memory=self.memory,
            progress=_part(progress, _READ, _PAINTED) if is_large else progress,
            polish=self.polish,
        )
        if self.bits == 8:
            picture = photograph.map(paint)
            picture = picture.map(in_source_profile) if self.keep_profile else picture
            picture.save(target, progress=_part(progress, _PAINTED, 1))
        elif isinstance(image, Animation) or not isinstance(target, Path):
            raise ValueError("--bits 16 is for single pictures in files.")
        else:
            write_16_bits(paint(float_pixels(image)), target, image.info)


def _part(progress, first, last):
    """Gives a function that tells a part of the whole; None if nobody listens."""
    return progress and (lambda done: progress(first + (last - first) * done))


def failure_of(name: str | Path, work: Callable[[], object]) -> str | None:
    """Does the work of one photograph; returns a sentence about what went wrong, or None.

    Args:
        name: Of the photograph.
        work: Function without arguments. Its errors must not stop the other photographs.
    """
    try:
        work()
    except (ValueError, OSError) as error:
        return str(error)
    except Exception as error:  # even TensorFlow out of memory
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            return f"{name}: the memory is full. Use --stroke 2, or --max-side 1500."
        return f"{name}: {error!r}"
    return None
