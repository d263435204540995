"""Videos as PyAV reads them: upright RGB frames, and the packets of everything else."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from tfstyle.media.extra import need, scaling

# Colour matrices that FFmpeg's scaler knows; of others the nearest.
_MATRICES = {1, 4, 5, 6, 7, 9}
_BT709, _BT601, _BT2020 = 1, 5, 9
_UNSPECIFIED = 2
_FULL_RANGE = 2

_HD = 720  # lines: players take a video of at least these, without a tag, for BT.709


@dataclass(frozen=True)
class Frame:
    """A frame as people see it.

    Attributes:
        pixels: uint8 `[height, width, 3]`, or uint16 of a video of more than 8 bits.
        pts: Integer, when it is shown, in units of `Clip.time_base` from the start that was asked.
        duration: Integer, how long, in the same unit; 0 if the file does not say.
        seconds: Float, when it is shown, in the time of the whole video.
    """

    pixels: np.ndarray
    pts: int
    duration: int
    seconds: float


class Clip:
    """A video file, opened.

    Frames are upright: a rotation that the file only notes is carried out. Frames that are damaged
    are left out, and counted in `damaged`.

    Args:
        path: Of the file; any container and codec that FFmpeg's libraries read.
        max_side: Integer, larger frames are scaled down so that no side is above it; None for
            their own size.
        start: Float, seconds from the beginning of the video at which to start.
        end: Float, seconds at which to end; None for its end.

    Attributes:
        width, height: Integers, of the frames.
        time_base: Fraction, the unit of times, in seconds.
        rate: Fraction, frames a second, on average.
        seconds: Float, how long the part is, or 0 if the file does not say.
        bits: Integer, of a colour's value.
        colors: Dictionary of the tags `colorspace`, `color_range`, `color_primaries` and
            `color_trc`, in FFmpeg's numbers.
        aspect: Fraction, width of a pixel over its height.
        others: Streams beside the video: sound, subtitles.
        damaged: Integer, the frames left out so far.

    Raises:
        ImportError: without PyAV.
        ValueError: if the file is missing, is no video, or has no frame.
    """

    def __init__(
        self,
        path: str | Path,
        max_side: int | None = None,
        start: float = 0.0,
        end: float | None = None,
    ) -> None:
        if end is not None and not start < end:
            raise ValueError(f"The end must be after the start. Received: {start} to {end} seconds")
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
            raise ValueError(f"{self.path} has no frame that can be read.")
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
        """Yields `Frame`s and the packets of the other streams, in the order of the file."""
        last = None
        for item in self._items():
            if not hasattr(item, "pixels"):
                yield item
            elif last is None or item.pts > last:  # a time that stands still no file can hold
                last = item.pts
                yield item

    def to_pts(self, seconds: float, time_base: Fraction) -> int:
        """Gives a number of seconds in units of a time base."""
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
        """Gives a packet of sound or text its time from the start; None if it lies outside."""
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
        except av.error.FFmpegError:  # damaged bytes make decoders raise various ones
            self.damaged += 1
            return
        for frame in frames:
            if frame.is_corrupt:
                self.damaged += 1
            else:
                yield frame

    def _seek(self):
        # To the keyframe before it; what lies between is decoded and left out.
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
        raise ValueError(f"{path} is not a video that FFmpeg reads: {error.strerror}.") from None


def _video_stream(container, path):
    # A song's cover is a stream of video too.
    covers = need("av").stream.Disposition.attached_pic
    for stream in container.streams.video:
        if not stream.disposition & covers:
            return stream
    held = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
    raise ValueError(f"{path} has no video stream, only: {held}.")


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
    """Gives the colour tags of the video that will be written, those of the frame as far as known.

    A matrix that the file does not name is the one that players take for its height, and is
    written down: a smaller picture would be taken for another.
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
