"""Writes videos with PyAV. Pictures are encoded; sound and subtitles are copied."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from tfstyle.media.extra import need, scaling


@dataclass(frozen=True)
class Codec:
    """A video codec and its settings.

    Attributes:
        encoder: FFmpeg's name of the encoder.
        crf: Integer, default constant rate factor. None for codecs without one.
        formats: Pair of FFmpeg's pixel formats: for up to 8 bits per colour value, and for more.
        options: Dictionary of options of the encoder.
    """

    encoder: str
    crf: int | None
    formats: tuple
    options: dict

    @property
    def needs_even_sides(self):
        return "420" in self.formats[0] and self.encoder != "libvpx-vp9"


_HALVED = ("yuv420p", "yuv420p10le")  # colour at half the width and height

# At these rate factors, strokes look as they were painted. The default of x264, 23, blurs them.
CODECS = {
    "h264": Codec("libx264", 18, _HALVED, {"preset": "medium"}),
    "h265": Codec("libx265", 20, _HALVED, {"preset": "medium", "x265-params": "log-level=error"}),
    "vp9": Codec("libvpx-vp9", 24, _HALVED, {"b": "0", "cpu-used": "4", "row-mt": "1"}),
    "av1": Codec("libsvtav1", 26, ("yuv420p10le",) * 2, {"preset": "8"}),
    "prores": Codec("prores_ks", None, ("yuv422p10le",) * 2, {"profile": "hq"}),
    "ffv1": Codec("ffv1", None, ("yuv444p", "yuv444p10le"), {"level": "3"}),
}


def codec_for(path: str | Path, bits: int, name: str | None = None) -> Codec:
    """Returns the codec of a name, or by default one that nearly all players support.

    The default is H.264. It is VP9 for `.webm`, and H.265 for more than 8 bits, because few
    players support H.264 with 10 bits.

    Args:
        path: Path of the video file to write.
        bits: Integer, bits per colour value of the source.
        name: Key of `CODECS`, or None for the default.

    Returns:
        `Codec`.

    Raises:
        ValueError: if no codec has this name.
    """
    if name is None:
        name = "vp9" if Path(path).suffix.lower() == ".webm" else "h265" if bits > 8 else "h264"
    if name not in CODECS:
        raise ValueError(f"codec must be one of {', '.join(CODECS)}. Received: {name!r}")
    return CODECS[name]


class Writer:
    """A video file to write. It is complete only after `close`.

    Args:
        path: `pathlib.Path` of the file. Its suffix decides the container.
        clip: `Clip`. The file gets its frame rate, colour tags, pixel aspect ratio, sound,
            subtitles and metadata.
        codec: `Codec`.
        crf: Integer, constant rate factor. Lower values give better quality and larger files. None
            uses the default of the codec.

    Attributes:
        notes: List of sentences about properties of the clip that could not be kept.

    Raises:
        ValueError: if the suffix is not that of a video container, if the container cannot hold
            the codec, or if `crf` is given for a codec without one.
    """

    def __init__(self, path: Path, clip, codec: Codec, crf: int | None = None) -> None:
        av = need("av")
        self.notes = []
        self._clip = clip
        self._crop = (clip.height, clip.width)
        if codec.needs_even_sides and (clip.height % 2 or clip.width % 2):
            self._crop = tuple(side - side % 2 or 2 for side in self._crop)
            self.notes.append(
                f"{codec.encoder} needs an even width and height: the video has {self._crop[1]} x "
                f"{self._crop[0]} pixels instead of {clip.width} x {clip.height}. The codecs vp9 "
                "and ffv1 keep the size."
            )
        options = {"movflags": "+faststart"} if _is_mp4(path) else {}
        try:
            self._container = av.open(str(path), "w", container_options=options)
        except (ValueError, av.error.FFmpegError):
            raise ValueError(
                "The suffix of the output must be that of a video container, such as .mp4, .mov, "
                f".mkv or .webm. Received: {path.suffix!r}"
            ) from None
        try:
            self._video = self._add_video(codec, crf, path)
            self._others = {stream: self._add(stream) for stream in clip.others}
        except Exception:
            self._container.close()
            raise
        self._container.metadata.update(_metadata(clip.container.metadata))

    def _add_video(self, codec, crf, path):
        clip = self._clip
        options = dict(codec.options)
        if codec.crf is not None:
            options["crf"] = str(codec.crf if crf is None else crf)
        elif crf is not None:
            raise ValueError(f"{codec.encoder} has no constant rate factor. Omit crf.")
        try:
            stream = self._container.add_stream(codec.encoder, rate=clip.rate, options=options)
        except ValueError:
            raise ValueError(
                f"{path.suffix} cannot hold video encoded by {codec.encoder}. Use .mkv, which "
                "holds every codec, or choose another codec."
            ) from None
        context = stream.codec_context
        context.height, context.width = self._crop
        context.pix_fmt = codec.formats[clip.bits > 8]
        context.time_base = stream.time_base = clip.time_base
        context.flags |= need("av").codec.context.Flags.frame_duration
        if clip.aspect != 1:
            context.sample_aspect_ratio = clip.aspect
        for tag, value in clip.colors.items():
            setattr(context, tag, value)
        if codec.encoder == "libx265" and _is_mp4(path):
            context.codec_tag = "hvc1"  # Apple's players need this tag
        stream.metadata.update(_metadata(clip.video.metadata))
        return stream

    def _add(self, stream):
        """Adds a stream to copy. Sound is encoded again if the container cannot hold it."""
        try:
            copy = self._container.add_stream_from_template(stream)
            copy.metadata.update(_metadata(stream.metadata))
            return _Copied(copy)
        except (ValueError, need("av").error.FFmpegError):
            pass
        name = stream.codec_context.name
        if stream.type != "audio":
            self.notes.append(f"The {name} subtitles are left out. To keep them, use .mkv.")
            return _LeftOut()
        encoder = self._container.default_audio_codec
        self.notes.append(
            f"The sound is encoded again as {encoder}, because this container cannot hold {name}."
        )
        return _Encoded(self._container, encoder, stream)

    def write_picture(self, pixels: np.ndarray, pts: int, duration: int) -> None:
        """Encodes a picture.

        Args:
            pixels: RGB array `[height, width, 3]`, uint8 or uint16.
            pts: Integer, presentation time: see `Frame`.
            duration: Integer: see `Frame`.
        """
        av = need("av")
        height, width = self._crop
        pixels = _at_least(pixels[:height, :width], height, width)
        format = "rgb24" if pixels.dtype == "uint8" else "rgb48le"
        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=format)
        colors = self._clip.colors
        frame = rgb.reformat(
            format=self._video.codec_context.pix_fmt,
            src_color_range=2,
            dst_colorspace=colors["colorspace"],
            dst_color_range=colors["color_range"],
            interpolation=scaling(),
        )
        for tag, value in colors.items():
            setattr(frame, tag, value)
        frame.pts, frame.time_base = pts, self._clip.time_base
        if duration:
            frame.duration = duration
        self._container.mux(self._video.encode(frame))

    def write_packet(self, packet) -> None:
        """Writes a packet of sound or subtitles."""
        for ready in self._others[packet.stream].packets(packet):
            self._container.mux(ready)

    def close(self) -> None:
        """Writes the frames that the encoders still hold, and completes the file."""
        try:
            self._container.mux(self._video.encode(None))
            for other in self._others.values():
                self._container.mux(list(other.packets(None)))
        finally:
            self._container.close()


class _Copied:
    def __init__(self, stream):
        self._stream = stream

    def packets(self, packet):
        if packet is not None:
            packet.stream = self._stream
            yield packet


class _LeftOut:
    def packets(self, packet):
        return ()


class _Encoded:
    def __init__(self, container, encoder, stream):
        av = need("av")
        context = stream.codec_context
        rate = 48000 if "opus" in encoder else context.sample_rate
        self._stream = container.add_stream(encoder, rate=rate)
        self._stream.codec_context.layout = context.layout.name
        self._decode = context
        self._resampler = av.AudioResampler(
            format=self._stream.codec_context.format, layout=context.layout.name, rate=rate
        )

    def packets(self, packet):
        av = need("av")
        try:
            frames = packet.decode() if packet is not None else self._decode.decode(None)
        except av.error.FFmpegError:
            return
        for frame in frames:
            for part in self._resampler.resample(frame):
                yield from self._stream.encode(part)
        if packet is None:
            for part in self._resampler.resample(None):
                yield from self._stream.encode(part)
            yield from self._stream.encode(None)


def _at_least(pixels, height, width):
    """Repeats the last row and column of a picture, up to the given height and width."""
    below, right = height - pixels.shape[0], width - pixels.shape[1]
    return np.pad(pixels, ((0, below), (0, right), (0, 0)), mode="edge")


def _metadata(values):
    """Returns metadata without the entries that describe the file, which FFmpeg writes itself."""
    own = {"encoder", "major_brand", "minor_version", "compatible_brands", "duration", "rotate"}
    return {key: value for key, value in values.items() if key.lower() not in own}


def _is_mp4(path):
    return Path(path).suffix.lower() in (".mp4", ".m4v", ".mov")


def average_rate(rate: Fraction) -> str:
    """Formats frames per second with four digits, such as 25 and 29.97."""
    return f"{float(rate):.4g}"
