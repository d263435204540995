"""`tfstyle video` as a person calls it."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("av", reason="tfstyle[video]: runs in the other environments")
pytest.importorskip("cv2", reason="tfstyle[video]: runs in the other environments")

from clips import read_clip, scene, write_clip


def call(*arguments, cwd, code=0):
    command = [sys.executable, "-m", "tfstyle", "video", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    assert run.returncode == code, run.stderr
    return run


def test_a_video_is_painted_by_a_style_of_ones_own(style, tmp_path):
    style.save(tmp_path / "style")
    source = write_clip(tmp_path / "in.mp4", scene(3))
    plain = ("--still", 0, "--moving", 0, "--crf", 1)
    run = call(source, "-o", "out.mp4", "-s", tmp_path / "style", *plain, cwd=tmp_path)
    assert run.stdout == "3 frames written to out.mp4.\n"
    assert "64 x 48 pixels, 25 frames per second, 0.1 seconds." in run.stderr
    frames = read_clip(source)[0]
    pictures = read_clip(tmp_path / "out.mp4")[0]
    expected = style.stylize(frames)
    # Random weights paint coloured noise, of which the video has half the resolution: not of light.
    grey = [np.float32(x) @ (0.2126, 0.7152, 0.0722) for x in (pictures, expected)]
    assert np.abs(grey[0] - grey[1]).mean() < 6
    again = call(source, "-o", "out.mp4", "-s", "mosaic", cwd=tmp_path, code=2)
    assert "exists already. Use --force" in again.stderr
    same = call(source, "-o", source, "-s", "mosaic", "-f", cwd=tmp_path, code=2)
    assert "is the video to paint" in same.stderr


def test_a_blend_over_time_of_the_trunk(tmp_path):
    source = write_clip(tmp_path / "in.mp4", scene(3, 32, 32))
    call(source, "-o", "out.mp4", "-s", "mosaic@0,great_wave@0.08", "--strength", 0.5, cwd=tmp_path)
    assert len(read_clip(tmp_path / "out.mp4")[0]) == 3
    run = call(source, "-o", "b.mp4", "-s", "mosaic@0,great_wav@1", cwd=tmp_path, code=2)
    assert "no style 'great_wav'. Did you mean great_wave" in run.stderr


def test_a_missing_package_is_said_in_one_line(tmp_path):
    (tmp_path / "in.mp4").write_text("")
    code = (
        "import sys; sys.modules['av'] = None; from tfstyle.commands.main import main; "
        "sys.argv = ['tfstyle', 'video', 'in.mp4', '-o', 'out.mp4']; main()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr == (
        "Error: Videos need the package av. Install it with: pip install 'tfstyle[video]'\n"
    )
