"""Which metrics a model was compiled with."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras

from keras_vg.text import is_of_keras
from keras_vg.training import keras_private
from keras_vg.training.compilation import has_own_step

_NAMES = {"acc": "accuracy", "accuracy": "accuracy"}
_NAMES |= dict.fromkeys(("binary_accuracy", "BinaryAccuracy"), "BinaryAccuracy")
_NAMES |= dict.fromkeys(("categorical_accuracy", "CategoricalAccuracy"), "CategoricalAccuracy")
_NAMES |= dict.fromkeys(("sparse_categorical_accuracy", "SparseCategoricalAccuracy"), "SparseCategoricalAccuracy")
_NAMES |= {name: name for name in ("AUC", "Precision", "Recall", "F1Score", "FBetaScore", "BinaryIoU", "Accuracy")}
_NAMES |= {"precision": "Precision", "recall": "Recall", "auc": "AUC", "f1_score": "F1Score"}
"""Metrics by what `compile` may be given for them; what "accuracy" stands for depends on labels and predictions."""

_HALVING = ("accuracy", "BinaryAccuracy", "Precision", "Recall", "BinaryIoU")
"""Metrics that take predictions above a half for a 1, unless they are told otherwise."""


def describe_metrics(model: keras.Model) -> list[list[dict[str, Any]]]:
    """Describes the metrics of each output that are of Keras, without making any.

    Args:
        model: A compiled model.

    Returns:
        Of each output, in the model's order, of each metric its `name`, its `type` (a class of `keras.metrics`, or
        "accuracy"), the `threshold` from which it takes a prediction for a 1 (None without one, or with several) and
        `from_logits` (None where it does not ask). Nothing where the model's own code may compute them otherwise.
    """
    if has_own_step(model) or type(model).compute_metrics is not keras.Model.compute_metrics:
        return []
    names = list(getattr(model, "output_names", None) or [""])
    found: list[list[dict[str, Any]]] = [[] for _ in names]
    for given in keras_private.get_given_metrics(model):
        for index, item in _assign(given, names):
            described = _describe(item)
            if described["type"]:
                found[index].append(described)
    return found


def _assign(given: Any, names: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """Which metrics are of which output, in the forms that `compile` documents; nothing of others."""
    if len(names) == 1:
        yield from ((0, item) for item in keras.tree.flatten(given) if item is not None)
    elif isinstance(given, dict):
        yield from ((names.index(k), item) for k in given if k in names for item in keras.tree.flatten(given[k]))
    elif isinstance(given, list | tuple) and len(given) == len(names):
        yield from ((index, item) for index, some in enumerate(given) for item in keras.tree.flatten(some))


def _describe(item: Any) -> dict[str, Any]:
    is_metric = isinstance(item, keras.metrics.Metric)
    function, options = keras_private.get_metric_function(item) if is_metric else (item, {})
    if isinstance(item, str):
        name = _NAMES.get(item, "")
    elif is_metric and type(item) is not keras.metrics.MeanMetricWrapper:
        name = type(item).__name__ if is_of_keras(item) else ""
    else:  # a function, a class, or a metric that is made of a function
        name = _NAMES.get(getattr(function, "__name__", ""), "") if is_of_keras(function) else ""
    threshold = options.get("threshold", 0.5 if name in _HALVING else None)
    if is_metric:
        several = getattr(item, "thresholds", [threshold])
        threshold = getattr(item, "threshold", several[0] if len(several) == 1 else None)
    return {
        "name": item.name if is_metric else item if isinstance(item, str) else getattr(item, "__name__", ""),
        "type": name,
        "threshold": threshold,
        "from_logits": keras_private.takes_logits(item) if is_metric else False if name == "AUC" else None,
    }
