"""Rules about outputs under cross-entropy whose probability is 0 or 1: wrong answers there get no gradient."""

from collections.abc import Iterator, Sequence
from typing import Any

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding, Severity, Value
from keras_vg.diagnosis.ranges import CROSSENTROPIES

_SQUASHING = ("sigmoid", "softmax")


def find_cut_answers(context: Context) -> Iterator[Finding]:
    """Answers so wrong that their probability is cut, and that get no gradient, since Keras does not find the logits.

    On TensorFlow it finds them behind a sigmoid or softmax that the loss is given as it is; elsewhere never.
    """
    if context.inspection is None or _has_no_gradient(context):
        return
    found = context.inspection.setup.get("logits_found", [])
    for head, is_found in zip(context.final_predictions, found, strict=False):
        fraction = head.get("cut_fraction", float("nan"))
        if head["from_logits"] or is_found or not fraction >= context.thresholds.cut_fraction:
            continue
        yield make_finding(
            context,
            [head],
            "warning",
            None if context.is_inspection else int(head["epoch"]),
            {"wrong_without_gradient": fraction, "backend": str(context.inspection.setup.get("backend", ""))},
            f"The probability of {fraction:.0%} of the labels is below 1e-7, where Keras cuts it: these answers are as "
            "wrong as can be, and get no gradient.",
        )


def make_finding(
    context: Context,
    heads: Sequence[dict[str, Any]],
    severity: Severity,
    epoch: int | None,
    evidence: dict[str, Value],
    what: str,
) -> Finding:
    """Makes the finding of heads that give 0 and 1 where the labels are otherwise.

    Args:
        context: The tables.
        heads: Rows of `Inspection.outputs`.
        severity: Its severity.
        epoch: From which on it is so; None for an inspection.
        evidence: What shows it, beside activation and loss.
        what: What is wrong, in a sentence.

    Returns:
        The finding, with the way out.
    """
    loss = str(heads[0]["loss"])
    return Finding(
        "saturated_output",
        severity,
        tuple(str(head["layer"]) for head in heads if head["layer"]),
        epoch,
        {**evidence, "activation": _name_activation(context, heads[0]), "loss": loss},
        f"{what} {_explain(context)} {_advise(loss)}",
    )


def list_saturated_heads(context: Context) -> list[dict[str, Any]]:
    """Lists the outputs under cross-entropy if all of them, throughout, are 0 or 1; none otherwise.

    Args:
        context: The tables; without predictions nothing is known.

    Returns:
        Rows of `Inspection.outputs`.
    """
    heads = context.final_predictions
    return heads if all(_is_saturated(context, head) for head in heads) else []


def _is_saturated(context: Context, head: dict[str, Any]) -> bool:
    """Whether each value is 0 or 1: the mean of p and that of its square are the same then."""
    activation = _name_activation(context, head)
    can_vary = activation == "sigmoid" or (activation == "softmax" and head["units"] > 1)
    gap = head["prediction_mean"] - head["prediction_size"] ** 2
    is_judged = can_vary and head["loss"] in CROSSENTROPIES and not head["from_logits"]
    return is_judged and gap < context.thresholds.saturated_output


def _name_activation(context: Context, head: dict[str, Any]) -> str:
    """That of the head; where a Flatten, say, stands behind it, that of the last sigmoid or softmax before."""
    rows = context.activations
    if head["activation"] != "unknown" or rows is None:
        return str(head["activation"])
    squashing = [name for name in rows.activation if name != "linear"][-1:]
    return squashing[0] if squashing and squashing[0] in _SQUASHING else "unknown"


def _has_no_gradient(context: Context) -> bool:
    """Whether there is none at all, which another rule says."""
    if context.gradients is None or context.gradients.empty:
        return False
    norms = context.series.columns["gradient_norm"][-1]
    return bool((norms[context.series.columns["steps"][-1] > 0] == 0).all())


def _explain(context: Context) -> str:
    backend = "" if context.inspection is None else context.inspection.setup.get("backend")
    if backend == "tensorflow":
        return (
            "On TensorFlow Keras finds the logits behind a sigmoid or softmax that the loss is given as it is, but not "
            "behind a Flatten, a Reshape, a Lambda, a Dropout, a pooling or a TimeDistributed layer, in float16 or "
            "bfloat16, or where the labels have one axis fewer."
        )
    name = {"jax": "JAX", "torch": "torch"}.get(str(backend), "JAX and torch")
    return f"On {name} Keras's cross-entropies do not look for the logits behind an activation."


def _advise(loss: str) -> str:
    if "focal" in loss:
        return (
            "Keras's focal losses have no gradient there either if they are given logits: use `BinaryCrossentropy` or "
            "`CategoricalCrossentropy` with `from_logits=True` and no last activation; scale the inputs, and start "
            "with smaller weights."
        )
    return (
        "Leave out the last activation and give the loss `from_logits=True`; scale the inputs, and start with smaller "
        "weights."
    )
