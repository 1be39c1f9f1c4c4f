"""Which metrics a model was compiled with."""

from typing import Any

import keras

from keras_vg.training import keras_private

_OF_FUNCTIONS = {
    "binary_accuracy": "BinaryAccuracy",
    "categorical_accuracy": "CategoricalAccuracy",
    "sparse_categorical_accuracy": "SparseCategoricalAccuracy",
}


def describe_metrics(model: keras.Model, y: Any, predictions: Any) -> list[list[dict[str, Any]]]:
    """Describes the metrics of each output that are of Keras.

    Args:
        model: A compiled model.
        y: The labels of a batch; None if they are not known.
        predictions: The model's for it.

    Returns:
        Of each metric its `name`, its `type` (a class of `keras.metrics`), the `threshold` from which it takes a
        prediction for a 1 (None without one, or with several) and `from_logits` (None where it does not ask).
    """
    if y is None:
        return []
    try:
        metrics = keras_private.list_metrics(model, y, predictions)
    except (TypeError, ValueError):  # they do not fit the outputs, as `fit` will say
        return []
    return [[_describe(metric) for metric in some if _find_type(metric)] for some in metrics]


def _find_type(metric: keras.metrics.Metric) -> str:
    """The metric's class, of a wrapped function of Keras's the class that computes the same; empty for one's own."""
    function = keras_private.get_metric_function(metric)
    if type(metric) is keras.metrics.MeanMetricWrapper:
        return _OF_FUNCTIONS.get(function.__name__, "") if function.__module__.startswith("keras.") else ""
    return type(metric).__name__ if type(metric).__module__.startswith("keras.") else ""


def _describe(metric: keras.metrics.Metric) -> dict[str, Any]:
    name = _find_type(metric)
    thresholds: list[float] = getattr(metric, "thresholds", [])
    usual = 0.5 if name == "BinaryAccuracy" else thresholds[0] if len(thresholds) == 1 else None
    return {
        "name": metric.name,
        "type": name,
        "threshold": getattr(metric, "threshold", usual),
        "from_logits": keras_private.takes_logits(metric),
    }
