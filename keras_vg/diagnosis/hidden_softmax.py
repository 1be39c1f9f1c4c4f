"""A rule about a softmax between layers."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_hidden_softmax(context: Context) -> Iterator[Finding]:
    """Layers whose softmax feeds the kernel of another layer, so that all of it has to pass a sum of 1."""
    fed_by = {} if context.inspection is None else dict(context.inspection.setup.get("fed_by", {}))
    if context.inspection is None or not fed_by or context.is_converged:
        return
    weights = context.inspection.weights
    kernels = weights[weights["weight"].str.contains("kernel")]
    trained, rows = set(weights[weights["trainable"]]["layer"]), context.inspection.activations
    activations, units = (dict(zip(rows["layer"], rows[name], strict=True)) for name in ("activation", "units"))
    given = (kernels["size"] / kernels["layer"].map(units)).groupby(kernels["layer"]).min()
    found = {}
    for layer, source in fed_by.items():
        is_between = activations.get(source) == "softmax" and layer in given.index and units[source] > 1
        made_by = source if source in given.index else fed_by.get(source, "")  # an activation layer has no weights
        if not is_between or made_by not in trained:
            continue
        # Narrower than what it is made of and what is made of it, it is a code: the topics of a text, say.
        if given.get(made_by, np.inf) > units[source] < units[layer]:
            continue
        found[source] = layer
    if not found:
        return
    widest = max(found, key=lambda name: units[name])
    yield Finding(
        "hidden_softmax",
        "warning",
        tuple(found),
        None,
        {"units": float(units[widest]), "feeds": found[widest]},
        f"The {units[widest]} values that `{widest}` gives to `{found[widest]}` sum to 1, in the mean "
        f"{1 / units[widest]:.2g} each: they hardly differ between examples, and the gradient that passes them is as "
        "small. Softmax is for the last layer, or for weights that something is multiplied by; between layers use "
        "`activation='relu'`.",
    )
