"""A photograph, still or moving, from a file or a stream; its picture likewise."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from tfstyle.images.files import encoded, frame_count, opened, read_image, write_image
from tfstyle.images.formats import WRITTEN, check_writer
from tfstyle.images.geometry import limit_longest
from tfstyle.images.metadata import without_metadata
from tfstyle.media.animation import (
    Animation,
    encoded_animation,
    holds,
    read_animation,
    write_animation,
)

# Of formats that hold a photograph in another's form.
_FORMS = {"MPO": "JPEG"}


@dataclass(frozen=True)
class Photograph:
    """What an image file holds.

    Attributes:
        image: `PIL.Image.Image` of `to_rgb`, or an `Animation`.
        format: In which its picture is written to a stream: its own if that can be written in
            colour, otherwise PNG.
    """

    image: Image.Image | Animation
    format: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, of the first frame."""
        return (self.image.frames[0] if isinstance(self.image, Animation) else self.image).size

    def map(self, change: Callable[[Image.Image], Image.Image]) -> "Photograph":
        """Returns it with a function applied to the image, or to every frame."""
        image = self.image
        changed = image.map(change) if isinstance(image, Animation) else change(image)
        return replace(self, image=changed)

    def save(self, target: str | Path | BinaryIO, quality: int = 95) -> None:
        """Writes it to a file, whose suffix decides the format, or to an open binary file.

        Raises:
            ValueError: if the format holds one picture and this has several.
            OSError: if it cannot be written.
        """
        if isinstance(target, str | Path):
            save = write_animation if isinstance(self.image, Animation) else write_image
            save(self.image, target, quality)
        elif isinstance(self.image, Animation):
            target.write(encoded_animation(self.image, self.format, quality))
        else:
            target.write(encoded(self.image, self.format, quality))


def read_photograph(
    source: str | Path | BinaryIO, max_side: int | None = None, metadata: bool = True
) -> Photograph:
    """Reads an image file, all of its frames if it is an animation.

    Args:
        source: Path, or a binary file that is open and can be sought in.
        max_side: Larger images are scaled down to this.
        metadata: Whether to keep it.

    Raises:
        ValueError: see `read_image`.
    """
    with opened(source) as image:
        several = frame_count(image) > 1
        format = _FORMS.get(str(image.format), str(image.format))
    if hasattr(source, "read"):
        source.seek(0)
    if several:
        animation = read_animation(source, max_side, metadata)
        format = format if holds(format, animation.pages) else "PNG"
        return Photograph(animation, format)
    format = check_writer(format if format in WRITTEN.values() else "PNG", "The photograph")
    image = read_image(source, max_side and (max_side, max_side))
    if max_side:
        image = limit_longest(image, max_side)
    return Photograph(image if metadata else without_metadata(image), format)
