"""Paints videos. Decoding, painting and encoding run at the same time."""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tfstyle.files import replacing
from tfstyle.media.clip import Clip, Frame
from tfstyle.media.writing import Writer, codec_for

_AHEAD = 4  # frames that wait between two stages, each with a picture of full size


@dataclass
class Result:
    """The outcome of `stylize_video`.

    Attributes:
        path: `pathlib.Path` of the painted video.
        frames: Integer, number of frames written.
        damaged: Integer, number of frames skipped because they are damaged.
        seconds: Float, presentation time of the last frame written.
        finished: Boolean, whether the video was painted to its end.
        notes: List of sentences about properties of the source that could not be kept.
    """

    path: Path
    frames: int = 0
    damaged: int = 0
    seconds: float = 0.0
    finished: bool = True
    notes: list[str] = field(default_factory=list)


def stylize_video(
    source: str | Path,
    output: str | Path,
    paint: Callable[[np.ndarray, float], np.ndarray],
    steady=None,
    max_side: int | None = None,
    start: float = 0.0,
    end: float | None = None,
    codec: str | None = None,
    crf: int | None = None,
    progress: Callable[[float, int], None] | None = None,
) -> Result:
    """Paints a video, and writes it with its sound.

    The painted video keeps the sound, subtitles, frame times, colour space, colour range, pixel
    aspect ratio and metadata of the source. Frames are rotated upright before they are painted.

    Ctrl-C stops early. The part painted so far is then kept as a complete video next to `output`,
    such as `out.part.mp4` for `out.mp4`. A file that exists at `output` stays as it is.

    Args:
        source: Path of the video file.
        output: Path of the file to write. Its suffix decides the container.
        paint: Function that takes a frame, float32 `[height, width, 3]` in [0, 1], and its time in
            seconds, and returns its picture in the same form.
        steady: `Steady`, which reduces flicker. None paints each frame independently.
        max_side: See `Clip`.
        start: See `Clip`.
        end: See `Clip`.
        codec: Key of `CODECS`. None chooses one that most players support: see `codec_for`.
        crf: Integer, constant rate factor of the codec. Lower values give better quality and
            larger files. None uses the default of the codec.
        progress: Function that is called after each frame, with its time in seconds and the number
            of frames written so far.

    Returns:
        `Result`.

    Raises:
        ImportError: if PyAV is not installed.
        ValueError: if the source cannot be read, if the output cannot be written, or if there is
            no frame between `start` and `end`.
    """
    output = Path(output)
    result = Result(output)
    with Clip(source, max_side, start, end) as clip:
        chosen = codec_for(output, clip.bits, codec)
        with contextlib.suppress(_KeptError), replacing(output) as temporary:
            writer = Writer(temporary, clip, chosen, crf)
            result.notes = writer.notes
            try:
                _run(clip, writer, paint, steady, result, progress)
            except KeyboardInterrupt:
                result.finished = False
            finally:
                writer.close()
            result.damaged = clip.damaged
            if not result.frames:
                raise ValueError(
                    f"{source} must have a frame between start and end. Received: start={start}, "
                    f"end={end} (seconds)"
                )
            if not result.finished:
                result.path = output.with_name(f"{output.stem}.part{output.suffix}")
                temporary.replace(result.path)
                raise _KeptError  # an older file at `output` stays
    return result


class _KeptError(Exception):
    """The part painted before an interruption was saved under a name of its own."""


def _run(clip, writer, paint, steady, result, progress):
    """Runs the three stages: reading and writing in a thread each, painting in this thread.

    They run in parallel, because FFmpeg, OpenCV and TensorFlow release Python's global lock while
    they compute.
    """
    read, painted = queue.Queue(_AHEAD), queue.Queue(_AHEAD)
    stop = threading.Event()
    stages = [
        _Stage(stop, _read, clip, steady, _Outlet(read, stop)),
        _Stage(stop, _write, _Outlet(painted, stop), writer, steady, result, progress),
    ]
    outlet = _Outlet(painted, stop)
    try:
        for item in _Outlet(read, stop):
            if isinstance(item, tuple):
                frame, motion = item
                scale = np.float32(255 if frame.pixels.dtype == "uint8" else 65535)
                item = frame, motion, paint(frame.pixels / scale, frame.seconds)
            outlet.put(item)
        outlet.put(None)
        stages[1].join()
    except KeyboardInterrupt:
        # Writes the frames that are painted. The reader stops afterwards.
        outlet.put(None)
        stages[1].join()
        raise
    finally:
        stop.set()
        for stage in stages:
            stage.join()
        for stage in stages:
            if stage.error:
                raise stage.error


def _read(clip, steady, outlet):
    for item in clip:
        if isinstance(item, Frame):
            item = item, steady.motion(item.pixels) if steady else None
        outlet.put(item)
    outlet.put(None)


def _write(inlet, writer, steady, result, progress):
    for item in inlet:
        if not isinstance(item, tuple):
            writer.write_packet(item)
            continue
        frame, motion, picture = item
        if steady:
            picture = steady.blend(picture, motion)
        is_deep = frame.pixels.dtype != "uint8"
        scale, dtype = (65535, "uint16") if is_deep else (255, "uint8")
        pixels = np.rint(np.clip(picture, 0, 1) * scale).astype(dtype)
        writer.write_picture(pixels, frame.pts, frame.duration)
        result.frames += 1
        result.seconds = frame.seconds
        if progress:
            progress(frame.seconds, result.frames)


class _StoppedError(Exception):
    """The stages were stopped, because one failed or all are done."""


class _Outlet:
    """A queue that no longer waits once the stages are stopped."""

    def __init__(self, items, stop):
        self._items, self._stop = items, stop

    def put(self, item):
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                return self._items.put(item, timeout=0.1)
        raise _StoppedError

    def __iter__(self):
        while not self._stop.is_set():
            try:
                item = self._items.get(timeout=0.1)
            except queue.Empty:
                continue
            if item is None:
                return
            yield item


class _Stage(threading.Thread):
    """Runs a function in a thread. If it raises an error, all stages stop."""

    def __init__(self, stop, function, *arguments):
        super().__init__(daemon=True)
        self.error = None
        self._stop_all, self._function, self._arguments = stop, function, arguments
        self.start()

    def run(self):
        try:
            self._function(*self._arguments)
        except _StoppedError:
            pass
        except BaseException as error:
            self.error = error
            self._stop_all.set()
