"""Old Keras models. After `import tfstyle.compat`, `keras.models.load_model` reads them.

    import keras
    import tfstyle.compat

    model = keras.models.load_model("old.h5")

What an old file calls a layer, and what it becomes:

    Addons>InstanceNormalization    `tfstyle.layers.InstanceNormalization`
    Addons>GroupNormalization       `keras.layers.GroupNormalization`
    InstanceNormalization           `ContribInstanceNormalization`: keras-contrib's, whose
                                    formula is another one
    Conv2DTranspose and others      Keras' own, less an argument that Keras 3 refuses
    Functional, Model, Sequential   Keras' own, with the calls of models inside of it renumbered

`load_saved_model` reads a folder that Keras 2 wrote.
"""

import keras

from tfstyle.compat.contrib import ContribInstanceNormalization
from tfstyle.compat.convolutions import convolutions
from tfstyle.compat.functional import OldFunctional, OldSequential
from tfstyle.compat.saved_model import load_saved_model
from tfstyle.layers import InstanceNormalization

__all__ = ["ContribInstanceNormalization", "load_saved_model"]

# The names alone: what is saved from now on keeps the names of the classes here.
keras.saving.get_custom_objects().update(
    {
        "Addons>InstanceNormalization": InstanceNormalization,
        "Addons>GroupNormalization": keras.layers.GroupNormalization,
        # Of a file without a package, as keras-contrib and Keras 1 wrote them.
        "InstanceNormalization": ContribInstanceNormalization,
        **convolutions(),
        "Functional": OldFunctional,
        "Model": OldFunctional,
        "Sequential": OldSequential,
    }
)
