"""Remedies for weights of classes, examples and losses: that leave some out, or make steps larger or smaller."""

from dataclasses import replace

import keras
import numpy as np

from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_MOST_UNEVEN = 3.0
"""A weight up to which, and down to whose inverse, steps are about as large as the learning rate says. Chosen."""


def _count_alike(draft: Draft) -> Draft | None:
    if draft.data.sample_weight is None and "class_weight" not in draft.fit:
        return None
    fit = {name: value for name, value in draft.fit.items() if name != "class_weight"}
    return draft.change(
        "# Call `fit` without `class_weight` and `sample_weight`", data=replace(draft.data, sample_weight=None), fit=fit
    )


def _level(draft: Draft) -> Draft | None:
    mean = _compute_mean(draft)
    if not 0 < mean < np.inf or 1 / _MOST_UNEVEN <= mean <= _MOST_UNEVEN:
        return None
    if draft.data.sample_weight is not None:
        data = replace(draft.data, sample_weight=draft.data.sample_weight / mean)
        return draft.change("model.fit(..., sample_weight=sample_weight / sample_weight.mean())", data=data)
    weights = _list_class_weights(draft)[0]
    levelled = {index: float(f"{weight / mean:.4g}") for index, weight in weights.items()}
    return draft.change(f"model.fit(..., class_weight={levelled})", fit={**draft.fit, "class_weight": levelled})


def _compute_mean(draft: Draft) -> float:
    """The mean of the training examples' weights; 1 if they have none."""
    if draft.data.sample_weight is not None:
        return float(np.mean(draft.data.sample_weight))
    if "class_weight" not in draft.fit:
        return 1.0
    weights, counts = _list_class_weights(draft)
    return float(np.average([weights[index] for index in counts], weights=list(counts.values())))


def _list_class_weights(draft: Draft) -> tuple[dict[int, float], dict[int, int]]:
    """The weight of each class, 1 of those that have none, and how many training examples each has."""
    labels = np.asarray(keras.tree.flatten(draft.encode(draft.data.y))[0])
    classes = labels.argmax(-1) if labels.ndim > 1 and labels.shape[-1] > 1 else np.rint(labels)
    counts = dict(zip(*(array.tolist() for array in np.unique(classes.astype(int), return_counts=True)), strict=True))
    given = draft.fit["class_weight"]
    return {index: float(given.get(index, 1.0)) for index in sorted({*counts, *given})}, counts


def _weigh_outputs_alike(draft: Draft) -> Draft | None:
    weights = [output.weight for output in draft.outputs if output.has_loss]
    if not draft.is_graph or all(1 / _MOST_UNEVEN <= weight <= _MOST_UNEVEN for weight in weights):
        return None
    outputs = tuple(replace(output, weight=1.0) for output in draft.outputs)
    return draft.change("# Call `compile` without `loss_weights`", outputs=outputs)


REMEDIES = (
    Remedy(
        "weights of one on average",
        "Weights of classes or examples multiply the gradient: what they are on average is a larger or smaller step.",
        _level,
        False,
    ),
    Remedy(
        "examples counted alike",
        "Examples that hardly count are not learned, however low the loss.",
        _count_alike,
        False,
    ),
    Remedy(
        "outputs counted alike",
        "An output whose loss hardly counts is not learned, and a loss that counts much is a larger step.",
        _weigh_outputs_alike,
        False,
    ),
)
