"""Rules about what a model is given: inputs that vary too little, and features that do not vary at all."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keras_vg.diagnosis.advice import write_scaling
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.evidence import Inspection
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.ranges import REGRESSIONS

_BY_PLAIN_STEPS = 10
"""How many times as large inputs must be under plain SGD (`benchmarks/small_inputs.py`)."""

_MOST = 0.5
"""Part of an embedding's ids that have decimals, from which these are not there by rounding. Chosen."""

_FEW_IDS = 2
"""So many ids at most that are left without decimals do not tell examples apart, as of numbers from 0 to 1. Of more,
they may be meant to tell intervals apart. Chosen."""

_MANY = 100
"""Rows from which an embedding is not meant for two ids. Chosen."""


def find_small_inputs(context: Context) -> Iterator[Finding]:
    """Inputs that differ by so little that the first layer's weights would have to become huge."""
    t, inspection = context.thresholds, context.inspection
    # Ids have any size, and what an embedding gives for them starts small and is learned.
    if inspection is None or context.is_converged or len(inspection.embeddings) or _is_unknown(context):
        return
    if inspection.kernel_inputs.empty:
        return
    spread = float(inspection.kernel_inputs["spread_max"].max())
    # Plain steps are proportional to the inputs once more than those that are divided by the gradient's size.
    factor = 1 if context.is_adaptive else _BY_PLAIN_STEPS
    if not 0 < spread < factor * t.input_small or _measure_outputs(context) > factor * t.constant_warning:
        return
    layer = str(inspection.kernel_inputs["layer"].iloc[0])
    is_behind = _is_behind_frozen(inspection, layer)
    where = f"{layer!r}, behind frozen layers," if is_behind else "the first layer"
    yield Finding(
        "input_too_small",
        "error" if spread < factor * t.input_small_error else "warning",
        (),
        None,
        {"largest_feature_spread": spread, "largest_input": float(inspection.kernel_inputs["abs_max"].max())},
        f"What {where} is given differs so little from example to example that its weights would have to grow by "
        "thousands to tell them apart. "
        + (_SCALE_FOR_FROZEN if is_behind else _scale_first(context, "multiply the inputs"))
        + " See that pixels are not divided by 255 twice.",
    )


def _scale_first(context: Context, other: str) -> str:
    """What to put before the first layer, or another way."""
    return f"Put {write_scaling(context, 'Normalization()')} first, adapted to the training data, or {other}."


_SCALE_FOR_FROZEN = (
    "Give the frozen layers inputs of the scale that they were trained on (pixels of 0 to 255, or divided by 255), or "
    "put `keras.layers.BatchNormalization()` behind them."
)


def _is_behind_frozen(inspection: Inspection, layer: str) -> bool:
    """Whether layers whose kernels are frozen, such as a base that was trained before, come before a layer."""
    weights = inspection.weights
    if weights.empty or layer not in set(weights["layer"]):
        return False
    own = weights.loc[weights["layer"] == layer, "depth"]
    before = weights[(weights["depth"] < own.min()) & weights["weight"].str.contains("kernel")]
    return bool(len(before)) and not before["trainable"].any()


def find_input_offset(context: Context) -> Iterator[Finding]:
    """Features that vary by a small part of the largest one's mean, so that all examples look alike."""
    t, inspection = context.thresholds, context.inspection
    if inspection is None or context.is_converged or len(inspection.embeddings) or _is_unknown(context):
        return
    rows = inspection.kernel_inputs
    chosen = rows[(rows["spread_max"] < t.input_offset * rows["scale_max"]) & (rows["abs_max"] >= 1)]
    if chosen.empty:
        return
    spread = _measure_outputs(context)
    if spread > t.input_offset:
        return
    row = chosen.iloc[0]
    is_behind = _is_behind_frozen(inspection, str(row["layer"]))
    what = f"What {row['layer']!r} is given by frozen layers is" if is_behind else "The inputs are"
    yield Finding(
        "input_offset",
        "error" if spread < t.constant_prediction else "warning",
        (str(row["layer"]),) if row["layer"] else (),
        None,
        {"largest_feature": float(row["scale_max"]), "largest_feature_spread": float(row["spread_max"])},
        f"{what} up to {row['scale_max']:.3g} in size, and no feature varies by more than {row['spread_max']:.2g} from "
        f"example to example: to {'it' if is_behind else 'the first layer'} all examples look alike. "
        + (_SCALE_FOR_FROZEN if is_behind else _scale_first(context, "use StandardScaler")),
    )


_LEFT = 0.5
"""Of which part of the examples a mask must leave at least a step: chosen, since a few may be empty."""


def find_masked_inputs(context: Context) -> Iterator[Finding]:
    """A mask that leaves no time step of examples, or only steps that are all the same."""
    inspection = context.inspection
    kept: dict[str, tuple[float, float]] = {} if inspection is None else dict(inspection.setup.get("kept", {}))
    same = tuple(name for name, (_, difference) in kept.items() if difference <= 0)
    few = tuple(name for name, (part, _) in kept.items() if part < _LEFT)
    if inspection is None or not (same or few) or context.is_converged:
        return
    if not (inspection.outputs["label_distinct"] > 1).any():  # there may be but one example
        return
    layers = same or few
    part = min(kept[name][0] for name in layers)
    if not same:
        seen = f"The mask leaves no time step of {1 - part:.0%} of the examples, so these layers put out"
    elif part == 0:
        seen = "The mask leaves no time step of any example, so these layers put out"
    else:
        seen = "The time steps that the mask leaves are all the same, as padding is, so these layers put out"
    yield Finding(
        "constant_input",
        "error" if same else "warning",
        layers,
        None,
        {"examples_with_a_step_left": part},
        f"{seen} the same for all of them. True in a mask keeps a step, False leaves it out; "
        "`Embedding(mask_zero=True)` and `Masking()` leave out what is 0 (`mask_value`), which must be the padding.",
    )


def find_constant_inputs(context: Context) -> Iterator[Finding]:
    """Features that have the same value, other than 0, for every example."""
    inspection = context.inspection
    if inspection is None:
        return
    given = inspection.inputs
    # Of ids, such as those of the first token of every text, and of their masks, a constant column is the rule.
    has_constant = bool((given["constant"] > 0).any()) and not len(inspection.embeddings)
    is_constant = bool((given["varying"] == 0).all() and (given["nonfinite"] == 0).all()) and len(given) > 0
    cut, few = (inspection.embeddings[:0],) * 2 if is_constant else _list_few_ids(context)
    if not is_constant and not has_constant and not len(cut) and not len(few):
        return
    if not (inspection.outputs["label_distinct"] > 1).any():  # there may be but one example
        return
    if len(cut):
        yield Finding(
            "constant_input",
            "error",
            tuple(cut["layer"]),
            None,
            {name: float(cut[name].iloc[0]) for name in ("id_min", "id_max")},
            "The inputs differ, but an embedding drops the decimals, so that only one or two ids are left. Give it "
            "whole numbers that count what is meant (words, categories), not scaled ones; numbers that measure "
            "something go into a Dense layer without an embedding.",
        )
    elif len(few):
        yield Finding(
            "constant_input",
            "warning",
            tuple(few["layer"]),
            None,
            {name: float(few[name].iloc[0]) for name in ("id_min", "id_max", "input_dim")},
            f"Of the {few['input_dim'].iloc[0]:.0f} rows of this embedding, these examples use two, side by side. "
            "Words that are not known all get one id (1 of a `TextVectorization`, 0 of a `StringLookup`): see that it "
            "was adapted to these texts, and that both are split and spelled alike. If the examples are sorted by this "
            "id, shuffle them.",
        )
    elif is_constant:
        yield Finding(
            "constant_input",
            "error",
            (),
            None,
            {"features": float(given["features"].sum()), "varying": 0.0},
            "The inputs are the same for every example, so nothing can be learned of the labels but their mean. Check "
            "how the data is loaded and scaled (integers divided by an integer type, a wrong column, one file read "
            "again and again).",
        )
    else:
        yield Finding(
            "constant_feature",
            "info",
            (),
            None,
            {"constant": float(given["constant"].sum()), "of": float(given["features"].sum())},
            "These features have one value, other than 0, in the whole batch: they act as a bias. They do no harm but "
            "where they are divided by their spread; leave them out if other data does not vary in them either.",
        )


def _list_few_ids(context: Context) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The embeddings that look up one id or two: of numbers of which most have decimals, and of many rows."""
    assert context.inspection is not None
    embeddings = context.inspection.embeddings
    if "decimals" not in embeddings:  # an inspection of an earlier version
        return embeddings[:0], embeddings[:0]
    left = np.trunc(embeddings["id_max"]) - np.trunc(embeddings["id_min"]) + 1  # NaN is not at most 2
    differ = embeddings["id_min"] < embeddings["id_max"]
    few, are_cut = differ & (left <= _FEW_IDS), embeddings["decimals"] > _MOST
    return embeddings[few & are_cut], embeddings[
        few & (embeddings["decimals"] == 0) & (embeddings["input_dim"] >= _MANY)
    ]


def describe_nonfinite_features(inputs: pd.DataFrame) -> str:
    """Says in which features of which inputs there are values that are not finite.

    Args:
        inputs: As of `Inspection.inputs`.

    Returns:
        E.g. `"3, 7"`, with several inputs `"3, 7 of input_1"`; empty if there are none.
    """
    named = [
        str(row["nonfinite_features"]) + (f" of input_{number}" if len(inputs) > 1 else "")
        for number, row in enumerate(inputs.to_dict("records"))
        if row.get("nonfinite_features")
    ]
    return "; ".join(named)


def _is_unknown(context: Context) -> bool:
    assert context.inspection is not None
    return "activations" in context.inspection.setup.get("not_seen", {})


def _measure_outputs(context: Context) -> float:
    """How far the model tells the examples apart all the same: by large weights, or a normalization further on."""
    assert context.inspection is not None
    spreads = []
    for output in context.inspection.outputs.to_dict("records"):
        size = max(output["prediction_size"], 1e-30)
        if output.get("loss") in REGRESSIONS and output.get("label_units") == output.get("units"):
            size = max(size, output["label_std"])  # answers that are all about 0 do not tell them apart
        spreads.append(output["prediction_std"] / size)
    return float(np.fmax.reduce(spreads, initial=np.nan))
