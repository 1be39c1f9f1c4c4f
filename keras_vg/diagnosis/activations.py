"""Rules about what goes forwards: inputs, saturated and dead units, values that are not finite."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keras_vg.diagnosis.advice import avoid_nonfinite, unsaturate, weaken_outputs
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.inputs import describe_nonfinite_features
from keras_vg.diagnosis.nonfinite import INPUT

SATURATING = ("sigmoid", "tanh", "softsign", "hard_sigmoid", "hard_tanh")
RECTIFIERS = ("relu", "relu6")
UNBOUNDED = ("relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "linear", "exponential")


def find_dead(context: Context) -> Iterator[Finding]:
    """ReLU units that are zero for every example."""
    t = context.thresholds
    hidden = _get_hidden(context, RECTIFIERS)
    if hidden.empty:
        return
    final = hidden[hidden["epoch"] == hidden["epoch"].max()]
    for rows, severity in _split(final, "dead_fraction", t.dead_fraction, t.dead_warning):
        names = tuple(rows["layer"].astype(str))
        shown = hidden[hidden["layer"].isin(names) & (hidden["dead_fraction"] >= rows["dead_fraction"].min())]
        yield Finding(
            "dead_relu",
            severity,  # type: ignore[arg-type]
            names,
            context.get_epoch(shown["epoch"].min()),
            {"dead_fraction": float(rows["dead_fraction"].max()), "units": float(rows["units"].sum())},
            "These units output 0 for every example and get no gradient. Lower the learning rate, start biases at 0, "
            "use `kernel_initializer='he_normal'`, or an activation with a slope everywhere "
            "(`keras.layers.LeakyReLU()`, `activation='gelu'`).",
        )


def find_saturated(context: Context) -> Iterator[Finding]:
    """Hidden sigmoid or tanh units on the flat ends of their curve."""
    t = context.thresholds
    hidden = _get_hidden(context, SATURATING)
    if hidden.empty:
        return
    final = hidden[hidden["epoch"] == hidden["epoch"].max()]
    for rows, severity in _split(final, "saturated_fraction", t.saturated_fraction, t.saturated_warning):
        names = tuple(rows["layer"].astype(str))
        shown = hidden[hidden["layer"].isin(names) & (hidden["saturated_fraction"] >= rows["saturated_fraction"].min())]
        yield Finding(
            "saturated_units",
            severity,  # type: ignore[arg-type]
            names,
            context.get_epoch(shown["epoch"].min()),
            {
                "saturated_fraction": float(rows["saturated_fraction"].max()),
                "activation": str(rows["activation"].iloc[0]),
            },
            "These units sit where their activation is flat, so hardly any gradient passes. " + unsaturate(context),
        )


def find_input_scale(context: Context) -> Iterator[Finding]:
    """Inputs far from unit scale that no normalization or embedding brings to it."""
    t = context.thresholds
    inspection = context.inspection
    if context.is_inspection and inspection is not None:
        if "activations" in inspection.setup.get("not_seen", {}):  # nor what the first kernel is given
            return
        seen = inspection.inputs.iloc[-1]
        size, low, high = float(seen["abs_max"]), float(seen["scale_min"]), float(seen["scale_max"])
        if np.isfinite(high) and low > 0 and high / low >= t.feature_range and size >= t.input_size:
            yield Finding(
                "feature_scale",
                "error" if size >= t.input_error else "warning",
                (),
                None,
                {"smallest_feature": low, "largest_feature": high, "ratio": high / low},
                "Features differ by orders of magnitude, so no learning rate suits all their weights. Put "
                "`keras.layers.Normalization()` first, adapted to the training data, or use StandardScaler.",
            )
    else:
        size = _measure_log_inputs(context)
    if _is_normalized_next(context):
        return
    if not size >= t.input_size:  # nor is what is not finite a matter of scale
        return
    tamed = _is_tamed(context)
    if tamed and not context.is_inspection:
        return
    is_error = not tamed and (size >= t.input_error or _starts_far_off(context))
    yield Finding(
        "input_scale",
        "error" if is_error else "warning",
        (),
        None if context.is_inspection else int(context.activations["epoch"].min()),  # type: ignore[index]
        {"largest_input": size},
        "The first layer is given inputs far from unit scale: its gradients grow with them, its units saturate. "
        "Divide pixels by 255 (`keras.layers.Rescaling(1 / 255)`), or put `keras.layers.Normalization()` first.",
    )


def find_nonfinite_outputs(context: Context) -> Iterator[Finding]:
    """The first layer whose output is not finite, and when."""
    rows = context.activations
    if rows is None:
        return
    bad = rows[~np.isfinite(rows["abs_max"].to_numpy(dtype="float64")) & (rows["units"] > 0)]
    if bad.empty:
        return
    at_first = bad[bad["epoch"] == bad["epoch"].min()]
    first = at_first.iloc[0]
    where = INPUT if first["depth"] == -1 and first["activation"] == "input" else f"layer {first['layer']!r}"
    evidence: dict[str, float | str] = {"first": where, "layers_hit": float(len(at_first))}
    if context.is_inspection and context.inspection is not None:
        features = describe_nonfinite_features(context.inspection.inputs)
        evidence |= {"in_features": features} if features else {}
    yield Finding(
        "nonfinite",
        "error",
        tuple(at_first["layer"].astype(str)),
        context.get_epoch(first["epoch"]),
        evidence,
        f"The first value that is NaN or infinite comes from {where}. Check the data with `np.isfinite(x).all()`, "
        f"{avoid_nonfinite(context)}.",
    )


def find_uncalled(context: Context) -> Iterator[Finding]:
    """Layers of which no call was seen, so that nothing is known of their outputs."""
    rows = context.activations
    if rows is None or not (rows["units"] == 0).any():
        return
    unseen = rows[rows["units"] == 0]
    yield Finding(
        "uncalled_layer",
        "info",
        tuple(dict.fromkeys(unseen["layer"].astype(str))),
        context.get_epoch(unseen["epoch"].min()),
        {"layers": float(unseen["layer"].nunique()), "of": float(rows.loc[rows["depth"] >= 0, "layer"].nunique())},
        "Nothing is known of what these layers put out: the model did not call them on this batch, or in a loop that "
        "is compiled by itself. A layer that is never called should be left out; one whose weights are used in another "
        "way may stay.",
    )


def find_embedding_range(context: Context) -> Iterator[Finding]:
    """Ids that an embedding has no row for."""
    if context.inspection is None:
        return
    for row in context.inspection.embeddings.to_dict("records"):
        smallest, largest, input_dim = (float(row[name]) for name in ("id_min", "id_max", "input_dim"))
        if smallest >= 0 and largest < input_dim:
            continue
        low = "" if smallest >= 0 else f"Ids go down to {smallest:.0f}: they must start at 0. "
        high = (
            f"Ids go up to {largest:.0f}, and `input_dim` is {input_dim:.0f}, which holds 0 to {input_dim - 1:.0f}: "
            f"use `input_dim={largest + 1:.0f}`, or more if other data has larger ids. "
        )
        yield Finding(
            "embedding_range",
            "error",
            (str(row["layer"]),),
            None,
            {"id_min": smallest, "id_max": largest, "input_dim": input_dim},
            f"{low}{high if largest >= input_dim else ''}Some backends look up NaN or zeros for such an id, and "
            "others raise.",
        )


def find_explosion_forwards(context: Context) -> Iterator[Finding]:
    """Outputs that grow from layer to layer, or from one time step to the next, beyond any scale."""
    first, largest_input = _find_explosion(context)
    if first is None:
        return
    evidence: dict[str, float | str] = {"largest_output": float(first["abs_max"]), "largest_input": largest_input}
    layers, epoch = (str(first["layer"]),), context.get_epoch(first["epoch"])
    if explodes_in_time(context):
        yield Finding(
            "unbounded_recurrence",
            "error",
            layers,
            epoch,
            {**evidence, "activation": str(first["activation"])},
            f"With {first['activation']} a recurrent layer's state has no bound and grows from one time step to the "
            "next. Use `activation='tanh'`, the default, which keeps it between -1 and 1; neither `clipnorm` nor a "
            "lower learning rate cures it.",
        )
        return
    yield Finding(
        "exploding_activation",
        "error",
        layers,
        epoch,
        evidence,
        f"Outputs grow beyond any scale. {weaken_outputs(context)}",
    )


def explodes_in_time(context: Context) -> bool:
    """Whether the first layer whose outputs grow beyond any scale is a recurrent one without a bound."""
    first, _ = _find_explosion(context)
    if first is None or context.gradients is None or first["activation"] not in UNBOUNDED:
        return False
    weights = context.gradients.loc[context.gradients["layer"] == first["layer"], "weight"].astype(str)
    return bool(weights.str.contains("recurrent").any())


def _find_explosion(context: Context) -> tuple[pd.Series | None, float]:
    """The first row of a layer whose outputs grow beyond any scale, if there is one, and the largest input."""
    rows, t = context.activations, context.thresholds
    if rows is None:
        return None, 1.0
    sizes = rows["abs_max"].to_numpy(dtype="float64")
    inputs = sizes[(rows["depth"] == -1).to_numpy()]
    largest_input = float(np.fmax(1.0, np.fmax.reduce(inputs))) if len(inputs) else 1.0
    is_large = (rows["depth"] >= 0).to_numpy() & (sizes > t.exploding_activation * largest_input)
    return (rows[is_large].iloc[0] if is_large.any() else None), largest_input


def _get_hidden(context: Context, names: tuple[str, ...]) -> pd.DataFrame:
    """The rows of hidden layers of some activations."""
    rows = context.activations
    if rows is None:
        return pd.DataFrame(columns=["epoch"])
    outputs = _list_output_layers(context)
    return rows[rows["activation"].isin(names) & ~rows["layer"].isin(outputs)]


def _list_output_layers(context: Context) -> set[str]:
    if context.inspection is not None and len(context.inspection.outputs):
        return set(context.inspection.outputs["layer"])
    assert context.activations is not None
    return {str(context.activations["layer"].iloc[-1])}


def _split(rows: pd.DataFrame, column: str, error: float, warning: float) -> Iterator[tuple[pd.DataFrame, str]]:
    values = rows[column].to_numpy(dtype="float64")
    for mask, severity in ((values >= error, "error"), ((values >= warning) & (values < error), "warning")):
        if mask.any():
            yield rows[mask], severity


def _measure_log_inputs(context: Context) -> float:
    rows = context.activations
    if rows is None:
        return 0.0
    inputs = rows[rows["depth"] == -1]
    inputs = inputs[inputs["activation"] == "input"]
    return float(inputs["abs_max"].max()) if len(inputs) else 0.0


def _starts_far_off(context: Context) -> bool:
    """Whether the untrained model's loss is far above that of a constant prediction."""
    if not context.is_inspection or context.inspection is None:
        return False
    return bool(context.inspection.setup["loss"] > context.thresholds.loss_excess * context.baseline)


def _is_normalized_next(context: Context) -> bool:
    """Whether what the first kernel makes of the inputs is normalized at once, so that their scale is of no account."""
    if context.gradients is None or context.gradients.empty:
        return False
    series = context.series
    kernels = series.depths[series.is_kernel]
    scales = series.depths[np.array([name == "gamma" for name in series.names])]
    return bool(len(kernels) and len(scales) and scales.min() <= kernels.min() + 1)


def _is_tamed(context: Context) -> bool:
    """Whether what the first layers make of the inputs has unit scale and is not saturated."""
    rows = context.activations
    if rows is None:
        return False
    start = rows[(rows["epoch"] == rows["epoch"].min()) & (rows["depth"] >= 0)]
    early = start[start["depth"] <= 1]
    if early.empty:
        return False
    is_flat = early["activation"].isin(SATURATING) & (early["saturated_fraction"] > 0.5)
    return bool((early["abs_max"] < context.thresholds.input_size / 2).any() and not is_flat.any())
