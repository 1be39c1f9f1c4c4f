"""See which layer of a Keras model stopped learning: weight deltas as CSV, compared in pandas."""

import lazy_loader as _lazy

__version__ = "0.2.0"

# Public names are listed in __init__.pyi; each is imported at its first use, so that
# `import keras_vg` loads neither Keras nor pandas.
__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
