"""Fast neural style transfer for Keras and TensorFlow, with a zoo of trained styles."""

from pathlib import Path

import lazy_loader

# In a checkout `export` and `zoo` lie beside this folder; an installation has them inside.
_checkout = Path(__file__).parents[1]
if (_checkout / "setup.py").is_file():
    __path__.append(str(_checkout))

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
