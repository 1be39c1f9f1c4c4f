"""Rules about a loss that is not one of Keras's usual ones: whether it asks for the right predictions at all."""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding, Value
from keras_vg.diagnosis.outputs import weigh_choices
from keras_vg.diagnosis.thresholds import Thresholds

_REVERSED = -0.8
"""Correlation of predictions with labels below which they are learned the other way round. Chosen."""


def asks_for_others(losses: Mapping[str, float], thresholds: Thresholds) -> bool:
    """Whether a loss asks for predictions that depend on the labels and are not the labels, as a contrastive one does.

    Args:
        losses: `Inspection.setup["loss_of_answers"]`.
        thresholds: The thresholds.
    """
    span = losses["highest"] - losses["varying"]
    return (
        losses["right"] > losses["constant"] and losses["constant"] - losses["varying"] > thresholds.answer_share * span
    )


def find_loss_function(context: Context) -> Iterator[Finding]:
    """A loss that no prediction lowers more than a constant one, that right predictions raise, or that is always 0."""
    if context.inspection is None:
        return
    losses = dict(context.inspection.setup.get("loss_of_answers", {}))
    if unused := context.inspection.setup.get("unused_losses"):
        yield Finding(
            "loss_function",
            "warning",
            (),
            None,
            {"unused_losses": ", ".join(unused)},
            "`compile` was given a list of losses for one output. Keras trains the first alone, and logs 0 for each of "
            "them: a list has one loss per output. For a sum, pass one function that returns it, such as `lambda y, p: "
            "keras.losses.mean_squared_error(y, p) + keras.losses.mean_absolute_error(y, p)`.",
        )
    if _asks_for_nothing(context):
        yield Finding(
            "loss_function",
            "error",
            (),
            None,
            {"loss": 0.0},
            "The loss is exactly 0 and nothing has a gradient, in a model whose biases are all 0, so that it seems "
            "untrained: the loss asks for nothing. Look for a factor that is 0: a difference from a mean over an axis "
            "of one value, a mask or a weight of zeros.",
        )
        return
    outputs = context.inspection.outputs
    smoothing = float(context.inspection.setup.get("label_smoothing", 0.0))
    cause = _judge_arguments(outputs, smoothing)
    if cause:
        known: dict[str, Value] = {"label_smoothing": smoothing} if smoothing >= 1 else {"loss": "cosine_similarity"}
        yield Finding("loss_function", "error", (), None, known, cause)
        return
    severity: Literal["error", "warning"] = "error"
    fault = find_fault(losses, outputs, context.thresholds)
    if fault == "alike":
        cause = (
            "On this batch no prediction that depends on the labels has a lower loss than the best constant "
            "prediction: the loss does not ask for a difference between examples. It may compare means over the batch "
            "(take the difference of each label and prediction first, and the mean last), or expect other labels (a "
            "hinge loss takes -1 and 1, not 0 and 1)."
        )
    elif fault == "reversed":
        cause = (
            "This loss is highest where predictions equal the labels, and falls the more they differ: its sign is "
            "wrong. Leave out the minus, or put it before a measure that is to be as large as possible (or take "
            "1 minus that)."
        )
    elif _raises_what_costs(losses, outputs):
        severity = "warning"
        cause = (
            "The labels are numbers of both signs at one unit of each example, as of what a choice has brought, and "
            "the loss is higher where that unit is likelier the higher its label is: choices that have brought more "
            "are made rarer. That is right if the labels are costs; if they are gains, the sign of the loss is wrong."
        )
    else:
        return
    names = {"loss_of_labels": "right", "best_constant_loss": "constant", "best_varying_loss": "varying"}
    evidence = {name: losses[key] for name, key in {**names, "highest_loss": "highest"}.items()}
    yield Finding("loss_function", severity, (), None, evidence, cause)


def find_reversed_answers(context: Context) -> Iterator[Finding]:
    """A fit under a loss of one's own that has ended with predictions that fall as the labels rise."""
    for row in context.final_predictions if context.is_complete else ():
        is_number = row["units"] == row["label_units"] and row["label_distinct"] > 2  # and no class
        if not is_number or not row["prediction_std"] > 0 or np.isfinite(row["baseline"]):
            continue
        correlation = float(row["label_slope"] * row["label_std"] / row["prediction_std"])
        if not correlation < _REVERSED:
            continue
        yield Finding(
            "loss_function",
            "warning",
            (str(row["layer"]),) if row["layer"] else (),
            int(row["epoch"]),
            {"correlation": round(correlation, 4)},
            "At the end of the fit predictions fall as labels rise. That is right where one stands for less of the "
            "other, as a risk for the time that is left, or a similarity for a distance; otherwise the loss has the "
            "wrong sign, or compares the wrong way round.",
        )


def _judge_arguments(outputs: pd.DataFrame, label_smoothing: float) -> str:
    """What is wrong with one of Keras's losses by its arguments, or by how many units it is given; empty if nothing."""
    if label_smoothing >= 1:
        return (
            "With a `label_smoothing` of 1 (`True` is 1, too) nothing is left of the labels: the loss asks for the "
            "same probability for every class. Usual values are 0.1 and less."
        )
    if not len(outputs) or "positions" not in outputs:
        return ""
    is_number = (outputs["loss"] == "cosine_similarity") & (outputs["units"] == 1) & (outputs["positions"] == 1)
    if is_number.any():
        return (
            "The cosine of the angle between two single numbers is 1 or -1, whatever their sizes, so that this loss "
            "has no gradient. Use `mean_squared_error` for numbers; compare vectors by their angle."
        )
    return ""


def _raises_what_costs(losses: Mapping[str, float], outputs: pd.DataFrame) -> bool:
    """Whether a loss of choices is higher for those whose labels are higher."""
    is_choice = len(outputs) > 0 and all(weigh_choices(row) for row in outputs.to_dict("records"))
    return is_choice and losses.get("right", float("nan")) > losses.get("constant", float("nan"))


def _asks_for_nothing(context: Context) -> bool:
    """Whether loss and gradients are exactly 0 though the model seems untrained: its biases are 0, as they start."""
    inspection = context.inspection
    if inspection is None or inspection.gradients.empty or inspection.setup["loss"] != 0:
        return False
    outputs, gradients = inspection.outputs, inspection.gradients
    has_one_class = outputs["loss"].str.contains("categorical") & (outputs["units"] == 1)  # `output_layer` says it
    if (has_one_class | (outputs["label_distinct"] <= 1) | (outputs["loss"] == "none")).any():
        return False
    if not inspection.weights["trainable"].all():  # a head that is put on a trained model
        return False
    biases = gradients["weight_norm"][gradients["weight"].str.endswith("bias")]
    return len(biases) > 0 and not biases.any() and not gradients["gradient_norm"].any()


def _copy_labels(outputs: pd.DataFrame) -> bool:
    """Whether labels are what predictions are to be: vectors of numbers of both signs, or pictures and sequences.

    Of one number per example the opposite may be asked for, such as a risk by the time until something happens.
    """
    if "label_min" not in outputs:
        return False
    is_signed = (outputs["label_min"] < 0) & (outputs["label_max"] > 0) & (outputs["label_units"] > 1)
    has_levels = (outputs["positions"] > 1) & (outputs["label_distinct"] > 2)
    return bool(((is_signed | has_levels) & ~outputs["label_integer"].astype(bool)).all())


def find_fault(
    losses: Mapping[str, float], outputs: pd.DataFrame, thresholds: Thresholds
) -> Literal["", "alike", "reversed"]:
    """Finds what is wrong with a loss by its values for trial predictions.

    Args:
        losses: `Inspection.setup["loss_of_answers"]`.
        outputs: `Inspection.outputs`.
        thresholds: The thresholds.

    Returns:
        `"alike"` if it does not ask for a difference between the examples, `"reversed"` if its sign is wrong, else an
        empty string, also where the values are not known.
    """
    slack = thresholds.answer_gain * losses.get("typical", float("nan"))
    if not slack > 0:
        return ""
    right, constant, varying, highest = (losses[name] for name in ("right", "constant", "varying", "highest"))
    if varying >= constant - slack:
        return "alike"
    is_flat = highest <= slack or constant - varying <= thresholds.answer_share * (highest - varying)
    is_reversed = right >= highest - slack and (is_flat or _inverts_labels(losses, outputs, slack))
    return "reversed" if is_reversed else ""


def _inverts_labels(losses: Mapping[str, float], outputs: pd.DataFrame, slack: float) -> bool:
    """Whether a loss has the wrong sign for vectors or pictures: it is highest where predictions equal the labels."""
    return losses["right"] >= losses["highest"] - slack > losses["constant"] and _copy_labels(outputs)
