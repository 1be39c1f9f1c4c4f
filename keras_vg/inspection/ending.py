"""What a model predicts for a batch when its fit has ended: in training mode, outside of it, beside simple models."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_vg.inspection.batches import OutputLoss, find_trained, match_labels
from keras_vg.inspection.inference import measure_inference, predict_for_inference
from keras_vg.inspection.other_examples import measure_change_by_others
from keras_vg.inspection.passes import read_labels
from keras_vg.inspection.simple_models import compare_with_simple_models
from keras_vg.inspection.stateless import list_inputs
from keras_vg.inspection.step_order import have_same_steps, ignores_order, score_without_order
from keras_vg.text import quote_error


def describe_end(
    model: keras.Model,
    x: Any,
    y: Any,
    losses: Sequence[OutputLoss],
    rows: Sequence[dict[str, Any]],
    predictions: Sequence[np.ndarray],
    compares: bool,
) -> list[dict[str, Any]]:
    """Adds to what is known of a model's outputs what only the end of a fit shows.

    Args:
        model: The model as the fit leaves it.
        x: The inputs of a batch, as `fit` takes them.
        y: Its labels, None if there are none.
        losses: The loss of each output.
        rows: What `list_outputs` says of the outputs in training mode.
        predictions: The outputs in training mode; none if what was trained is gone.
        compares: Whether the answers are compared with those of simple models.

    Returns:
        The rows with `inference_loss`, as `measure_inference` has it, and what `compare_with_simple_models` returns.
        Where simple models were fitted, as answers are bad, `change_by_others` is what `measure_change_by_others`
        returns; and of a model that ignores the order of steps or pixels, there are `unordered_score`, as
        `score_without_order` has it, and `has_same_steps`, whether the order of steps is all that differs between the
        examples.
    """
    if not compares and not np.isfinite([row["plain_loss"] for row in rows]).any():
        return list(rows)
    labels, inference = read_labels(model, y), predict_for_inference(model, x)
    described = measure_inference(inference, labels, losses, rows)
    modes = [arrays for arrays in (predictions, inference) if len(arrays) == len(rows)]
    if not compares or not modes:
        return described
    given, modes = match_labels(labels, find_trained(losses)), list(zip(*modes, strict=True))
    try:
        inputs = list_inputs(x)
        compared = [
            {} if label is None else compare_with_simple_models(inputs, label, arrays, row)._asdict()
            for row, label, arrays in zip(described, given, modes, strict=True)
        ]
    except Exception as error:  # any: a fit that has ended must not be lost by what is only to judge it
        warnings.warn(
            f"How well simple models answer the probe batch of model {model.name!r} is not known, as comparing them "
            f"raised {quote_error(error)}",
            stacklevel=2,
        )
        return described
    described = [{**row, **comparison} for row, comparison in zip(described, compared, strict=True)]
    if not any(np.isfinite(row.get("simple_score", np.nan)) for row in described):
        return described
    described = _add_change_by_others(model, x, described)
    if not _ignores_order(model, x):
        return described
    are_same = have_same_steps(model, x)
    return [
        row
        if label is None
        else {
            **row,
            "unordered_score": score_without_order(model, inputs, label, arrays, row),
            "has_same_steps": are_same,
        }
        for row, label, arrays in zip(described, given, modes, strict=True)
    ]


def _add_change_by_others(model: keras.Model, x: Any, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    try:
        changes = measure_change_by_others(model, x)
    except Exception as error:  # any: of a model that does not take the same example several times
        warnings.warn(
            f"Whether the answers of model {model.name!r} depend on the other examples of a batch is not known, as "
            f"exchanging these raised {quote_error(error)}",
            stacklevel=3,
        )
        return list(rows)
    if len(changes) != len(rows):
        return list(rows)
    return [{**row, "change_by_others": change} for row, change in zip(rows, changes, strict=True)]


def _ignores_order(model: keras.Model, x: Any) -> bool:
    try:
        return ignores_order(model, x)
    except Exception as error:  # any: of a model that does not take steps in another order
        warnings.warn(
            f"Whether model {model.name!r} sees the order of steps is not known, as changing it raised "
            f"{quote_error(error)}",
            stacklevel=3,
        )
        return False
