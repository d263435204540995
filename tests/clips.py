"""Videos for tests: a photograph that moves, with sound."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tfstyle.images.files import read_image
from tfstyle.images.geometry import center_crop
from tfstyle.media.extra import scaling

PHOTOGRAPH = Path(__file__).parents[1] / "docs/images/photograph.jpg"


def scene(count=12, height=48, width=64):
    """Frames of a photograph over which the camera pans; the left upper corner is dark red."""
    image = np.asarray(center_crop(read_image(PHOTOGRAPH), (height, width + 2 * count)))
    frames = [image[:, 2 * number : 2 * number + width].copy() for number in range(count)]
    for frame in frames:
        frame[: height // 4, : width // 4] = (160, 30, 30)
    return frames


def write_clip(
    path,
    frames,
    times=None,
    sound="aac",
    encoder="libx264",
    format="yuv420p",
    colors=None,
    aspect=None,
    rotation=0,
    options=None,
):
    """Writes frames, shown at times in units of 1/100 s: one each 4 of them, if not given."""
    times = times or range(0, 4 * len(frames), 4)
    colors = {"colorspace": 1, "color_range": 1, **(colors or {})}
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w") as container:
        video = container.add_stream(encoder, rate=25, options=options or {"crf": "1"})
        context = video.codec_context
        context.width, context.height, context.pix_fmt = width, height, format
        context.time_base = video.time_base = Fraction(1, 100)
        if aspect:
            context.sample_aspect_ratio = aspect
        for tag, value in colors.items():
            setattr(context, tag, value)
        if rotation:
            video.set_display_rotation(rotation)
        container.metadata["title"] = "A walk"
        audio = sound and container.add_stream(sound, rate=48000, layout="stereo")
        for pixels, time in zip(frames, times, strict=True):
            depth = "rgb24" if pixels.dtype == "uint8" else "rgb48le"
            rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=depth)
            frame = rgb.reformat(
                format=format,
                src_color_range=2,
                dst_colorspace=colors["colorspace"],
                dst_color_range=colors["color_range"],
                interpolation=scaling(),
            )
            for tag, value in colors.items():
                setattr(frame, tag, value)
            frame.pts, frame.time_base = time, Fraction(1, 100)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio:
            write_sound(container, audio, seconds=times[-1] / 100 + 0.04)
    return path


def write_sound(container, stream, seconds):
    samples = int(48000 * seconds)
    tone = np.sin(2 * np.pi * 440 * np.arange(samples) / 48000).astype("float32") / 2
    size = stream.codec_context.frame_size or 1024
    format = stream.codec_context.format.name
    for first in range(0, samples, size):
        part = np.stack([tone[first : first + size]] * 2)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, first, Fraction(1, 48000)
        if format != "fltp":
            frame = av.AudioResampler(format, "stereo", 48000).resample(frame)[0]
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def read_clip(path, depth="rgb24"):
    """Returns upright frames, their times in seconds, and the sound as `[samples]`."""
    with av.open(str(path)) as container:
        frames, times = [], []
        for frame in container.decode(video=0):
            pixels = frame.to_ndarray(format=depth, interpolation=scaling())
            frames.append(np.rot90(pixels, round(frame.rotation / 90)))
            times.append(round(frame.time, 4))
    sound = []
    with av.open(str(path)) as container:
        if container.streams.audio:
            mono = av.AudioResampler("fltp", "mono", 48000)
            for frame in container.decode(audio=0):
                sound += [part.to_ndarray()[0] for part in mono.resample(frame)]
    return np.stack(frames), times, np.concatenate(sound) if sound else None
