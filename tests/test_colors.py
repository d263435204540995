"""Photographs as people have them: profiles, transparency, depth, metadata; without Keras."""

import io
import os
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageFilter, ImageOps, PngImagePlugin

from tfstyle.export.litert import Painter
from tfstyle.images.colors import in_source_profile, to_rgb
from tfstyle.images.files import find_images, read_image, still_of, write_image
from tfstyle.images.formats import WRITTEN, is_photograph, picture_name, register_heif
from tfstyle.images.large import read_large
from tfstyle.images.look import Look, painted
from tfstyle.images.metadata import without_metadata
from tfstyle.images.profiles import adobe_rgb_profile, srgb_profile
from tfstyle.images.transparency import fill_hidden, visible_pixels

TINY = Path(__file__).parent / "data" / "tiny.tflite"
ADAPTED = np.array([0.96422, 1, 0.82521])  # D50, the white of every profile
LEVELS = 2  # of 255, in the mean
D65 = (0.3127, 0.3290)
D50 = (0.3457, 0.3585)

# Corners of the colours, white and exponent, as their standards state them.
GAMUTS = {
    "Display P3": (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), D65, 2.2),
    "Adobe RGB": (((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)), D65, 2.19921875),
    "ProPhoto": (((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), D50, 1.8),
}


def profile(corners, white, gamma):
    """Builds the ICC profile of a colour space of three corners and an exponent."""

    def xyz(x, y):
        return np.array([x / y, 1, (1 - x - y) / y])

    bradford = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    scale = np.diag((bradford @ ADAPTED) / (bradford @ xyz(*white)))
    adapt = np.linalg.inv(bradford) @ scale @ bradford
    columns = np.stack([xyz(*corner) for corner in corners], axis=1)
    matrix = adapt @ columns * np.linalg.solve(columns, xyz(*white))
    tags = [(b"wtpt", ADAPTED), *zip((b"rXYZ", b"gXYZ", b"bXYZ"), matrix.T, strict=True)]
    tags = [
        (name, b"XYZ " + bytes(4) + struct.pack(">3i", *np.rint(value * 65536).astype(int)))
        for name, value in tags
    ]
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags:
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content
    header = struct.pack(">I4xI4s4s4s", start + len(body), 2 << 24, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", *np.int32(ADAPTED * 65536))
    return header.ljust(128, b"\0") + table + body


def converted(image, target):
    """Gives an sRGB image in the colours of a profile."""
    spaces = (ImageCms.ImageCmsProfile(io.BytesIO(each)) for each in (srgb_profile(), target))
    result = ImageCms.profileToProfile(image, *spaces)
    result.info["icc_profile"] = target
    return result


def smooth(rng, size=(64, 48), channels=3):
    coarse = rng.integers(0, 256, (6, 8, channels), dtype="uint8")
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def exif_of(space, index=None):
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.ColorSpace: space}
    if index:
        exif[ExifTags.IFD.Exif][ExifTags.IFD.Interop] = {1: index}
    return exif.tobytes()


@pytest.mark.parametrize("exif", [(65535, "R03"), (2, None)], ids=str)
def test_adobe_rgb_that_only_exif_names_is_converted(exif, tmp_path, rng):
    original = smooth(rng)
    wide = converted(original, profile(*GAMUTS["Adobe RGB"]))
    wide.info = {}
    wide.save(tmp_path / "a.png", exif=exif_of(*exif))
    found = read_image(tmp_path / "a.png")
    assert np.abs(np.int16(np.asarray(found)) - np.asarray(original)).mean() < LEVELS
    assert np.abs(np.int16(np.asarray(wide)) - np.asarray(original)).mean() > 2 * LEVELS
    assert found.info["icc_profile"] == srgb_profile()


@pytest.mark.parametrize("exif", [(65535, "R98"), (65535, None), (1, "R03")], ids=str)
def test_other_exif_names_no_space(exif, tmp_path, rng):
    original = smooth(rng)
    original.save(tmp_path / "a.png", exif=exif_of(*exif))
    np.testing.assert_array_equal(np.asarray(read_image(tmp_path / "a.png")), np.asarray(original))


def test_the_profile_of_adobe_rgb_is_that_of_its_standard(rng):
    """The corners and exponent of the standard, through the white of profiles, give it too."""
    image = smooth(rng)
    ours = converted(image, adobe_rgb_profile())
    theirs = converted(image, profile(*GAMUTS["Adobe RGB"]))
    assert np.abs(np.int16(np.asarray(ours)) - np.asarray(theirs)).max() <= 1


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", GAMUTS)
def test_a_picture_is_converted_back_to_the_source_profile(name, alpha, tmp_path, rng):
    wide = converted(smooth(rng), profile(*GAMUTS[name]))
    if alpha:
        wide.putalpha(Image.fromarray(rng.integers(1, 256, wide.size[::-1], dtype="uint8")))
    wide.save(tmp_path / "a.png", icc_profile=profile(*GAMUTS[name]))
    image = read_image(tmp_path / "a.png")
    assert image.info["icc_profile"] == srgb_profile()
    back = in_source_profile(without_metadata(image))
    assert back.info["icc_profile"] == profile(*GAMUTS[name])
    assert back.mode == wide.mode
    assert np.abs(np.int16(np.asarray(back)) - np.asarray(wide)).mean() < LEVELS
    large = read_large(tmp_path / "a.png", tmp_path)
    if not alpha:
        large = in_source_profile(large)
        np.testing.assert_array_equal(large[:], np.asarray(back))
        assert large.info["icc_profile"] == profile(*GAMUTS[name])


def test_a_picture_without_another_profile_stays(rng):
    image = to_rgb(smooth(rng))
    assert in_source_profile(image) is image


@pytest.fixture(scope="module")
def tiny():
    return Painter(TINY, threads=1)


def mean_difference(one, other):
    return np.abs(np.int16(np.asarray(one)) - np.asarray(other)).mean()


@pytest.fixture(scope="module")
def photograph():
    """The README's, at a quarter of its size."""
    path = Path(__file__).parents[1] / "docs" / "images" / "photograph.jpg"
    return read_image(path).resize((240, 160))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("gamut", GAMUTS)
def test_wide_gamuts_are_painted_as_srgb(photograph, tiny, tmp_path, gamut, suffix):
    wide = converted(photograph, profile(*GAMUTS[gamut]))
    expected = painted(photograph, tiny.stylize)
    assert mean_difference(painted(wide, tiny.stylize), expected) > 3  # their bare numbers
    path = tmp_path / f"wide{suffix}"
    lossless = {"lossless": True} if suffix == ".webp" else {}
    wide.save(path, icc_profile=wide.info["icc_profile"], **lossless)
    found = read_image(path)
    assert found.info["icc_profile"] == srgb_profile()
    # Its 8 bits are spread over more colours.
    assert mean_difference(found, photograph) < 0.5
    assert mean_difference(painted(found, tiny.stylize), expected) <= 2


@pytest.mark.parametrize("gamut", GAMUTS)
def test_wide_gamuts_in_jpeg_are_read_as_srgb(photograph, tmp_path, gamut):
    wide = converted(photograph, profile(*GAMUTS[gamut]))
    options = {"quality": 100, "subsampling": 0, "icc_profile": wide.info["icc_profile"]}
    wide.save(tmp_path / "wide.jpg", **options)
    assert mean_difference(read_image(tmp_path / "wide.jpg"), photograph) < 1


def test_a_profile_of_srgb_leaves_the_pixels(rng):
    image = smooth(rng)
    for srgb in (srgb_profile(), profile(((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), D65, 2.2)):
        image.info["icc_profile"] = srgb
        found = to_rgb(image)
        if srgb == srgb_profile():
            np.testing.assert_array_equal(found, image)
            assert found.info["icc_profile"] == srgb
        else:  # an exponent of 2.2 is not sRGB's curve
            assert found.info["icc_profile"] == srgb_profile()


def test_a_profile_counts_with_transparency_and_palettes(rng):
    target = profile(*GAMUTS["ProPhoto"])
    image = smooth(rng)
    wide = converted(image, target)
    wide.putalpha(Image.linear_gradient("L").resize(wide.size))
    wide.info["icc_profile"] = target
    found = to_rgb(wide)
    np.testing.assert_array_equal(found.getchannel("A"), wide.getchannel("A"))
    assert mean_difference(found.convert("RGB"), image) < 2
    indexed = converted(image.quantize(32).convert("RGB"), target).quantize(32)
    indexed.info["icc_profile"] = target
    assert mean_difference(to_rgb(indexed), image.quantize(32).convert("RGB")) < 3


def test_a_profile_of_grey_counts():
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(1.0 * 256))  # linear light
    white = b"XYZ " + bytes(4) + struct.pack(">3i", *np.int32(ADAPTED * 65536))
    start = 128 + 4 + 24
    body = white + curve
    header = struct.pack(">I4xI4s4s4s", start + len(body), 2 << 24, b"mntr", b"GRAY", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", *np.int32(ADAPTED * 65536))
    table = struct.pack(">I4sII", 2, b"wtpt", start, len(white))
    table += b"kTRC" + struct.pack(">II", start + len(white), len(curve))
    grey = Image.new("L", (4, 4), 55)
    grey.info["icc_profile"] = header.ljust(128, b"\0") + table + body
    # sRGB's curve: 1.055 * (55 / 255) ** (1 / 2.4) - 0.055 is 128 of 255.
    assert abs(to_rgb(grey).getpixel((0, 0))[0] - 128) <= 1


def hidden_pair(rng, size=(37, 22)):
    """Two images that differ only where they are transparent, by noise."""
    first = np.array(Image.fromarray(rng.integers(0, 256, (*size[::-1], 4), dtype="uint8")))
    first[..., 3] = np.where(rng.random(size[::-1]) < 0.4, 0, first[..., 3])
    first[4:15, 5:25, 3] = 0
    second = first.copy()
    second[first[..., 3] == 0, :3] = rng.integers(0, 256, ((first[..., 3] == 0).sum(), 3))
    return first, second


def test_what_is_hidden_under_transparency_has_no_influence(rng, tiny, tmp_path):
    pair = hidden_pair(rng)
    assert (pair[0] != pair[1]).any(-1).mean() > 0.3
    pictures = []
    for number, pixels in enumerate(pair):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        pictures.append(painted(read_image(tmp_path / f"{number}.png"), tiny.stylize))
    seen = pair[0][..., 3] > 0
    np.testing.assert_array_equal(*(np.asarray(picture)[seen] for picture in pictures))
    np.testing.assert_array_equal(pictures[0].getchannel("A"), pair[0][..., 3])
    np.testing.assert_array_equal(*(visible_pixels(np.stack([each, each])) for each in pair))
    greys = [still_of(Image.fromarray(each).convert("LA")) for each in pair]
    np.testing.assert_array_equal(*(np.asarray(painted(g, tiny.stylize))[seen] for g in greys))


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (0, 255, 0)])
def test_soft_edges_show_no_halo(hidden):
    disk = Image.new("RGBA", (64, 48), (*hidden, 0))
    alpha = Image.new("L", disk.size, 0)
    alpha.paste(255, (16, 8, 48, 40))
    alpha = alpha.filter(ImageFilter.BoxBlur(2))
    pixels = np.array(disk)
    pixels[np.asarray(alpha) > 0, :3] = (200, 90, 40)
    pixels[..., 3] = alpha

    def blur(pixels):  # as a generator, it mixes neighbours
        levels = Image.fromarray(np.uint8(np.rint(pixels * 255)))
        return np.float32(levels.filter(ImageFilter.BoxBlur(5))) / 255

    picture = np.asarray(painted(Image.fromarray(pixels), blur))
    visible = picture[..., 3] > 0
    assert np.abs(np.int16(picture[visible][:, :3]) - (200, 90, 40)).max() <= 1


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 20),
    st.integers(1, 20),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)
def test_hidden_colours_become_those_of_the_visible(height, width, share, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.uniform(size=(height, width, 3)).astype("float32")
    alpha = np.uint8(rng.random((height, width)) < share)
    filled = fill_hidden(pixels, alpha)
    seen = alpha > 0
    np.testing.assert_array_equal(filled[seen], pixels[seen])
    if seen.any():
        low, high = pixels[seen].min(0), pixels[seen].max(0)
        assert (filled >= low - 1e-5).all() and (filled <= high + 1e-5).all()
    else:
        assert (filled == 0.5).all()


@pytest.mark.parametrize(
    "suffix", sorted({"." + n for n in ("bmp", "dib", "png", "tga", "qoi", "webp")})
)
def test_formats_with_transparency_keep_it(rng, tmp_path, suffix):
    pixels = rng.integers(0, 256, (9, 7, 4), dtype="uint8")
    path = tmp_path / f"picture{suffix}"
    image = Image.fromarray(pixels)
    image.info["dpi"] = (300, 300)
    write_image(image, path)
    found = read_image(path)
    np.testing.assert_array_equal(found.getchannel("A"), pixels[..., 3])
    if suffix != ".webp":
        np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize("suffix", [".jpg", ".ppm", ".pcx"])
def test_formats_without_transparency_show_white(tmp_path, suffix):
    write_image(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), tmp_path / f"picture{suffix}")
    assert read_image(tmp_path / f"picture{suffix}").getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("suffix", sorted(WRITTEN))
def test_every_format_that_is_written_is_read_again(rng, tmp_path, suffix):
    image = smooth(rng, (40, 36))
    write_image(image, tmp_path / f"picture{suffix}")
    assert is_photograph(f"picture{suffix}") and picture_name(f"a{suffix}") == f"a{suffix}"
    # GIF has 256 colours, and WebP halves the colours' resolution; the other codecs round.
    limit = {".gif": 8, ".webp": 6}.get(suffix, 2)
    assert mean_difference(read_image(tmp_path / f"picture{suffix}"), image) <= limit


@pytest.mark.parametrize("name", ["a.ico", "a.psd", "a.pgm", "a.fits", "a.xpm", "a", "a.txt"])
def test_formats_that_hold_no_colours_become_png(name):
    assert picture_name(name) == f"{name}.png"


def test_folders_hold_what_pillow_reads(tmp_path):
    names = ["a.avif", "b.jp2", "c.GIF", "d.tga", "e.qoi", "f.heic", "g.psd", "h.jfif"]
    for name in (*names, "film.mpg", "page.eps", "data.h5", "notes.txt", "page.pdf"):
        (tmp_path / name).touch()
    assert [path.name for path in find_images(tmp_path)] == names


def test_heic_is_read_under_any_name(rng, tmp_path):
    image = smooth(rng)
    write_image(image, tmp_path / "photo.heic")
    (tmp_path / "photo.heic").rename(tmp_path / "photo.jpg")
    assert mean_difference(read_image(tmp_path / "photo.jpg"), image) < 3


def test_heic_without_its_reader_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "photo.heic").write_bytes(bytes(4) + b"ftypheic" + bytes(20))
    monkeypatch.setattr("tfstyle.images.files.register_heif", lambda: False)
    monkeypatch.setattr("tfstyle.images.formats.register_heif", lambda: False)
    with pytest.raises(ValueError, match="HEIC needs: pip install pillow-heif"):
        read_image(tmp_path / "photo.heic")
    with pytest.raises(ValueError, match="HEIC needs: pip install pillow-heif"):
        write_image(Image.new("RGB", (4, 4)), tmp_path / "new.heic")
    assert not is_photograph("photo.heic") and picture_name("a.heic") == "a.heic.png"
    assert register_heif()


# Deep pixels: values, Pillow's mode, TIFF tags, and the levels or the refusal.
RAMP = np.array([[0, 1000, 30000, 65535]])
DEEP = {
    "16 bits": (np.uint16(RAMP), {}, [0, 4, 117, 255]),
    "16 bits of a small range": (np.uint16(RAMP // 300), {}, "reach 218 of 65535, which would be"),
    "16 bits that state it": (np.uint16(RAMP // 300), {341: 218}, [0, 4, 117, 255]),
    "by the older tags": (np.uint16(RAMP // 300), {280: 100, 281: 218}, [0, 0, 0, 255]),
    "signed 16 bits, as 32": (np.int32(RAMP // 2), {}, "which would be black"),
    "signed 32 bits of all": (np.int32(RAMP) * 32768, {}, [0, 4, 117, 255]),
    "signed 32 bits that state it": (np.int32(RAMP), {341: 65535}, [0, 4, 117, 255]),
    "negative": (np.int32(RAMP) - 7, {}, "go down to -7, and it does not state their range"),
    "floats to 1": (np.float32(RAMP / 65535), {}, [0, 4, 117, 255]),
    "floats to 255": (np.float32(RAMP / 257), {}, [0, 4, 117, 255]),
    "floats to 65535": (np.float32(RAMP), {}, [0, 4, 117, 255]),
    "floats that state it": (
        np.float32(RAMP / 65535) - 3,
        {340: -3.0, 341: -2.0},
        [0, 4, 117, 255],
    ),
    "floats beyond 1": (np.float32(RAMP / 65535 * 1.7), {}, "which would be black"),
    "floats beyond all": (np.float32(RAMP * 9), {}, "does not state their range"),
    "floats below 0": (np.float32(RAMP / 65535 - 0.1), {}, "does not state their range"),
    "no numbers": (np.float32([[0, np.nan, 1, np.inf]]), {}, "pixels that are not numbers"),
}


@pytest.mark.parametrize("kind", DEEP)
def test_deep_pixels_are_those_of_the_range_that_the_file_states(tmp_path, kind):
    values, tags, expected = DEEP[kind]
    Image.fromarray(values).save(tmp_path / "deep.tif", tiffinfo=tags)
    if isinstance(expected, str):
        with pytest.raises(ValueError, match=f"deep.tif: .*{expected}"):
            read_image(tmp_path / "deep.tif")
        return
    found = np.asarray(read_image(tmp_path / "deep.tif"))
    np.testing.assert_array_equal(found[0], [[level] * 3 for level in expected])


def tiff(bits, data, width, white_is_zero=False, sample_format=1):
    """Builds a TIFF of one row of greys, of kinds that Pillow reads and does not write."""
    entries = {256: (4, width), 257: (4, 1), 258: (3, bits), 259: (3, 1)}
    entries |= {262: (3, int(not white_is_zero)), 273: (4, 200), 277: (3, 1), 278: (4, 1)}
    entries |= {279: (4, len(data)), 339: (3, sample_format)}
    directory = struct.pack("<H", len(entries))
    for tag, (kind, value) in entries.items():
        directory += struct.pack("<HHII", tag, kind, 1, value)
    return (b"II*\0" + struct.pack("<I", 8) + directory).ljust(200, b"\0") + data


TIFFS = {
    "12 bits": (12, bytes([0x00, 0x03, 0xE8, 0x75, 0x3F, 0xFF]), 4, [0, 62, 117, 255]),
    "unsigned 32 bits": (32, struct.pack("<4I", 0, 2**30, 2**31, 2**32 - 1), 4, [0, 64, 128, 255]),
    "white is zero": (16, struct.pack("<4H", 0, 1000, 30000, 65535), 4, [255, 251, 138, 0]),
}


@pytest.mark.parametrize("kind", TIFFS)
def test_rare_tiffs_are_neither_black_nor_white(tmp_path, kind):
    bits, data, width, levels = TIFFS[kind]
    path = tmp_path / "rare.tif"
    path.write_bytes(tiff(bits, data, width, kind == "white is zero"))
    np.testing.assert_array_equal(np.asarray(read_image(path))[0, :, 0], levels)


def test_images_of_no_file_have_the_range_that_holds_them():
    grey = Image.linear_gradient("L")
    for mode in ("I", "F", "I;16"):
        if mode == "I;16":
            deep = Image.fromarray(np.asarray(grey, "uint16") * 257)
        else:
            deep = grey.convert(mode)  # whose levels stay 0 to 255
        np.testing.assert_array_equal(to_rgb(deep).getchannel("R"), grey)
    with pytest.raises(ValueError, match="reach 65536, and it does not state their range"):
        to_rgb(Image.fromarray(np.int32([[0, 65536]])))


def test_colours_of_16_bits_that_are_nearly_black_are_refused(tmp_path):
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0))]
    for top in (200, 65535):
        import zlib

        row = b"\0" + struct.pack(">6H", *([top] * 6))
        content = b"\x89PNG\r\n\x1a\n"
        for name, data in [*chunks, (b"IDAT", zlib.compress(row)), (b"IEND", b"")]:
            body = name + data
            content += struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
        (tmp_path / f"{top}.png").write_bytes(content)
    assert read_image(tmp_path / "65535.png").getpixel((0, 0)) == (255, 255, 255)
    assert read_image(tmp_path / "200.png").getpixel((0, 0)) == (0, 0, 0)


def test_an_image_without_pixels_is_refused():
    with pytest.raises(ValueError, match="0 x 5 pixels has nothing to paint"):
        to_rgb(Image.new("RGB", (0, 5)))


B = ExifTags.Base
ABOUT = {B.Artist: "A. Person", B.Copyright: "mine", B.Model: "Camera", B.Orientation: 6}
TAKEN = {B.DateTimeOriginal: "2026:11:26 12:00:00", B.ExposureTime: 0.004, B.MakerNote: b"secret"}
TAKEN |= {B.ExifImageWidth: 8, B.UserComment: b"ASCII\0\0\0hello"}
PLACE = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)}
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6">
<dc:title>Sea</dc:title><xmp:Thumbnails><rdf:Alt>abc</rdf:Alt></xmp:Thumbnails>
</rdf:Description></x:xmpmeta>"""


def described(**options):
    """Gives the bytes of EXIF with a thumbnail."""
    exif = Image.Exif()
    exif.update(ABOUT)
    exif[ExifTags.IFD.Exif] = TAKEN
    exif[ExifTags.IFD.GPSInfo] = PLACE
    return exif.tobytes()


def with_metadata(path):
    """Saves a photograph that says all there is to say."""
    image = Image.new("RGB", (8, 4), "teal")
    options = {"exif": described(), "dpi": (300, 300), "xmp": XMP}
    if path.suffix == ".png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode())
        options["pnginfo"] = text
    if path.suffix == ".tif":
        exif = Image.Exif()
        exif.load(options["exif"])
        exif[700] = options.pop("xmp")
        options["exif"] = exif
    image.save(path, **options)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif", ".heic"])
def test_what_a_photograph_says_is_kept(tmp_path, suffix):
    with_metadata(tmp_path / f"in{suffix}" if suffix != ".heic" else tmp_path / "in.jpg")
    image = read_image(tmp_path / f"in{suffix}" if suffix != ".heic" else tmp_path / "in.jpg")
    assert image.size == (4, 8)  # turned upright
    write_image(painted(image, lambda pixels: 1 - pixels), tmp_path / f"out{suffix}")
    with Image.open(tmp_path / f"out{suffix}") as found:
        exif = found.getexif()
        assert (exif[B.Artist], exif[B.Copyright], exif[B.Model]) == ("A. Person", "mine", "Camera")
        assert exif.get(B.Orientation, 1) == 1
        taken, place = (exif.get_ifd(each) for each in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo))
        assert taken[B.DateTimeOriginal] == TAKEN[B.DateTimeOriginal]
        assert taken[B.UserComment] == TAKEN[B.UserComment] and taken[B.ColorSpace] == 1
        assert float(taken[B.ExposureTime]) == pytest.approx(0.004)
        assert B.MakerNote not in taken and B.ExifImageWidth not in taken
        assert place[1] == "N" and [float(x) for x in place[2]] == pytest.approx(list(PLACE[2]))
        assert not exif.get_ifd(ExifTags.IFD.IFD1)
        xmp = found.info["xmp"]
        assert b"Sea" in xmp and b'Orientation="6"' not in xmp and b"Thumbnails" not in xmp
        if suffix in (".jpg", ".png", ".tif"):
            assert found.info["dpi"] == pytest.approx((300, 300), abs=0.02)
        assert found.size == (4, 8)
    write_image(without_metadata(image), tmp_path / f"bare{suffix}")
    with Image.open(tmp_path / f"bare{suffix}") as found:
        tags = set(found.getexif()) - {B.Orientation}
        assert "xmp" not in found.info and not tags & set(ABOUT)
        assert not found.getexif().get_ifd(ExifTags.IFD.GPSInfo)


def test_a_thumbnail_is_removed(tmp_path):
    # The main directory of one tag, and after it a second one, which is the thumbnail's.
    small = b"\xff\xd8 a small photograph \xff\xd9"
    first = struct.pack("<HHHII", 1, B.Orientation, 3, 1, 3) + struct.pack("<I", 26)
    second = struct.pack("<H", 2) + struct.pack("<HHII", 513, 4, 1, 56)
    second += struct.pack("<HHII", 514, 4, 1, len(small)) + bytes(4)
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + second + small
    Image.new("RGB", (8, 4)).save(tmp_path / "in.jpg", exif=exif)
    with Image.open(tmp_path / "in.jpg") as image:
        assert image.getexif().get_ifd(ExifTags.IFD.IFD1)
    write_image(read_image(tmp_path / "in.jpg"), tmp_path / "out.jpg")
    assert b"a small photograph" not in (tmp_path / "out.jpg").read_bytes()


def test_long_metadata_is_no_reason_to_refuse(tmp_path):
    image = Image.new("RGB", (4, 4))
    image.info.update(xmp=b"x" * 70000, exif=described() + bytes(70000), dpi=(72, 72))
    write_image(image, tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as found:
        assert found.info["dpi"] == (72, 72) and "xmp" not in found.info


MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I;16")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(MODES),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 9),
    st.sampled_from([None, b"", b"no profile", *(profile(*gamut) for gamut in GAMUTS.values())]),
    st.integers(0, 2**32 - 1),
)
def test_any_image_becomes_upright_srgb(mode, width, height, orientation, icc, seed):
    rng = np.random.default_rng(seed)
    if mode == "I;16":
        image = Image.fromarray(rng.integers(0, 65536, (height, width), dtype="uint16"))
        image.putpixel((0, 0), 65535)
    else:
        bands = len(Image.new(mode, (1, 1)).getbands())
        data = rng.integers(0, 256, height * width * bands, dtype="uint8").tobytes()
        size = (width, height)
        if mode == "1":
            image = Image.frombytes("L", size, data).convert("1")
        elif mode in ("P", "PA"):
            image = Image.frombytes("L", size, data[: width * height]).convert("P").convert(mode)
        else:
            image = Image.frombytes(mode, size, data)
    image.getexif()[B.Orientation] = orientation
    if icc is not None:
        image.info["icc_profile"] = icc
    found = to_rgb(image)
    turned = orientation in (5, 6, 7, 8)
    assert found.size == ((height, width) if turned else (width, height))
    assert found.mode == ("RGBA" if image.has_transparency_data else "RGB")
    if found.mode == "RGBA" and mode != "PA":
        upright = ImageOps.exif_transpose(image)
        np.testing.assert_array_equal(found.getchannel("A"), upright.getchannel("A"))
    picture = painted(found, lambda pixels: 1 - pixels)
    assert picture.size == found.size and picture.mode == found.mode


@pytest.mark.parametrize("mask", ["path", "image", "uint8", "float"])
def test_a_mask_leaves_the_photograph_where_it_is_black(rng, tmp_path, mask):
    photographs = rng.integers(0, 256, (1, 12, 10, 3)).astype("float32") / 255
    values = np.zeros((12, 10), "uint8")
    values[:, 4:] = 255
    values[6:, 4:] = 51
    given = {
        "path": tmp_path / "mask.png",
        "image": Image.fromarray(values),
        "uint8": values,
        "float": values / 255,
    }[mask]
    Image.fromarray(values).save(tmp_path / "mask.png")
    seen = []

    def paint(pixels, _):
        seen.append(pixels)
        return 1 - pixels

    picture = Look(mask=given).apply(paint, photographs)
    np.testing.assert_array_equal(seen[0], photographs)  # all of it
    np.testing.assert_array_equal(picture[:, :, :4], photographs[:, :, :4])
    np.testing.assert_allclose(picture[:, :6, 4:], 1 - photographs[:, :6, 4:], atol=1e-6)
    grey = 0.8 * photographs[:, 6:, 4:] + 0.2 * (1 - photographs[:, 6:, 4:])
    np.testing.assert_allclose(picture[:, 6:, 4:], grey, atol=1e-6)
    # Two styles in one picture are two calls.
    both = Look(mask=255 - values).apply(lambda x, _: x * 0, picture)
    np.testing.assert_array_equal(both[:, :, :4], 0)
    np.testing.assert_allclose(both[:, :6, 4:], picture[:, :6, 4:], atol=1e-6)


def test_a_mask_is_scaled_and_transparent_means_black():
    mask = Image.new("RGBA", (2, 2), "white")
    mask.putpixel((0, 0), (255, 255, 255, 0))
    mask.putpixel((0, 1), (255, 255, 255, 0))
    picture = Look(mask=mask).apply(lambda x, _: x + 1, np.zeros((1, 8, 8, 3), "float32"))
    assert picture[0, :, 0].max() == 0 and picture[0, :, -1].min() == 1


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((4, 4, 3)), r"array \[height, width\].*Received: float64 \[4, 4, 3\]"),
        (np.full((4, 4), 2.0), "divide by 255"),
        (np.full((4, 4), np.nan), r"in \[0, 1\]"),
        (np.zeros((4, 4), "int32"), "Received: int32"),
        ("nowhere.png", "nowhere.png: there is no such file"),
    ],
)
def test_other_masks_are_refused(mask, message):
    with pytest.raises(ValueError, match=message):
        Look(mask=mask)


@pytest.mark.parametrize("stroke", [0.5, 2, 4])
def test_strokes_are_painted_at_another_scale(rng, stroke):
    photographs = rng.random((2, 16, 24, 3), "float32")
    sizes = []

    def stripes(pixels, _):
        sizes.append(pixels.shape[1:3])
        picture = np.zeros_like(pixels)
        picture[:, :, ::2] = 1  # strokes of one pixel
        return picture

    picture = Look(stroke=stroke).apply(stripes, photographs)
    assert sizes == [(16 / stroke, 24 / stroke)] and picture.shape == photographs.shape
    if stroke > 1:  # a stripe is as many pixels wide
        changes = np.abs(np.diff(np.rint(picture[0, 8, :, 0]))).sum()
        assert changes == 24 / stroke - 1


@pytest.mark.parametrize("stroke", [0, 0.1, 9, np.nan])
def test_strokes_out_of_range_are_refused(stroke):
    with pytest.raises(ValueError, match=r"stroke must be in \[0.25, 8\]"):
        Look(stroke=stroke)


def test_a_stroke_of_a_single_pixel_paints_a_pixel():
    picture = Look(stroke=8).apply(lambda x, _: 1 - x, np.zeros((1, 1, 3, 3), "float32"))
    np.testing.assert_array_equal(picture, np.ones((1, 1, 3, 3)))


def test_a_painter_is_safe_in_threads(rng):
    painter = Painter(TINY, threads=1)
    photographs = [rng.random((8 + 4 * n, 20, 3), "float32") for n in range(8)]
    expected = [painter.stylize(photograph) for photograph in photographs]
    wrong = []

    def work(number):
        for _ in range(20):
            found = painter.stylize(photographs[number])
            if not np.array_equal(found, expected[number]):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_named_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "fifo.png")
    with pytest.raises(ValueError, match=r"fifo\.png: It is not a regular file"):
        read_image(tmp_path / "fifo.png")


def test_an_animated_image_is_not_painted_as_its_first_frame(rng, tmp_path):
    first, second = smooth(rng), smooth(rng)
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    with Image.open(tmp_path / "a.gif") as image:
        with pytest.raises(ValueError, match=r"2 frames.*tfstyle\.media\.animation.*image\.copy"):
            still_of(image)
        np.testing.assert_array_equal(still_of(image.copy()), image.convert("RGB"))
        image.seek(1)  # chosen by hand
        assert (
            mean_difference(still_of(image), second) < mean_difference(still_of(image), first) / 4
        )


@pytest.mark.parametrize("name", ["https://example.org/a.jpg", ""])
def test_addresses_and_empty_names_are_no_files(name):
    with pytest.raises(
        ValueError, match=r"Addresses are not read: download it first|image file is empty"
    ):
        read_image(name)
