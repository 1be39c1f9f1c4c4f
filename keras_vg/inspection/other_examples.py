"""Whether what a model answers for an example depends on the other examples of its batch."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_vg.inspection.inference import make_predict
from keras_vg.inspection.stateless import list_inputs
from keras_vg.inspection.step_order import LEAST_SPREAD, ROUNDING

_FEWEST_EXAMPLES = 4
"""Two that stay, and two beside them: with fewer, nothing is compared."""


def measure_change_by_others(model: keras.Model, x: Any) -> list[float]:
    """Measures how far the answers for some examples of a batch change if other examples are put beside them.

    Each second example stays where it is, and all others become the first one. The batch keeps its size, and the layers
    draw the same random numbers and start from the same state: whatever takes each example by itself answers as before,
    dropout that stays on and stateful recurrent layers included. JAX compiles the model once for it.

    Where answers change, the model is asked twice more. If the same batch has other answers then, it draws random
    numbers that are not Keras's, and nothing is known. If the examples that stayed are not answered without the others
    (that raises, or the answers have another shape), the batch is one whole by design, such as the nodes of a graph or
    pairs of all examples with all others, and nothing is said either.

    Args:
        model: A built model that has a `call`.
        x: The inputs of a batch, as `fit` takes them.

    Returns:
        For each output the largest change, over the spread of the predictions, or over their size where they hardly
        differ; 0 where that may be rounding, or nothing is known. Empty if the inputs cannot be exchanged.
    """
    if any(hasattr(tensor, "flat_values") for tensor in tree.flatten(x)):  # ragged
        return []
    inputs = list_inputs(x)
    counts = {array.shape[:1] for array in inputs}
    if len(counts) != 1 or min(counts) < (_FEWEST_EXAMPLES,):
        return []
    predict, examples = make_predict(model), len(inputs[0])
    before = predict(x)
    changes = _compare(before, predict(tree.pack_sequence_as(x, [_replace_others(a) for a in inputs])), examples)
    if not any(changes) or any(_compare(before, predict(x), examples)):
        return [0.0] * len(changes)
    try:
        alone = predict(tree.pack_sequence_as(x, [array[1::2] for array in inputs]))
    except Exception:  # any: of a model that takes no other number of examples
        return [0.0] * len(changes)
    return [
        change if change and few.shape == array[1::2].shape else 0.0
        for change, few, array in zip(changes, alone, before, strict=True)
    ]


def _replace_others(array: np.ndarray) -> np.ndarray:
    """The first, third, ... example becomes the first: one example many times changes means and spreads."""
    replaced = array.copy()
    replaced[::2] = array[0]
    return replaced


def _compare(before: Sequence[np.ndarray], after: Sequence[np.ndarray], examples: int) -> list[float]:
    pairs = zip(before, after, strict=True)
    return [_measure_change(a, b) if a.shape[:1] == (examples,) else 0.0 for a, b in pairs]


def _measure_change(before: np.ndarray, after: np.ndarray) -> float:
    """The largest change of an example that stayed; 0 within rounding."""
    size, spread = float(np.abs(before).max()), float(np.std(before, axis=0).max())
    scale = spread if spread > LEAST_SPREAD * size else size
    change = float(np.abs(before[1::2] - after[1::2]).max())
    if not scale:  # all answers were 0
        return math.inf if change else 0.0
    return change / scale if change > ROUNDING * scale else 0.0
