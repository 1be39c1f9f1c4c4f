"""Rules about units that start alike, and stay so."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.outputs import list_judged_outputs, name_output


def find_symmetry(context: Context) -> Iterator[Finding]:
    """Units that are and stay alike, since their weights and their gradients are."""
    t, inspection = context.thresholds, context.inspection
    if inspection is None or context.is_converged:
        return
    outputs = set(inspection.outputs["layer"])
    # One factor of LoRA starts at 0 while the other, and the kernel beside it, tell the units apart.
    rows = inspection.weights[~inspection.weights["weight"].str.contains("lora")]
    kernels = rows[rows["trainable"] & rows["weight"].str.contains("kernel") & ~rows["layer"].isin(outputs)]
    alike = (kernels["unit_spread"] < t.symmetric) | (kernels["weight_rms"] == 0)
    # No gradient at all is alike, too: nothing will ever tell the units apart. One unit of zeros learns if it has one.
    pushed_alike = (kernels["gradient_spread"] < t.symmetric) | ~(kernels["gradient_rms"] > 0)
    chosen = kernels[alike & pushed_alike & (kernels["unit_spread"].notna() | (kernels["weight_rms"] == 0))]
    starting_alike = kernels[(kernels["unit_spread"] < t.symmetric) & (kernels["weight_rms"] > 0)]
    if _waits_for_zero_output(context):
        chosen, starting_alike = chosen[:0], starting_alike[:0]
    tables = rows[rows["trainable"] & (rows["weight"] == "embeddings") & (rows["unit_spread"] < t.symmetric)]
    chosen = pd.concat([chosen, tables[tables["gradient_spread"] < t.symmetric]])
    shown = starting_alike if chosen.empty else chosen
    if shown.empty:
        return
    what = (
        "start with the same weights, as one unit: their outputs add up instead of cancelling, and only the random "
        "weights behind them tell them apart"
        if chosen.empty
        else "have the same weights and the same gradient, so they stay one unit for ever"
    )
    yield Finding(
        "symmetric_weights",
        "error",
        tuple(dict.fromkeys(shown["layer"])),
        None,
        {"unit_spread": float(shown["unit_spread"].fillna(0).max()), "layers": float(shown["layer"].nunique())},
        f"All units of these layers {what}. Use a random `kernel_initializer`, such as 'glorot_uniform' or 'he_normal' "
        "(of an `Embedding` `embeddings_initializer='uniform'`); only biases may start constant.",
    )


def find_twin_outputs(context: Context) -> Iterator[Finding]:
    """Units of an output, of which a loss of one's own asks the same, that start alike."""
    inspection = context.inspection
    if inspection is None or "twin_units" not in inspection.weights:
        return
    for output in list_judged_outputs(context):
        if np.isfinite(output["baseline"]) or output["label_units"] == output["units"]:
            continue  # each unit has labels of its own
        rows = inspection.weights[inspection.weights["layer"] == output["layer"]]
        kernels = rows[rows["weight"].str.contains("kernel") & (rows["twin_units"] == 1)]
        if kernels.empty:
            continue
        yield Finding(
            "symmetric_weights",
            "error",
            name_output(output),
            None,
            {"units": float(output["units"])},
            "Every unit of this output has the weights and the gradient of another one, so they stay alike for ever: "
            "of the curves of a mixture, say, each is the same. Use a random `kernel_initializer`, such as "
            "'glorot_uniform', or biases that differ.",
        )


def _waits_for_zero_output(context: Context) -> bool:
    """Whether only the output layer starts at 0, so that hidden gradients are 0 at the first step alone."""
    assert context.inspection is not None
    rows = context.inspection.weights[~context.inspection.weights["weight"].str.contains("lora")]
    outputs = set(context.inspection.outputs["layer"])
    hidden = rows[rows["weight"].str.contains("kernel") & ~rows["layer"].isin(outputs)]
    return bool((hidden["weight_rms"] > 0).all() and (hidden["unit_spread"].fillna(1) > 1e-3).all())
