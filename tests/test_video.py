"""Videos: what is asked to be kept is kept, told by reading the result back."""

from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av", reason="tfstyle[video]: runs in the other environments")

from clips import read_clip, scene, write_clip, write_sound  # noqa: E402

from tfstyle.media.clip import Clip, Frame  # noqa: E402
from tfstyle.media.schedule import parse_schedule  # noqa: E402
from tfstyle.media.video import stylize_video  # noqa: E402
from tfstyle.media.writing import codec_for  # noqa: E402


def unchanged(pixels, seconds):
    return pixels


def negative(pixels, seconds):
    return 1 - pixels


def difference(frames, expected):
    """Mean difference, of 255: colours have half the resolution, and are rounded twice."""
    return np.abs(np.int16(frames) - np.int16(expected)).mean()


def facts(path):
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frame = next(container.decode(video))
        tags = ("colorspace", "color_range", "color_primaries", "color_trc")
        return {tag: getattr(frame, tag) for tag in tags} | {
            "format": frame.format.name,
            "aspect": video.sample_aspect_ratio,
            "codec": video.codec_context.name,
            "kinds": [stream.type for stream in container.streams],
            "sound": [stream.codec_context.name for stream in container.streams.audio],
            "title": container.metadata.get("title"),
            "rotation": frame.rotation,
        }


def test_pictures_are_those_of_the_frames_and_the_sound_is_the_same(tmp_path):
    source = write_clip(tmp_path / "in.mp4", scene())
    seen = []
    result = stylize_video(
        source, tmp_path / "out.mp4", negative, progress=lambda *done: seen.append(done), crf=1
    )
    before, times, sound = read_clip(source)
    after, new_times, new_sound = read_clip(tmp_path / "out.mp4")
    assert result.frames == len(after) == 12 and result.finished and not result.notes
    assert difference(after, 255 - before) < 2
    assert new_times == times
    np.testing.assert_array_equal(new_sound, sound)  # the packets themselves
    assert [frames for _, frames in seen] == [*range(1, 13)]
    found = facts(tmp_path / "out.mp4")
    assert found["title"] == "A walk" and found["codec"] == "h264"
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["in.mp4", "out.mp4"]


def test_frames_keep_their_times_where_the_rate_varies(tmp_path):
    times = [0, 3, 4, 11, 12, 30, 31, 33, 60, 61, 62, 90]
    source = write_clip(tmp_path / "in.mp4", scene(), times)
    stylize_video(source, tmp_path / "out.mp4", negative)
    found = read_clip(tmp_path / "out.mp4")[1]
    assert found == read_clip(source)[1]
    np.testing.assert_allclose(found, np.divide(times, 100), atol=1e-3)


@pytest.mark.parametrize(
    "colors",
    [
        {"colorspace": 1, "color_range": 1, "color_primaries": 1, "color_trc": 1},
        {"colorspace": 5, "color_range": 1, "color_primaries": 5, "color_trc": 6},
        {"colorspace": 1, "color_range": 2, "color_primaries": 1, "color_trc": 13},
        {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": 14},
    ],
)
def test_colours_and_their_tags_are_kept(tmp_path, colors):
    frames = scene(3)
    source = write_clip(tmp_path / "in.mp4", frames, colors=colors)
    stylize_video(source, tmp_path / "out.mp4", unchanged, crf=1)
    found = facts(tmp_path / "out.mp4")
    assert {tag: found[tag] for tag in colors} == colors
    # The dark red corner, away from its edges: a wrong matrix or range is 5 levels off and more.
    corner = read_clip(tmp_path / "out.mp4")[0][:, 2:8, 2:8].mean((0, 1, 2))
    np.testing.assert_allclose(corner, (160, 30, 30), atol=3)


def test_a_matrix_that_is_not_named_is_the_one_that_players_take(tmp_path):
    unnamed = {"colorspace": 2, "color_range": 0, "color_primaries": 2, "color_trc": 2}
    source = write_clip(tmp_path / "in.mp4", scene(2), colors=unnamed)
    assert facts(source)["colorspace"] == 2
    stylize_video(source, tmp_path / "out.mp4", unchanged)
    assert facts(tmp_path / "out.mp4")["colorspace"] == 5  # below 720 lines, BT.601


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_a_rotated_video_is_painted_and_written_upright(tmp_path, rotation):
    frames = scene(3)
    lying = [np.rot90(frame, -rotation // 90) for frame in frames]
    source = write_clip(tmp_path / "in.mp4", lying, rotation=rotation, aspect=Fraction(4, 3))
    shapes = []

    def paint(pixels, seconds):
        shapes.append(pixels.shape)
        return pixels

    stylize_video(source, tmp_path / "out.mp4", paint, crf=1)
    assert shapes == [(48, 64, 3)] * 3
    found = facts(tmp_path / "out.mp4")
    assert found["rotation"] == 0
    assert found["aspect"] == (Fraction(4, 3) if rotation == 180 else Fraction(3, 4))
    assert difference(read_clip(tmp_path / "out.mp4")[0], frames) < 3


def test_ten_bits_stay_ten_bits(tmp_path):
    # A ramp of which 8 bits have a quarter of the levels.
    ramp = np.linspace(20000, 24000, 64)[None, :, None] * np.ones((48, 1, 3))
    frames = [np.uint16(ramp)] * 3
    source = write_clip(tmp_path / "in.mkv", frames, format="yuv420p10le", sound=None)
    stylize_video(source, tmp_path / "out.mp4", unchanged, crf=1)
    found = facts(tmp_path / "out.mp4")
    assert found["codec"] == "hevc" and found["format"] == "yuv420p10le"
    after = read_clip(tmp_path / "out.mp4", "rgb48le")[0]
    assert len(np.unique(np.uint16(after[0, 24, :, 1]) >> 6)) > 32  # of 62; 8 bits have 16
    assert np.abs(np.int32(after) - frames[0]).mean() < 200  # a level of 8 bits is 257


def test_odd_sizes_lose_a_row_and_it_is_said_or_are_kept(tmp_path):
    frames = scene(2, 47, 63)
    source = write_clip(tmp_path / "in.mkv", frames, encoder="ffv1", format="yuv444p", options={})
    result = stylize_video(source, tmp_path / "out.mp4", unchanged, crf=1)
    after = read_clip(tmp_path / "out.mp4")[0]
    assert after.shape == (2, 46, 62, 3) and difference(after, np.stack(frames)[:, :46, :62]) < 3
    assert result.notes == [
        "libx264 needs an even width and height: the video has 62 x 46 pixels instead of 63 x 47. "
        "The codecs vp9 and ffv1 keep the size."
    ]
    result = stylize_video(source, tmp_path / "all.mkv", unchanged, codec="ffv1")
    assert read_clip(tmp_path / "all.mkv")[0].shape == (2, 47, 63, 3) and not result.notes


def test_a_damaged_packet_costs_its_frame_and_nothing_else(tmp_path):
    frames = scene(12)
    # Each frame stands by itself: what is damaged is one of them.
    whole = write_clip(tmp_path / "whole.mov", frames, encoder="png", format="rgb24", options={})
    with av.open(str(whole)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    content = whole.read_bytes()
    place = content.index(packets[5][100:])
    damaged = tmp_path / "in.mov"
    damaged.write_bytes(content[:place] + b"\xa5" * 200 + content[place + 200 :])
    result = stylize_video(damaged, tmp_path / "out.mp4", unchanged, crf=1)
    assert result.damaged == 1 and result.frames == 11
    after, times, sound = read_clip(tmp_path / "out.mp4")
    kept = [number for number in range(12) if number != 5]
    np.testing.assert_allclose(times, np.multiply(kept, 0.04), atol=1e-3)
    assert difference(after, np.stack(frames)[kept]) < 3
    assert len(sound) > 0.4 * 48000


def test_a_part_of_the_video_with_its_part_of_the_sound(tmp_path):
    frames = scene(50)
    source = write_clip(tmp_path / "in.mp4", frames, options={"crf": "1", "g": "20"})
    seen = []

    def paint(pixels, seconds):
        seen.append(round(seconds, 2))
        return pixels

    stylize_video(source, tmp_path / "out.mp4", paint, start=1.0, end=1.6, crf=1)
    after, times, sound = read_clip(tmp_path / "out.mp4")
    assert seen == [round(1 + 0.04 * number, 2) for number in range(15)]
    assert times[0] == 0 and len(times) == 15
    assert difference(after, np.stack(frames)[25:40]) < 3
    assert len(sound) == pytest.approx(0.6 * 48000, abs=2 * 1024)  # whole packets


def test_max_side_scales_down_and_never_up(tmp_path):
    source = write_clip(tmp_path / "in.mp4", scene(2))
    with Clip(source, max_side=32) as clip:
        assert (clip.width, clip.height) == (32, 24)
        shapes = {item.pixels.shape for item in clip if isinstance(item, Frame)}
        assert shapes == {(24, 32, 3)}
    with Clip(source, max_side=640) as clip:
        assert (clip.width, clip.height) == (64, 48)


def test_sound_that_the_container_does_not_hold_is_encoded_anew(tmp_path):
    source = write_clip(tmp_path / "in.mp4", scene(25))
    result = stylize_video(source, tmp_path / "out.webm", unchanged)
    found = facts(tmp_path / "out.webm")
    assert found["codec"] == "vp9" and found["sound"] == ["opus"]
    assert result.notes == [
        "The sound is encoded again as opus, because this container cannot hold aac."
    ]
    sound = read_clip(tmp_path / "out.webm")[2]
    # The tone of 440 Hz is still there.
    spectrum = np.abs(np.fft.rfft(sound[4800:28800]))
    assert np.argmax(spectrum) * 48000 / 24000 == pytest.approx(440, abs=4)


@pytest.mark.parametrize(
    ("codec", "suffix", "name"),
    [("h265", ".mp4", "hevc"), ("av1", ".mkv", "av1"), ("prores", ".mov", "prores")],
)
def test_other_codecs(tmp_path, codec, suffix, name):
    source = write_clip(tmp_path / "in.mp4", scene(3))
    output = tmp_path / f"out{suffix}"
    stylize_video(source, output, negative, codec=codec)
    found = facts(output)
    assert found["codec"] in (name, "libdav1d") and found["sound"] == ["aac"]
    assert difference(read_clip(output)[0], 255 - read_clip(source)[0]) < 8


def test_codecs_are_chosen_by_what_plays():
    assert codec_for("a.mp4", 8).encoder == "libx264"
    assert codec_for("a.mov", 10).encoder == "libx265"
    assert codec_for("a.webm", 8).encoder == "libvpx-vp9"
    with pytest.raises(ValueError, match=r"codec must be one of h264, h265.* Received: 'x264'"):
        codec_for("a.mp4", 8, "x264")


def test_what_cannot_be_read_or_written_is_said_in_one_line(tmp_path):
    source = write_clip(tmp_path / "in.mp4", scene(2))
    text, song = tmp_path / "text.mp4", tmp_path / "song.mp4"
    text.write_text("no video")
    with av.open(str(song), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="stereo")
        write_sound(container, stream, 0.2)
    cases = [
        (tmp_path / "none.mp4", "out.mp4", {}, "does not exist"),
        (tmp_path, "out.mp4", {}, "is a folder"),
        (text, "out.mp4", {}, "is not a video that FFmpeg can read"),
        (song, "out.mp4", {}, "must contain a video stream. Received only: audio"),
        (source, "out.txt", {}, r"suffix .* must be that of a video container.* Received: '\.txt'"),
        (source, "out.webm", {"codec": "h264"}, "cannot hold video encoded by libx264"),
        (source, "out.mkv", {"codec": "ffv1", "crf": 3}, "has no constant rate factor"),
        (
            source,
            "out.mp4",
            {"start": 9.0},
            r"must have a frame between start and end. Received: start=9.0",
        ),
        (
            source,
            "out.mp4",
            {"start": 2.0, "end": 1.0},
            "end must be after start. Received: start=2.0, end=1.0",
        ),
    ]
    for path, output, options, message in cases:
        with pytest.raises(ValueError, match=message):
            stylize_video(path, tmp_path / output, unchanged, **options)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"in.mp4", "text.mp4", "song.mp4"}


def test_an_error_of_the_painter_ends_all_and_leaves_nothing(tmp_path):
    source = write_clip(tmp_path / "in.mp4", scene())

    def paint(pixels, seconds):
        if seconds > 0.1:
            raise RuntimeError("out of paint")
        return pixels

    with pytest.raises(RuntimeError, match="out of paint"):
        stylize_video(source, tmp_path / "out.mp4", paint)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_an_interrupted_video_keeps_what_is_painted(tmp_path):
    source = write_clip(tmp_path / "in.mp4", scene(25))
    (tmp_path / "out.mp4").write_text("an older one")

    def paint(pixels, seconds):
        if seconds > 0.5:
            raise KeyboardInterrupt
        return pixels

    result = stylize_video(source, tmp_path / "out.mp4", paint, crf=1)
    assert not result.finished and result.path == tmp_path / "out.part.mp4"
    after, times, _ = read_clip(result.path)
    assert len(after) == result.frames == 13 and times[-1] == result.seconds == 0.48
    assert (tmp_path / "out.mp4").read_text() == "an older one"


def test_styles_over_time():
    schedule = parse_schedule("mosaic@1, great_wave@5,mosaic@7.5")
    assert schedule.at(0) == schedule.at(1) == {"mosaic": 1}
    assert schedule.at(2) == {"mosaic": 0.75, "great_wave": 0.25}
    assert schedule.at(5) == {"great_wave": 1}
    assert schedule.at(9) == {"mosaic": 1}
    assert parse_schedule("mosaic") is None
    for text, message in [
        ("mosaic@", "must be NAME@SECONDS.* Received: 'mosaic@'"),
        ("mosaic@1,udnie@1", "Received 1.0 seconds twice, also for udnie"),
    ]:
        with pytest.raises(ValueError, match=message):
            parse_schedule(text)
