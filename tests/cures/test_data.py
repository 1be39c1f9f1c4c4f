"""Examples: what is refused before any training, and what is kept out."""

import keras
import numpy as np
import pytest

from keras_vg.cures.data import find_nonfinite_rows, make_data, split

pytestmark = pytest.mark.model

X, Y = np.arange(80, dtype="float32").reshape(40, 2), np.arange(40, dtype="float32")[:, None]


class Batches(keras.utils.PyDataset):
    """Four batches of ten examples."""

    def __len__(self):
        return 4

    def __getitem__(self, place):
        return X[10 * place : 10 * place + 10], Y[10 * place : 10 * place + 10]


def generate():
    while True:
        yield X, Y


def test_a_fifth_is_kept_out_of_each_class():
    y = np.repeat([0, 1, 2], [50, 30, 20])
    chosen = split(y)
    assert [int(chosen[y == k].sum()) for k in range(3)] == [10, 6, 4]
    np.testing.assert_array_equal(chosen, split(y))
    assert not np.array_equal(chosen, split(y, seed=1))
    one_hot = split(np.eye(3)[y])
    assert [int(one_hot[y == k].sum()) for k in range(3)] == [10, 6, 4]
    assert split(np.linspace(0, 1, 50)).sum() == 10


def test_examples_that_do_not_count_are_not_kept_out():
    weights = np.ones(100)
    weights[::2] = 0
    data = make_data(np.arange(100.0)[:, None], np.arange(100) // 2 % 2, sample_weight=weights)
    assert np.all(data.x_val % 2 == 1)
    assert len(data.x_val) == 10
    assert len(data.sample_weight) == len(data.x) == 90


@pytest.mark.parametrize(
    ("y", "weights"),
    [
        (np.arange(200) % 10, (np.arange(200) < 20) * 1.0),  # two of each class count
        (np.arange(200) % 10, np.zeros(200)),
        (np.arange(200) % 2, (np.arange(200) % 2) * 1.0),  # a class that does not count at all
    ],
)
def test_something_of_each_class_is_kept_out_whatever_counts(y, weights):
    data = make_data(np.arange(200.0)[:, None], y, sample_weight=weights)
    assert len(data.x_val) >= 4
    assert len(set(data.y_val)) >= 2


def test_parts_hold_every_example_once():
    data = make_data(X, Y, sample_weight=Y[:, 0])
    np.testing.assert_array_equal(np.sort(np.concatenate([data.y, data.y_val]), axis=0), Y)
    np.testing.assert_array_equal(data.x[:, :1], 2 * data.y)
    np.testing.assert_array_equal(data.sample_weight, data.y[:, 0])


def test_datasets_with_a_length_are_arrays_afterwards():
    data = make_data(Batches(), None, (X[:5], Y[:5]))
    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.y, Y)
    assert len(data.x_val) == 5


def test_inputs_may_be_nested():
    data = make_data({"a": X, "b": [X, X]}, [Y, Y])
    assert {len(array) for array in keras.tree.flatten((data.x, data.y))} == {32}


def test_rows_that_are_not_finite_are_found():
    x = X.copy()
    x[[3, 7], [0, 1]] = np.nan, np.inf
    np.testing.assert_array_equal(find_nonfinite_rows({"a": X, "b": x}), [3, 7])
    assert len(find_nonfinite_rows(np.arange(3))) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, Y[:30]), "same number of examples.*x of length 40, y of length 30"),
        ((X, Y, None, Y[:3, 0]), "sample_weight of length 3"),
        ((X[:0], Y[:0]), "at least one"),
        ((X, Y, (X[:5], Y[:6])), "x_val of length 5, y_val of length 6"),
        ((X, Y, (X[:5, :1], Y[:5])), r"shapes of the training data.*`x` of shape \(examples, 2\).*\(examples, 1\)"),
        ((X, Y, (X[:5], Y[:5], Y[:5])), r"a pair \(x, y\).*3 items"),
        ((generate(), None), "type generator, without a length.*Pass arrays"),
        ((X, Y, generate()), "`validation_data`.*type generator, without a length"),
        ((X[:9], Y[:9]), "at least 10 examples.*9 examples"),
        (([(X, Y, Y)], None), r"batch \(x, y\), and pairs only"),
    ],
)
def test_bad_examples_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_data(*arguments)
