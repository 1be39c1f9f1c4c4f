"""A rule about metrics that say nothing of how well a model answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.outputs import CROSSENTROPIES, REGRESSIONS

_OF_CLASSES = ("BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy")
_CUTTING: tuple[str, ...] = ("BinaryAccuracy", "Precision", "Recall", "BinaryIoU", "F1Score", "FBetaScore")
_CUTTING += ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives")
"""Metrics that take a prediction above a threshold for a 1."""

_F_SCORES = ("F1Score", "FBetaScore")


def find_misleading_metrics(context: Context) -> Iterator[Finding]:
    """Metrics that do not measure what the model is trained for, whatever it has learned."""
    if context.inspection is None:
        return
    outputs = context.inspection.outputs.to_dict("records")
    said: dict[str, str] = {}
    layers = []
    for output, metrics in zip(outputs, context.inspection.setup.get("metrics", ()), strict=False):
        for metric in metrics:
            advice = _find_fault({str(name): value for name, value in output.items()}, metric)
            if advice and metric["name"] not in said:
                said[metric["name"]] = f"`{metric['name']}` {advice}"
                layers += [str(output["layer"])] if output["layer"] else []
    if said:
        yield Finding(
            "metric_mismatch",
            "warning",
            tuple(dict.fromkeys(layers)),
            None,
            {"metrics": ", ".join(said)},
            " ".join(said.values()),
        )


def _find_fault(output: dict[str, Any], metric: Mapping[str, Any]) -> str:
    """What is wrong with a metric of an output, and what to use; empty if nothing is known to be."""
    name = metric["type"]
    if output["loss"] in REGRESSIONS and name in (*_OF_CLASSES, "Accuracy") and not _holds_classes(output):
        return (
            "counts right classes, and these labels are numbers: it stays near 0, or near the share of the smallest "
            "ones, however good the predictions are. Use `mean_absolute_error` or `keras.metrics.R2Score()`."
        )
    if name == "Accuracy" and output["loss"] in CROSSENTROPIES:
        return (
            "counts predictions that equal the label to the last digit, which probabilities never do. Use "
            '`metrics=["accuracy"]`, which takes the accuracy that fits the labels.'
        )
    if output["units"] == 1 and name in ("CategoricalAccuracy", *_F_SCORES) and metric["threshold"] is None:
        instead = "`threshold=0.5`" if name in _F_SCORES else "`BinaryAccuracy()`"
        return f"takes the largest output of each example for a 1, of which there is but one. Use {instead}."
    if output["units"] == 1 and name == "SparseCategoricalAccuracy":
        return "takes the largest output for the class, of which there is but one: always 0. Use `BinaryAccuracy()`."
    if output["from_logits"] is True and output["loss"] == "binary_crossentropy":
        if name in _CUTTING and metric["threshold"] == 0.5:
            return (
                "takes logits above 0.5 for a 1, which is a probability of 0.62. Use a threshold of 0, or "
                "`activation='sigmoid'` and no `from_logits=True`."
            )
        if name == "AUC" and metric["from_logits"] is False:
            return "takes logits for probabilities, and cuts them to between 0 and 1. Use `AUC(from_logits=True)`."
    if name == "CategoricalAccuracy" and output["loss"] == "binary_crossentropy" and output["label_several"] > 0:
        return (
            "looks at the largest output alone, and these examples have several labels. Use `BinaryAccuracy()`, or "
            "`AUC(multi_label=True)`."
        )
    return ""


def _holds_classes(output: dict[str, Any]) -> bool:
    """Whether labels under a regression's loss are of classes: of two numbers, or one of several columns is 1."""
    return bool(output["label_distinct"] <= 2 or (output["label_integer"] and output["label_units"] > 1))
