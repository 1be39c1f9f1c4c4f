"""Rules about what is computed in 16 bits: inputs that are rounded, penalties that overflow."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.nonfinite import LOSS, ROUNDING


def find_nonfinite_loss(context: Context) -> Iterator[Finding]:
    """A loss of the batch that is not finite, whatever its gradients are."""
    inspection = context.inspection
    if inspection is None:
        return
    setup = inspection.setup
    loss, not_seen = float(setup.get("loss", 0.0)), setup.get("not_seen", {})
    if np.isfinite(loss) or "loss" in not_seen or (np.isnan(loss) and "gradients" in not_seen):
        return
    evidence: dict[str, float | str] = {"first": LOSS, "loss": loss}
    plain = sum_plain_losses(context)
    evidence |= {"loss_of_predictions": plain} if np.isfinite(plain) else {}
    layers = list_half_penalties(context)
    if layers and np.isposinf(loss) and np.isfinite(plain) and np.isfinite(setup.get("penalty", 0.0)):
        advice = advise_on_half_penalties(context)
    elif np.isfinite(plain):
        layers = ()
        advice = (
            "The predictions have a finite loss by themselves, so what is added to it, or what it is multiplied with, "
            "is not: check penalties (`kernel_regularizer`, `activity_regularizer`, `add_loss`), sample weights and "
            "`loss_weights`."
        )
    else:
        layers = ()
        advice = (
            "Check labels and sample weights with `np.isfinite(y).all()`, and a loss of your own for log, sqrt and "
            "division near 0."
        )
    yield Finding("nonfinite", "error", layers, None, evidence, f"The loss of the batch is NaN or infinite. {advice}")


def sum_plain_losses(context: Context) -> float:
    """The loss of the inspected batch's predictions by themselves; NaN where it is not known of each output."""
    outputs = pd.DataFrame() if context.inspection is None else context.inspection.outputs
    if outputs.empty or "plain_loss" not in outputs:
        return np.nan
    ends = [name for name in ("prediction_min", "prediction_max") if name in outputs]
    if not np.isfinite(outputs[ends].to_numpy("float64")).all():
        return np.nan  # then it is that of the others
    return float(outputs["plain_loss"].sum(skipna=False))


def find_rounded_inputs(context: Context) -> Iterator[Finding]:
    """Inputs whose differences are lost where the first layer rounds them to 16 bits."""
    t = context.thresholds
    for name, rounded in _list_rounded(context).items():
        lost = rounded["lost"]
        if not rounded["is_finite"]:
            yield _name_overflow(name, rounded)
        if not rounded["is_finite"] or lost < t.rounded_warning:
            continue
        yield Finding(
            "rounded_input",
            "error" if rounded["lost_by_most"] >= t.rounded_error else "warning",
            () if name == "the model" else (name,),
            None,
            {
                "dtype": rounded["dtype"],
                "features": rounded["features"],
                "values": float(rounded["values"]),
                "left": float(rounded["kept"]),
                "lost_part_of_spread": lost,
            },
            f"{_say_what_rounds(name, rounded)} and of {rounded['values']} different values of feature "
            f"{rounded['feature']} in this batch {rounded['kept']} {'is' if rounded['kept'] == 1 else 'are'} left. "
            f"{_say_which_features(rounded)}{_advise_on_rounding(name, rounded)}",
        )


def find_lost_gradients(context: Context) -> Iterator[Finding]:
    """Gradients that float16 rounds to few digits or to 0, under an optimizer that does not scale the loss."""
    lost: dict[str, float] = {} if context.inspection is None else context.inspection.setup.get("lost_gradients", {})
    t = context.thresholds
    chosen = tuple(name for name, part in lost.items() if part >= t.lost_gradient)
    if not chosen:
        return
    yield Finding(
        "no_loss_scaling",
        "error" if np.median([*lost.values()]) >= t.lost_gradient_error else "warning",
        chosen,
        None,
        {"lost_part_of_gradient": max(lost.values()), "float16_layers": float(len(lost))},
        "These layers compute in float16, and the optimizer does not scale the loss: what is below 6e-8 on the way "
        "back becomes 0, and what is below 6e-5 has few digits. Keras scales the loss only of a model that was made "
        "under the policy 'mixed_float16': set `keras.config.set_dtype_policy('mixed_float16')` before you make or "
        "load the model, or compile it with `keras.optimizers.LossScaleOptimizer(optimizer)`.",
    )


def _name_overflow(name: str, rounded: dict[str, Any]) -> Finding:
    """Finite inputs that the first layer makes infinity or NaN of as it rounds them."""
    what = "they, or their variance, are" if rounded["kind"] == "Normalization" else "some are"
    limit = "65,504" if rounded["dtype"] == "float16" else "largest number"
    return Finding(
        "nonfinite",
        "error",
        () if name == "the model" else (name,),
        None,
        {"first": ROUNDING, "dtype": rounded["dtype"], "in_features": rounded["features"]},
        f"{_say_what_rounds(name, rounded)} and {what} larger than the {limit} that {rounded['dtype']} can hold. "
        f"{_advise_on_rounding(name, rounded)}",
    )


def _list_rounded(context: Context) -> dict[str, Any]:
    return {} if context.inspection is None else context.inspection.setup.get("rounded_inputs", {})


def _say_what_rounds(name: str, rounded: dict[str, Any]) -> str:
    what = "The model" if name == "the model" else f"The first layer {name!r} ({rounded['kind']})"
    return f"{what} rounds its inputs to {rounded['dtype']} before it computes anything,"


def _say_which_features(rounded: dict[str, Any]) -> str:
    """The features that lose much, where they are more than the one that loses most; they are counted from 0."""
    if rounded["features"] == str(rounded["feature"]):
        return ""
    return f"Features whose differences are lost, all or in part: {rounded['features']}. "


def _advise_on_rounding(name: str, rounded: dict[str, Any]) -> str:
    kind = rounded["kind"]
    if name == "the model":
        return (
            "Standardize the inputs before the model is given them, or keep it from rounding them: `autocast=False` in "
            '`super().__init__`, and `keras.layers.Normalization(dtype="float32")` first.'
        )
    if kind in ("Normalization", "Rescaling"):
        return f'Give it `dtype="float32"`: `keras.layers.{kind}(..., dtype="float32")`; its outputs fit into 16 bits.'
    return (
        'Put `keras.layers.Normalization(dtype="float32")` first, adapted to the training data: what it puts out fits '
        "into 16 bits."
    )


def list_half_penalties(context: Context) -> tuple[str, ...]:
    """Lists the layers whose outputs have a penalty that is computed in float16, as far as they are known."""
    return () if context.inspection is None else tuple(context.inspection.setup.get("half_penalties", ()))


def advise_on_half_penalties(context: Context) -> str:
    """What to do about penalties that are computed in float16; empty if there are none."""
    names: Any = list_half_penalties(context)
    if not names:
        return ""
    shown = " and ".join(map(repr, names[:2])) + (f" and {len(names) - 2} more" if names[2:] else "")
    return (
        f"The `activity_regularizer` of {shown} is computed in float16: Keras adds up the penalty of the whole batch, "
        "which may exceed 65,504, the largest number of float16, while the gradients stay finite. Give the layer "
        '`dtype="float32"`.'
    )
