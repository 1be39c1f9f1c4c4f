"""Rules about the output layer, its loss and the labels: whether they can meet at all."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.nonfinite import LABELS
from keras_vg.diagnosis.series import measure_relative_spread

CROSSENTROPIES: tuple[str, ...] = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
CROSSENTROPIES += ("binary_focal_crossentropy", "categorical_focal_crossentropy")
REGRESSIONS: tuple[str, ...] = (
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "mean_squared_logarithmic_error",
)
REGRESSIONS += ("mean_absolute_percentage_error",)
RANGES = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}
RANGES |= {"softsign": (-1.0, 1.0), "hard_tanh": (-1.0, 1.0), "sparse_sigmoid": (0.0, 1.0), "relu6": (0.0, 6.0)}
RANGES |= dict.fromkeys(("relu", "softplus", "squareplus", "sparse_plus", "exponential"), (0.0, np.inf))
RANGES["log_sigmoid"] = (-np.inf, 0.0)

_ROUNDING = 1e-6
"""Deviation, as part of the size, below which numbers in float32 are the same."""

_BOUNDS: dict[str, tuple[float, float, str]] = {
    "mean_squared_logarithmic_error": (
        0.0,
        np.inf,
        "This loss compares logarithms, for which Keras takes labels below 0 as 0. Use `mean_squared_error` for labels "
        "of both signs.",
    ),
    "poisson": (
        0.0,
        np.inf,
        "This loss is for counts: for a label below 0 it asks for ever smaller predictions. Use `mean_squared_error` "
        "for labels of both signs.",
    ),
    "kl_divergence": (
        0.0,
        1.0,
        "This loss is for shares of a whole, for which Keras cuts labels to between 0 and 1. Divide counts by their "
        "sum, or use `poisson` for counts and `mean_squared_error` for other numbers.",
    ),
    **dict.fromkeys(
        ("hinge", "squared_hinge"),
        (
            -1.0,
            1.0,
            "Hinge losses are for two classes, -1 and 1 (Keras takes 0 and 1, too): a prediction beyond the margin, "
            "however far, has a loss of 0, and is not drawn to the label's value. Use `mean_squared_error` for "
            "numbers, and `sparse_categorical_crossentropy` for more classes.",
        ),
    ),
    **dict.fromkeys(
        ("dice", "tversky"),
        (
            0.0,
            1.0,
            "This loss compares regions: masks of 0 and 1, one channel per class. Divide masks of 255 by it, take "
            "`keras.ops.one_hot` of class numbers, or use `mean_squared_error` for other numbers.",
        ),
    ),
}
"""Losses that take labels of a certain range only: the lowest and the highest, and what to do about others."""

_OF_TWO_CLASSES = ("hinge", "squared_hinge")
"""Losses for labels of -1 and 1, which may be beyond what the last activation puts out."""

_BELOW_OR_AT_ZERO = ("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh")
"""Activations that can put out 0 or less."""

_NEVER_NEGATIVE = ("relu", "relu6", "softplus", "exponential", "sigmoid", "softmax")


def find_output_layer(context: Context) -> Iterator[Finding]:
    """An output activation with which the loss cannot teach anything."""
    for output in _list_outputs(context):
        is_divided = _is_divided_by_sum(context, output)
        found = _judge_head(output, _drops_predictions(context), is_divided, context.thresholds.several_labels)
        found = found or _judge_own_loss(context, output) or _judge_repeated_activation(context, output)
        if found is not None:
            severity, cause = found
            evidence = {
                "activation": output["activation"],
                "units": float(output["units"]),
                "loss": output["loss"],
                "from_logits": str(output["from_logits"]),
            }
            yield Finding("output_layer", severity, _name(output), None, evidence, cause)  # type: ignore[arg-type]


def _drops_predictions(context: Context) -> bool:
    """Whether dropout behind the last activation makes the predictions 0, or larger than that puts out."""
    return context.inspection is not None and bool(context.inspection.setup.get("dropout_of_outputs"))


def _is_divided_by_sum(context: Context, output: dict[str, Any]) -> bool:
    """Whether the loss makes probabilities of these outputs, all above 0: TensorFlow does not, of integer labels."""
    assert context.inspection is not None
    if "categorical" not in output["loss"] or output["activation"] in _BELOW_OR_AT_ZERO or output["units"] == 1:
        return False
    is_cut = output["loss"].startswith("sparse") and context.inspection.setup["backend"] == "tensorflow"
    return bool(output["prediction_min"] > 0) and not is_cut


def _judge_head(output: dict[str, Any], is_dropped: bool, is_divided: bool, several: float) -> tuple[str, str] | None:
    activation, loss, units = output["activation"], output["loss"], output["units"]
    is_categorical = "categorical" in loss
    takes_logits = bool(output["from_logits"])
    if activation == "softmax" and units == 1:
        return "error", (
            "Softmax over one unit is always 1: every prediction is the same. Use `Dense(1, activation='sigmoid')` for "
            "two classes with `binary_crossentropy`, or no activation for a regression."
        )
    if is_categorical and units == 1:
        return "error", (
            "A categorical loss over one unit has no gradient. Use `binary_crossentropy` with `Dense(1, 'sigmoid')`, "
            "or one unit per class with softmax."
        )
    if (activation == "softmax" or loss.startswith("categorical")) and _has_several_ones(output):
        ones = output["label_mean"] * output["label_units"]  # of an example, in the mean
        is_often = ones > 1 + _ROUNDING or output.get("label_several", 0.0) > several
        return "error" if is_often else "warning", (
            f"Some examples have several labels of 1 (up to {output['label_sum_max']:.0f}), and probabilities of "
            "softmax sum to 1: no two can be near 1 at once. Use `activation='sigmoid'` with `binary_crossentropy`."
        )
    if activation == "softmax" and not is_categorical and _exceeds_probabilities(output):
        return "error", (
            f"The values of an example's labels sum to up to {output['label_sum_max']:.3g}, and those of softmax to 1. "
            "Leave the activation out, or use `activation='sigmoid'` for values between 0 and 1."
        )
    if loss in CROSSENTROPIES and not takes_logits:
        low, high = output["prediction_min"], output["prediction_max"]
        is_unbounded = activation in _BELOW_OR_AT_ZERO or activation in ("softplus", "exponential")
        if not is_divided and (is_unbounded or (not is_dropped and (low < -1e-3 or high > 1 + 1e-3))):
            fit = "softmax" if is_categorical else "sigmoid"
            return "error", (
                f"{loss} takes probabilities, and this output ({activation}) gives other numbers, which are cut to 0 "
                f"and 1 and pass no gradient there. Use `activation='{fit}'`, or no activation with `from_logits=True` "
                "in the loss."
            )
    if loss == "poisson" and output["prediction_min"] < 0:
        return "error", (
            f"poisson takes rates, which are above 0, and this output ({activation}) goes below: their logarithm is "
            "NaN. Use `activation='softplus'` or `'exponential'`."
        )
    is_probability = activation in ("sigmoid", "softmax")
    if loss.startswith("binary") and takes_logits and activation in _NEVER_NEGATIVE and not is_probability:
        return "error", _describe_never_negative(activation, "The loss takes logits (`from_logits=True`)")
    if loss in CROSSENTROPIES and takes_logits and (is_probability or activation in ("relu", "tanh")):
        where = " On TensorFlow Keras looks at the logits behind it all the same; other backends do not."
        return "error" if is_probability else "warning", (
            f"The loss takes logits (`from_logits=True`) but the output is a {activation}. Leave out the activation, "
            f"or `from_logits`.{where * is_probability}"
        )
    if is_categorical and activation == "sigmoid":
        return "warning", "One of several classes is a choice: use `activation='softmax'` instead of sigmoid."
    if loss in (*REGRESSIONS, "binary_crossentropy") and output["label_units"] == 1 and units > 1:
        return "error", (
            f"There is one label per example, but {units} outputs, each of which is taught the same number. For "
            "classes use `sparse_categorical_crossentropy`; for one number `Dense(1)`."
        )
    if activation == "relu" and units == 1 and output["prediction_max"] == 0:
        return "error", "The ReLU output is 0 for every example and gets no gradient. Leave out the last activation."
    return None


def _judge_repeated_activation(context: Context, output: dict[str, Any]) -> tuple[str, str] | None:
    """Whether a layer without weights applies sigmoid or softmax to what another activation puts out."""
    if not context.activations or output["activation"] not in ("sigmoid", "softmax"):
        return None
    own = output["activation"]
    before, is_certain = _find_activation_before(context, output["layer"])
    if before in _NEVER_NEGATIVE and own == "sigmoid":
        described = _describe_never_negative(before, "The last activation is a sigmoid")
        return ("error" if is_certain else "warning"), described
    if before in ("relu", "relu6"):
        return "warning", (
            f"The softmax is given what a {before} puts out, which sets all negative scores to 0: no class can be made "
            f"unlikely, and an example whose scores are all negative gives no gradient. Leave the {before} out."
        )
    if before not in ("sigmoid", "softmax"):
        return None
    return "error" if is_certain else "warning", (
        f"The {own} is given the probabilities of the {before} before it, and cannot come "
        "near 0 or 1 from them: over ten classes a softmax of a softmax stays below 0.24. Leave one of them out."
    )


def _find_activation_before(context: Context, layer: str) -> tuple[str, bool]:
    """The activation of what an activation layer is given, and whether that is certain; empty if there is none.

    Of a model whose graph is not known, that of the layer called before it, if that has as many units.
    """
    assert context.inspection is not None
    rows, setup = context.outputs, context.inspection.setup
    index = int(np.argmax(rows.layer == layer))
    fed_by = dict(setup.get("fed_by", {}))
    if layer in fed_by:
        source = int(np.argmax(rows.layer == fed_by[layer]))
        is_same = rows.depth[source] == rows.depth[index]  # a layer with weights of its own is no activation layer
        return (str(rows.activation[source]), True) if is_same else ("", True)
    if index == 0 or fed_by or rows.depth[index - 1] != rows.depth[index]:
        return "", False
    return (str(rows.activation[index - 1]) if rows.units[index - 1] == rows.units[index] else ""), False


def _describe_never_negative(activation: str, what: str) -> str:
    return (
        f"{what}, and the {activation} before it is never below 0: no probability can be below 0.5. Leave the "
        f"{activation} out."
    )


def _judge_own_loss(context: Context, output: dict[str, Any]) -> tuple[str, str] | None:
    """Whether a loss that is not Keras's own takes what a sigmoid or softmax gives for logits."""
    assert context.inspection is not None
    losses = context.inspection.setup.get("loss_of_logits", {})
    if not losses or any(context.inspection.setup.get("logits_found", ())):
        return None
    least, beyond, alike = losses["as_probabilities"], losses["as_logits"], losses["alike"]
    if not (context.thresholds.loss_of_logits * alike < least < alike and -_ROUNDING * alike <= beyond < least / 2):
        return None
    activation, is_sure = output["activation"], losses["applies_activation"]
    what = "applies a sigmoid or softmax of its own" if is_sure else "is made for logits, or for labels of -1 and 1"
    return "error" if is_sure else "warning", (
        f"Even right answers cannot get below a loss of {least:.3g}, since a {activation} gives numbers from 0 to 1 "
        f"(equal probabilities have {alike:.3g}); as logits they would have {abs(beyond):.2g}. So this loss {what}. "
        "Leave out the last activation, or give the loss probabilities."
    )


def _has_several_ones(output: dict[str, Any]) -> bool:
    """Whether labels of 0 and 1, one per unit, hold more than one 1 for some example."""
    is_one_per_unit = output["label_units"] == output["units"] > 1
    if not is_one_per_unit or not output.get("label_integer"):
        return False
    return bool(output["label_min"] == 0 and output["label_max"] == 1 and output["label_sum_max"] > 1)


def _exceeds_probabilities(output: dict[str, Any]) -> bool:
    """Whether the labels, one per unit, sum to far more than 1 in the mean."""
    return bool(output["label_units"] == output["units"] > 1 and output["label_mean"] * output["label_units"] > 1.5)


def find_label_range(context: Context) -> Iterator[Finding]:
    """Labels that the output cannot reach."""
    for output in _list_outputs(context):
        if not output["label_units"]:  # there were no labels
            continue
        loss, low, high = output["loss"], output["label_min"], output["label_max"]
        if loss == "poisson":  # whose predictions are means, above which counts lie by nature
            high = output["label_mean"]
        if not np.isfinite([low, high]).all():
            if np.isfinite(_get_setup(context, "loss")):  # which leaves them out
                continue
            yield Finding(
                "nonfinite",
                "warning" if "loss" in _get_not_seen(context) else "error",
                _name(output),
                None,
                {"first": LABELS},
                "The labels hold NaN or infinity. Check them with `np.isfinite(y).all()`.",
            )
            continue
        bounds = find_label_bounds(loss, output["activation"], output["units"])
        is_asked = not weigh_choices(output) and (_cannot_reach(context) or "loss" in _get_not_seen(context))
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
                _name(output),
                None,
                {**evidence, "loss": loss, "activation": output["activation"]},
                _advise_on_labels(output),
            )


def find_divided_labels(context: Context) -> Iterator[Finding]:
    """Labels of 0 under an error in percent, which divides by them."""
    for output in _list_outputs(context):
        zeros = output.get("label_zeros", 0.0)
        if output["loss"] != "mean_absolute_percentage_error" or not zeros > 0:
            continue
        if not _get_setup(context, "loss") > output["plain_loss"] / 10:  # masks or weights leave them out
            continue
        yield Finding(
            "label_range",
            "error",
            _name(output),
            None,
            {"part_of_labels_that_are_0": zeros, "loss": output["loss"]},
            "An error in percent divides by the label, and Keras by 1e-7 where that is 0: these examples outweigh all "
            "others a millionfold. Use `mean_absolute_error`, or leave them out.",
        )


def _cannot_reach(context: Context) -> bool:
    """Whether a loss that is not Keras's own is far from its lowest value, or far below 0, wherever the head can go."""
    loss, reachable = _get_setup(context, "loss"), _get_setup(context, "loss_reachable")
    t = context.thresholds
    return bool(reachable > t.reachable_loss * loss > 0 or reachable < -t.endless_loss * abs(loss))


def weigh_choices(output: Mapping[Any, Any]) -> bool:
    """Whether labels of both signs stand at one unit of each example: what a choice has brought, not what to put out.

    A loss of one's own multiplies logarithms of probabilities by them, and has no lowest value.

    Args:
        output: A row of `Inspection.outputs`.
    """
    least = 1 - 1 / output["units"] - _ROUNDING
    is_of_one = output["label_units"] == output["units"] > 1 and output.get("label_zeros", 0.0) > least
    return bool(is_of_one and output["label_min"] < 0 < output["label_max"])


def _reaches_most(context: Context, output: dict[str, Any]) -> bool:
    """Whether a regression could get far below a constant answer's loss within the range of the last activation."""
    if output["loss"] not in REGRESSIONS or len(_list_outputs(context)) > 1:
        return False
    return _get_setup(context, "loss_reachable") < context.thresholds.cut_labels * context.baseline


def _get_setup(context: Context, name: str) -> float:
    assert context.inspection is not None
    return float(context.inspection.setup.get(name, np.nan))


def _get_not_seen(context: Context) -> dict[str, str]:
    assert context.inspection is not None
    return dict(context.inspection.setup.get("not_seen", {}))


def find_label_shape(context: Context) -> Iterator[Finding]:
    """Labels that the loss compares with predictions of another shape."""
    loss, aligned = _get_setup(context, "loss"), _get_setup(context, "loss_aligned")
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
    for output in [] if own else _list_outputs(context):
        columns = int(output["label_units"])
        if output["loss"] not in REGRESSIONS or not columns > output["units"] == 1:
            continue
        yield Finding(
            "label_shape",
            "error",
            _name(output),
            None,
            {"columns_of_labels": float(columns), "units": 1.0, "loss": output["loss"]},
            f"The labels have {columns} columns and the output has one unit, which this loss compares with each of "
            f"them: their mean is learned. Give the last layer {columns} units, or pass the one column that is meant.",
        )


def find_label_bounds(loss: str, activation: str, units: int) -> tuple[float, float] | None:
    """Finds between what labels may lie, as far as the loss's name tells.

    Args:
        loss: Name of the loss.
        activation: The last activation.
        units: Units of the output.

    Returns:
        The lowest and the highest label; None if the loss has no bounds, or is not one of Keras's.
    """
    if loss.startswith("sparse"):
        return 0.0, float(units - 1)
    if loss in CROSSENTROPIES:
        return 0.0, 1.0
    low, high = RANGES.get(activation, (-np.inf, np.inf)) if loss not in _OF_TWO_CLASSES else (-np.inf, np.inf)
    if loss in _BOUNDS:
        return max(low, _BOUNDS[loss][0]), min(high, _BOUNDS[loss][1])
    return RANGES.get(activation) if loss in REGRESSIONS else None


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
    if output["loss"] in _BOUNDS:
        low, high, advice = _BOUNDS[output["loss"]]
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
    for output in _list_outputs(context):
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
            _name(output),
            None,
            {"label_size": size, "prediction_size": output["prediction_size"], **known},
            f"The labels are far from unit scale: the loss and its gradients are huge, {way}. "
            "Standardise them, `(y - y.mean()) / y.std()`, and scale the predictions back.",
        )


def find_small_labels(context: Context) -> Iterator[Finding]:
    """Labels of a regression that vary far less than what the untrained network answers."""
    for output in _list_outputs(context):
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
            _name(output),
            None,
            {"label_std": spread, "prediction_std": own},
            f"The untrained network's answers vary {own / spread:.0f} times as much as the labels: until that is gone, "
            "the loss hardly depends on what the labels differ by. Standardise them, "
            "`(y - y.mean()) / y.std()`, and scale the predictions back.",
        )


def _count_steps_to_labels(context: Context, loss: str) -> float:
    """How many steps like the next one lead to the labels; NaN if that raises the loss or is not known."""
    before, after = (np.float64(_get_setup(context, name)) for name in ("loss", "loss_after"))
    with np.errstate(all="ignore"):
        left = after / before
        fall = 1 - (np.sqrt(left) if loss == "mean_squared_error" else left)
    return float(1 / fall) if fall > 0 else float("nan")


def _grows_with_labels(context: Context, output: dict[str, Any], size: float) -> bool:
    """Whether a loss that is not known by its name is, of a linear output, as large as the labels, or their squares."""
    is_known = np.isfinite(output["baseline"]) or len(_list_outputs(context)) > 1
    is_linear = output["activation"] in ("linear", "unknown") and output["label_units"] == output["units"]
    return bool(not is_known and is_linear and _get_setup(context, "loss") > size / 10)


_ONE_LABEL = (
    "All labels of the batch are the same. Check how the labels are made, and that the data was shuffled before a part "
    "of it was taken."
)


def find_constant_labels(context: Context) -> Iterator[Finding]:
    """Labels without any difference to learn."""
    for output in _list_outputs(context):
        if _has_same_labels(output):
            yield Finding("constant_labels", "warning", _name(output), None, {"label": output["label_min"]}, _ONE_LABEL)


def find_constant_prediction(context: Context) -> Iterator[Finding]:
    """The same answer to every example."""
    t = context.thresholds
    for index, output in enumerate(context.final_predictions):
        spread = float(measure_relative_spread(output))
        if not spread < t.constant_warning or _has_same_labels(output) or output.get("positions") == 0:
            continue
        if context.is_inspection and (_starts_at_zero(context, output["layer"]) or context.only_looks_up):
            continue  # products of rows that begin small are all near 0, and each step moves the rows by themselves
        # Untrained, an image or a sequence differs little from example to example at each of its positions.
        if context.is_inspection and output.get("positions", 1) > 1 and spread >= t.constant_prediction:
            continue
        start, first = _find_start(context, index)
        has_stayed = context.is_inspection or context.is_over or _lasts(context, output, start, first)
        yield Finding(
            "constant_prediction",
            "error" if spread < t.constant_prediction and has_stayed else "warning",
            _name(output),
            start,
            {"prediction_std": output["prediction_std"], "relative": spread},
            "The model gives the same answer to every example: the input does not reach the output. "
            + (
                "Look at the findings beside this one; scale the initial weights (`'he_normal'` with ReLU), and use "
                "fewer layers or normalization."
                if start == first
                else "Before this epoch it did not: steps that were too large, or units that died, made it so. Lower "
                "the learning rate."
            ),
        )


def _lasts(context: Context, output: dict[str, Any], start: int | None, first: int | None) -> bool:
    """Whether one answer to all has lasted: longer than the plateau that a training may begin on, or two epochs."""
    if start == first:
        return context.loss_is_unknown or context.is_past_plateau
    return bool(output["epoch"] > start)


def find_alike_positions(context: Context) -> Iterator[Finding]:
    """The same answer at every position of an example, whose labels differ."""
    t = context.thresholds
    if not context.is_inspection and (context.losses is None or len(context.losses) < t.first_epochs):
        return
    for output in context.final_predictions:
        spread, labels = (output.get(f"{name}_position_std", np.nan) for name in ("prediction", "label"))
        if not spread <= _ROUNDING * output["prediction_size"] or not output["prediction_std"] > spread:
            continue
        if not labels > t.hardly_vary * output["label_size"]:
            continue
        yield Finding(
            "positions_alike",
            "warning" if context.is_inspection else "error",
            _name(output),
            None if context.is_inspection else int(output["epoch"]),
            {"positions": float(output["positions"]), "prediction_spread": spread, "label_spread": labels},
            f"The model gives the same answer at each of the {output['positions']:.0f} positions of an example, where "
            "the labels differ. One vector that is repeated (`RepeatVector`) and read by the same layer at each "
            "position stays one answer: put a recurrent layer between, or give each position a unit of its own "
            "(`Dense(positions)`), or add what tells the positions apart.",
        )


def _has_same_labels(output: dict[str, Any]) -> bool:
    """Whether all examples have the same labels, which may differ from position to position."""
    if output["label_distinct"] == 1:
        return True
    return bool(output["label_units"] and output.get("label_std", np.nan) <= _ROUNDING * output.get("label_size", 0))


def _find_start(context: Context, index: int) -> tuple[int | None, int | None]:
    """The first of the epochs at the end in which an output gives about one answer, and the first of all."""
    if context.is_inspection:
        return None, None
    epochs, spreads = context.spreads
    is_constant = spreads[:, index] < context.thresholds.constant_warning
    start = 0 if is_constant.all() else len(epochs) - int(np.argmin(is_constant[::-1]))
    return int(epochs[start]), int(epochs[0])


def _starts_at_zero(context: Context, layer: str) -> bool:
    """Whether the weights of an output, or of the last layer before it that has some, are all 0, as before training."""
    assert context.inspection is not None
    weights = context.inspection.weights
    own = weights[weights["layer"] == layer]
    if own.empty and len(context.inspection.outputs) == 1:
        own = weights[weights["depth"] == weights["depth"].max()]
    return len(own) > 0 and bool((own["weight_rms"] == 0).all())


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
        f"All units of these layers {what}. Use a random `kernel_initializer`, such as 'glorot_uniform' or "
        "'he_normal'; only biases may start constant.",
    )


def find_twin_outputs(context: Context) -> Iterator[Finding]:
    """Units of an output, of which a loss of one's own asks the same, that start alike."""
    inspection = context.inspection
    if inspection is None or "twin_units" not in inspection.weights:
        return
    for output in _list_outputs(context):
        if np.isfinite(output["baseline"]) or output["label_units"] == output["units"]:
            continue  # each unit has labels of its own
        rows = inspection.weights[inspection.weights["layer"] == output["layer"]]
        kernels = rows[rows["weight"].str.contains("kernel") & (rows["twin_units"] == 1)]
        if kernels.empty:
            continue
        yield Finding(
            "symmetric_weights",
            "error",
            _name(output),
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


def find_not_inspected(context: Context) -> Iterator[Finding]:
    """What an inspection could not look at, with the reason."""
    if context.inspection is None or not context.inspection.setup.get("not_seen"):
        return
    yield Finding(
        "not_inspected",
        "info",
        (),
        None,
        {"not_seen": ", ".join(f"{name} ({reason})" for name, reason in context.inspection.setup["not_seen"].items())},
        "The inspection says nothing of these, good or bad. Logs of the training know gradients and loss whatever the "
        "model's `train_step` does.",
    )


def _list_outputs(context: Context) -> list[dict[str, Any]]:
    return [] if context.inspection is None else _list_records(context.inspection.outputs)


def _list_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _name(output: dict[str, Any]) -> tuple[str, ...]:
    return (output["layer"],) if output["layer"] else ()
