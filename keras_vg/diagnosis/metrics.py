"""A rule about metrics that say nothing of how well a model answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.ranges import CROSSENTROPIES, REGRESSIONS

_CUTTING: tuple[str, ...] = ("BinaryAccuracy", "Precision", "Recall", "BinaryIoU", "F1Score", "FBetaScore")
_CUTTING += ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives")
"""Metrics that take a prediction above a threshold for a 1."""

_F_SCORES = ("F1Score", "FBetaScore")

_SEVERAL = 0.1
"""Part of the examples with several labels from which these are no slips. Chosen."""


def find_misleading_metrics(context: Context) -> Iterator[Finding]:
    """Metrics that do not measure what the model is trained for, whatever it has learned."""
    if context.inspection is None:
        return
    outputs = context.inspection.outputs.to_dict("records")
    metrics = context.inspection.setup.get("metrics", [])
    if len(metrics) != len(outputs):  # which is of which is not known
        return
    said: dict[tuple[str, str], str] = {}
    for row, some in zip(outputs, metrics, strict=True):
        output = {str(name): value for name, value in row.items()}
        for metric in some:
            if advice := _find_fault(output, metric):
                said[str(output["layer"]), metric["name"]] = f"`{metric['name']}` {advice}"
    if said:
        yield Finding(
            "metric_mismatch",
            "warning",
            tuple(dict.fromkeys(layer for layer, _ in said if layer)),
            None,
            {"metrics": ", ".join(dict.fromkeys(name for _, name in said))},
            " ".join(dict.fromkeys(said.values())),
        )


def _find_fault(output: dict[str, Any], metric: Mapping[str, Any]) -> str:
    """What is wrong with a metric of an output, and what to use; empty if nothing is known to be."""
    name = _resolve(output) if metric["type"] == "accuracy" else metric["type"]
    is_one, is_crossentropy = output["units"] == 1, output["loss"] == "binary_crossentropy"
    if output["loss"] in REGRESSIONS and (advice := _judge_numbers(output, name)):
        return advice
    if name == "Accuracy" and output["loss"] in CROSSENTROPIES:
        return (
            "counts predictions that equal the label to the last digit, which probabilities never do. Use "
            '`metrics=["accuracy"]`, which takes the accuracy that fits the labels.'
        )
    if is_one and (name == "CategoricalAccuracy" or (name in _F_SCORES and metric["threshold"] is None)):
        instead = "`threshold=0.5`" if name in _F_SCORES else "`BinaryAccuracy()`"
        return f"takes the largest output of each example for a 1, of which there is but one. Use {instead}."
    if is_one and name == "SparseCategoricalAccuracy":
        return (
            "takes the number of the largest output for the class; there is but one output, so its answer is always "
            "class 0. Use `BinaryAccuracy()`."
        )
    if is_one and name == "BinaryAccuracy" and output["label_min"] < 0 and output["label_distinct"] == 2:
        return "compares with 0 and 1, so that it never counts these labels of -1 as right. Use labels of 0 and 1."
    if is_crossentropy and output["from_logits"] is True and output["activation"] == "linear":
        if name in _CUTTING and metric["threshold"] == 0.5:
            return (
                "takes logits above 0.5 for a 1, which is a probability of 0.62. Use a threshold of 0, or "
                "`activation='sigmoid'` and no `from_logits=True`."
            )
        if name == "AUC" and metric["from_logits"] is False:
            return "takes logits for probabilities, and cuts them to between 0 and 1. Use `AUC(from_logits=True)`."
    if is_crossentropy and name == "CategoricalAccuracy" and output["label_several"] >= _SEVERAL:
        return (
            "looks at the largest output alone, and these examples have several labels. Use `BinaryAccuracy()`, or "
            "`AUC(multi_label=True)`."
        )
    return ""


def _resolve(output: dict[str, Any]) -> str:
    """Which accuracy Keras takes for "accuracy"."""
    if output["units"] == 1:
        return "BinaryAccuracy"
    return "SparseCategoricalAccuracy" if output["label_units"] == 1 else "CategoricalAccuracy"


def _judge_numbers(output: dict[str, Any], name: str) -> str:
    """What is wrong with an accuracy of labels under a regression's loss; empty of classes and their probabilities."""
    if output["label_distinct"] <= 2 or (output["label_units"] > 1 and _sums_to_one(output)):
        return ""
    instead = "Use `mean_absolute_error` or `keras.metrics.R2Score()`."
    if name in ("BinaryAccuracy", "Accuracy"):
        return (
            "counts answers that are right as classes are, and these labels are numbers: it stays near 0, or near the "
            f"share of the smallest ones, however good the predictions are. {instead}"
        )
    if name == "CategoricalAccuracy":
        return f"asks only which column is the largest, and these labels are numbers. {instead}"
    return ""


def _sums_to_one(output: dict[str, Any]) -> bool:
    return bool(abs(output["label_sum_min"] - 1) < 1e-3 and abs(output["label_sum_max"] - 1) < 1e-3)
