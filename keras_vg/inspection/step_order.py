"""Whether a model looks at the order of time steps or pixels, and how well simple models answer without it."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_vg.inspection.inference import make_predict
from keras_vg.inspection.pixels import has_channels_first, is_picture, list_pixels, reorder_pixels
from keras_vg.inspection.simple_models import compare_with_simple_models
from keras_vg.inspection.stateless import list_inputs
from keras_vg.training.call_order import walk_layers

_FEWEST_STEPS = 3
"""Of two steps the other order is the reverse, which some models that see the order take for the same."""

ROUNDING = 1e-2
"""Change of the predictions, over their spread, that may be rounding: sums of the same numbers in another order.
Chosen, between float32's 1e-7 and what another order of steps makes of a model that sees it."""

LEAST_SPREAD = 1e-5
"""Spread of predictions, over their size, below which rounding hides what they depend on: a hundred times float32's."""


def ignores_order(model: keras.Model, x: Any) -> bool:
    """Whether a model predicts the same for sequences or pictures whose steps or pixels are put in another order.

    Args:
        model: A built model.
        x: The inputs of a batch, as `fit` takes them; sequences are those of shape `(examples, steps, features)`, and
            of a model with an `Embedding` integers of shape `(examples, steps)`, of three steps or more. Steps that
            are 0, which may be padding, stay where they are. Pictures are those of shape
            `(examples, height, width, channels)`, or with the channels first where the model's layers have them so.

    Returns:
        True if there are sequences or pictures, and no order of the steps of any of them matters to any prediction.
        Where predictions hardly differ between the examples, that cannot be told, and is True only if the examples are
        sequences of the same steps in different orders.
    """
    if any(hasattr(tensor, "flat_values") for tensor in tree.flatten(x)):  # ragged
        return False
    inputs, has_ids, channels_first = list_inputs(x), _looks_up(model), has_channels_first(model)
    moved: dict[int, np.ndarray] = {}
    for index, array in enumerate(inputs):
        if is_picture(array):
            moved[index] = reorder_pixels(array, channels_first)
        elif _is_sequence(array, has_ids):
            moved[index] = _reorder(array)
    if not moved:
        return False
    predict = make_predict(model)
    before = predict(x)
    sizes = [np.abs(array).max() for array in before]
    spreads = [np.std(array, axis=0).max() for array in before]
    if not all(spread > LEAST_SPREAD * size for spread, size in zip(spreads, sizes, strict=True)):
        return have_same_steps(model, x)
    for index in moved:
        given = [moved[index] if other == index else array for other, array in enumerate(inputs)]
        after = predict(tree.pack_sequence_as(x, given))
        changes = [np.abs(a - b).max() for a, b in zip(before, after, strict=True)]
        if not all(change < ROUNDING * spread for change, spread in zip(changes, spreads, strict=True)):
            return False
    return True


def have_same_steps(model: keras.Model, x: Any) -> bool:
    """Whether the examples of a batch are sequences that differ in nothing but the order of their steps.

    Args:
        model: The model that is given them.
        x: The inputs of a batch, as `fit` takes them.
    """
    inputs, has_ids = list_inputs(x), _looks_up(model)
    chosen = [_is_sequence(array, has_ids) for array in inputs]
    return any(chosen) and all(
        _differ_in_order_alone(array) if is_sequence else bool((array == array[:1]).all())
        for array, is_sequence in zip(inputs, chosen, strict=True)
    )


def score_without_order(
    model: keras.Model, inputs: Sequence[np.ndarray], labels: Any, predictions: Any, output: dict[str, Any]
) -> float:
    """Scores simple models that are given the steps of sequences, and the pixels of pictures, without their order.

    Args:
        model: The model that is given the inputs.
        inputs: As `compare_with_simple_models` takes them, and so the others.
        labels: The labels.
        predictions: The network's.
        output: What is known of the output.

    Returns:
        The better of two scores: of steps that are sorted by their sum, and of features that are each sorted by
        itself.
    """
    channels_first = has_channels_first(model)
    steps = [list_pixels(array, channels_first) if is_picture(array) else array for array in inputs]
    scores = [
        compare_with_simple_models([sort(array) for array in steps], labels, predictions, output).simple_score
        for sort in (_sort_steps, _sort_features)
    ]
    return float(np.max(scores))


def _looks_up(model: keras.Model) -> bool:
    return any(isinstance(layer, keras.layers.Embedding) for _, layer in walk_layers(model))


def _is_sequence(array: np.ndarray, has_ids: bool) -> bool:
    """Whether an input has steps: of several features, or of integers where a model has ids."""
    if array.ndim not in (2, 3) or array.shape[1] < _FEWEST_STEPS or array.dtype.kind not in "fiub":
        return False
    return array.ndim == 3 or (has_ids and bool((array == np.round(array)).all()))


def _differ_in_order_alone(array: np.ndarray) -> bool:
    same = _sort_steps(array)
    return bool((same == same[:1]).all())


def _reorder(array: np.ndarray) -> np.ndarray:
    """The second, fourth, ... step that is not 0 first: neither the other way round, nor a rotation of them."""
    moved = array.copy()
    is_filled = (array != 0) if array.ndim == 2 else (array != 0).any(axis=2)
    for row, filled in enumerate(is_filled):
        steps = np.flatnonzero(filled)
        moved[row, steps] = array[row, np.concatenate([steps[1::2], steps[::2]])]
    return moved


def _sort_steps(array: np.ndarray) -> np.ndarray:
    if array.ndim != 3:
        return _sort_features(array)
    return np.take_along_axis(array, np.argsort(array.sum(axis=2), axis=1)[..., None], axis=1)


def _sort_features(array: np.ndarray) -> np.ndarray:
    return np.sort(array, axis=1) if array.ndim in (2, 3) else array
