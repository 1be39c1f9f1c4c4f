"""Errors about a probe batch name the argument that is wrong."""

import keras
import numpy as np
import pandas as pd
import pytest

import keras_vg as vg

X, Y = np.ones((4, 3)), np.ones((4, 1))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, Y[:0], r"`y` must be a batch of labels: .* Received: y with lengths \[0\]. Pass some of the labels"),
        (X, [Y, Y[:3]], r"`y` must be a batch of labels: .* Received: y with lengths \[3, 4\]"),
        (X, np.float64(1), r"`y` must be a batch of labels: .* Received: y with lengths \[0\]"),
        (X[:0], Y, r"`x` must be a batch of inputs: .* Received: x with lengths \[0\]. Pass some of the inputs"),
        (X, Y[:3], "`x` and `y` must hold the same number of examples. Received: x of length 4, y of length 3"),
    ],
)
def test_a_guard_says_which_of_x_and_y_is_wrong(x, y, message):
    with pytest.raises(ValueError, match=message):
        vg.TrainingGuard(x, y)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (iter([X]), None, "`x` must be a batch: .* Received: x, a list_iterator. Pass one batch of it"),
        (keras.utils.PyDataset(), None, "Received: x, a PyDataset. .* `x, y = data\\[0\\]`"),
        (X.tolist(), Y, "`x` must be an array or tensor.* Received: x, a list of numbers. Pass `np.array\\(x\\)`"),
        (X, Y.tolist(), "`y` must be an array or tensor.* Received: y, a list of numbers"),
        (["a", "b"], None, "Received: x, a list of text. Pass `np.array"),
        (X, np.array(["a", "b"] * 2), "Labels must be numbers.* Received: y with dtype=<U1. .* number the classes"),
        (X, np.array(["a", 1] * 2, dtype=object), "Labels must be numbers.* Received: y with dtype=object"),
        (X, pd.Series(["a", "b"] * 2), "Labels must be numbers"),
        (X, pd.Series([0, 1] * 2, dtype="category"), "Received: y with dtype=category. Convert them"),
        (X, pd.Series([0, 1] * 2, dtype="Int64"), "Received: y with dtype=Int64. Convert them"),
    ],
)
def test_what_is_no_batch_is_named(x, y, message):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    for use in (vg.TrainingGuard, lambda x, y: vg.inspect(model, x, y), lambda x, y: vg.find_nonfinite(model, x, y)):
        with pytest.raises(TypeError, match=message):
            use(x, y)


def test_tables_and_text_inputs_are_batches():
    vg.TrainingGuard(pd.DataFrame(X), pd.Series(Y[:, 0]))
    vg.TrainingGuard(np.array(["a text"] * 4), Y)
