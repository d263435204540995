"""Videos: decoded, painted and encoded at the same time."""

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

_AHEAD = 4  # frames between two stages: each holds a picture of full size


@dataclass
class Result:
    """What became of a video.

    Attributes:
        frames: Integer, pictures written.
        damaged: Integer, frames that could not be read.
        notes: Sentences about what could not be kept.
        path: Where the video is.
        finished: Whether it was painted to its end.
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
    """Paints a video, frame by frame, and writes it with its sound.

    Sound, subtitles, the time of each frame, colour space and range, the aspect of pixels and
    metadata are those of the source. Frames are turned upright. Interrupted by Ctrl-C, what is
    painted so far is kept, as a whole file, beside the output.

    Args:
        source: Video file.
        output: Video file to write; its suffix decides the container.
        paint: Function of a frame, float32 `[height, width, 3]` in [0, 1], and of its time in
            seconds, that returns its picture.
        steady: `Steady`, which blends pictures so that they do not flicker; None for none.
        max_side: See `Clip`.
        start: See `Clip`.
        end: See `Clip`.
        codec: Name of `CODECS`; None chooses it: see `codec_for`.
        crf: Constant rate factor of the codec, lower is better and larger.
        progress: Function of the seconds and the number of frames done.

    Returns:
        `Result`.

    Raises:
        ImportError: without PyAV, or without OpenCV if frames are to be steady.
        ValueError: if the source cannot be read, or the output not be written.
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
                raise ValueError(f"{source} has no frame between these times: {start} to {end}.")
            if not result.finished:
                result.path = output.with_name(f"{output.stem}.part{output.suffix}")
                temporary.replace(result.path)
                raise _KeptError  # so that a whole video of before stays
    return result


class _KeptError(Exception):
    """What was painted before an interruption has a name of its own."""


def _run(clip, writer, paint, steady, result, progress):
    """Runs the three stages: reading and writing in threads of their own, painting here.

    FFmpeg, OpenCV and TensorFlow let go of Python's lock while they compute.
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
        # What is painted is written; then the reader stops.
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
    """Another stage has failed, or all is done."""


class _Outlet:
    """A queue whose users do not wait for a stage that is no longer there."""

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
    """A stage in a thread of its own; what it raises stops the others."""

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
