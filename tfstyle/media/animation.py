"""Paints all frames of an animation, and keeps their durations and repetitions."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from tfstyle.images.colors import to_rgb
from tfstyle.images.files import frame_count, opened, options, write
from tfstyle.images.formats import format_of
from tfstyle.images.geometry import limit_longest
from tfstyle.images.look import Look
from tfstyle.images.metadata import without_metadata

# Which formats hold several pictures: in time, or as pages.
_IN_TIME = ("GIF", "PNG", "WEBP", "AVIF")
_PAGES = ("TIFF",)

_MILLISECONDS = 100  # of a frame that does not say: what browsers take


@dataclass(frozen=True)
class Animation:
    """The frames of an animation, or the pages of a TIFF.

    Attributes:
        frames: `PIL.Image.Image`s of `to_rgb`. Each is a whole picture, even if the file only
            stores differences.
        durations: Durations of the frames, in milliseconds.
        plays: Integer, how often the animation is shown; 0 repeats forever.
        pages: Whether the frames are pages, which have no durations.
        still: Picture for programs that cannot show animations (APNG only), or None.
    """

    frames: list[Image.Image]
    durations: list[float]
    plays: int = 0
    pages: bool = False
    still: Image.Image | None = None

    def map(self, change: Callable[[Image.Image], Image.Image]) -> "Animation":
        """Applies a function to every frame, and returns a new animation."""
        still = self.still and change(self.still)
        return replace(self, frames=[change(frame) for frame in self.frames], still=still)


def stylize_animation(
    style: Any, source: str | Path, target: str | Path, look: Look | None = None
) -> None:
    """Paints every frame of an animation, and writes it with its durations and repetitions.

    Each frame is painted by itself with the same seed. Unlike in videos, motion is not tracked, so
    moving parts can flicker.

    Args:
        style: `Style`.
        source: Path of a GIF, APNG, animated WebP or AVIF, or a TIFF of several pages.
        target: Path of a file in one of these formats; `.tif` for pages.
        look: `Look` of every frame.

    Raises:
        ValueError: if the source cannot be read, or the target's format cannot hold several
            pictures.
        OSError: if the target cannot be written.
    """
    check_target(target, pages=False)
    look = look or Look()
    animation = read_animation(source)
    write_animation(animation.map(lambda frame: style.paint(frame, look)), target)


def read_animation(
    source: str | Path | BinaryIO, max_side: int | None = None, metadata: bool = True
) -> Animation:
    """Reads all frames of an image file. Raises the errors of `read_image`.

    Args:
        source: As for `read_image`.
        max_side: Integer, pixels. Frames with a longer side are scaled down to it.
        metadata: Whether to keep the metadata.
    """
    frames, durations = [], []
    with opened(source) as image:
        for number in range(frame_count(image)):
            image.seek(number)
            frame = to_rgb(image)
            frames.append(limit_longest(frame, max_side) if max_side else frame)
            durations.append(float(image.info.get("duration") or _MILLISECONDS))
        plays = _plays(image)
        has_still = image.format == "PNG" and image.info.get("default_image", False)
        pages = image.format not in (*_IN_TIME, "FLI")
    if not metadata:
        frames = [without_metadata(frame) for frame in frames]
    if has_still:
        return Animation(frames[1:], durations[1:], plays, pages, frames[0])
    return Animation(frames, durations, plays, pages)


def write_animation(animation: Animation, path: str | Path, quality: int = 95) -> None:
    """Writes an animation or pages to a file: see `write_image`."""
    check_target(path, animation.pages)
    content = encoded_animation(animation, format_of(path), quality)
    write(path, lambda file: file.write(content))


def encoded_animation(animation: Animation, format: str, quality: int = 95) -> bytes:
    """Returns the bytes of an animation's file. `holds` must be true for the format."""
    first, *others = animation.frames
    several: dict[str, Any] = {"save_all": True, "append_images": others}
    if not animation.pages:
        several["duration"] = [round(milliseconds) for milliseconds in animation.durations]
    plays = animation.plays
    if format == "GIF":
        # A GIF says how often it is repeated; without a word it is shown once. Each frame is a
        # whole picture: the last one must go where it is transparent.
        several |= {"loop": plays - 1 if plays else 0} if plays != 1 else {}
        several["disposal"] = 2 if any(frame.mode == "RGBA" for frame in animation.frames) else 0
    elif format in ("PNG", "WEBP"):
        several["loop"] = plays
    if format == "PNG":
        several |= {"blend": 0, "disposal": 0}
        if animation.still:
            several |= {"default_image": True, "append_images": animation.frames}
            first = animation.still
    file = io.BytesIO()
    first.save(file, format=format, **options(first, format, quality), **several)
    return file.getvalue()


def holds(format: str, pages: bool) -> bool:
    """Returns whether a format can hold an animation, or pages if `pages` is true."""
    return format in (_PAGES if pages else _IN_TIME)


def check_target(path: str | Path, pages: bool) -> None:
    """Checks that the format of a path can hold an animation, or pages if `pages` is true.

    Raises:
        ValueError: if it cannot.
    """
    if not holds(format_of(path), pages):
        names = ".tif" if pages else ".gif, .png, .webp or .avif"
        what = "pages" if pages else "frames"
        raise ValueError(f"{path} holds one picture, and the photograph has {what}. Use {names}.")


def _plays(image):
    """Returns how often an open image is shown; 0 repeats forever. Formats count differently."""
    loop = image.info.get("loop")
    if image.format == "GIF":
        return 1 if loop is None else loop + 1 if loop else 0
    return loop or 0
