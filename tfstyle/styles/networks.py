"""Networks of OpenVINO for styles, kept from one process to the next."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import tfstyle
from tfstyle.files import replacing
from tfstyle.painting.openvino import OpenVino, network_of, version, write_network
from tfstyle.styles.recipe import Recipe

_NETWORK = "network.xml"


def cached_network(recipe: Recipe, card: dict, load_model: Callable, precision: str) -> OpenVino:
    """Gives the network of a style from the cache; makes it of its model, if it is not there.

    So the second process needs neither Keras nor TensorFlow, and starts in half a second.

    Args:
        recipe: `Recipe` of the style.
        card: Its card.
        load_model: Function without arguments that returns the generator.
        precision: `"float32"` or `"bfloat16"`.

    Raises:
        ImportError: if openvino is not installed.
    """
    known = [card["sha256"], recipe.generator, recipe.generator_options, version()]
    # What else decides the network: this version of tfstyle.
    key = hashlib.sha256(json.dumps([*known, tfstyle.__version__]).encode()).hexdigest()
    folder = cache_folder() / "networks" / key[:32]
    if (folder / _NETWORK).is_file():
        try:
            return OpenVino(folder / _NETWORK, precision)
        except (RuntimeError, OSError):  # damaged: made anew below
            shutil.rmtree(folder, ignore_errors=True)
    network = network_of(load_model())
    try:
        with replacing(folder) as temporary:
            temporary.mkdir()
            write_network(network, temporary / _NETWORK)
    except OSError:
        pass  # a cache that cannot be written is no reason not to paint
    return OpenVino(network, precision)


def cache_folder() -> Path:
    """Returns the folder of what can be made again: TFSTYLE_CACHE, or the system's for caches."""
    if os.environ.get("TFSTYLE_CACHE"):
        return Path(os.environ["TFSTYLE_CACHE"])
    import platformdirs

    return Path(platformdirs.user_cache_dir("tfstyle", appauthor=False))
