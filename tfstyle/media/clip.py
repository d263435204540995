"""Reads videos with PyAV: upright RGB frames, and packets of sound and subtitles."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from tfstyle.media.extra import need, scaling

# Colour matrices that FFmpeg's scaler knows. Others are replaced by the nearest of these.
_MATRICES = {1, 4, 5, 6, 7, 9}
_BT709, _BT601, _BT2020 = 1, 5, 9
_UNSPECIFIED = 2
_FULL_RANGE = 2

_HD = 720  # lines: without a tag, players assume BT.709 from this height on, BT.601 below


@dataclass(frozen=True)
class Frame:
    """A decoded, upright frame.

    Attributes:
        pixels: RGB array `[height, width, 3]`: uint8, or uint16 if the video has more than 8 bits.
        pts: Integer, presentation time, counted from `start` of the `Clip`, in units of
            `Clip.time_base`.
        duration: Integer, how long the frame is shown, in the same unit. 0 if it is unknown.
        seconds: Float, presentation time in seconds, counted from the beginning of the video.
    """

    pixels: np.ndarray
    pts: int
    duration: int
    seconds: float


class Clip:
    """An open video file. Iterating over it yields its frames and the packets of other streams.

    If the file has a rotation tag, the frames are rotated, so that they are upright. Damaged
    frames are skipped and counted.

    Args:
        path: Path of the video file, in any container and codec that FFmpeg reads.
        max_side: Integer, longest side in pixels. Larger frames are scaled down to it. None keeps
            their size.
        start: Float, first second to read.
        end: Float, second at which to stop. None reads to the end of the video.

    Attributes:
        width, height: Integers, size of the upright, scaled frames in pixels.
        time_base: Fraction, unit of `Frame.pts` in seconds.
        rate: Fraction, average number of frames per second.
        seconds: Float, length of the part from `start` to `end`. 0 if it is unknown.
        bits: Integer, bits per colour value.
        colors: Dictionary of the tags `colorspace`, `color_range`, `color_primaries` and
            `color_trc`, as FFmpeg's integers.
        aspect: Fraction, width of a pixel divided by its height.
        others: List of the audio and subtitle streams.
        damaged: Integer, number of damaged frames so far.

    Raises:
        ImportError: if PyAV is not installed.
        ValueError: if the file does not exist, is not a video or has no readable frame, or if
            `end` is not after `start`.
    """

    def __init__(
        self,
        path: str | Path,
        max_side: int | None = None,
        start: float = 0.0,
        end: float | None = None,
    ) -> None:
        if end is not None and not start < end:
            raise ValueError(
                f"end must be after start. Received: start={start}, end={end} (seconds)"
            )
        self.path = Path(path)
        self.damaged = 0
        self._start, self._end = start, end
        self.container = _open(self.path)
        try:
            self._begin(max_side)
        except Exception:
            self.container.close()
            raise

    def _begin(self, max_side):
        self.video = _video_stream(self.container, self.path)
        self.video.thread_type = "AUTO"
        if self._start:
            self._seek()
        first = next(self._decoded(self.container.demux(self.video)), None)
        if first is None:
            raise ValueError(f"{self.path} has no readable frame. Give another video file.")
        self._describe(first, max_side)
        self._seek() if self._start else self.container.seek(0)
        self.damaged = 0

    def _describe(self, frame, max_side):
        video = self.video
        self.rate = video.average_rate or video.guessed_rate or Fraction(25)
        self.time_base = video.time_base
        origin = video.start_time or 0
        self._origin = origin
        length = video.duration * self.time_base if video.duration else None
        if length is None and self.container.duration:
            length = Fraction(self.container.duration, 1000000)
        end = float(length or 0)
        end = min(end, self._end) if self._end is not None and end else (self._end or end)
        self.seconds = max(0.0, end - self._start)
        self._turns = round(frame.rotation / 90) % 4
        self._size = _scaled(frame.width, frame.height, max_side)
        self.width, self.height = self._size[::-1] if self._turns % 2 else self._size
        aspect = video.sample_aspect_ratio or Fraction(1)
        self.aspect = 1 / aspect if self._turns % 2 else aspect
        self.bits = max(component.bits for component in frame.format.components)
        self.colors = _colors(frame)
        self.others = [
            s for s in self.container.streams if s.type in ("audio", "subtitle") and _is_known(s)
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.container.close()

    def __iter__(self) -> Iterator:
        """Yields each `Frame` and each packet of the other streams, in the order of the file."""
        last = None
        for item in self._items():
            if not hasattr(item, "pixels"):
                yield item
            elif last is None or item.pts > last:  # a file cannot hold two frames of one time
                last = item.pts
                yield item

    def to_pts(self, seconds: float, time_base: Fraction) -> int:
        """Converts seconds to units of a time base."""
        return round(Fraction(seconds).limit_denominator(1000000) / time_base)

    def _items(self):
        expected = 0
        streams = [self.video, *self.others]
        for packet in self.container.demux(streams):
            if packet.stream is not self.video:
                packet = self._kept(packet)
                if packet is not None:
                    yield packet
                continue
            for frame in self._decode(packet):
                pts = expected if frame.pts is None else frame.pts - self._origin
                expected = pts + (frame.duration or round(1 / (self.rate * self.time_base)))
                seconds = float(pts * self.time_base)
                if self._end is not None and seconds >= self._end:
                    return
                if seconds < self._start:
                    continue
                start = self.to_pts(self._start, self.time_base)
                yield Frame(self._pixels(frame), pts - start, frame.duration or 0, seconds)

    def _kept(self, packet):
        """Makes a packet's times count from `start`. Returns None if it is outside the part."""
        if packet.dts is None or packet.pts is None:
            return None
        base = packet.time_base
        origin = round(self._origin * self.time_base / base)
        start = self.to_pts(self._start, base) + origin
        if packet.pts < start and self._start:
            return None
        if self._end is not None and packet.pts >= self.to_pts(self._end, base) + origin:
            return None
        packet.pts -= start
        packet.dts -= start
        return packet

    def _decoded(self, packets):
        for packet in packets:
            yield from self._decode(packet)

    def _decode(self, packet):
        av = need("av")
        try:
            frames = packet.decode()
        except av.error.FFmpegError:  # decoders raise different ones for damaged bytes
            self.damaged += 1
            return
        for frame in frames:
            if frame.is_corrupt:
                self.damaged += 1
            else:
                yield frame

    def _seek(self):
        # Goes to the last keyframe before `start`. Frames between them are decoded and dropped.
        origin = self.video.start_time or 0
        target = self.to_pts(self._start, self.video.time_base) + origin
        self.container.seek(target, stream=self.video)

    def _pixels(self, frame):
        width, height = self._size
        rgb = frame.reformat(
            width,
            height,
            "rgb24" if self.bits <= 8 else "rgb48le",
            src_colorspace=self.colors["colorspace"],
            src_color_range=self.colors["color_range"],
            dst_color_range=_FULL_RANGE,
            interpolation=scaling("AREA" if width < frame.width else "BICUBIC"),
        )
        return np.ascontiguousarray(np.rot90(rgb.to_ndarray(), self._turns))


def _open(path):
    av = need("av")
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise ValueError(f"{path} {what}. Give a video file.")
    try:
        return av.open(str(path))
    except av.error.FFmpegError as error:
        raise ValueError(f"{path} is not a video that FFmpeg can read: {error.strerror}.") from None


def _video_stream(container, path):
    # The cover of a song is a video stream, too.
    covers = need("av").stream.Disposition.attached_pic
    for stream in container.streams.video:
        if not stream.disposition & covers:
            return stream
    held = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
    raise ValueError(f"{path} must contain a video stream. Received only: {held}.")


def _is_known(stream):
    try:
        return bool(stream.codec_context and stream.codec_context.name)
    except (AttributeError, ValueError):
        return False


def _scaled(width, height, max_side):
    longest = max(width, height)
    if not max_side or longest <= max_side:
        return width, height
    return tuple(max(1, round(side * max_side / longest)) for side in (width, height))


def _colors(frame):
    """Returns the colour tags for the painted video: those of the frame, where they are known.

    If the colour matrix has no tag, it is the one that players assume for the height of the
    frame. The painted video always gets a tag: if it is scaled down, players may assume another.
    """
    matrix = frame.colorspace
    if matrix == _UNSPECIFIED:
        matrix = _BT709 if frame.height >= _HD else _BT601
    elif matrix not in _MATRICES:
        matrix = _BT709 if frame.format.is_rgb else _BT2020 if matrix == 10 else _BT709
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    full = full or frame.format.is_rgb
    return {
        "colorspace": int(matrix),
        "color_range": 2 if full else 1,
        "color_primaries": int(frame.color_primaries),
        "color_trc": int(frame.color_trc),
    }
