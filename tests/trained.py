"""The generators of the zoo, for tests of each."""

import pytest

from tfstyle import list_styles

EACH = [(name, generator) for name, found in list_styles().items() for generator in found]

_FIRST = {generator: name for name, generator in reversed(EACH)}

# The first of each kind always, the others with the slow tests.
ONE_OF_EACH_KIND = [
    pytest.param(name, generator, marks=() if _FIRST[generator] == name else pytest.mark.slow)
    for name, generator in EACH
]
