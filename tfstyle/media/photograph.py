"""A photograph, still, moving or large, from a file or a stream; its picture likewise."""

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
    """What an image file holds.

    Attributes:
        image: `PIL.Image.Image` of `to_rgb`; an `Animation`; or a `RowFile`, of an image that the
            memory does not hold.
        format: In which its picture is written to a stream: its own if that can be written in
            colour, otherwise PNG.
    """

    image: Image.Image | Animation | RowFile
    format: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, of the first frame."""
        return (self.image.frames[0] if isinstance(self.image, Animation) else self.image).size

    def map(self, change: Callable[[Any], Any]) -> "Photograph":
        """Returns it with a function applied to the image, or to every frame."""
        image = self.image
        changed = image.map(change) if isinstance(image, Animation) else change(image)
        return replace(self, image=changed)

    def save(
        self,
        target: str | Path | BinaryIO,
        quality: int = 95,
        progress: Callable[[float], object] | None = None,
    ) -> None:
        """Writes it to a file, whose suffix decides the format, or to an open binary file.

        `progress` is told the part of a large picture that is written, in [0, 1].

        Raises:
            ValueError: if the format holds one picture and this has several.
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
    """Reads an image file, all of its frames if it is an animation.

    Args:
        source: Path, or a binary file that is open and can be sought in.
        max_side: Larger images are scaled down to this.
        metadata: Whether to keep it.
        memory: Bytes of the whole process: see `painting.budget`. An image that does not fit as
            Pillow holds it goes into a temporary file, if `read_large` can read it and `max_side`
            does not make it smaller. Infinity holds every image in memory.
        progress: Function that is told the part of such an image that is read, in [0, 1].

    Raises:
        ValueError: see `read_image`.
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
