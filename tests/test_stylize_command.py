"""`tfstyle stylize` on trees, streams and animations; the painter inverts, without any network."""

import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageSequence

from tfstyle.commands import memory as memory_of_commands
from tfstyle.commands.main import main
from tfstyle.commands.memory import any_is_large
from tfstyle.images.files import read_image
from tfstyle.images.look import Look, painted
from tfstyle.images.profiles import adobe_rgb_profile, srgb_profile
from tfstyle.images.rows import RowFile, painted_in_file
from tfstyle.images.sixteen import write_16_bits
from tfstyle.media.animation import read_animation
from tfstyle.media.batch import plan_pictures


class Inverter:
    """Stands in for a `Style`: a picture is the negative of its photograph."""

    recipe = SimpleNamespace(generator="johnson")

    def paint(self, image, look, memory=None, progress=None, polish=None):
        if isinstance(image, np.ndarray):
            return np.concatenate([1 - image[..., :3], image[..., 3:]], axis=-1)
        if isinstance(image, RowFile):
            return painted_in_file(image, lambda rows, write: write(0, 1 - rows[:] / 255))
        return painted(image, lambda pixels: look.apply(lambda x, _: 1 - x, pixels[None])[0])


@pytest.fixture
def stylize(monkeypatch, capsysbinary, tmp_path):
    """The command as a function: of its arguments, to exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tfstyle.commands.stylize._loader", lambda *all: Inverter)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tfstyle", "stylize", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        output, complaints = capsysbinary.readouterr()
        run.errors = [
            line for line in complaints.decode().splitlines() if line.startswith("Error: ")
        ]
        run.complaints = complaints.decode()
        return stopped.value.code, output

    return run


def photograph(path, color="teal", size=(9, 7), **options):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path, **options)
    return path


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*") if p.is_file())


def test_a_tree_is_mirrored(stylize):
    names = ["100/IMG_1.JPG", "101/IMG_1.JPG", "101/sub/a.webp", "b.png"]
    for name in (*names, ".thumbnails/x.jpg"):
        photograph(f"dcim/{name}")
    Path("dcim/notes.txt").touch()
    assert stylize("dcim", "-r", "-o", "out")[0] == 0
    assert tree("out") == names
    # The output folder is not searched, though it lies within.
    assert stylize(".", "-r", "-o", "out", "--skip-existing")[0] == 0
    assert tree("out") == sorted([*names, *(f"dcim/{name}" for name in names)])


def test_without_recursive_folders_in_folders_are_named(stylize):
    photograph("dcim/a.jpg")
    photograph("dcim/100/b.jpg")
    assert stylize("dcim", "-o", "out")[0] == 0
    assert tree("out") == ["a.jpg"]
    assert "dcim: 1 folders in it left out. Use --recursive." in stylize.complaints
    Path("dcim/a.jpg").unlink()
    assert stylize("dcim", "-o", "other")[0] == 2
    assert "Folders inside it are not searched: use --recursive" in stylize.errors[0]


def test_a_pattern_is_mirrored_from_where_its_wildcards_begin(stylize):
    for name in ("100/IMG_1.JPG", "101/IMG_1.JPG", "101/notes.txt"):
        photograph(f"dcim/{name.replace('.txt', '.jpg')}")
    Path("dcim/x.JPG").mkdir()  # a folder called as a photograph
    assert stylize("dcim/**/*.JPG", "-o", "out")[0] == 0
    assert tree("out") == ["100/IMG_1.JPG", "101/IMG_1.JPG"]


def test_photographs_of_one_name_keep_the_folders_in_which_they_differ(stylize):
    names = ["a/1/x.jpg", "a/2/x.jpg", "b/y.jpg"]
    for name in names:
        photograph(name)
    assert stylize(*names, "-o", "out")[0] == 0
    assert tree("out") == ["1/x.jpg", "2/x.jpg", "y.jpg"]


def test_photographs_whose_pictures_would_have_one_name_have_two(tmp_path):
    icon = Image.new("RGB", (16, 16))
    icon.save(tmp_path / "a.ico")
    icon.save(tmp_path / "a.ico.png")
    plan = plan_pictures([str(tmp_path)], tmp_path / "out")
    pictures = {item.photograph.name: item.picture.name for item in plan.items}
    assert pictures == {"a.ico": "a.ico.png.png", "a.ico.png": "a.ico.png"}


def test_a_bad_item_does_not_refuse_the_others(stylize):
    photograph("good.jpg")
    photograph("again/good.jpg")
    os.mkfifo("fifo.jpg")  # to open it would wait for ever
    Path("folder.jpg").mkdir()
    Path("out/taken.jpg").mkdir(parents=True)
    photograph("taken.jpg")
    arguments = ("good.jpg", "again/good.jpg", "fifo.jpg", "folder.jpg", "taken.jpg")
    others = ("missing.jpg", "*.tga", "https://example.org/a.jpg")
    assert stylize(*arguments, *others, "-o", "out")[0] == 1
    assert tree("out") == ["again/good.jpg", "good.jpg"]
    for word in (
        *(
            "fifo.jpg: It is not a regular file",
            "folder.jpg holds no images",
            "taken.jpg is a folder",
        ),
        *("missing.jpg: there is no such file", "No image matches *.tga"),
        "https://example.org/a.jpg: addresses are not read. Download it first.",
    ):
        assert sum(word in error for error in stylize.errors) == 1, (word, stylize.errors)


def test_what_is_there_is_skipped_and_reported(stylize):
    for name in "abc":
        photograph(f"in/{name}.jpg")
    Path("in/bad.jpg").write_bytes(b"no photograph")
    photograph("out/b.jpg", "red")
    before = Path("out/b.jpg").read_bytes()
    arguments = ("in", "-o", "out", "--skip-existing", "--report", "report.jsonl")
    code, output = stylize(*arguments)
    assert (code, output) == (1, b"2 of 3 written to out, 1 there already.\n")
    assert Path("out/b.jpg").read_bytes() == before
    lines = {
        Path(line["input"]).name: line
        for line in map(json.loads, Path("report.jsonl").read_text().splitlines())
    }
    assert lines.keys() == {"a.jpg", "b.jpg", "c.jpg", "bad.jpg"}
    assert lines["a.jpg"]["output"] == "out/a.jpg" and lines["a.jpg"]["seconds"] > 0
    assert "is not an image" in lines["bad.jpg"]["error"] and lines["a.jpg"]["error"] is None
    assert [name for name, line in lines.items() if line["skipped"]] == ["b.jpg"]
    Path("in/bad.jpg").unlink()
    code, output = stylize(*arguments)
    assert (code, output) == (0, b"0 of 0 written to out, 3 there already.\n")
    assert len(Path("report.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize("name", ["photo.jpg", "photo.webp", "photo.png", "photo.gif"])
def test_pipes_keep_the_format(stylize, monkeypatch, name):
    path = photograph(name)
    expected = {"jpg": "JPEG"}.get(path.suffix[1:], path.suffix[1:].upper())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    code, output = stylize("-")
    with Image.open(io.BytesIO(output)) as picture:
        assert (code, picture.format, picture.size) == (0, expected, (9, 7))
        # The negative of teal, but for what JPEG and a palette round.
        np.testing.assert_allclose(picture.convert("RGB").getpixel((3, 3)), (255, 127, 127), atol=4)
    code, output = stylize(path, "-o", "-")
    assert code == 0 and Image.open(io.BytesIO(output)).format == expected


def test_pipes_may_be_to_or_from_files(stylize, monkeypatch):
    path = photograph("photo.bmp")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    assert stylize("-", "-o", "new/picture.png") == (0, b"")
    assert read_image("new/picture.png").size == (9, 7)
    for content, message in ((b"", "standard input is not an image"), (b"no", "is not an image")):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        assert stylize("-")[0] == 2 and message in stylize.errors[0]
    assert stylize("-", "photo.bmp")[0] == 2 and "- is one photograph" in stylize.errors[0]


@pytest.mark.parametrize("arguments", [("",), ("a.jpg", "-o", ""), ("a.jpg", "--output=")])
def test_empty_names_are_refused(stylize, arguments):
    photograph("a.jpg")
    assert stylize(*arguments) == (2, b"")
    assert "has no value" in stylize.errors[0] and tree(".") == ["a.jpg"]


def test_what_is_no_folder_is_refused_by_its_own_name(stylize):
    photograph("a.jpg")
    Path("file").touch()
    for output, message in (("file", "file is a file. Give a folder"), ("/dev/full", "/dev/full")):
        assert stylize("a.jpg", "-o", output)[0] == 2
        assert message in stylize.errors[0] and "Errno" not in stylize.errors[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told_by_the_users_name(stylize):
    photograph("a.jpg")
    Path("out").mkdir()
    Path("out").chmod(0o500)
    if os.access("out", os.W_OK):
        Path("out").rmdir()
        Path("out").symlink_to("/proc/self")  # where nobody writes
    assert stylize("a.jpg", "-o", "out")[0] == 1
    assert "out/a.jpg cannot be written" in stylize.errors[0]
    assert "partial" not in stylize.errors[0] and "Errno" not in stylize.errors[0]


def test_a_full_memory_says_what_to_do(stylize, monkeypatch):
    class ResourceExhaustedError(Exception):
        """As TensorFlow's, which the command does not import."""

    for error in (MemoryError(), ResourceExhaustedError()):

        def paint(*all, error=error, **options):
            raise error

        monkeypatch.setattr(Inverter, "paint", paint)
        photograph("a.jpg")
        assert stylize("a.jpg")[0] == 1
        assert stylize.errors == [
            "Error: a.jpg: the memory is full. Use --stroke 2, or --max-side 1500."
        ]


@pytest.mark.parametrize("memory", ["1MB", "4GB"])
def test_the_photographs_profile_is_kept_on_request(stylize, memory):
    photograph("a.png", "coral", icc_profile=adobe_rgb_profile())
    assert stylize("a.png", "-o", "srgb.png", "--memory", memory)[0] == 0
    assert stylize("a.png", "-o", "adobe.png", "--memory", memory, "--keep-profile")[0] == 0
    with Image.open("srgb.png") as srgb, Image.open("adobe.png") as adobe:
        assert srgb.info["icc_profile"] == srgb_profile()
        assert adobe.info["icc_profile"] == adobe_rgb_profile()
        assert srgb.getpixel((0, 0)) != adobe.getpixel((0, 0))
        found, expected = read_image("adobe.png"), read_image("srgb.png")
        assert np.abs(np.int16(np.asarray(found)) - np.asarray(expected)).max() <= 2
    assert stylize("a.png", "-f", "--keep-profile", "--bits", "16")[0] == 2


def test_a_file_of_no_pixels_refuses_only_itself(stylize, tmp_path):
    photograph("a.jpg")
    (tmp_path / "empty.grb").write_bytes(b"GRIB\0\0\0\1" + bytes(99))  # 0 x 0, says Pillow
    assert stylize("a.jpg", "empty.grb", "--max-side", "8", "-o", "out")[0] == 1
    assert len(stylize.errors) == 1 and "empty.grb" in stylize.errors[0]
    assert Path("out/a.jpg").exists()


def test_the_memory_is_told_where_strips_take_more(stylize, monkeypatch):
    received = []

    def paint(self, image, look, memory, progress, polish):
        received.append(memory)
        progress(0.5)
        return image

    monkeypatch.setattr(Inverter, "paint", paint)
    photograph("a.jpg")
    assert stylize("a.jpg", "--memory", "0.5 gb")[0] == 0
    assert "a.jpg: 9 x 7 pixels take 0.9 GB of memory at least" in stylize.complaints
    assert stylize("a.jpg", "--memory", "4GB", "-f")[0] == 0
    assert "GB" not in stylize.complaints
    assert received == [0.5e9, 4e9]


@pytest.mark.parametrize(
    ("mode", "options", "told"),
    [
        ("RGB", {}, 0.88),  # 0.87 GB without pixels
        ("RGBA", {}, 0.884),
        ("RGBA", {"hidden": True}, 0.96),
        ("RGB", {"bits": 16}, 0.902),
        ("RGB", {"look": Look(mask=np.ones((9, 9), "float32"))}, 0.896),
        ("RGB", {"look": Look(stroke=2)}, 0.938),
        ("RGB", {"is_by_rows": True}, 0.87),
    ],
    ids=str,
)
def test_the_memory_that_is_told_counts_what_is_painted(monkeypatch, mode, options, told):
    lines = []
    monkeypatch.setattr(memory_of_commands, "say", lambda line, err: lines.append(line))
    image = Image.new(mode, (1000, 1000), "white")
    if options.pop("hidden", False):
        image.putpixel((0, 0), (0, 0, 0, 0))
    for allowed, expected in ((told * 1e9 - 1e6, 1), (told * 1e9 + 3e6, 0)):
        lines.clear()
        memory_of_commands.tell_of_memory(Path("a.png"), image, allowed, **options)
        assert len(lines) == expected
        assert all("a.png: 1000 x 1000 pixels take" in line for line in lines)


@pytest.mark.parametrize("memory", ["much", "4 apples", "0GB", "-1GB", "GB"])
def test_a_memory_that_is_none_is_refused(stylize, memory):
    photograph("a.jpg")
    assert stylize("a.jpg", f"--memory={memory}")[0] == 2
    assert "--memory must be a size such as 4GB or 800MB" in stylize.errors[0]


def test_large_photographs_are_known_by_their_headers(tmp_path):
    photograph(tmp_path / "large.png", size=(3000, 2000))
    (tmp_path / "none.jpg").write_text("no photograph")
    paths = [tmp_path / "none.jpg", tmp_path / "missing.jpg", tmp_path / "large.png"]
    for options, expected in (
        ((1, None, None), True),
        ((1, None, 8e9), False),
        ((1, 500, None), False),
        ((4, None, None), False),
    ):
        assert any_is_large(paths, "mosaic", None, *options) is expected
    assert not any_is_large(paths[:2], "mosaic", None, 1, None, None)


def test_bombs_are_read_only_on_request(stylize, monkeypatch):
    photograph("a.jpg", size=(50, 40))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 900)  # as much again afterwards
    assert stylize("a.jpg")[0] == 1
    assert "--huge" in stylize.errors[0]
    assert stylize("a.jpg", "--huge")[0] == 0


def run_command(*arguments, folder):
    command = [sys.executable, "-m", "tfstyle", "stylize", *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=folder)


def test_names_whose_bytes_are_no_text_are_printed(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"no photograph")
    run = run_command(b"caf\xe9/*.jpg", "-o", b"caf\xe9.jpg", folder=tmp_path)
    assert run.returncode == 2
    (line,) = run.stderr.decode().splitlines()
    assert line == "Error: No image matches caf\N{REPLACEMENT CHARACTER}/*.jpg."


def test_libtiffs_own_lines_are_not_shown(rng, tmp_path):
    path = tmp_path / "damaged.tif"
    noise = Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype="uint8"))
    noise.save(path, compression="tiff_adobe_deflate")
    content = bytearray(path.read_bytes())
    content[100:1000] = bytes(900)
    path.write_bytes(content)
    read = "from tfstyle.images.files import read_image; read_image('damaged.tif')"
    run = subprocess.run([sys.executable, "-c", read], capture_output=True, cwd=tmp_path)
    assert b"ZIPDecode" in run.stderr  # of the library; the command shows one line of its own
    code = "import sys; from tfstyle.commands.main import main; sys.argv = sys.argv[1:]; main()"
    command = [sys.executable, "-c", code, "tfstyle", "stylize", "-"]
    run = subprocess.run(command, capture_output=True, cwd=tmp_path, input=path.read_bytes())
    assert run.returncode == 2
    (line,) = run.stderr.decode().splitlines()
    assert line.startswith("Error: standard input is damaged")


def frames_of(kind, count=3, alpha=False):
    """Frames of a disk that moves, with different colours."""
    mode, back = ("RGBA", (0, 0, 0, 0)) if alpha else ("RGB", "navy")
    for number in range(count):
        frame = Image.new(mode, (24, 16), back)
        place = (4 * number, 4, 4 * number + 8, 12)
        ImageDraw.Draw(frame).ellipse(place, (250, 80 * number, 10))
        yield frame


ANIMATIONS = {
    ".gif": {"loop": 2, "disposal": 2},
    ".png": {"loop": 2},
    ".webp": {"loop": 2, "lossless": True},
    ".avif": {},
}


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("suffix", ANIMATIONS)
def test_animations_are_painted_as_a_whole(stylize, suffix, alpha):
    first, *others = frames_of(suffix, alpha=alpha)
    durations = [40, 200, 120]
    options = {"save_all": True, "append_images": others, "duration": durations}
    first.save(f"in{suffix}", **options, **ANIMATIONS[suffix])
    assert stylize(f"in{suffix}", "-o", "out")[0] == 0, stylize.errors
    before, after = (read_animation(name) for name in (f"in{suffix}", f"out/in{suffix}"))
    assert len(after.frames) == 3 and after.durations == before.durations == durations
    assert after.plays == before.plays
    with Image.open(f"in{suffix}") as given, Image.open(f"out/in{suffix}") as found:
        assert found.format == given.format and found.info.get("loop") == given.info.get("loop")
    for old, new in zip(before.frames, after.frames, strict=True):
        if alpha:
            seen = np.asarray(old)[..., 3] > 0
            np.testing.assert_array_equal(np.asarray(new.convert("RGBA"))[..., 3] > 0, seen)
        else:
            seen = np.ones((16, 24), bool)
        inverted = 255 - np.asarray(old.convert("RGB"))[seen]
        found = np.asarray(new.convert("RGB"))[seen]
        # A palette and the codecs of WebP and AVIF round; edges of two colours more than areas.
        assert np.abs(np.int16(inverted) - found).mean() < 8


def test_an_animation_goes_to_a_format_that_holds_it(stylize):
    first, *others = frames_of(".gif")
    first.save("a.gif", save_all=True, append_images=others, duration=50)  # shown once
    assert stylize("a.gif", "-o", "a.webp")[0] == 0
    with Image.open("a.webp") as found:
        assert found.n_frames == 3 and found.info["loop"] == 1
    assert stylize("a.gif", "-o", "a.jpg")[0] == 1
    assert "a.jpg holds one picture, and the photograph has frames. Use .gif" in stylize.errors[0]


def test_the_still_of_an_apng_stays_outside_the_animation(stylize):
    first, *others = frames_of(".png")
    first.save("a.png", save_all=True, append_images=others, default_image=True, duration=70)
    assert stylize("a.png", "-o", "out")[0] == 0
    found = read_animation("out/a.png")
    assert len(found.frames) == 2 and found.durations == [70, 70]
    np.testing.assert_array_equal(found.still.convert("RGB"), 255 - np.asarray(first))


def test_pages_of_a_tiff_are_painted(stylize):
    pages = [Image.new("RGB", (8 + n, 8), (n, 0, 0)) for n in range(3)]
    pages[0].save("a.tif", save_all=True, append_images=pages[1:])
    assert stylize("a.tif", "-o", "out")[0] == 0
    with Image.open("out/a.tif") as found:
        sizes = [(frame.size, frame.getpixel((0, 0))) for frame in ImageSequence.Iterator(found)]
    assert sizes == [((8 + n, 8), (255 - n, 255, 255)) for n in range(3)]
    assert stylize("a.tif", "-o", "a.png")[0] == 1 and "Use .tif" in stylize.errors[0]


def test_a_mask_and_a_stroke_are_given_by_options(stylize):
    photograph("a.png", (200, 100, 0))
    mask = Image.new("L", (9, 7), 0)
    mask.paste(255, (0, 0, 4, 7))
    mask.save("mask.png")
    assert stylize("a.png", "--mask", "mask.png", "-o", "b.png")[0] == 0
    found = read_image("b.png")
    assert found.getpixel((0, 0)) == (55, 155, 255) and found.getpixel((8, 6)) == (200, 100, 0)
    assert stylize("a.png", "--stroke", 2, "-o", "c.png")[0] == 0
    assert read_image("c.png").size == (9, 7)
    assert stylize("a.png", "--mask", "nowhere.png")[0] == 2
    assert "nowhere.png: there is no such file" in stylize.errors[0]
    assert stylize("a.png", "--stroke", 20)[0] == 2


def test_metadata_is_kept_unless_it_is_to_be_dropped(stylize):
    exif = Image.Exif()
    exif[0x013B] = "A. Person"
    photograph("a.jpg", exif=exif.tobytes(), dpi=(300, 300))
    stylize("a.jpg", "-o", "kept.jpg")
    stylize("a.jpg", "-o", "bare.jpg", "--no-metadata")
    with Image.open("kept.jpg") as kept, Image.open("bare.jpg") as bare:
        assert kept.getexif()[0x013B] == "A. Person" and kept.info["dpi"] == (300, 300)
        assert not bare.getexif() and "dpi" not in bare.info


def png_levels(path):
    """Gives the 16-bit levels of a PNG of `write_16_bits`, which Pillow reads as 8 bits."""
    content, place, packed = Path(path).read_bytes(), 8, b""
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        if content[place + 4 : place + 8] == b"IDAT":
            packed += content[place + 8 : place + 8 + length]
        place += 12 + length
    width, height, bits, kind = struct.unpack_from(">IIBB", content, 16)
    assert bits == 16
    rows = np.frombuffer(zlib.decompress(packed), "uint8").reshape(height, -1)
    levels = np.add.accumulate(rows[:, 1:], axis=0, dtype="uint8").view(">u2")
    return levels.reshape(height, width, {2: 3, 6: 4}[kind])


def tiff_levels(path):
    with Image.open(path) as image:
        tags = image.tag_v2
        assert set(tags[258]) == {16}
        content = Path(path).read_bytes()[tags[273][0] :]
        return np.frombuffer(content, "<u2").reshape(*image.size[::-1], tags[277])


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_pictures_of_16_bits(tmp_path, suffix, alpha, rng):
    pixels = rng.random((9, 7, 4 if alpha else 3))
    exif = Image.Exif()
    exif[0x013B] = "A. Person"
    exif[0x8769] = {0x9003: "2026:11:26 12:00:00"}
    info = {"exif": exif.tobytes(), "xmp": b"<x/>", "dpi": (300.0, 300.0)}
    info["icc_profile"] = srgb_profile()
    write_16_bits(pixels, tmp_path / f"a{suffix}", info)
    levels = (png_levels if suffix == ".png" else tiff_levels)(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(levels, np.rint(pixels * 65535))
    found = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(np.asarray(found) / 255, pixels, atol=1 / 255)
    with Image.open(tmp_path / f"a{suffix}") as image:
        image.load()
        assert image.getexif()[0x013B] == "A. Person"
        assert image.getexif().get_ifd(0x8769)[0x9003] == "2026:11:26 12:00:00"
        assert image.info["icc_profile"] == srgb_profile() and b"<x/>" in image.info["xmp"]
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)


def test_pictures_of_16_bits_are_for_png_and_tiff(stylize):
    for name in ("a.jpg", "b.tif", "c.png"):
        photograph(name)
    Path("in").mkdir()
    assert stylize("a.jpg", "b.tif", "c.png", "--bits", 16, "-o", "out")[0] == 0
    assert tree("out") == ["a.jpg.png", "b.tif", "c.png"]
    np.testing.assert_array_equal(tiff_levels("out/b.tif")[0, 0], (65535, 65535 - 128 * 257, 32639))
    assert stylize("a.jpg", "--bits", 16, "-o", "b.jpg")[0] == 1
    assert "b.jpg: only .png and .tif can have 16 bits" in stylize.errors[0]
    first, *others = frames_of(".gif")
    first.save("a.gif", save_all=True, append_images=others)
    assert stylize("a.gif", "--bits", 16)[0] == 1 and "single pictures" in stylize.errors[0]
