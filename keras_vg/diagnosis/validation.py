"""Rules about the validation's columns of a history: what is learned from the training data is to hold there, too."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding, Value
from keras_vg.diagnosis.ranges import CROSSENTROPIES

_SAME_SCALE = 2.0
"""Factor between the loss of an untrained model and that of its predictions within which dropout, a label smoothing and
a small penalty lie. Chosen."""


def find_validation_rise(context: Context) -> Iterator[Finding]:
    """A validation loss that rises while the training loss falls: from the start, or later."""
    known, t = _list_validated(context), context.thresholds
    if known is None:
        return
    train, validation = known["loss"].to_numpy("float64"), known["val_loss"].to_numpy("float64")
    lowest = int(np.argmin(validation))
    after, size = validation[lowest:], np.abs(validation).max()
    rises = np.diff(after)
    if len(rises) < t.settled_epochs - 1 or not validation[lowest] > 0 or not train[-1] < train[lowest]:
        return
    noise = float(np.median(np.abs(np.diff(validation, n=2)))) if len(validation) > 2 else 0.0
    rise = float(after[-1] / after[0])
    is_steady = (rises > 0).mean() >= 0.7 and after[-1] - after[0] > 3 * noise
    if rise < t.validation_rise or not is_steady or not size > 0:
        return
    evidence: dict[str, Value] = {
        "lowest_val_loss": float(after[0]),
        "last_val_loss": float(after[-1]),
        "loss_then": float(train[lowest]),
        "last_loss": float(train[-1]),
    }
    is_far_off = after[0] > t.validation_gap * train[lowest]
    if lowest > 0 and not is_far_off:
        yield Finding(
            "validation_loss_rises",
            "info",
            (),
            int(known["epoch"].iloc[lowest]),
            evidence,
            "After this epoch the model learns the training examples rather than what they have in common. Keep the "
            "weights of this epoch (`EarlyStopping(restore_best_weights=True)`).",
        )
        return
    yield Finding(
        "validation_loss_rises",
        "warning",
        (),
        int(known["epoch"].iloc[lowest]),
        evidence,
        "What is learned from the training data makes the validation loss worse"
        + (
            f", and it is {after[0] / train[lowest]:.0f} times as high. The"
            if is_far_off
            else " from the first epoch on. Either the model learns the examples by heart at once (few of them, a "
            "large model), or the"
        )
        + " validation data are other data: check that their inputs are scaled by the same statistics, that their "
        "labels are encoded and ordered alike, and that a split did not part the classes (`validation_split` takes the "
        "last rows: shuffle first).",
    )


def find_unlearned_validation(context: Context) -> Iterator[Finding]:
    """Classes that are learned from the training data, while no epoch's validation loss is below log(classes).

    That is the loss of equal probabilities for all classes.
    """
    known, rows, t = _list_validated(context), context.final_predictions, context.thresholds
    if known is None or not context.is_over or not rows or not _is_unweighted(context):
        return
    equal = _measure_equal_probabilities(rows)
    train, lowest = float(known["loss"].iloc[-1]), float(known["val_loss"].min())
    # What the mode of the validation makes worse in all examples has a rule of its own; and where the probe batch is
    # not learned at all, the training's loss may be low by the weights of its examples.
    probe = sum(float(row.get("plain_loss", np.nan)) for row in rows)
    is_learned = train + sum(map(_measure_loss_of_mode, rows)) < t.validation_learned * equal and probe < equal
    if not is_learned or lowest < (1 - t.baseline_distance) * equal:
        return
    accuracies = _list_accuracies(context, rows)
    if any(best - guessed > t.validation_share * (last - guessed) for guessed, last, best in accuracies):
        return
    evidence: dict[str, Value] = {
        "last_loss": train,
        "lowest_val_loss": lowest,
        "loss_of_equal_probabilities": equal,
    }
    if accuracies:
        evidence |= {"accuracy": accuracies[0][1], "highest_val_accuracy": accuracies[0][2]}
    yield Finding(
        "validation_not_learned",
        # Without an accuracy, answers that are too sure of themselves look like wrong ones, unless they are far off.
        "error" if accuracies or lowest > t.validation_far * equal else "warning",
        (),
        int(known["epoch"].iloc[0]),
        evidence,
        "The training examples are learned, and in no epoch is the validation loss lower than that of equal "
        "probabilities for all classes: what is learned does not hold for the validation data. Check that a split did "
        "not part the classes (`validation_split` takes the last rows, of sorted data those of classes that the "
        "training never sees: shuffle first), that labels of both are encoded alike and stand in the order of their "
        "inputs, and that both inputs are prepared in the same way. If all that is right, the model has learned its "
        "examples by heart, and nothing that they have in common: the labels may not follow from these inputs.",
    )


def _is_unweighted(context: Context) -> bool:
    """Whether the loss is that of the predictions alone, on their scale: no sum, no weight, no large penalty."""
    if context.inspection is None or "plain_loss" not in context.inspection.outputs:
        return False
    plain = float(context.inspection.outputs["plain_loss"].sum(skipna=False))
    return plain / _SAME_SCALE <= float(context.inspection.setup.get("loss", np.nan)) <= plain * _SAME_SCALE


def _list_validated(context: Context) -> pd.DataFrame | None:
    """The epochs that were validated, `epoch`, `loss` and `val_loss`; None if they are few, or a loss not finite."""
    history = context.history
    if history is None or context.losses is None or "val_loss" not in history.columns:
        return None
    known = history[["epoch", "loss", "val_loss"]].dropna().astype("float64")
    is_enough = len(known) >= context.thresholds.settled_epochs
    return known if is_enough and np.isfinite(known.to_numpy()).all() else None


def _measure_loss_of_mode(row: dict[str, Any]) -> float:
    """By how much the loss is higher outside of a training; 0 where the two modes are known not to differ."""
    inference, plain = (float(row.get(name, np.nan)) for name in ("inference_loss", "plain_loss"))
    return 0.0 if np.isnan(inference) else inference - plain


def _measure_equal_probabilities(rows: list[dict[str, Any]]) -> float:
    """The loss of the same probability for each class, summed over the outputs; NaN of other losses than entropies."""
    is_entropy = all(row["loss"] in CROSSENTROPIES and "focal" not in row["loss"] for row in rows)
    return sum(float(np.log(_count_classes(row))) for row in rows) if is_entropy else float("nan")


def _count_classes(row: dict[str, Any]) -> int:
    return 2 if row["loss"] == "binary_crossentropy" else max(int(row["units"]), 2)


def _list_accuracies(context: Context, rows: list[dict[str, Any]]) -> list[tuple[float, float, float]]:
    """Of each accuracy in the history that of guessing, its last value, and the highest of the validation."""
    assert context.history is not None
    names = [n for n in context.history.columns if "acc" in n and f"val_{n}" in context.history.columns]
    guessed = max(1 / _count_classes(row) for row in rows)
    columns = [(context.history[name].dropna(), context.history[f"val_{name}"].dropna()) for name in names]
    return [(guessed, float(own.iloc[-1]), float(validation.max())) for own, validation in columns if len(own)]
