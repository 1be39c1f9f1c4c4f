"""Rules about the last activation and the loss that it is trained by."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.outputs import ROUNDING, list_judged_outputs, name_output
from keras_vg.diagnosis.ranges import CROSSENTROPIES, REGRESSIONS

_BELOW_OR_AT_ZERO = ("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh")
"""Activations that can put out 0 or less."""

_NEVER_NEGATIVE = ("relu", "relu6", "softplus", "exponential", "sigmoid", "softmax")


def find_output_layer(context: Context) -> Iterator[Finding]:
    """An output activation with which the loss cannot teach anything."""
    for output in list_judged_outputs(context):
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
            yield Finding("output_layer", severity, name_output(output), None, evidence, cause)  # type: ignore[arg-type]


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
        is_often = ones > 1 + ROUNDING or output.get("label_several", 0.0) > several
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
    if not (context.thresholds.loss_of_logits * alike < least < alike and -ROUNDING * alike <= beyond < least / 2):
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
