"""Reads a photograph, an animation or a large image from a file or stream, and writes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from tfstyle.images.files import encoded, frame_count, opened, read_image, write_image
from tfstyle.images.formats import WRITTEN, check_writer
from tfstyle.images.geometry import limit_longest
from tfstyle.images.large import read_large
from tfstyle.images.metadata import without_metadata
from tfstyle.images.row_writers import write_rows, writes_rows
from tfstyle.images.rows import RowFile
from tfstyle.media.animation import (
    Animation,
    encoded_animation,
    holds,
    read_animation,
    write_animation,
)
from tfstyle.painting.budget import budget, least_bytes
from tfstyle.painting.disk import scratch_folder

# Of formats that hold a photograph in another's form.
_FORMS = {"MPO": "JPEG"}


@dataclass(frozen=True)
class Photograph:
    """The content of an image file.

    Attributes:
        image: `PIL.Image.Image` of `to_rgb`; an `Animation`; or a `RowFile`, if the image does not
            fit into memory.
        format: Format in which the picture is written to a stream: that of the file if it can be
            written in colour, otherwise PNG.
    """

    image: Image.Image | Animation | RowFile
    format: str

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)` of the first frame."""
        return (self.image.frames[0] if isinstance(self.image, Animation) else self.image).size

    def map(self, change: Callable[[Any], Any]) -> "Photograph":
        """Applies a function to the image or to every frame, and returns a new `Photograph`."""
        image = self.image
        changed = image.map(change) if isinstance(image, Animation) else change(image)
        return replace(self, image=changed)

    def save(
        self,
        target: str | Path | BinaryIO,
        quality: int = 95,
        progress: Callable[[float], object] | None = None,
    ) -> None:
        """Writes the image to a file, whose suffix decides the format, or to an open binary file.

        `progress` is called with the fraction of a large picture that is written, in [0, 1].

        Raises:
            ValueError: if the image has several frames and the format can only hold one.
            OSError: if it cannot be written.
        """
        if isinstance(target, str | Path):
            if isinstance(self.image, RowFile) and writes_rows(target):
                write_rows(self.image, target, self.image.info, quality, progress)
            elif isinstance(self.image, Animation):
                write_animation(self.image, target, quality)
            else:
                write_image(_in_memory(self.image), target, quality)
        elif isinstance(self.image, Animation):
            target.write(encoded_animation(self.image, self.format, quality))
        else:
            target.write(encoded(_in_memory(self.image), self.format, quality))


def _in_memory(image):
    return image.to_image() if isinstance(image, RowFile) else image


def read_photograph(
    source: str | Path | BinaryIO,
    max_side: int | None = None,
    metadata: bool = True,
    memory: float | None = None,
    progress: Callable[[float], object] | None = None,
) -> Photograph:
    """Reads an image file, with all frames if it is an animation.

    Args:
        source: Path, or an open binary file that supports `seek`.
        max_side: Integer, pixels. Images with a longer side are scaled down to it.
        metadata: Whether to keep the metadata.
        memory: Limit of the process in bytes: see `painting.budget`. An image that does not fit
            into it is read into a temporary file, if `read_large` can read it and `max_side` does
            not make it smaller. With infinity, every image is kept in memory.
        progress: Function that is called with the fraction of such an image that is read, in
            [0, 1].

    Raises:
        ValueError: if the file cannot be read: see `read_image`.
        OSError: if the temporary file fills the disk.
    """
    with opened(source) as image:
        several = frame_count(image) > 1
        format = _FORMS.get(str(image.format), str(image.format))
        is_large = least_bytes(image.height, image.width) > budget(memory)
    if not isinstance(source, str | Path):
        source.seek(0)
    if several:
        animation = read_animation(source, max_side, metadata)
        format = format if holds(format, animation.pages) else "PNG"
        return Photograph(animation, format)
    format = check_writer(format if format in WRITTEN.values() else "PNG", "The photograph")
    image: Any = None
    if is_large and not max_side:
        image = read_large(source, scratch_folder(), progress)
    if image is None:
        image = read_image(source, max_side and (max_side, max_side))
    if max_side:
        image = limit_longest(image, max_side)
    return Photograph(image if metadata else without_metadata(image), format)
