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
    levelled = {index: float(f"{weight / mean:.4g}") for index, weight in draft.fit["class_weight"].items()}
    return draft.change(f"model.fit(..., class_weight={levelled})", fit={**draft.fit, "class_weight": levelled})


def _compute_mean(draft: Draft) -> float:
    """The mean of the training examples' weights; 1 if they have none."""
    if draft.data.sample_weight is not None:
        return float(np.mean(draft.data.sample_weight))
    labels = keras.tree.flatten(draft.data.y)
    if "class_weight" not in draft.fit or len(labels) != 1:
        return 1.0
    classes = labels[0].argmax(-1) if labels[0].ndim > 1 and labels[0].shape[-1] > 1 else np.rint(labels[0])
    indices, counts = np.unique(classes, return_counts=True)
    weights = [draft.fit["class_weight"].get(int(index), 1.0) for index in indices]
    return float(np.average(weights, weights=counts))


def _weigh_outputs_alike(draft: Draft) -> Draft | None:
    weights = [output.weight for output in draft.outputs if output.has_loss]
    if not draft.is_graph or 1 / _MOST_UNEVEN <= min(weights) <= max(weights) <= _MOST_UNEVEN:
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
