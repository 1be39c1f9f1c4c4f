"""Errors about a probe batch name the argument that is wrong."""

import numpy as np
import pytest

import keras_vg as vg

X, Y = np.ones((4, 3)), np.ones((4, 1))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, Y[:0], r"`y` must be a batch of labels: .* Received: y with lengths \[0\]. Pass some of the labels"),
        (X, [Y, Y[:3]], r"`y` must be a batch of labels: .* Received: y with lengths \[3, 4\]"),
        (X, 1.0, r"`y` must be a batch of labels: .* Received: y with lengths \[0\]"),
        (X[:0], Y, r"`x` must be a batch of inputs: .* Received: x with lengths \[0\]. Pass some of the inputs"),
        (X, Y[:3], "`x` and `y` must hold the same number of examples. Received: x of length 4, y of length 3"),
    ],
)
def test_a_guard_says_which_of_x_and_y_is_wrong(x, y, message):
    with pytest.raises(ValueError, match=message):
        vg.TrainingGuard(x, y)
