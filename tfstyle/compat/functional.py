"""Models of Keras 2, and models in models as its GANs have them."""

import copy

import keras


class OldFunctional:
    """Makes a functional model of a configuration of Keras 2.

    Keras 2 numbers the calls of a Sequential model inside of another from 1, Keras 3 from 0: it
    finds no call 1, and raises. Configurations of Keras 3 pass as they are.
    """

    __name__ = "Functional"

    @staticmethod
    def from_config(config, custom_objects=None):
        config = _with_axes(config)
        sequential = {
            layer["config"]["name"]
            for layer in config.get("layers", ())
            if layer["class_name"] == "Sequential"
        }
        calls = [call for call in _calls(config) if call[0] in sequential]
        first = {name: min(call[1] for call in calls if call[0] == name) for name, *_ in calls}
        for call in calls:
            call[1] -= first[call[0]]
        return keras.Model.from_config(config, custom_objects)


class OldSequential:
    """Makes a Sequential model of a configuration of Keras 2."""

    __name__ = "Sequential"

    @staticmethod
    def from_config(config, custom_objects=None):
        return keras.Sequential.from_config(_with_axes(config), custom_objects)


def _with_axes(config):
    """Copies a configuration, with the axes of layers as lists: Keras 3.3 drops mere numbers."""
    config = copy.deepcopy(config)
    for layer in config.get("layers", ()) if isinstance(config, dict) else config:
        if "module" not in layer and isinstance(layer["config"].get("axis"), int):
            layer["config"]["axis"] = [layer["config"]["axis"]]
    return config


def _calls(config):
    """Lists the references `[layer, call, tensor, ...]` of a configuration of Keras 2."""
    found = []

    def search(value):
        if isinstance(value, list):
            if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
                found.append(value)
                value = value[3:]
            for each in value:
                search(each)
        elif isinstance(value, dict):
            for each in value.values():
                search(each)

    search([layer.get("inbound_nodes") for layer in config.get("layers", ())])
    search(config.get("output_layers"))
    return found
