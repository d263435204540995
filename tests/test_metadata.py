"""The metadata of an exported file, read by MediaPipe's displayer: runs in `tox -e metadata`."""

import json
from pathlib import Path

import pytest

metadata = pytest.importorskip(
    "mediapipe.tasks.python.metadata.metadata",
    reason="needs mediapipe 0.10.21, which needs NumPy 1: runs in tox -e metadata",
    exc_type=ImportError,
)

TINY = Path(__file__).parent / "data" / "tiny.tflite"


def test_the_public_reader_shows_all_of_it():
    displayer = metadata.MetadataDisplayer.with_model_file(str(TINY))
    shown = json.loads(displayer.get_metadata_json())
    assert shown["name"] == "Stripes" and shown["author"] == "painting: tfstyle"
    assert (
        shown["license"] == "painting: CC0 1.0" and "Stripes, tfstyle, 2026" in shown["description"]
    )
    (graph,) = shown["subgraph_metadata"]
    (image,), (picture,) = graph["input_tensor_metadata"], graph["output_tensor_metadata"]
    for tensor, name in ((image, "image"), (picture, "stylized")):
        assert tensor["name"] == name and "float32 in [0, 1]" in tensor["description"]
        assert tensor["content"]["content_properties_type"] == "ImageProperties"
        assert tensor["content"]["content_properties"]["color_space"] == "RGB"
        assert tensor["stats"] == {"max": [1.0], "min": [0.0]}
        (unit,) = tensor["process_units"]
        assert unit["options"] == {"mean": [0.0], "std": [255.0]}
