import functools
import re
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from tfstyle.images.colors import to_rgb
from tfstyle.images.files import find_images, read_image, write_image
from tfstyle.images.formats import WRITTEN
from tfstyle.images.geometry import (
    center_crop,
    limit_longest,
    montage,
    resize_longest,
    resize_shortest,
)
from tfstyle.images.pixels import to_image, to_pixels, to_uint8

ORIENTATION = 0x0112


def noise(rng, width, height, channels=3):
    return Image.fromarray(rng.integers(0, 256, (height, width, channels), dtype="uint8"))


@functools.cache  # a profile holds the second it was made in
def srgb():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def grey_profile():
    return srgb()[:16] + b"GRAY" + srgb()[20:]


def cmyk_profile():
    """An ICC profile of a press whose cyan, magenta and yellow are empty: only black prints."""
    identity = bytes(range(256))
    # CIELAB of paper and of black, at the 2 x 2 x 2 x 2 corners of the inks; black runs fastest.
    corners = bytes((255, 128, 128, 0, 128, 128)) * 8
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0))
    table += struct.pack(">9i", *np.eye(3, dtype="int32").ravel() * 65536)
    table += identity * 4 + corners + identity * 3
    header = struct.pack(">I4xI4s4s4s", 144 + len(table), 2 << 24, b"prtr", b"CMYK", b"Lab ")
    header += bytes(12) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)  # the white of every profile, D50
    return header.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_exif_rotation_is_applied(tmp_path, suffix):
    image = Image.new("RGB", (64, 32), "blue")
    image.paste("red", (0, 0, 32, 32))
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera was held upright: left is up
    image.save(tmp_path / f"photo{suffix}", exif=exif.tobytes())
    upright = read_image(tmp_path / f"photo{suffix}")
    assert upright.size == (32, 64)
    top, bottom = upright.getpixel((16, 8)), upright.getpixel((16, 56))
    assert top[0] > 200 > 50 > top[2] and bottom[2] > 200 > 50 > bottom[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_are_those_of_pillow(rng, orientation):
    image = noise(rng, 5, 3)
    image.getexif()[ORIENTATION] = orientation
    expected = ImageOps.exif_transpose(image)
    np.testing.assert_array_equal(to_rgb(image), expected)


def test_broken_exif_is_no_reason_to_refuse(rng, tmp_path):
    image = noise(rng, 5, 3)
    image.save(tmp_path / "photo.png", exif=b"neither II nor MM")
    np.testing.assert_array_equal(read_image(tmp_path / "photo.png"), image)


def test_odd_exif_does_not_hinder_the_rotation(rng, tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[282] = 72.0
    resolution = struct.pack(">HHI", 282, 5, 1)
    # As text the number can be read but, by Pillow, not be written again.
    odd = exif.tobytes().replace(resolution, struct.pack(">HHI", 282, 2, 8))
    noise(rng, 8, 4).save(tmp_path / "photo.jpg", exif=odd)
    assert read_image(tmp_path / "photo.jpg").size == (4, 8)


# Left half transparent, right half opaque red or, without colours, the grey of red.
HALF = Image.new("RGBA", (8, 4), (0, 255, 255, 0))
HALF.paste((255, 0, 0, 255), (4, 0, 8, 4))
TRANSPARENT = {
    "RGBA": (HALF, {}),
    "LA": (HALF.convert("LA"), {}),
    "palette of RGBA": (HALF.quantize(4), {}),
    "transparent palette index": (
        HALF.getchannel("A").convert("P").point(lambda index: index & 1),
        {"transparency": 0},
    ),
    "transparent colour": (HALF.convert("RGB"), {"transparency": (0, 255, 255)}),
    "transparent grey": (HALF.convert("L"), {"transparency": HALF.convert("L").getpixel((0, 0))}),
}


@pytest.mark.parametrize("kind", TRANSPARENT)
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_transparency_is_kept(tmp_path, kind, suffix):
    image, options = TRANSPARENT[kind]
    image.save(tmp_path / "in.png", **options)
    write_image(read_image(tmp_path / "in.png"), tmp_path / f"out{suffix}")
    for name in ("in.png", f"out{suffix}"):
        found = read_image(tmp_path / name)
        assert found.mode == "RGBA"
        np.testing.assert_array_equal(found.getchannel("A"), HALF.getchannel("A"))


def lab(image):
    sides = (ImageCms.createProfile(name) for name in ("sRGB", "LAB"))
    return ImageCms.profileToProfile(image, *sides, outputMode="LAB")


ORANGE = Image.new("RGB", (4, 4), (255, 165, 0))
MODES = {
    "RGB": (ORANGE, (255, 165, 0)),
    "P": (ORANGE.quantize(2), (255, 165, 0)),
    "L": (ORANGE.convert("L"), (173, 173, 173)),  # 0.299 red + 0.587 green + 0.114 blue
    "1": (Image.new("1", (4, 4), 1), (255, 255, 255)),
    "CMYK": (ORANGE.convert("CMYK"), (255, 165, 0)),
    "YCbCr": (ORANGE.convert("YCbCr"), (255, 165, 0)),
    "HSV": (ORANGE.convert("HSV"), (255, 165, 0)),
    "LAB": (lab(ORANGE), (255, 165, 0)),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_becomes_rgb(mode):
    image, expected = MODES[mode]
    found = to_rgb(image)
    assert (image.mode, found.mode, found.size) == (mode, "RGB", (4, 4))
    # YCbCr, HSV and CIELAB have levels of their own; one of CIELAB's is up to 5 of blue.
    np.testing.assert_allclose(found.getpixel((1, 1)), expected, atol=5)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bits_are_scaled_to_8(tmp_path, suffix):
    values = np.array([[0, 256, 257, 32768, 65535]], "uint16")
    Image.fromarray(values).save(tmp_path / f"grey{suffix}")
    found = np.asarray(read_image(tmp_path / f"grey{suffix}"))
    np.testing.assert_array_equal(found[0], [[v] * 3 for v in (0, 1, 1, 128, 255)])


def test_a_palette_of_transparent_colours_is_transparent():
    found = to_rgb(HALF.quantize(4))
    assert found.mode == "RGBA"
    np.testing.assert_array_equal(found.getchannel("A"), HALF.getchannel("A"))


def test_16_bits_keep_their_transparent_level(tmp_path):
    values = np.array([[1000, 1001, 65535, 0]], "uint16")  # 1001 has the same 8 bits as 1000
    Image.fromarray(values).save(tmp_path / "grey.png", transparency=1000)
    found = read_image(tmp_path / "grey.png")
    assert found.mode == "RGBA"
    levels = np.asarray(found)[0, :, [0, 3]]
    np.testing.assert_array_equal(levels, [[4, 4, 255, 0], [0, 255, 255, 255]])


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_goes_through_its_profile(tmp_path, suffix):
    # Cyan, and half black: 50 of CIELAB's lightness is 119 in sRGB, 50% less light is 128.
    image = Image.new("CMYK", (16, 8), (255, 0, 0, 0))
    image.paste((0, 0, 0, 127), (8, 0, 16, 8))
    for profile, cyan, grey in ((cmyk_profile(), 255, 119), (None, 0, 128), (b"broken", 0, 128)):
        image.save(tmp_path / f"print{suffix}", icc_profile=profile)
        found = read_image(tmp_path / f"print{suffix}")
        assert found.mode == "RGB" and "icc_profile" not in found.info
        # JPEG rounds by a level or two, and so does the profile's table.
        assert abs(found.getpixel((2, 4))[0] - cyan) <= 3
        assert abs(found.getpixel((13, 4))[0] - grey) <= 3


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_a_profile_of_rgb_is_kept(rng, tmp_path, suffix):
    noise(rng, 8, 8).save(tmp_path / f"in{suffix}", icc_profile=srgb())
    image = limit_longest(read_image(tmp_path / f"in{suffix}"), 4)
    assert image.info == {"icc_profile": srgb()}
    write_image(image, tmp_path / f"out{suffix}")
    with Image.open(tmp_path / f"out{suffix}") as written:
        assert written.info["icc_profile"] == srgb()


def test_a_profile_of_grey_is_dropped(tmp_path):
    Image.new("L", (8, 8), 90).save(tmp_path / "grey.png", icc_profile=grey_profile())
    assert read_image(tmp_path / "grey.png").info == {}


def test_the_image_given_stays_as_it_is(rng):
    image = noise(rng, 4, 4)
    image.info["comment"] = "mine"
    assert to_rgb(image) is not image and image.info == {"comment": "mine"}


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_several_frames_or_pages_are_refused(rng, tmp_path, suffix):
    path = tmp_path / f"many{suffix}"
    noise(rng, 8, 8).save(path, save_all=True, append_images=[noise(rng, 8, 8)])
    with pytest.raises(ValueError, match=f"many{suffix}: It has 2 frames or pages"):
        read_image(path)


@pytest.mark.parametrize("least_sides", [None, (16, 16)])
def test_of_a_cameras_several_views_the_first_is_read(tmp_path, least_sides):
    red, blue = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
    red.save(tmp_path / "view.jpg", format="MPO", save_all=True, append_images=[blue])
    with Image.open(tmp_path / "view.jpg") as image:
        assert image.format == "MPO" and image.n_frames == 2
    red, _, blue = read_image(tmp_path / "view.jpg", least_sides).getpixel((8, 8))
    assert red > 250 and blue < 5


def without_second_page(tiff):
    """Links a TIFF to a second page of no tags."""
    (start,) = struct.unpack_from("<I", tiff, 4)
    link = start + 2 + 12 * struct.unpack_from("<H", tiff, start)[0]
    return tiff[:link] + struct.pack("<I", len(tiff)) + tiff[link + 4 :] + bytes(6)


BAD = {
    "cut.jpg": lambda data: data[: len(data) // 2],
    "cut.png": lambda data: data[: len(data) // 2],
    "cut.webp": lambda data: data[: len(data) // 2],
    "cut.tif": lambda data: data[: len(data) // 2],
    "header.jpg": lambda data: data[:30],
    "header.png": lambda data: data[:8] + b"\0\0\0\1IHDR\0" + data[-4:],
    "pages.tif": without_second_page,
    "text.jpg": lambda data: b"Not a photograph.",
    "empty.png": lambda data: b"",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # where damage is in a TIFF's tags
def test_bad_files_are_refused_by_name(rng, tmp_path, name):
    noise(rng, 40, 40).save(tmp_path / name)
    (tmp_path / name).write_bytes(BAD[name]((tmp_path / name).read_bytes()))
    refused(tmp_path / name)


def test_postscript_is_not_run(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "photo.eps")
    (tmp_path / "photo.eps").rename(tmp_path / "photo.jpg")
    with pytest.raises(ValueError, match=r"photo.jpg: PostScript files are not read"):
        read_image(tmp_path / "photo.jpg")


@pytest.mark.parametrize("name", ["missing.jpg", "folder.jpg", "not\0a name.jpg"])
def test_what_is_no_file_is_refused_by_name(tmp_path, name):
    (tmp_path / "folder.jpg").mkdir()
    refused(tmp_path / name)


def test_what_the_system_refuses_is_not_called_damaged(tmp_path):
    (tmp_path / "file.png").touch()
    with pytest.raises(ValueError, match=r"a\.jpg cannot be read: Not a directory"):
        read_image(tmp_path / "file.png" / "a.jpg")


def refused(path):
    with pytest.raises(ValueError, match=re.escape(str(path))) as error:
        read_image(path)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("action", ["error", "ignore"])
@pytest.mark.parametrize("limit", [399, 200, 199])  # from half of the pixels on Pillow only warns
def test_too_many_pixels_are_refused(tmp_path, monkeypatch, action, limit):
    Image.new("RGB", (20, 20)).save(tmp_path / "huge.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with warnings.catch_warnings():
        warnings.simplefilter(action, Image.DecompressionBombWarning)
        with pytest.raises(ValueError, match=r"huge\.png has more than .* million pixels"):
            read_image(tmp_path / "huge.png")


def test_of_a_huge_jpeg_the_pixels_that_are_decoded_count(tmp_path, monkeypatch):
    Image.new("RGB", (640, 320)).save(tmp_path / "huge.jpg")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 640 * 200)
    with pytest.warns(Image.DecompressionBombWarning):
        assert read_image(tmp_path / "huge.jpg", (100, 100)).size == (320, 160)


@pytest.mark.parametrize("limit", [400, None])
def test_pixels_up_to_the_limit_are_read(tmp_path, monkeypatch, limit):
    Image.new("RGB", (20, 20)).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert read_image(tmp_path / "large.png").size == (20, 20)


@pytest.mark.parametrize(
    ("least_sides", "size"),
    [
        (None, (320, 640)),
        ((40, 40), (40, 80)),
        ((41, 41), (80, 160)),
        ((300, 100), (320, 640)),
        ((1000, 1000), (320, 640)),
    ],
)
def test_a_jpeg_is_decoded_smaller_but_not_below_what_suffices(tmp_path, least_sides, size):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.new("RGB", (640, 320)).save(tmp_path / "photo.jpg", exif=exif.tobytes())
    assert read_image(tmp_path / "photo.jpg", least_sides).size == size


def test_all_values_survive_float():
    values = np.arange(256, dtype="uint8").reshape(8, 32, 1).repeat(3, axis=2)
    pixels = to_pixels(Image.fromarray(values))
    assert pixels.dtype == "float32" and pixels.min() == 0 and pixels.max() == 1
    np.testing.assert_array_equal(to_image(pixels), values)


def test_uint8_is_rounded_and_clipped():
    levels = np.float32([-1, -0.01, 0, 0.4, 0.6, 254.4, 254.6, 255, 300])
    np.testing.assert_array_equal(to_uint8(levels / 255), [0, 0, 0, 0, 1, 254, 255, 255, 255])


@pytest.mark.parametrize("suffix", [*WRITTEN, ".PNG"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_format_is_written_and_read(tmp_path, suffix, mode):
    path = tmp_path / "new" / f"picture{suffix}"
    write_image(Image.new(mode, (5, 3), "orange"), path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    found = read_image(path)
    assert found.size == (5, 3)
    # The lossy formats round by a few levels.
    np.testing.assert_allclose(found.getpixel((2, 1))[:3], (255, 165, 0), atol=4)


def test_names_may_be_as_long_as_the_system_allows(tmp_path):
    for name in ("写真" * 40, "p" * 251):
        write_image(Image.new("RGB", (2, 2)), tmp_path / f"{name}.png")
        assert read_image(tmp_path / f"{name}.png").size == (2, 2)


@pytest.mark.parametrize("name", ["picture.xyz", "picture", "picture.psd"])
def test_formats_that_cannot_be_written_are_named(tmp_path, name):
    with pytest.raises(ValueError, match=rf"{name}: cannot write .*\.jpg, \.png"):
        write_image(Image.new("RGB", (2, 2)), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_nothing_half_written_stays(tmp_path, monkeypatch):
    def run_out_of_disk(image, file, **options):
        file.write(b"half")
        raise OSError("No space left on device")

    path = tmp_path / "picture.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(Image.Image, "save", run_out_of_disk)
    with pytest.raises(OSError, match="No space left"):
        write_image(Image.new("RGB", (2, 2)), path)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b"old"


def test_images_of_a_folder_are_found_by_name(tmp_path):
    for name in ("b.PNG", "a.webp", "c.jpeg", "notes.txt", "._a.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "album.jpg").mkdir()
    assert [path.name for path in find_images(tmp_path)] == ["a.webp", "b.PNG", "c.jpeg"]


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no images"):
        find_images(tmp_path)
    (tmp_path / "album").mkdir()
    with pytest.raises(ValueError, match="Folders inside it are not searched"):
        find_images(tmp_path)
    for path in (tmp_path / "missing", Path(__file__)):
        with pytest.raises(ValueError, match="is not a folder"):
            find_images(path)


@pytest.mark.parametrize(
    ("scale", "sizes"),
    [
        (resize_longest, {(40, 20): (10, 5), (3, 4): (8, 10), (1, 1): (10, 10), (99, 1): (10, 1)}),
        (resize_shortest, {(40, 20): (20, 10), (3, 4): (10, 13), (1, 1): (10, 10)}),
        (limit_longest, {(40, 20): (10, 5), (3, 4): (3, 4), (1, 1): (1, 1), (1, 99): (1, 10)}),
        (center_crop, {(40, 20): (10, 10), (3, 4): (10, 10), (1, 1): (10, 10)}),
    ],
)
def test_sizes(rng, scale, sizes):
    assert {size: scale(noise(rng, *size), 10).size for size in sizes} == sizes


@pytest.mark.parametrize(("size", "middle"), [((30, 8), (11, 0)), ((8, 32), (0, 12))])
def test_the_crop_is_the_middle(rng, size, middle):
    image = noise(rng, *size)
    left, top = middle
    expected = image.crop((left, top, left + 8, top + 8))
    np.testing.assert_array_equal(center_crop(image, 8), expected)


def test_a_crop_of_other_proportions_is_the_middle_too(rng):
    image = noise(rng, 30, 16)
    np.testing.assert_array_equal(center_crop(image, (4, 30)), image.crop((0, 6, 30, 10)))
    np.testing.assert_array_equal(center_crop(image, (16, 8)), image.crop((11, 0, 19, 16)))


def test_a_montage_has_white_gaps():
    red, blue = (Image.new("RGB", (5, 3), colour) for colour in ("red", "blue"))
    sheet = montage([[red, blue, red], [blue]], gap=2)
    assert sheet.size == (5 * 3 + 2 * 2, 3 * 2 + 2)
    assert [sheet.getpixel((x, 1)) for x in (4, 5, 7)] == [(255, 0, 0), (255,) * 3, (0, 0, 255)]
    assert [sheet.getpixel((0, y)) for y in (2, 3, 5)] == [(255, 0, 0), (255,) * 3, (0, 0, 255)]
    assert sheet.getpixel((18, 7)) == (255, 255, 255)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_single_pixel_is_an_image(tmp_path, suffix):
    write_image(Image.new("RGB", (1, 1), "red"), tmp_path / f"pixel{suffix}")
    assert read_image(tmp_path / f"pixel{suffix}", (256, 256)).size == (1, 1)
