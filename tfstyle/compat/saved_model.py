"""SavedModels that Keras 2 wrote, as Keras models."""

import copy
import json
from pathlib import Path

import keras

from tfstyle.compat.functional import OldFunctional, OldSequential

_MODELS = ("_tf_keras_model", "_tf_keras_network", "_tf_keras_sequential")


def load_saved_model(folder, custom_objects=None):
    """Loads a Sequential or functional model from a SavedModel that `model.save` of Keras 2 wrote.

    Keras 3 runs such a folder with `keras.layers.TFSMLayer`, but has no layers of it: nothing to
    look at, train on or convert. This builds the model of its configuration, and reads the weights.

    Args:
        folder: Path of the SavedModel, with `keras_metadata.pb` in it.
        custom_objects: Dictionary of the names of the model's own layers and functions to them, as
            `keras.models.load_model` takes it.

    Returns:
        `keras.Model`, not compiled.

    Raises:
        ValueError: if the folder is no SavedModel of Keras, if its model is a subclass of
            `keras.Model`, whose code is not in the folder, or if a weight is missing.

    Example: `model = tfstyle.compat.load_saved_model("old_model")`
    """
    folder = Path(folder)
    kind, config = _configuration(folder)
    weights = _Weights(folder)
    with keras.utils.custom_object_scope(custom_objects or {}):
        model = kind.from_config(copy.deepcopy(config))  # which Keras changes
    _set_weights(model, config, weights, weights.root)
    return model


def _configuration(folder):
    """Reads class and configuration of the model in a folder."""
    from tensorflow.python.keras.protobuf.saved_metadata_pb2 import SavedMetadata

    path = folder / "keras_metadata.pb"
    if not path.is_file():
        raise ValueError(
            f"{folder} has no keras_metadata.pb: it is no SavedModel of Keras 2. A folder that "
            "has saved_model.pb runs with keras.layers.TFSMLayer."
        )
    nodes = SavedMetadata.FromString(path.read_bytes()).nodes
    root = next((node for node in nodes if node.node_path == "root"), None)
    if root is None or root.identifier not in _MODELS:
        raise ValueError(f"{folder} holds no Keras model, or the file {path.name} is damaged.")
    metadata = json.loads(root.metadata, object_hook=_tuple)
    kinds = {"Functional": OldFunctional, "Model": OldFunctional, "Sequential": OldSequential}
    if metadata["class_name"] not in kinds:
        raise ValueError(
            f"{folder} holds a model of the class {metadata['class_name']}, whose code is not in "
            "the folder. keras.layers.TFSMLayer(folder, call_endpoint='serving_default') runs it. "
            "To have its layers, save its weights as .h5 where it was written, and load them into "
            "the same class here."
        )
    return kinds[metadata["class_name"]], metadata["config"]


def _tuple(value):
    """Reads a tuple, which JSON does not have, as Keras 2 wrote it."""
    return tuple(value["items"]) if value.get("class_name") == "__tuple__" else value


class _Weights:
    """The weights of a SavedModel, by the objects that have them.

    Args:
        folder: `pathlib.Path` of the SavedModel.
    """

    def __init__(self, folder):
        import tensorflow as tf
        from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

        self._folder = folder
        self._checkpoint = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        graph = self._checkpoint.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH")
        self._nodes = TrackableObjectGraph.FromString(graph).nodes
        self.root = self._nodes[0]

    def child(self, node, name):
        """Returns what an object calls `name`."""
        for each in node.children:
            if each.local_name == name:
                return self._nodes[each.node_id]
        raise ValueError(
            f"The weights of {self._folder} have no {name!r}, which its configuration describes. "
            "Load the model where it was written, and save it as .h5."
        )

    def value(self, node):
        """Returns the array of a variable."""
        return self._checkpoint.get_tensor(node.attributes[0].checkpoint_key)


def _set_weights(model, config, weights, node):
    """Sets the weights of a model by the names of Keras 2: layers with weights are numbered."""
    # In the order of the configuration: Keras 3 may sort the layers of a graph in another way.
    configs = {layer["config"]["name"]: layer["config"] for layer in config["layers"]}
    layers = {layer.name: layer for layer in model.layers}
    weighted = [layers[name] for name in configs if name in layers and layers[name].weights]
    for number, layer in enumerate(weighted):
        own = weights.child(node, f"layer_with_weights-{number}")
        if isinstance(layer, keras.Model):
            _set_weights(layer, configs[layer.name], weights, own)
            continue
        for weight in layer.weights:
            weight.assign(weights.value(weights.child(own, weight.name)))
