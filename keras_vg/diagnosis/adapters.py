"""A rule about adapters: pairs of small kernels (LoRA) of which neither gets a gradient."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_dead_adapters(context: Context) -> Iterator[Finding]:
    """LoRA's two kernels are multiplied: if both are 0, neither gets a gradient, and they stay so."""
    series = context.series
    names = np.array([str(name) for name in series.names])
    is_lora = np.char.startswith(names, "lora_") if len(names) else np.zeros(0, bool)
    norms, steps = series.columns["gradient_norm"], series.columns["steps"]
    is_still = ((norms == 0) | ~(steps > 0)).all(axis=0) & (steps > 0).any(axis=0)
    depths = np.unique(series.depths[is_lora])
    dead = [depth for depth in depths if is_still[is_lora & (series.depths == depth)].all()]
    if not dead or context.is_converged:
        return
    yield Finding(
        "dead_adapter",
        "error" if len(dead) == len(depths) else "warning",
        tuple(series.name_layer(depth) for depth in dead),
        context.get_epoch(series.epochs[0]),
        {"gradient_norm": 0.0, "adapters": float(len(dead)), "of": float(len(depths))},
        "Neither of the two kernels of these adapters gets a gradient. They are multiplied, so one of them must start "
        "at random and not at 0 as the other does: `enable_lora(rank, a_initializer='he_uniform')`; or nothing behind "
        "them passes a gradient.",
    )
