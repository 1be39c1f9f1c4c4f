"""Rules that turn logs and inspections into findings. They know no Keras and see no model."""

import lazy_loader as _lazy

# `keras_vg.rules`, which is this module, is imported at its first use.
__getattr__ = _lazy.attach(__name__, submodules=["rules"])[0]
