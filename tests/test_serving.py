"""The examples of docs/guide/serve.md."""

import importlib.util
import io
import json
import re
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tfstyle

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "guide" / "serve.md"
EXAMPLE = ROOT / "examples" / "serve.py"


class Slow:
    """A style that takes a tenth of a second."""

    def __init__(self, style):
        self.style, self.painted = style, 0

    def stylize(self, photograph):
        time.sleep(0.1)
        self.painted += 1
        return self.style.stylize(photograph)


@pytest.fixture
def server(style, monkeypatch):
    """The example, as a server with a tiny style: its port and its module."""
    uvicorn = pytest.importorskip("uvicorn", reason="needs tfstyle[serve]: runs in tox")
    monkeypatch.setattr(tfstyle, "load", lambda *names, **options: Slow(style))
    spec = importlib.util.spec_from_file_location("serve", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(example.app, log_level="critical"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield listener.getsockname()[1], example
    running.should_exit = True
    thread.join()
    listener.close()
    example.painter.shutdown()


def photograph(size=(40, 24)):
    file = io.BytesIO()
    Image.effect_noise(size, 50).save(file, "JPEG")
    return file.getvalue()


def test_the_guide_shows_the_example():
    assert f"```python\n{EXAMPLE.read_text(encoding='utf-8')}```" in GUIDE.read_text("utf-8")


def test_a_photograph_is_painted(server):
    from benchmarks.serving import post

    port, example = server
    status, body, _ = post(port, photograph())
    picture = Image.open(io.BytesIO(body))
    assert (status, picture.size, picture.format) == (200, (40, 24), "JPEG")
    assert post(port, None, "/health")[:2] == (200, b'{"status":"ok"}')
    expected = example.style.style.stylize(Image.open(io.BytesIO(photograph())))
    # JPEG of quality 90, and another noise.
    assert np.abs(np.mean(np.asarray(picture)) - np.mean(np.asarray(expected))) < 10


def test_errors_are_json(server, monkeypatch):
    from benchmarks.serving import post

    port, example = server
    monkeypatch.setattr(example, "BYTES", 4000)
    monkeypatch.setattr(example, "PIXELS", 1000)
    whole = photograph((30, 30))
    answers = [
        (400, "cannot identify image file", post(port, b"no image")),
        (400, "truncated", post(port, whole[:-100])),
        (413, "at most 1000 pixels", post(port, photograph((32, 33)))),
        (413, "at most 4000 bytes", post(port, b"0" * 5000)),
        (404, "Not Found", post(port, whole, "/other")),
        (405, "Method Not Allowed", post(port, None, "/stylize")),
    ]
    monkeypatch.setattr(example, "SECONDS", 0.01)
    answers.append((504, "Not painted in time.", post(port, whole)))
    monkeypatch.setattr(example, "SECONDS", 60)
    monkeypatch.setattr(example.style, "style", None)  # a mistake of the program
    answers.append((500, "Failed.", post(port, whole)))
    for status, text, (answered, body, _) in answers:
        assert answered == status and text in json.loads(body)["error"], (status, body)
    # Nobody's place was kept.
    assert example.places._value == example.PLACES


def test_a_server_with_too_much_to_do_refuses_and_loses_nothing(server):
    from benchmarks.serving import offer

    port, example = server
    before = example.style.painted
    results = offer(port, photograph(), rate=40, count=60)  # of 10 a second that it can paint
    statuses = [status for status, _, _ in results]
    assert len(statuses) == 60 and set(statuses) == {200, 503}
    assert statuses.count(200) == example.style.painted - before >= example.PLACES
    for status, body, _ in results:
        if status == 200:
            assert Image.open(io.BytesIO(body)).size == (40, 24)
        else:
            assert json.loads(body) == {"error": "Busy. Try again later."}
    assert example.places._value == example.PLACES


@pytest.fixture(scope="module")
def request_and_answer():
    """The guide's code that makes a request for TensorFlow Serving and reads its answer."""
    text = GUIDE.read_text(encoding="utf-8")
    made, read = re.findall(r"^```python\n(import json.*?|answer = .*?)```", text, re.M | re.S)
    return made, read


def test_tensorflow_serving_gets_what_the_signature_takes(
    style, rng, tmp_path, monkeypatch, request_and_answer
):
    tf = pytest.importorskip("tensorflow")
    folder = tfstyle.export.to_saved_model(style, tmp_path / "models" / "mosaic")
    assert folder == tmp_path / "models" / "mosaic" / "1" and (folder / "saved_model.pb").exists()
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]

    monkeypatch.chdir(tmp_path)
    pixels = rng.integers(0, 256, (18, 27, 3), "uint8")
    Image.fromarray(pixels).save("photo.png")
    made, read = request_and_answer
    names = {}
    exec(made.replace("photo.jpg", "photo.png"), names)
    request = json.loads(names["body"])
    # What the server does with rows of a signature of one input, and of one output.
    assert request["signature_name"] == "serving_default"
    ((name, spec),) = signature.structured_input_signature[1].items()
    value = tf.constant(request["instances"], spec.dtype)
    assert spec.is_compatible_with(value) and name == "image"
    (output,) = signature.structured_outputs
    assert output == "stylized"
    names["response"] = json.dumps(
        {"predictions": signature(**{name: value})[output].numpy().tolist()}
    )
    exec(read, names)
    picture = np.asarray(Image.open("picture.png"))
    # Four digits of each pixel, and the rounding to 255 levels.
    assert np.abs(picture.astype(int) - np.asarray(style.stylize(pixels))).max() <= 1
