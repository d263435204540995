import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tfstyle as package
from tfstyle import Recipe, load
from tfstyle.commands.bar import time_left
from tfstyle.commands.main import main
from tfstyle.commands.terminal import command_line, complete_style
from tfstyle.images.files import find_images, read_image
from tfstyle.styles.card import read_card, write_card
from tfstyle.styles.folder import find_style, find_trunk, list_styles
from tfstyle.styles.recipe import save_recipes
from tfstyle.styles.trunk import Trunk, build_trunk, load_trunk
from tfstyle.training.begun import setting_of
from tfstyle.training.progress import NonFiniteLossError
from tfstyle.training.report import Report
from tfstyle.training.session import two_of

# Runs the command in an interpreter of its own, in which it must not load a backend.
WITHOUT_KERAS = """
import sys
from tfstyle.commands.bar import time_left
from tfstyle.commands.main import main
try:
    main()
finally:
    assert not {"keras", "tensorflow", "jax", "torch"} & set(sys.modules)
"""

# The same for many commands, in forks of one interpreter: most of a command's time is its imports.
FORKS = """
import json, os, sys
import tfstyle.commands.main
for line in sys.stdin:
    code, words, folder, variables, files = json.loads(line)
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    for number, path in enumerate(files, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["tfstyle", *words]
    exec(code)
"""


@pytest.fixture
def tfstyle(monkeypatch, capsys):
    """The command as a function: of its arguments, to its exit code, output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tfstyle", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        output, complaints = capsys.readouterr()
        run.complaints = complaints
        # The progress goes to the same stream.
        errors = [line for line in complaints.splitlines() if line.startswith("Error: ")]
        return stopped.value.code, output, errors

    return run


@pytest.fixture(scope="module")
def forks(tmp_path_factory):
    """A function of arguments, to the result of the command in a fork."""
    if not hasattr(os, "fork"):
        yield lambda *arguments: subprocess.run(
            [sys.executable, "-c", WITHOUT_KERAS, *arguments], capture_output=True, text=True
        )
        return
    files = [tmp_path_factory.mktemp("forks") / name for name in ("output", "errors")]
    command = [sys.executable, "-c", FORKS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:

        def fork(*arguments):
            given = (WITHOUT_KERAS, arguments, os.getcwd(), dict(os.environ), [*map(str, files)])  # noqa: PTH109
            run.stdin.write(json.dumps(given) + "\n")
            run.stdin.flush()
            code = int(run.stdout.readline())
            return subprocess.CompletedProcess(arguments, code, *(f.read_text() for f in files))

        yield fork
        run.stdin.close()


@pytest.fixture
def tfstyle_without_keras(forks):
    return lambda *arguments: forks(*map(str, arguments))


@pytest.fixture
def unsaved(monkeypatch):
    """Leaves out the saving of styles, which takes seconds."""
    monkeypatch.setattr("tfstyle.styles.style.Style.save", lambda style, *arguments: style)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_pictures_of_files_folders_and_patterns_keep_their_names(
    tfstyle, mine, photographs, tmp_path
):
    (tmp_path / "folder").mkdir()
    files = ("single.webp", "single.gif", "brackets [1].tif", "folder/in.PNG", "folder/notes.txt")
    given = [tmp_path / name for name in files]
    for path in given[:4]:
        Image.new("RGB", (9, 7), "teal").save(path)
    given[4].write_text("No image.")
    given = (*given[:3], tmp_path / "folder", photographs / "[01].*")
    code, output, errors = tfstyle("stylize", *given, "--style", mine, "-o", tmp_path / "out")
    assert (code, errors) == (0, [])
    assert output == f"6 of 6 written to {tmp_path / 'out'}.\n"
    expected = ["0.jpg", "1.jpg", "brackets [1].tif", "in.PNG", "single.gif", "single.webp"]
    assert names(tmp_path / "out") == expected
    for name, size in zip(expected, [(40, 56), (48, 40), *[(9, 7)] * 4], strict=True):
        with Image.open(tmp_path / "out" / name) as picture:
            assert picture.size == size


def test_one_photograph_can_go_to_a_file(tfstyle, mine, photographs, tmp_path):
    target = tmp_path / "new" / "picture.png"
    painter = load(mine, precision="auto", engine="auto")
    assert tfstyle("stylize", photographs / "3.jpg", "-s", mine, "-o", target)[0] == 0
    with Image.open(target) as picture:
        np.testing.assert_array_equal(picture, painter.stylize(photographs / "3.jpg"))
    look = ("--strength", 0.6, "--keep-colors")
    options = ("--grain", 0.05, "--seed", 2, *look, "--force")
    assert tfstyle("stylize", photographs / "3.jpg", "-s", mine, "-o", target, *options)[0] == 0
    with Image.open(target) as picture:
        given = {"seed": 2, "grain": 0.05, "strength": 0.6, "keep_colors": True}
        expected = painter.stylize(photographs / "3.jpg", **given)
        np.testing.assert_array_equal(picture, expected)


def test_larger_photographs_are_scaled_down(tfstyle, mine, photographs, tmp_path):
    code, *_ = tfstyle(
        *("stylize", photographs / "0.jpg", "-s", mine, "-o", tmp_path / "out.png"),
        *("--max-side", 28),
    )
    with Image.open(tmp_path / "out.png") as picture:
        assert (code, picture.size) == (0, (20, 28))


def test_photographs_are_never_overwritten(tfstyle, mine, photographs, tmp_path):
    shutil.copy(photographs / "0.jpg", tmp_path)
    photograph = tmp_path / "0.jpg"
    before = photograph.read_bytes()
    code, _, errors = tfstyle("stylize", photograph, "-s", mine, "-o", tmp_path, "--force")
    assert code == 1 and "is the photograph itself" in errors[0]
    assert photograph.read_bytes() == before


def test_pictures_are_overwritten_by_force_alone(tfstyle, mine, photographs, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "2.jpg").write_bytes(b"old")
    arguments = ("stylize", photographs, "-s", mine, "-o", out)
    code, output, errors = tfstyle(*arguments)
    assert (code, output) == (1, f"7 of 8 written to {out}.\n")
    assert errors == [f"Error: {out / '2.jpg'} exists already. Use --force to overwrite it."]
    assert names(out) == names(photographs) and (out / "2.jpg").read_bytes() == b"old"

    code, output, errors = tfstyle(*arguments, "--force")
    assert (code, output, errors) == (0, f"8 of 8 written to {out}.\n", [])
    assert (out / "2.jpg").stat().st_size > 100


def test_a_bad_photograph_does_not_hinder_the_others(tfstyle, mine, photographs, tmp_path):
    given = tmp_path / "given"
    shutil.copytree(photographs, given)
    (given / "2.jpg").write_bytes((given / "2.jpg").read_bytes()[:300])
    (given / "5.jpg").write_text("Not a photograph.")
    missing = tmp_path / "missing.jpg"
    code, output, errors = tfstyle("stylize", given, missing, "-s", mine, "-o", tmp_path / "out")
    assert (code, output) == (1, f"6 of 9 written to {tmp_path / 'out'}.\n")
    bad = (given / "2.jpg", given / "5.jpg", missing)
    assert len(errors) == 3 and all(any(str(path) in e for e in errors) for path in bad)
    assert names(tmp_path / "out") == [f"{number}.jpg" for number in (0, 1, 3, 4, 6, 7)]


def test_images_of_other_kinds_in_a_folder_are_named(tfstyle, mine, photographs, tmp_path):
    given = tmp_path / "given"
    shutil.copytree(photographs, given)
    for name in ("a.SVG", "b.SVG", "c.dng", "notes.txt"):
        (given / name).touch()
    assert tfstyle("stylize", given, "-s", mine, "-o", tmp_path / "out")[0] == 0
    assert f"{given}: 2 .SVG left out. Save as JPEG or PNG." in tfstyle.complaints
    assert "txt" not in tfstyle.complaints


def test_a_picture_that_cannot_be_written_is_reported(tfstyle, mine, photographs, tmp_path):
    # An encoder's own errors name no file.
    Image.new("RGB", (17000, 4)).save(tmp_path / "wide.png")
    target = tmp_path / "wide.webp"
    code, _, errors = tfstyle("stylize", tmp_path / "wide.png", "-s", mine, "-o", target)
    assert code == 1 and errors[0].startswith(f"Error: {target}: ")


def test_a_mistyped_style_offers_the_nearest(tfstyle, mine, photographs, monkeypatch):
    monkeypatch.setattr("tfstyle.styles.folder._zoo", lambda: mine.parent)
    code, _, errors = tfstyle("stylize", photographs, "--style", "mien")
    assert (code, len(errors)) == (2, 1)
    assert "There is no style 'mien'" in errors[0] and "Did you mean mine?" in errors[0]


def test_the_installed_command(mine, tmp_path):
    command = shutil.which("tfstyle", path=str(Path(sys.executable).parent))
    exif = Image.Exif()
    exif[282] = 72.0
    # Pillow reads a photograph of broken EXIF with a warning, which nobody needs to see.
    Image.new("RGB", (9, 7)).save(tmp_path / "flawed.jpg", exif=exif.tobytes()[:-14])
    (tmp_path / "bad.jpg").touch()
    result = subprocess.run(
        [command, "stylize", "bad.jpg", "flawed.jpg", "-s", mine],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (result.returncode, result.stdout) == (1, "1 of 2 written to stylized.\n")
    assert "Error: bad.jpg is not an image" in result.stderr
    assert "Traceback" not in result.stderr and "EXIF" not in result.stderr
    assert names(tmp_path / "stylized") == ["flawed.jpg"]


# Of these files and folders, made below, each mistake is about some.
MISTAKES = {
    "stylize photo.jpg -s nowhere": "There is no style 'nowhere'",
    "stylize photo.jpg -s empty": "empty is not a style",
    "stylize photo.jpg -s mine -g pyramid": "mine has no generator 'pyramid'. It has johnson.",
    "stylize *.png -s mine": "No image matches *.png.",
    "stylize photo.jpg -s mine --mask no.png": "no.png: there is no such file",
    "stylize https://example.org/a.jpg -s mine": "addresses are not read. Download it first.",
    "stylize empty -s mine": "empty holds no images",
    "stylize clip.mp4": "clip.mp4 is a video. Paint it with: tfstyle video clip.mp4 -o OUTPUT",
    "stylize photo.jpg - -s mine": "- is one photograph. Received: 2",
    "stylize photo.jpg more -s mine -o out.png": "out.png is one file for 2 photographs",
    "stylize photo.jpg -s mine -o out.psd": "out.psd: cannot write images of this kind. Use .jpg",
    "stylize photo.jpg more -s mine -o out.v2": "out.v2: cannot write images of this kind",
    "stylize photo.jpg -s trunk": "trunk is a trunk, which paints many styles",
    "stylize photo.jpg -s mosaic:1,scream:2 -g pyramid": "painted by johnson, not by pyramid",
    "stylize photo.jpg -s mosaic:.6,scream:1,mosaic:.4": "names mosaic twice",
    "stylize photo.jpg -s mosaic:1.2.3": "its part 'mosaic:1.2.3' is not NAME:WEIGHT",
    "stylize photo.jpg -s mosaic:1,scream": "its part 'scream' is not NAME:WEIGHT",
    "stylize photo.jpg -s mosaic:1,": "its part '' is not NAME:WEIGHT",
    r"stylize photo.jpg -s C:\nowhere": "There is no folder",
    "list nowhere": "nowhere is not a folder",
    "evaluate nowhere --content more": "There is no style 'nowhere'",
    "evaluate mine --content empty": "empty holds no images",
    "train photo.jpg --content empty -o new": "empty holds no images",
    "train photo.jpg --content nowhere -o new": "nowhere is not a folder",
    "train nowhere.jpg --content more -o new": "nowhere.jpg: there is no such painting",
    "train nowhere.toml --content more -o new": "nowhere.toml: there is no such recipe",
    "train mistyped.toml --content more -o new": "no key 'stepps'. Did you mean 'steps'",
    "train unpainted.toml --content more -o new": "nowhere.jpg: there is no such painting",
    "train photo.jpg --content empty --preview photo.jpg": "empty holds no images",
    "train photo.jpg --content more --from nowhere": "There is no style 'nowhere'",
    "train photo.jpg --content more --preview no.jpg": "no.jpg: there is no such file",
    "train photo.jpg --content more --preview mistyped.toml": "mistyped.toml is not an image",
    "train photo.jpg --content more -g pyramid --from trunk": "Only johnson can start from a trunk",
    "train black.jpg --content more -o painted -g pyramid": "painted holds a style of another",
    "trunk trunk.toml --content more -o more": "more holds other files, and a trunk takes",
    "export mosaic --format saved_model --size 384 --seed 0": "--size, --seed: only for --format",
    "train photo.jpg --content more --vgg no.h5": "no.h5: there is no such file of VGG19's",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_mistakes_are_one_line_before_keras_is_loaded(
    tfstyle_without_keras, tmp_path, monkeypatch, line
):
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "more", "mine/johnson"):
        Path(folder).mkdir(parents=True)
    for photograph in ("photo.jpg", "more/photo.jpg"):
        Image.new("RGB", (8, 8)).save(photograph)
    Path("mine/johnson/card.json").write_text("{}")
    Path("mine/johnson/recipe.toml").write_text('painting = "../painting.jpg"')
    shutil.copytree("mine", "painted")
    for painting, colour in (("painted/painting.jpg", "white"), ("black.jpg", "black")):
        Image.new("RGB", (8, 8), colour).save(painting)
    Path("trunk.toml").write_text('[paintings.one]\npainting = "photo.jpg"')
    Path("mistyped.toml").write_text('painting = "photo.jpg"\nstepps = 3')
    Path("clip.mp4").touch()
    Path("unpainted.toml").write_text('painting = "nowhere.jpg"')
    before = names(tmp_path)
    result = tfstyle_without_keras(*line.split())
    assert (result.returncode, result.stdout) == (2, "")
    (error,) = result.stderr.splitlines()
    assert error.startswith("Error: ") and MISTAKES[line] in error
    assert names(tmp_path) == before


HELP = {
    "": ["Usage: ", "--version"],
    "stylize": ["[default: mosaic]"],
    "list": ["Usage: "],
    "show": ["Usage: "],
    "train": [
        "(trunk)",
        "(10)",
        "(512)",
        "johnson|pyramid|mobile",
        "all|normalization",
        "mixed_float16",
    ],
    "trunk": ["[default: auto]", "GPUs or TPUs", "[default: 1]"],
    "evaluate": ["[default: 100]"],
    "export": ["(float32)", "[default: tflite]"],
    "web": ["Usage: "],
}


@pytest.mark.parametrize("command", HELP)
def test_help_names_defaults_and_needs_no_keras(tfstyle_without_keras, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    result = tfstyle_without_keras(*command.split(), "--help")
    assert result.returncode == 0 and all(word in result.stdout for word in HELP[command])


def test_the_version_is_that_of_the_package(tfstyle_without_keras):
    result = tfstyle_without_keras("--version")
    assert (result.returncode, result.stdout) == (0, f"{metadata.version('tfstyle')}\n")
    assert package.__version__ == metadata.version("tfstyle")


def test_a_command_is_shown_without_folders(tmp_path):
    (tmp_path / "there").mkdir()
    blend = "mosaic:0.5,kiss:0.5" * 20  # too long for a file's name
    words = ["train", f"{tmp_path}/there", f"--output={tmp_path}/new", "a/b", ".", "", blend]
    assert command_line(["tool"], words) == f"tool train there --output=new a/b . '' {blend}"


def test_no_error_stream_is_no_error(mine, photographs, tmp_path):
    line = 'exec "$@" 2>&-'
    command = ["-m", "tfstyle", "stylize", photographs / "0.jpg", "-s", mine, "-o", tmp_path / "a"]
    subprocess.run(["sh", "-c", line, "sh", sys.executable, *command], check=True)
    assert names(tmp_path / "a") == ["0.jpg"]


def test_the_package_is_the_command():
    command = [sys.executable, "-m", "tfstyle", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "stylize" in result.stdout


def test_styles_are_listed_without_keras(tfstyle_without_keras, mine, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    result = tfstyle_without_keras("list", mine.parent)
    card = read_card(mine / "johnson")
    assert result.returncode == 0
    _, row = result.stdout.splitlines()
    assert row.split() == ["mine", "Stripes", "[/study],", "A.", "Painter", "johnson"]
    result = tfstyle_without_keras("show", mine)
    assert result.returncode == 0
    facts = ("Stripes [/study]", "A. Painter", f"{card['parameters']:,}", str(mine), "painting.png")
    assert all(fact in result.stdout for fact in facts)


def test_the_zoo_is_listed_in_80_columns_one_line_a_style(tfstyle, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, output, errors = tfstyle("list")
    assert (code, errors) == (0, [])
    _, *rows = output.splitlines()
    assert [row.split()[0] for row in rows] == list(list_styles())
    assert max(map(len, rows)) <= 80
    for row, generators in zip(rows, list_styles().values(), strict=True):
        assert row.rstrip().endswith(f"  {', '.join(generators)}")


def test_a_style_and_the_trunk_are_shown(tfstyle):
    code, output, errors = tfstyle("show", "mosaic")
    assert (code, errors) == (0, [])
    folder = find_style("mosaic").parent
    card = read_card(folder / "pyramid")
    for word in ("pyramid", "CC0 1.0", f"{card['parameters']:,}", "higher is better"):
        assert word in output
    assert str(folder / "painting.jpg") in output.replace("\n", "").replace(" ", "")
    output = tfstyle("show", "trunk")[1]
    assert all(name in output for name in load_trunk().recipes)
    assert tfstyle("show", "mosiac")[0] == 2


def test_names_of_styles_are_completed():
    assert complete_style("gr") == ["grande_jatte", "great_wave"]
    assert complete_style("mosaic:1,star") == ["mosaic:1,starry_night"]
    variables = {"_TFSTYLE_COMPLETE": "complete_bash", "COMP_CWORD": "4"}
    variables["COMP_WORDS"] = "tfstyle stylize photo.jpg --style star"
    code = f"import sys; sys.argv = ['tfstyle']; {WITHOUT_KERAS}"
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
    )
    assert result.stdout.split() == ["starry_night"]


def test_quiet_leaves_out_all_but_errors(tfstyle, mine, photographs, tmp_path):
    arguments = ("stylize", photographs / "0.jpg", "-s", mine, "-o", tmp_path / "out", "--quiet")
    assert tfstyle(*arguments) == (0, "", []) and tfstyle.complaints == ""
    code, output, errors = tfstyle(*arguments)
    assert (code, output, len(errors)) == (1, "", 1) and "exists already" in errors[0]


def test_a_picture_that_exists_is_refused_before_keras_is_loaded(
    tfstyle_without_keras, mine, photographs, tmp_path
):
    (tmp_path / "0.jpg").touch()
    result = tfstyle_without_keras("stylize", photographs / "0.jpg", "-s", mine, "-o", tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line == f"Error: {tmp_path / '0.jpg'} exists already. Use --force to overwrite it."


def test_of_one_name_the_folders_own_style_is_listed(tfstyle, mine, tmp_path, monkeypatch):
    mine.rename(tmp_path / "mosaic")
    monkeypatch.chdir(tmp_path)
    (row,) = json.loads(tfstyle("list", "--json", ".")[1])
    assert (row["name"], row["parameters"]) == (
        "mosaic",
        read_card(tmp_path / "mosaic/johnson")["parameters"],
    )


def test_photographs_that_cannot_be_read_are_not_shown(photographs, tmp_path):
    shutil.copytree(photographs, tmp_path / "more")
    (tmp_path / "more" / "0.jpg").write_text("no photograph")
    with pytest.warns(UserWarning, match=r"Left out: .*0.jpg"):
        assert [path.name for path in two_of(find_images(tmp_path / "more"))] == ["4.jpg", "1.jpg"]


def test_styles_are_listed_for_programs(tfstyle, mine):
    code, output, errors = tfstyle("list", "--json", mine.parent)
    card = read_card(mine / "johnson")
    expected = {
        "name": "mine",
        "generator": "johnson",
        "title": "Stripes [/study]",
        "artist": "A. Painter",
        "rights": "public domain",
        "parameters": card["parameters"],
        "bytes": card["bytes"],
    }
    assert (code, json.loads(output), errors) == (0, [expected], [])


def test_training_gets_recipe_and_options(
    tfstyle, style, painting, photographs, tmp_path, monkeypatch
):
    given = []

    def train(recipe, *arguments):
        given.extend((recipe, *arguments))
        return style

    monkeypatch.setattr("tfstyle.training.train", train)
    options = {"steps": 7, "style_size": 96, "style_weight": 2.5, "generator": "pyramid"}
    pairs = [(f"--{name.replace('_', '-')}", value) for name, value in options.items()]
    preview, vgg = photographs / "0.jpg", tmp_path / "vgg.h5"
    vgg.touch()
    code, output, _ = tfstyle(
        *("train", painting, "--content", photographs, "-o", tmp_path / "new"),
        *(word for pair in pairs for word in pair),
        *("--precision", "mixed_bfloat16", "--vgg", vgg, "--preview", preview),
    )
    # There is no trunk of this kind; the training chooses how the layers count.
    chosen = {"style_layer_weights": (0.0,) * 4}
    recipe = Recipe(painting=str(painting), title="Stripes", **chosen, **options)
    folder = tmp_path / "new" / "training" / "pyramid"
    paths = find_images(photographs)
    assert given[:7] == [recipe, paths, folder, str(vgg), "mixed_bfloat16", [preview], []]
    minutes, _report, devices = given[7:]
    assert minutes is None and devices == 1
    assert code == 0 and f"--style {tmp_path / 'new'}" in output
    card = read_card(tmp_path / "new" / "johnson")
    # The card is shown to others: it names files, but not where they lay.
    assert card["command"].startswith(f"tfstyle train Stripes.png --content {photographs.name} ")
    assert (tmp_path / "new" / "johnson" / "preview.jpg").exists()


def test_options_overrule_a_recipe(
    tfstyle, style, unsaved, recipe, photographs, tmp_path, monkeypatch
):
    given = []
    monkeypatch.setattr("tfstyle.training.train", lambda *all: given.append(all[0]) or style)
    recipe.save(tmp_path / "recipe.toml")
    arguments = ("train", tmp_path / "recipe.toml", "--content", photographs, "--steps", 9)
    assert tfstyle(*arguments, "-o", tmp_path / "new")[0] == 0
    (found,) = given
    assert Path(found.painting).samefile(recipe.painting)
    assert found.replace(painting="") == recipe.replace(painting="", steps=9)


def begin(folder, recipe, content, precision, minutes=None):
    """Writes the checkpoint of a training that was begun, as far as commands read it."""
    setting = json.dumps(setting_of({"": recipe}, find_images(content), precision, minutes))
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "checkpoint.npz", setting=setting, asked=setting)


def test_a_painting_starts_from_the_trunk_for_ten_minutes(
    tfstyle, style, unsaved, painting, photographs, tmp_path, monkeypatch
):
    given = []
    monkeypatch.setattr("tfstyle.training.train", lambda *all: given.append(all) or style)
    monkeypatch.setattr("tfstyle.training.session.fastest_precision", lambda: "mixed_bfloat16")
    monkeypatch.chdir(tmp_path)
    command = ("train", painting, "--content", photographs)
    code, *_ = tfstyle(*command)
    assert code == 0 and "for 10 minutes on 8 photographs. 1,000 or more" in tfstyle.complaints
    recipe, folder = given[0][0], Path("Stripes/training/johnson")
    assert (recipe.start, given[0][2], given[0][4]) == ("trunk", folder, "mixed_bfloat16")
    assert given[0][5] == [photographs / "0.jpg", photographs / "4.jpg"]
    assert given[0][7] == 10
    # Begun with a time or with steps, it goes on with them.
    for steps, minutes in ((6000, 3.0), (7, None)):
        begin(folder, recipe.replace(steps=steps), photographs, "mixed_bfloat16", minutes)
        assert tfstyle(*command)[0] == 0
        assert given[-1][7] == minutes and (minutes or given[-1][0].steps == steps)

    other = ("train", painting, "--content", photographs, "-o", tmp_path / "other")
    assert tfstyle(*other, "--from", "none", "--minutes", 3, "--trainable", "normalization")[0] == 0
    found, minutes = given[-1][0], given[-1][7]
    assert (found.start, minutes, found.trainable) == ("", 3, "normalization")


def test_another_option_of_a_begun_training_gets_one_clear_answer(
    tfstyle_without_keras, painting, photographs, tmp_path, monkeypatch
):
    folder = tmp_path / "new" / "training" / "johnson"
    chosen = {"start": "trunk", "style_layer_weights": (0.0,) * 4}
    recipe = Recipe(painting=str(painting), style_weight=10.0, **chosen)
    begin(folder, recipe, photographs, "float32", 10.0)
    command = ("train", painting, "--content", photographs, "-o", tmp_path / "new")
    options = ("--precision", "float32", "--style-weight")
    for given, held in (
        ((*options, 5), "--style-weight 10"),
        ((*options, 10, "--minutes", 20), "--minutes 10"),
        ((*options, 10, "--steps", 20), "--minutes 10"),
        ((*options, 10, "--from", "none"), "--from trunk"),
    ):
        result = tfstyle_without_keras(*command, *given)
        assert result.returncode == 2 and result.stderr == (
            f"Error: {folder} holds a training with {held}. Use another --output, or --restart.\n"
        )


def test_restart_discards_what_was_begun(
    tfstyle, style, unsaved, painting, photographs, tmp_path, monkeypatch
):
    folder = tmp_path / "new" / "training" / "johnson"
    found = []

    def train(*arguments):
        found.append(sorted(path.name for path in folder.iterdir()))
        return style

    monkeypatch.setattr("tfstyle.training.train", train)
    begin(folder, Recipe(painting=str(painting), start="trunk"), photographs, "float32", 3.0)
    (folder / "previews").mkdir()
    (folder / "previews" / "000100.jpg").touch()
    command = ("train", painting, "--content", photographs, "-o", tmp_path / "new")
    assert tfstyle(*command, "--steps", 5)[0] == 2 and not found
    assert tfstyle(*command, "--steps", 5, "--restart")[0] == 0
    assert found == [[".lock"]]


def test_a_training_tells_previews_and_the_time_left(
    tfstyle, style, unsaved, painting, photographs, tmp_path, monkeypatch
):
    preview = tmp_path / "new" / "training" / "johnson" / "previews" / "000100.jpg"

    def train(*arguments):
        report = arguments[8]
        report(Report(99, 200, 59.0, 0.5, {"loss": 1234567.0, "style": 0.0}))
        report(Report(100, 200, 50.0, 0.5, {"loss": 1.2e6, "style": 0.0}))
        report(Report(100, 200, 50.0, 0.5, preview=preview))
        return style

    monkeypatch.setattr("tfstyle.training.train", train)
    command = ("train", painting, "--content", photographs, "-o", tmp_path / "new", "--steps", 200)
    assert tfstyle(*command)[0] == 0
    lines = tfstyle.complaints.splitlines()
    assert f"Preview: {preview}" in lines and not any("loss" in line for line in lines)
    assert any("done" in line for line in lines)
    left = [time_left(seconds) for seconds in (None, 59.0, 61.0, 7300.0)]
    assert left == ["measuring", "less than a minute left", "2 min left", "2 h 02 min left"]
    assert tfstyle(*command, "--verbose")[0] == 0
    assert "step 100 of 200, 0.50 s a step, loss 1.2e+06\n" in tfstyle.complaints
    assert tfstyle(*command, "--quiet")[1:] == ("", []) and tfstyle.complaints == ""


def test_a_finished_training_called_again_keeps_evaluation_and_preview(
    tfstyle, style, painting, photographs, tmp_path, monkeypatch
):
    style.card = {"training": {"steps": 1, "seconds": 2}}
    monkeypatch.setattr("tfstyle.training.train", lambda *all: style)
    command = ("train", painting, "--content", photographs, "-o", tmp_path / "new", "--steps", 1)
    preview = tmp_path / "new" / "johnson" / "preview.jpg"
    assert tfstyle(*command, "--preview", photographs / "0.jpg")[0] == 0
    card = {**read_card(preview.parent), "evaluation": {"total": 1}}
    write_card(preview.parent, card)
    assert tfstyle(*command)[0] == 0
    assert read_card(preview.parent) == card and preview.exists()
    (tmp_path / "new" / "painting.png").write_bytes(b"of the style before")  # killed just there
    assert tfstyle(*command)[0] == 0
    assert (tmp_path / "new" / "painting.png").read_bytes() == painting.read_bytes()
    write_card(preview.parent, card)
    assert tfstyle(*command, "--preview", photographs / "1.jpg")[0] == 0
    assert read_card(preview.parent)["evaluation"] == {"total": 1}
    style.card = {"training": {"steps": 2, "seconds": 4}}
    assert tfstyle(*command)[0] == 0
    assert "evaluation" not in read_card(preview.parent)


def test_a_trunk_is_trained_by_its_recipe(tfstyle, recipe, photographs, tmp_path, monkeypatch):
    recipes = {"stripes": recipe, "again": recipe.replace(style_size=32)}
    save_recipes(recipes, tmp_path / "trunk.toml")
    given = []

    def train_trunk(recipes, *arguments, report, devices):
        given.extend((recipes, *arguments))
        return Trunk(recipes, build_trunk(recipes), {"training": {}})

    monkeypatch.setattr("tfstyle.training.train_trunk", train_trunk)
    code, _output, _ = tfstyle(
        *("trunk", tmp_path / "trunk.toml", "--content", photographs, "-o", tmp_path / "new"),
        *("--precision", "float32"),
    )
    assert code == 0 and "2 paintings: stripes, again" in tfstyle.complaints
    assert given[0].keys() == recipes.keys()
    folder, previews = tmp_path / "training" / "new", [photographs / f"{n}.jpg" for n in (0, 4)]
    photographs = find_images(photographs)
    assert given[1:] == [photographs, folder, "imagenet", "float32", previews]
    assert load_trunk(tmp_path / "new").card["command"].startswith("tfstyle trunk trunk.toml")


def test_a_trunk_that_was_begun_otherwise_is_restarted(
    tfstyle, recipe, photographs, tmp_path, monkeypatch
):
    recipes = {"stripes": recipe, "again": recipe.replace(style_size=32)}
    save_recipes(recipes, tmp_path / "trunk.toml")
    folder = tmp_path / "training" / "new"
    found = []

    def train_trunk(recipes, *arguments, report, devices):
        found.append(sorted(path.name for path in folder.iterdir()))
        return Trunk(recipes, build_trunk(recipes), {"training": {}})

    monkeypatch.setattr("tfstyle.training.train_trunk", train_trunk)
    begin(folder, recipe, photographs, "float32")
    command = ("trunk", tmp_path / "trunk.toml", "--content", photographs, "-o", tmp_path / "new")
    assert tfstyle(*command, "--precision", "float32")[0] == 2 and not found
    assert "Or discard it with --restart." in tfstyle.complaints
    assert tfstyle(*command, "--precision", "float32", "--restart")[0] == 0
    assert found == [[".lock"]]


def test_a_blend_is_painted_by_the_trunk(tfstyle, style, photographs, tmp_path, monkeypatch):
    blends = []

    class Trunk:
        def bake(self, styles):
            blends.append(styles)
            return style

    monkeypatch.setattr("tfstyle.styles.trunk.load_trunk", Trunk)
    photograph = photographs / "0.jpg"
    blend = "mosaic:0.6, great-wave :.4"
    assert tfstyle("stylize", photograph, "-s", blend, "-o", tmp_path / "a.png")[0] == 0
    assert blends == [{"mosaic": 0.6, "great-wave": 0.4}]
    assert read_image(tmp_path / "a.png").size == read_image(photograph).size
    long = ",".join(f"style_number_{number}:1" for number in range(30))  # too long for a path
    assert tfstyle("stylize", photograph, "-s", long, "-o", tmp_path / "b.png")[0] == 0
    assert len(blends[1]) == 30


def test_a_folder_may_have_the_form_of_a_blend_or_of_a_file(tfstyle, mine, photographs, tmp_path):
    folder = mine.rename(tmp_path / "mosaic:1")
    (tmp_path / "out.v2").mkdir()
    arguments = ("stylize", photographs / "0.jpg", "-s", folder, "-o", tmp_path / "out.v2")
    assert tfstyle(*arguments)[0] == 0 and names(tmp_path / "out.v2") == ["0.jpg"]


@pytest.mark.parametrize("error", [NonFiniteLossError("The loss became nan."), OSError("Full.")])
def test_failures_are_one_line(tfstyle, painting, photographs, tmp_path, monkeypatch, error):
    def train(*arguments):
        raise error

    monkeypatch.setattr("tfstyle.training.train", train)
    command = ("train", painting, "--content", photographs, "-o", tmp_path / "new", "--steps", 1)
    code, _, errors = tfstyle(*command)
    assert (code, errors) == (1, [f"Error: {error}"])


def test_an_evaluation_is_shown_and_saved_on_request(tfstyle, mine, photographs, monkeypatch):
    given = []

    def evaluate(style, *arguments):
        given.append(arguments[:-1])
        return {"total": 1234.5, "lbfgs_equivalents": [3, 4]}

    monkeypatch.setattr("tfstyle.evaluation.evaluate", evaluate)
    before = read_card(mine / "johnson")
    arguments = ("evaluate", mine, "--content", photographs, "--count", 2, "--size", 64)
    code, output, errors = tfstyle(*arguments, "--iterations", 5)
    assert (code, errors) == (0, []) and "1,234.5" in output and "[3, 4]" in output
    assert given == [([photographs / "0.jpg", photographs / "1.jpg"], "imagenet", 64, 5)]
    assert read_card(mine / "johnson") == before

    assert tfstyle(*arguments, "--save")[0] == 0
    card = read_card(mine / "johnson")
    evaluation = card.pop("evaluation")
    assert card == before and evaluation["total"] == 1234.5
    assert evaluation["command"].startswith(f"tfstyle evaluate mine --content {photographs.name} ")


def test_an_export_is_run_and_compared(tfstyle, mine, tmp_path):
    path = tmp_path / "mine.tflite"
    code, output, errors = tfstyle("export", mine, "--size", "32x48", "-o", path)
    assert (code, errors) == (0, [])
    for row in ("bytes", "largest difference", "structural similarity", "milliseconds"):
        assert row in output
    assert "32x48" in output and "CONV_2D" in output and "take all of it" in output
    assert names(tmp_path) == ["mine", "mine.json", "mine.tflite"]
    code, output, errors = tfstyle("export", mine, "--format", "saved_model", "-o", tmp_path / "s")
    assert (code, errors) == (0, []) and (tmp_path / "s" / "1" / "saved_model.pb").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--size", "30"), "multiples of 4"),
        (("--size", "big"), "--size must be a number or HEIGHTxWIDTH. Received: big"),
        (("--precision", "int8", "--size", 32), "int8 is calibrated on photographs"),
        (("--calibrate", "nowhere"), "nowhere is not a folder"),
        (("--photograph", "no.jpg"), "no.jpg: there is no such file"),
    ],
)
def test_a_wrong_export_is_one_line(tfstyle, mine, tmp_path, options, message):
    code, _, errors = tfstyle("export", mine, "-o", tmp_path / "new.tflite", *options)
    assert code == 2 and len(errors) == 1 and message in errors[0]
    assert names(tmp_path) == ["mine"]


def test_what_is_no_style_and_no_place_is_told(tfstyle, mine, tmp_path):
    code, _, errors = tfstyle("export", tmp_path, "-o", tmp_path / "new.tflite")
    assert code == 2 and "is not a style" in errors[0]
    (tmp_path / "file").write_text("")
    code, _, errors = tfstyle("export", mine, "--size", 32, "-o", tmp_path / "file" / "new.tflite")
    assert code == 1 and len(errors) == 1 and names(tmp_path) == ["file", "mine"]


def test_trainings_keep_freed_memory_from_before_keras_is_loaded(
    tfstyle, painting, photographs, tmp_path, monkeypatch
):
    called = []

    def stop():
        called.append("keras")
        raise ValueError("Stopped.")

    for verb in ("train", "trunk"):
        module = f"tfstyle.commands.{verb}"
        monkeypatch.setattr(f"{module}.keep_freed_memory", lambda: called.append("memory"))
        monkeypatch.setattr(f"{module}.load_keras", stop)
    for verb, subject in (("train", painting), ("trunk", find_trunk("trunk") / "recipe.toml")):
        code, _, errors = tfstyle(verb, subject, "--content", photographs, "-o", tmp_path / "new")
        assert (code, errors) == (2, ["Error: Stopped."])
    assert called == ["memory", "keras"] * 2
