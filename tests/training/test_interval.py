"""Rows of a gradient log: weights of every size, against NumPy's own norm in float64."""

import keras
import numpy as np
import pytest

from keras_vg.training.copies import SMALL, WeightCopies, measure_norms
from keras_vg.training.interval import Interval
from keras_vg.training.shards import PIECE
from keras_vg.training.totals import GradientTotals
from keras_vg.training.weights import Weight, copy_to_numpy

pytestmark = pytest.mark.model

SIDE = 100  # a kernel of SIDE x SIDE equal values has SIDE times their norm
SIZES = (1, SMALL + 1, 0, 7, SMALL, PIECE + 5, 3, 2 * PIECE)


def make_weights(arrays):
    variables = [keras.Variable(array.copy(), trainable=True) for array in arrays]  # torch would keep the array
    return [Weight(place, f"layer_{place}", "kernel", variable) for place, variable in enumerate(variables)]


def make_values(scale, kind="float32"):
    rng = np.random.default_rng(0)
    before = [(rng.normal(size=size) * scale).astype(kind) for size in SIZES]
    return before, [(values + rng.normal(size=values.shape) * scale * 1e-3).astype(kind) for values in before]


def measure_with_numpy(after, before):
    changes = [np.linalg.norm(new.astype("float64") - old) for new, old in zip(after, before, strict=True)]
    return [np.linalg.norm(new.astype("float64")) for new in after], changes


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_norms_of_weights_and_of_their_changes(scale, kind):
    before, after = make_values(scale, kind)
    weights = make_weights([np.zeros(1)] * len(SIZES))
    ones = np.ones(len(SIZES))
    interval = Interval(weights, 0.1 * ones, GradientTotals(1, *[ones] * 6), measure_norms(after, before))
    rows = interval.tabulate(epoch=0, step=0)
    expected, changes = measure_with_numpy(after, before)
    np.testing.assert_allclose(rows["weight_norm"], expected, rtol=1e-6)
    np.testing.assert_allclose(rows["delta_norm"], changes, rtol=1e-6)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(rows["update_ratio"], np.divide(changes, expected), rtol=1e-6)


@pytest.mark.parametrize("advances", [False, True])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e18])
def test_copies_measure_the_same(scale, advances):
    before, after = make_values(scale)
    weights = make_weights(before)
    copies = WeightCopies(weights)
    copies.take()
    for weight, values in zip(weights, after, strict=True):
        weight.variable.assign(values)
    norms = np.sqrt(copies.measure(advances))
    np.testing.assert_allclose(norms, measure_with_numpy(after, before), rtol=1e-12)
    again = np.sqrt(copies.measure())
    np.testing.assert_array_equal(again[0], norms[0])
    np.testing.assert_array_equal(again[1], 0 * norms[1] if advances else norms[1])


def test_copies_are_of_the_weights_as_they_are_whatever_was_read_before():
    first, second = make_values(1.0)
    weights = make_weights(first)
    copies = WeightCopies(weights)
    for before, after in ((first, second), (second, second), (second, first), (first, [second[0], *first[1:]])):
        copies.take()
        for weight, values in zip(weights, after, strict=True):
            if not np.array_equal(copy_to_numpy(weight.variable), values):
                weight.variable.assign(values)
        np.testing.assert_allclose(np.sqrt(copies.measure()), measure_with_numpy(after, before), rtol=1e-12)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_copies_of_half_precision(kind):
    weights = make_weights([np.zeros(SMALL + 1), np.zeros(3)])
    half = [Weight(w.depth, w.layer, w.name, keras.Variable(w.variable, dtype=kind)) for w in weights]
    copies = WeightCopies(half)
    copies.take()
    for weight in half:
        weight.variable.assign(0.5 * np.ones(weight.size))
    expected = 0.5 * np.sqrt([SMALL + 1, 3])
    np.testing.assert_allclose(np.sqrt(copies.measure()), [expected, expected], rtol=1e-12)


def test_copies_of_the_same_values_are_shared_and_of_others_not():
    weights = make_weights([np.ones(SIDE**2), np.full(SIDE**2, np.nan)])
    early, late, changed = WeightCopies(weights), WeightCopies(weights[::-1]), WeightCopies(weights[:1])
    early.take()
    late.take()
    assert early.get_values(0) is late.get_values(1)
    assert early.get_values(1) is late.get_values(0)  # NaN, of the same bits
    weights[0].variable.assign(2 * np.ones(SIDE**2))
    changed.take()
    assert changed.get_values(0) is not early.get_values(0)
    assert np.sqrt(changed.measure()[:, 0]).tolist() == [2 * SIDE, 0]
    assert np.sqrt(early.measure(advances=True)[:, 0]).tolist() == [2 * SIDE, SIDE]  # leaves the shared copy as it is
    assert np.sqrt(late.measure()[:, 1]).tolist() == [2 * SIDE, SIDE]
    assert np.sqrt(early.measure()[:, 0]).tolist() == [2 * SIDE, 0]
    early.release()
    weights[0].variable.assign(3 * np.ones(SIDE**2))
    early.take()  # over the memory of its own, which nobody else uses any more
    assert np.sqrt(early.measure()[:, 0]).tolist() == [3 * SIDE, 0]
    assert np.sqrt(late.measure()[:, 1]).tolist() == [3 * SIDE, 2 * SIDE]


def test_memory_of_copies_is_used_again_and_given_back():
    weights = make_weights([np.ones(SMALL + 1)])
    one, other = WeightCopies(weights), WeightCopies(weights)
    kept = []
    for number in range(3):
        weights[0].variable.assign(number * np.ones(SMALL + 1))
        one.take()
        other.take()
        assert one.get_values(0) is other.get_values(0)
        kept.append(one.get_values(0))
        assert kept[0] is kept[-1]
        one.release()
        other.release()
    one.forget()
    with pytest.raises(KeyError):
        one.get_values(0)


def test_reading_copies_nothing_that_training_would_see():
    weights = make_weights([np.ones(SMALL + 1)])
    copies = WeightCopies(weights)
    copies.take()
    values = copies.get_values(0)
    weights[0].variable.assign(5 * np.ones(SMALL + 1))
    assert values.max() == 1
    values[:] = 7
    assert copy_to_numpy(weights[0].variable).max() == 5
