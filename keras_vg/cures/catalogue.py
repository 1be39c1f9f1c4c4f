"""All remedies by name."""

from keras_vg.cures import (
    activations,
    batch_size,
    embeddings,
    frozen,
    heads,
    initializers,
    inputs,
    labels,
    normalization,
    optimizers,
    penalties,
    precision,
    rates,
    recurrence,
    skips,
    step_order,
    weights,
    widths,
)
from keras_vg.cures.called_for import FOR_RULE, NO_REMEDY
from keras_vg.cures.remedy import Remedy

_MODULES = (
    inputs,
    labels,
    embeddings,
    heads,
    rates,
    optimizers,
    initializers,
    activations,
    normalization,
    skips,
    recurrence,
    step_order,
    precision,
    frozen,
    weights,
    penalties,
    batch_size,
    widths,
)

REMEDIES: dict[str, Remedy] = {remedy.name: remedy for module in _MODULES for remedy in module.REMEDIES}
"""Every remedy, by name."""

__all__ = ["FOR_RULE", "NO_REMEDY", "REMEDIES"]
