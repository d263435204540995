"""How steady, how sharp and how fast painted videos are: each part of `tfstyle video` by itself.

    python -m benchmarks.video STYLE ... --photos FREE_PHOTOGRAPHS [--clip VIDEO] [--frames 30]

Clips are the beginning of the video, and two made ones of still photographs, over which an object
moves: with noise of a sensor of a deviation of 2 of 255. Prints, of each style and clip, frame by
frame and for each choice of weights: the change of pictures where frames change by at most 2 levels
(`still`), along the motion (`warping`), both of 255, how sharp moving regions are (1 is as sharp as
frame by frame), and the time of a frame beside frame-by-frame painting.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from tfstyle import load
from tfstyle.evaluation.video import sharpness, still_change, warping_error
from tfstyle.images.files import find_images, read_image
from tfstyle.images.geometry import center_crop
from tfstyle.media.clip import Clip, Frame
from tfstyle.media.steady import Steady

HEIGHT, WIDTH = 270, 480
CHOICES = {
    "still": (1.0, 0.0),
    "moving": (0.0, 0.25),
    "both": (1.0, 0.25),
    "averaged": (0.97, 0.25),
    "strong": (1.0, 0.6),
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("styles", nargs="+", help="names, or folders, of styles or generators")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--clip", type=Path, help="a video")
    parser.add_argument("--frames", type=int, default=30)
    options = parser.parse_args()
    photographs = find_images(options.photos)
    clips = {"made 1": made(photographs, 4, 0, options.frames)}
    clips["made 2"] = made(photographs, 7, 1, options.frames)
    if options.clip:
        with Clip(options.clip, max_side=WIDTH) as clip:
            frames = (item.pixels for item in clip if isinstance(item, Frame))
            clips[options.clip.stem] = [next(frames) for _ in range(options.frames)]
    print("| style | clip | blended | still | warping | sharpness | ms a frame | over |")
    print("|---" * 8 + "|")
    for name in options.styles:
        style = load(name)
        for clip, frames in clips.items():
            measure(name, style, clip, frames)


def made(photographs, scene, thing, count):
    """A still photograph, over which a part of another moves by 5.3 pixels a frame, with noise."""
    rng = np.random.default_rng(scene)
    background = np.asarray(center_crop(read_image(photographs[scene]), (HEIGHT, WIDTH)), "float32")
    moving = np.asarray(center_crop(read_image(photographs[thing]), 90), "float32")
    frames = []
    for number in range(count):
        frame = background.copy()
        left = 20 + round(5.3 * number) % (WIDTH - 130)
        frame[120:210, left : left + 90] = moving
        noise = 2 * rng.standard_normal(frame.shape)
        frames.append(np.uint8(np.clip(np.rint(frame + noise), 0, 255)))
    return frames


def measure(name, style, clip, frames):
    style.stylize(frames[0])  # compiles
    began = time.perf_counter()
    painted = [style.stylize(frame / np.float32(255)) for frame in frames]
    alone = time.perf_counter() - began
    row(name, clip, "no", frames, painted, painted, alone, alone)
    for choice, weights in CHOICES.items():
        steady = Steady(*weights)
        began = time.perf_counter()
        pairs = zip(frames, painted, strict=True)
        blended = [steady.blend(picture, steady.motion(frame)) for frame, picture in pairs]
        seconds = alone + time.perf_counter() - began
        row(name, clip, f"{choice} {weights}", frames, blended, painted, seconds, alone)


def row(name, clip, choice, frames, pictures, painted, seconds, alone):
    values = (
        f"{still_change(frames, pictures):.2f}",
        f"{warping_error(frames, pictures):.2f}",
        f"{sharpness(frames, pictures, painted):.2f}",
        f"{1000 * seconds / len(frames):.0f}",
        f"{seconds / alone:.2f}",
    )
    print(f"| {name} | {clip} | {choice} |", " | ".join(values), "|", flush=True)


if __name__ == "__main__":
    main()
