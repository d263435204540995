"""Reads the metadata of tests/data/*.tflite with MediaPipe: tox -e metadata."""

import json
from pathlib import Path

from mediapipe.tasks.python.metadata.metadata import MetadataDisplayer

DATA = Path(__file__).parents[1] / "data"


def main():
    for name in ("free", "fixed"):
        facts = json.loads((DATA / f"{name}.json").read_text())
        shown = MetadataDisplayer.with_model_file(str(DATA / f"{name}.tflite")).get_metadata_json()
        print(shown)
        found = json.loads(shown)
        for key in ("name", "description", "author", "license"):
            assert found[key] == facts[key], key
        (graph,) = found["subgraph_metadata"]
        for side in ("input", "output"):
            (tensor,) = graph[f"{side}_tensor_metadata"]
            assert tensor["content"]["content_properties"]["color_space"] == "RGB"
            (unit,) = tensor["process_units"]
            assert unit["options"] == {"mean": [0.0] * 3, "std": [255.0] * 3}
            assert tensor["stats"] == {"max": [1.0] * 3, "min": [0.0] * 3}


if __name__ == "__main__":
    main()
