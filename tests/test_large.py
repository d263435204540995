"""Images that the memory does not hold: read and written by rows, the same as any other."""

import errno
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from tfstyle.images import large, row_writers
from tfstyle.images.files import encoded, read_image
from tfstyle.images.large import read_large
from tfstyle.images.look import Look
from tfstyle.images.profiles import srgb_profile
from tfstyle.images.row_writers import check_size, write_rows
from tfstyle.images.rows import RowFile
from tfstyle.media.photograph import read_photograph

DECODERS = ["pyvips", "pillow"]


@pytest.fixture(params=DECODERS)
def decoder(request, monkeypatch):
    monkeypatch.setattr(large, "_ROWS", 8)
    if request.param == "pillow":
        monkeypatch.setattr(large, "_vips", lambda: None)
    else:
        assert large._vips()
    return request.param


def described(size, mode="RGB", orientation=1, seed=0):
    """Gives an image with metadata, and the options that save it with them."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (7, 9, 3), dtype="uint8"))
    image = small.resize(size, Image.Resampling.BICUBIC).convert(mode)
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Person"
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "2026:11:26 12:00:00"}
    return image, {"exif": exif.tobytes(), "dpi": (300, 300)}


def assert_equals(rows, image):
    assert rows.size == image.size
    np.testing.assert_array_equal(rows[:], np.asarray(image))
    assert rows.info.keys() == image.info.keys()
    for key in image.info:
        assert rows.info[key] == image.info[key]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_an_image_is_read_as_any_other(decoder, tmp_path, suffix, orientation):
    image, options = described((37, 29), orientation=orientation)
    image.save(tmp_path / f"a{suffix}", **options)
    rows = read_large(tmp_path / f"a{suffix}", tmp_path)
    assert b"A. Person" in rows.info["exif"]
    assert_equals(rows, read_image(tmp_path / f"a{suffix}"))


@pytest.mark.parametrize(
    "case",
    [
        *(("L", ".jpg", {}), ("L", ".png", {}), ("1", ".png", {}), ("P", ".png", {})),
        *(("CMYK", ".jpg", {}), ("CMYK", ".tif", {}), ("LAB", ".tif", {}), ("YCbCr", ".tif", {})),
        *(("RGB", ".jpg", {"progressive": True}), ("RGB", ".jpg", {"subsampling": 0})),
        *(("RGB", ".tif", {"compression": name}) for name in ("tiff_lzw", "tiff_adobe_deflate")),
        *(("RGB", ".tif", {"compression": name}) for name in ("packbits", "jpeg")),
        *(("RGB", ".webp", {"lossless": True}), ("RGB", ".bmp", {}), ("L", ".tif", {})),
    ],
    ids=str,
)
def test_each_kind_is_read_as_any_other(decoder, tmp_path, case):
    mode, suffix, options = case
    image, _ = described((37, 29))
    if mode == "LAB":
        spaces = map(ImageCms.createProfile, ("sRGB", "LAB"))
        image = ImageCms.profileToProfile(image, *spaces, outputMode="LAB")
    image = image.convert(mode)
    image.save(tmp_path / f"a{suffix}", **options)
    assert_equals(
        read_large(tmp_path / f"a{suffix}", tmp_path), read_image(tmp_path / f"a{suffix}")
    )


def test_a_profile_is_converted_by_strips(decoder, tmp_path):
    image, _ = described((37, 29))
    greener = bytearray(srgb_profile())
    # Another green: the profile is none of sRGB.
    place = greener.index(b"gXYZ")
    start = struct.unpack_from(">I", greener, place + 4)[0] + 8
    struct.pack_into(">i", greener, start, struct.unpack_from(">i", greener, start)[0] // 2)
    for suffix in (".jpg", ".tif", ".png"):
        image.save(tmp_path / f"a{suffix}", icc_profile=bytes(greener))
        rows = read_large(tmp_path / f"a{suffix}", tmp_path)
        assert rows.info["icc_profile"] == srgb_profile()
        assert_equals(rows, read_image(tmp_path / f"a{suffix}"))
        assert (rows[:] != np.asarray(Image.open(tmp_path / f"a{suffix}"))).any()


def test_what_a_png_says_after_its_pixels_is_read(decoder, tmp_path):
    image, _ = described((37, 29))
    file = io.BytesIO()
    image.save(file, "PNG")
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Person"
    exif[ExifTags.Base.Orientation] = 6
    chunks = b""
    for name, data in (
        (b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")),
        (b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + b"<x/>"),
    ):
        chunks += struct.pack(">I", len(data)) + name + data
        chunks += struct.pack(">I", zlib.crc32(name + data))
    content = file.getvalue()
    (tmp_path / "a.png").write_bytes(content[:-12] + chunks + content[-12:])
    rows = read_large(tmp_path / "a.png", tmp_path)
    assert rows.size == (29, 37)
    assert rows.info["xmp"] == b"<x/>"
    assert_equals(rows, read_image(tmp_path / "a.png"))


def test_what_needs_the_whole_image_is_left_to_pillow(decoder, tmp_path, rng):
    deep = Image.fromarray(rng.integers(0, 65536, (9, 7), dtype="uint16"))
    deep.save(tmp_path / "deep.png")
    described((9, 7), "RGBA")[0].save(tmp_path / "alpha.png")
    described((9, 7), "P")[0].save(tmp_path / "palette.png", transparency=3)
    described((9, 7), "RGB")[0].save(tmp_path / "color.png", transparency=(1, 2, 3))
    for name in ("deep", "alpha", "palette", "color"):
        assert read_large(tmp_path / f"{name}.png", tmp_path) is None
        photograph = read_photograph(tmp_path / f"{name}.png", memory=1)
        assert isinstance(photograph.image, Image.Image)


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_a_damaged_file_is_told_in_one_line(decoder, tmp_path, suffix, rng):
    noise = Image.fromarray(rng.integers(0, 256, (90, 70, 3), dtype="uint8"))
    noise.save(tmp_path / f"a{suffix}")
    content = (tmp_path / f"a{suffix}").read_bytes()
    (tmp_path / f"a{suffix}").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=rf"a{suffix} is damaged or cut off: .*\.$") as raised:
        read_large(tmp_path / f"a{suffix}", tmp_path)
    assert "\n" not in str(raised.value)


def test_a_full_disk_is_one_line(decoder, tmp_path):
    image, _ = described((37, 29))
    image.save(tmp_path / "a.png")
    rows = read_large(tmp_path / "a.png", tmp_path)

    class Full:
        def write(self, start, content):
            raise OSError(errno.ENOSPC, "No space left on device")

    rows._file = Full()
    with pytest.raises(OSError, match=r" is full: the image takes 0\.0 GB there\. .* TMPDIR"):
        rows.write(0, np.zeros((1, 37, 3), "uint8"))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(1, 70), st.sampled_from([30, 75, 95]))
def test_a_jpeg_by_rows_has_the_pixels_of_any_other(height, width, quality):
    image, options = described((width, height))
    image.info = {"dpi": (300, 300), "exif": options["exif"]}
    expected = encoded(image, "JPEG", quality)
    rows = np.asarray(image)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_writers, "_ROWS", 16)
        patch.setattr(row_writers, "_MOST_BLOCKS", 12)  # of a width of 65,500: few rows a strip
        found = b"".join(row_writers._jpeg(rows, image.info, quality))
    with Image.open(io.BytesIO(found)) as ours, Image.open(io.BytesIO(expected)) as theirs:
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))
        assert ours.info == theirs.info
        assert ours.quantization == theirs.quantization
        assert ours.layer == theirs.layer


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_a_picture_by_rows_says_what_any_other_says(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(row_writers, "_ROWS", 16)
    image, options = described((37, 90))
    image.save(tmp_path / "a.jpg", icc_profile=srgb_profile(), xmp=b"<x/>", **options)
    image = read_image(tmp_path / "a.jpg")
    assert image.info.keys() == {"exif", "xmp", "dpi", "icc_profile"}
    write_rows(np.asarray(image), tmp_path / f"rows{suffix}", image.info)
    (tmp_path / f"whole{suffix}").write_bytes(
        encoded(image, {".jpg": "JPEG", ".tif": "TIFF", ".png": "PNG"}[suffix])
    )
    ours, theirs = (read_image(tmp_path / f"{name}{suffix}") for name in ("rows", "whole"))
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    assert ours.info == theirs.info


def test_a_size_that_the_format_does_not_hold_is_refused():
    check_size("a.jpg", (65500, 65500, 3))
    for name, shape in (
        ("a.jpg", (65501, 8, 3)),
        ("a.tif", (40000, 40000, 3)),
        ("a.webp", (8, 8, 3)),
    ):
        with pytest.raises(ValueError, match=f"^{name}: "):
            check_size(name, shape)


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp"])
def test_a_style_paints_a_file_as_it_paints_an_image(style, tmp_path, suffix):
    image, options = described((70, 50), orientation=6)
    image.save(tmp_path / f"a{suffix}", quality=95, **options)
    look = Look(strength=0.8, grain=0.02)
    whole = read_photograph(tmp_path / f"a{suffix}", memory=float("inf"))
    large = read_photograph(tmp_path / f"a{suffix}", memory=1)
    assert isinstance(whole.image, Image.Image)
    assert isinstance(large.image, RowFile)
    whole.map(lambda image: style.paint(image, look)).save(tmp_path / f"whole{suffix}")
    picture = large.map(lambda image: style.paint(image, look, memory=1))
    assert isinstance(picture.image, RowFile)
    picture.save(tmp_path / f"rows{suffix}")
    expected, found = (read_image(tmp_path / f"{name}{suffix}") for name in ("whole", "rows"))
    assert found.info == expected.info
    assert found.size == expected.size == (50, 70)
    difference = np.abs(np.int16(np.asarray(found)) - np.asarray(expected))
    # A value at half a level may be rounded either way, and a lossy format spreads it.
    assert difference.max() <= (1 if suffix in (".tif", ".png") else 4)
    assert difference.mean() < 0.1


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_reading_and_writing_tell_how_far_they_are(decoder, tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(row_writers, "_ROWS", 8)
    described((37, 30))[0].save(tmp_path / f"a{suffix}")
    read, written = [], []
    photograph = read_photograph(tmp_path / f"a{suffix}", memory=1, progress=read.append)
    photograph.save(tmp_path / f"b{suffix}", progress=written.append)
    for parts in (read, written):
        np.testing.assert_allclose(parts, [8 / 30, 16 / 30, 24 / 30, 1])


def test_metadata_are_dropped_from_a_file_too(tmp_path):
    image, options = described((37, 29))
    image.save(tmp_path / "a.jpg", icc_profile=srgb_profile(), **options)
    photograph = read_photograph(tmp_path / "a.jpg", metadata=False, memory=1)
    assert photograph.image.info == {"icc_profile": srgb_profile()}
    np.testing.assert_array_equal(photograph.image[:], np.asarray(read_image(tmp_path / "a.jpg")))
