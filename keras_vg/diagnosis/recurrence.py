"""Rules about the gradient over the time steps of recurrent layers, which their weights' gradients do not show."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding, Severity
from keras_vg.logs.layers import fit_factor

_SOME_EXAMPLES = 0.05
"""Part of the examples from which zeros in their place are a warning: chosen."""


def find_vanishing_in_time(context: Context) -> Iterator[Finding]:
    """Most of a sequence's steps get next to nothing of the gradient of those that are read last."""
    t = context.thresholds
    if context.is_converged:
        return
    zeroed = {} if context.inspection is None else context.inspection.setup.get("zeroed_by_mask", {})
    if zeroed:
        yield _name_zeroed(context, zeroed)
    found: list[tuple[bool, float, bool, str, pd.DataFrame]] = []
    for layer, rows in _list_layers(context):
        if zeroed.get(layer, 0.0) >= t.padding_out_of_reach:  # the reason is named
            continue
        if rows["direction"].iloc[0] != "both" and _order(rows)[0] > _order(rows)[-1]:
            continue
        is_lost, is_forgotten = _find_lost(context, rows), _forgets(context, rows)
        is_unreachable = is_forgotten or _get_padding(rows, is_lost) >= t.padding_out_of_reach
        if is_unreachable or is_lost.mean() >= t.lost_steps:
            found.append((is_unreachable, float(is_lost.mean()), is_forgotten, layer, rows))
    if not found:
        return
    is_error, _, is_forgotten, _, rows = max(found, key=lambda item: item[:2])
    values, is_lost = rows["gradient_rms"].to_numpy("float64"), _find_lost(context, rows)
    padded = float(rows["padded_fraction"].max()) if is_forgotten else _get_padding(rows, is_lost)
    evidence: dict[str, float | str] = {
        "steps": float(len(rows)),
        "steps_lost": float(is_lost.sum()),
        "gradient_ratio": float(values.min() / values.max()),
        **_fit(rows),
    }
    if padded > 0:
        evidence["padded_examples" if is_forgotten else "nothing_but_padding_in_reach"] = padded
    if is_forgotten:
        advice = (
            f"All predictions are the same: {padded:.0%} of the examples end in repetitions of one input, padding, and "
            f"what is read before it is forgotten. {_UNPAD}"
        )
    else:
        lost = (
            f"{_say_which(is_lost)} of {len(rows)} steps get less than {t.vanishing_time:.0e} of the largest gradient"
        )
        advice = _advise_on_padding(lost, padded) if is_error else _advise(lost, str(rows["kind"].iloc[0]))
    layers = tuple(name for *_, name, _ in found)
    yield Finding("vanishing_in_time", "error" if is_error else "warning", layers, None, evidence, advice)


def _name_zeroed(context: Context, zeroed: dict[str, float]) -> Finding:
    """Layers that put out zeros for the examples whose last step is masked, and so nothing of what came before."""
    part = max(zeroed.values())
    said = f"{part:.0%}" if part >= 0.01 else "less than 1 %"
    lesser: Severity = "warning" if part >= _SOME_EXAMPLES else "info"
    return Finding(
        "vanishing_in_time",
        "error" if part >= context.thresholds.padding_out_of_reach else lesser,
        tuple(zeroed),
        None,
        {"zeroed_examples": part},
        "With `zero_output_for_mask=True` and `return_sequences=False` Keras puts out zeros for each example whose "
        f"last step is masked, of this batch {said}: they all have the same answer, and none of their steps a "
        "gradient. Leave `zero_output_for_mask` out; it is meant for `return_sequences=True`.",
    )


def _find_lost(context: Context, rows: pd.DataFrame) -> np.ndarray:
    """Which steps get next to nothing of the largest gradient."""
    values = rows["gradient_rms"].to_numpy("float64")
    return values < context.thresholds.vanishing_time * values.max()


def _forgets(context: Context, rows: pd.DataFrame) -> bool:
    """Whether predictions do not vary, and a layer reads nothing but padding for most of the steps of most examples."""
    t = context.thresholds
    is_padding = rows["padded_fraction"] >= t.padding_out_of_reach
    return bool(is_padding.mean() >= t.padding_out_of_reach and context.gives_one_answer)


def find_exploding_in_time(context: Context) -> Iterator[Finding]:
    """The gradient grows with every step back in time."""
    t = context.thresholds
    found: list[tuple[float, str, pd.DataFrame]] = []
    for layer, rows in _list_layers(context):
        values = _order(rows)
        ratio = float(values[0] / values[-1]) if values[-1] > 0 else np.inf
        is_both = rows["direction"].iloc[0] == "both"
        if not is_both and ratio >= t.exploding_ratio and _fit(rows).get("factor_per_step", np.inf) > 1:
            found.append((ratio, layer, rows))
    if found:
        ratio, _, rows = max(found, key=lambda item: item[0])
        yield Finding(
            "exploding_in_time",
            "warning",
            tuple(name for _, name, _ in found),
            None,
            {"steps": float(len(rows)), "gradient_ratio": ratio, **_fit(rows)},
            "The gradient grows with every step back in time, so that the first steps decide alone what the layer "
            "learns, and single examples throw it off. Use `recurrent_initializer='orthogonal'`, "
            "`activation='tanh'`, and `clipnorm=1.0` in the optimizer.",
        )


def _list_layers(context: Context) -> Iterator[tuple[str, pd.DataFrame]]:
    """The recurrent layers whose gradients can be compared from step to step."""
    if context.inspection is None or context.inspection.time.empty:
        return
    for layer, rows in context.inspection.time.groupby("layer", sort=False):
        values = rows["gradient_rms"].to_numpy("float64")
        if len(values) > 2 and np.isfinite(values).all() and values.max() > 0:
            yield str(layer), rows


def _order(rows: pd.DataFrame) -> np.ndarray:
    """The gradients in the order in which the layer reads the steps."""
    values = rows["gradient_rms"].to_numpy("float64")
    return values[::-1] if rows["direction"].iloc[0] == "backwards" else values


def _fit(rows: pd.DataFrame) -> dict[str, float]:
    """The factor per step back in time, and the one that theory expects, as far as there are such."""
    values = _order(rows)
    values = values[values > 0]
    if rows["direction"].iloc[0] == "both" or len(values) < 3:
        return {}
    expected = float(rows["expected_factor"].iloc[0])
    fitted = {"factor_per_step": fit_factor(values)}
    return fitted if np.isnan(expected) else {**fitted, "expected_factor_per_step": expected}


def _get_padding(rows: pd.DataFrame, is_lost: np.ndarray) -> float:
    """The part of the examples of which nothing but padding is among the steps that get a gradient."""
    if not is_lost.any() or rows["direction"].iloc[0] == "both":
        return 0.0
    reached = np.flatnonzero(~is_lost)
    place = reached[-1] if rows["direction"].iloc[0] == "backwards" else reached[0]
    return float(rows["padded_fraction"].iloc[place])


def _say_which(is_lost: np.ndarray) -> str:
    """E.g. `"The first 80"`: steps in the order of the sequence."""
    count = int(is_lost.sum())
    if is_lost[:count].all():
        return f"The first {count}"
    return f"The last {count}" if is_lost[-count:].all() else f"{count}, in the middle,"


def _advise(lost: str, kind: str) -> str:
    gated = kind in ("lstm", "gru", "bidirectional")
    first = (
        "an LSTM whose forget gate begins wide open (`bias_initializer`)"
        if kind == "lstm"
        else "`keras.layers.LSTM`, whose forget gate begins open"
    )
    others = "" if gated else ", `recurrent_initializer='orthogonal'`"
    return (
        f"{lost}: what happens there cannot be learned at first, although the gradients of the weights, sums over all "
        "steps, look well. If the answer lies in the other steps, give the layer those alone: it is faster. If not, "
        "let the loss see all steps (`return_sequences=True`, then `GlobalAveragePooling1D` or attention), shorten the "
        f"sequence (a strided `Conv1D` or pooling before the layer, coarser steps), read it from both sides, or use "
        f"{first}{others}."
    )


def _advise_on_padding(lost: str, padded: float) -> str:
    return (
        f"{lost}, and of {padded:.0%} of the examples the others are but repetitions of one input: padding. So their "
        f"answers cannot be learned. {_UNPAD}"
    )


_UNPAD = (
    "Mask it (`Embedding(..., mask_zero=True)` or `keras.layers.Masking()`), pad before the sequence "
    "(`pad_sequences(..., padding='pre')`), or pool over all outputs."
)
