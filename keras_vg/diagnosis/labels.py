"""Rules about labels: their range, shape and scale, and whether there is anything to learn in them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.nonfinite import LABELS
from keras_vg.diagnosis.outputs import (
    get_not_seen,
    get_setup,
    has_same_labels,
    list_judged_outputs,
    name_output,
    weigh_choices,
)
from keras_vg.diagnosis.ranges import BOUNDS, CROSSENTROPIES, RANGES, REGRESSIONS, find_label_bounds


def find_label_range(context: Context) -> Iterator[Finding]:
    """Labels that the output cannot reach."""
    for output in list_judged_outputs(context):
        if not output["label_units"]:  # there were no labels
            continue
        loss, low, high = output["loss"], output["label_min"], output["label_max"]
        if loss == "poisson":  # whose predictions are means, above which counts lie by nature
            high = output["label_mean"]
        if not np.isfinite([low, high]).all():
            if np.isfinite(get_setup(context, "loss")):  # which leaves them out
                continue
            yield Finding(
                "nonfinite",
                "warning" if "loss" in get_not_seen(context) else "error",
                name_output(output),
                None,
                {"first": LABELS},
                "The labels hold NaN or infinity. Check them with `np.isfinite(y).all()`.",
            )
            continue
        bounds = find_label_bounds(loss, output["activation"], output["units"])
        is_asked = not weigh_choices(output) and (_cannot_reach(context) or "loss" in get_not_seen(context))
        if bounds is None and is_asked:
            bounds = RANGES.get(output["activation"])
        if bounds is None:
            continue
        slack = 0.02 * (bounds[1] - bounds[0]) if np.isfinite(bounds).all() and not loss.startswith("sparse") else 0.0
        if (
            low < bounds[0] - slack
            or high > bounds[1] + slack
            or (loss.startswith("sparse") and not output["label_integer"])
        ):
            evidence = {"label_min": low, "label_max": high, "lowest_allowed": bounds[0], "highest_allowed": bounds[1]}
            yield Finding(
                "label_range",
                "warning" if _reaches_most(context, output) else "error",
                name_output(output),
                None,
                {**evidence, "loss": loss, "activation": output["activation"]},
                _advise_on_labels(output),
            )


def find_divided_labels(context: Context) -> Iterator[Finding]:
    """Labels of 0 under an error in percent, which divides by them."""
    for output in list_judged_outputs(context):
        zeros = output.get("label_zeros", 0.0)
        if output["loss"] != "mean_absolute_percentage_error" or not zeros > 0:
            continue
        if not get_setup(context, "loss") > output["plain_loss"] / 10:  # masks or weights leave them out
            continue
        yield Finding(
            "label_range",
            "error",
            name_output(output),
            None,
            {"part_of_labels_that_are_0": zeros, "loss": output["loss"]},
            "An error in percent divides by the label, and Keras by 1e-7 where that is 0: these examples outweigh all "
            "others a millionfold. Use `mean_absolute_error`, or leave them out.",
        )


def _cannot_reach(context: Context) -> bool:
    """Whether a loss that is not Keras's own is far from its lowest value, or far below 0, wherever the head can go."""
    loss, reachable = get_setup(context, "loss"), get_setup(context, "loss_reachable")
    t = context.thresholds
    return bool(reachable > t.reachable_loss * loss > 0 or reachable < -t.endless_loss * abs(loss))


def _reaches_most(context: Context, output: dict[str, Any]) -> bool:
    """Whether a regression could get far below a constant answer's loss within the range of the last activation."""
    if output["loss"] not in REGRESSIONS or len(list_judged_outputs(context)) > 1:
        return False
    return get_setup(context, "loss_reachable") < context.thresholds.cut_labels * context.baseline


def find_label_shape(context: Context) -> Iterator[Finding]:
    """Labels that the loss compares with predictions of another shape."""
    loss, aligned = get_setup(context, "loss"), get_setup(context, "loss_aligned")
    if abs(loss - aligned) > context.thresholds.label_shape * max(abs(loss), abs(aligned)):
        yield Finding(
            "label_shape",
            "error",
            (),
            None,
            {"loss": loss, "loss_in_the_predictions_shape": aligned},
            "Labels and predictions differ in their axes, such as (n,) against (n, 1), and this loss does not bring "
            "them into one shape as those of Keras do: their difference is of shape (n, n), so each prediction is "
            "compared with every label, and the mean of the labels is learned. Give the labels the predictions' shape: "
            "`y[:, None]`, or `y.reshape(predictions.shape)`.",
        )
    own = context.inspection is None or context.inspection.setup.get("computes_own_loss", False)
    for output in [] if own else list_judged_outputs(context):
        columns = int(output["label_units"])
        if output["loss"] not in REGRESSIONS or not columns > output["units"] == 1:
            continue
        yield Finding(
            "label_shape",
            "error",
            name_output(output),
            None,
            {"columns_of_labels": float(columns), "units": 1.0, "loss": output["loss"]},
            f"The labels have {columns} columns and the output has one unit, which this loss compares with each of "
            f"them: their mean is learned. Give the last layer {columns} units, or pass the one column that is meant.",
        )


def _advise_on_labels(output: dict[str, Any]) -> str:
    if output["loss"].startswith("sparse"):
        return (
            "The labels must be the numbers 0 to units - 1. Renumber them (`np.unique(y, return_inverse=True)[1]`), or "
            "give the last layer one unit per class."
        )
    if output["loss"] in CROSSENTROPIES:
        return (
            "Cross-entropy takes labels from 0 to 1. Map two classes to 0 and 1; for more classes use one softmax unit "
            "per class and `sparse_categorical_crossentropy`; for a regression use `mse` and no last activation."
        )
    if output["loss"] in BOUNDS:
        low, high, advice = BOUNDS[output["loss"]]
        if not low <= output["label_min"] <= output["label_max"] <= high:
            return advice
    if output["loss"] not in REGRESSIONS:
        return (
            "The last activation cannot reach these labels, and no prediction within its range makes this loss small "
            "(or it falls below 0 without end). Scale the labels into the range (masks of 0 and 255 by 255), or leave "
            "the activation out."
        )
    return (
        "The last activation cannot reach these labels. Leave it out for a regression, or scale the labels into its "
        "range."
    )


def find_label_scale(context: Context) -> Iterator[Finding]:
    """Labels of a regression far from unit scale."""
    t = context.thresholds
    for output in list_judged_outputs(context):
        size = output["label_size"]
        is_regression = output["loss"] in REGRESSIONS or _grows_with_labels(context, output, size)
        if not is_regression or not size >= t.label_size or context.is_converged:
            continue
        if output["prediction_size"] > size / 10:  # on its way, or built for it
            continue
        steps = _count_steps_to_labels(context, output["loss"])
        known = {"steps_to_the_labels": steps} if np.isfinite(steps) else {}
        way = "and small steps take thousands of updates to get there"
        if known:
            way = f"and it takes some {steps:,.0f} steps like the next one to get there"
        yield Finding(
            "label_scale",
            "error" if size >= t.label_error and not steps <= t.label_steps else "warning",
            name_output(output),
            None,
            {"label_size": size, "prediction_size": output["prediction_size"], **known},
            f"The labels are far from unit scale: the loss and its gradients are huge, {way}. "
            "Standardise them, `(y - y.mean()) / y.std()`, and scale the predictions back.",
        )


def find_small_labels(context: Context) -> Iterator[Finding]:
    """Labels of a regression that vary far less than what the untrained network answers."""
    for output in list_judged_outputs(context):
        spread, own = output["label_std"], output["prediction_std"]
        is_linear = output["activation"] in ("linear", "unknown") and output["label_units"] == output["units"]
        if (
            output["loss"] not in REGRESSIONS
            or not is_linear
            or not 0 < spread < min(own, 1.0) / context.thresholds.small_labels
        ):
            continue  # or the answers are too large
        yield Finding(
            "label_scale",
            "warning",
            name_output(output),
            None,
            {"label_std": spread, "prediction_std": own},
            f"The untrained network's answers vary {own / spread:.0f} times as much as the labels: until that is gone, "
            "the loss hardly depends on what the labels differ by. Standardise them, "
            "`(y - y.mean()) / y.std()`, and scale the predictions back.",
        )


def _count_steps_to_labels(context: Context, loss: str) -> float:
    """How many steps like the next one lead to the labels; NaN if that raises the loss or is not known."""
    before, after = (np.float64(get_setup(context, name)) for name in ("loss", "loss_after"))
    with np.errstate(all="ignore"):
        left = after / before
        fall = 1 - (np.sqrt(left) if loss == "mean_squared_error" else left)
    return float(1 / fall) if fall > 0 else float("nan")


def _grows_with_labels(context: Context, output: dict[str, Any], size: float) -> bool:
    """Whether a loss that is not known by its name is, of a linear output, as large as the labels, or their squares."""
    is_known = np.isfinite(output["baseline"]) or len(list_judged_outputs(context)) > 1
    is_linear = output["activation"] in ("linear", "unknown") and output["label_units"] == output["units"]
    return bool(not is_known and is_linear and get_setup(context, "loss") > size / 10)


_ONE_LABEL = (
    "All labels of the batch are the same. Check how the labels are made, and that the data was shuffled before a part "
    "of it was taken."
)


def find_constant_labels(context: Context) -> Iterator[Finding]:
    """Labels without any difference to learn."""
    for output in list_judged_outputs(context):
        if has_same_labels(output):
            yield Finding(
                "constant_labels", "warning", name_output(output), None, {"label": output["label_min"]}, _ONE_LABEL
            )
