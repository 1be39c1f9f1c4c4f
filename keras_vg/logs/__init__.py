"""Logs as CSV files: their columns, and what writes, reads, compares and joins them. Knows no Keras."""

import lazy_loader as _lazy

# `keras_vg.runs`, which is this module, is imported at its first use.
__getattr__ = _lazy.attach(__name__, submodules=["runs"])[0]
