"""A small network of random weights in place of VGG19, for `--tiny`."""

import keras


def tiny_network():
    """Gives a network that has VGG19's layers up to `relu4_2` by name, with four channels each."""
    keras.utils.set_random_seed(0)
    image = x = keras.Input((None, None, 3))
    for name in ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1"):
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=name)(x)
        x = keras.layers.MaxPooling2D()(x) if name < "block4" else x
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="block4_conv2")(x)
    return keras.Model(image, x)
