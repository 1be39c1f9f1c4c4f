"""Batches: every example once per epoch, in an order that follows from the seed alone."""

import keras
import numpy as np
import pytest

from keras_vg.cures.batches import Batches

pytestmark = pytest.mark.model

X = np.arange(20, dtype="float32").reshape(10, 2)
Y = X[:, :1]


def collect(batches, epoch):
    steps = batches.steps_per_epoch
    return [batches[epoch * steps + step] for step in range(steps)]


def test_every_epoch_holds_every_example_once_in_another_order():
    batches = Batches({"a": X}, Y, Y[:, 0], size=4, epochs=3, seed=0)
    assert (batches.steps_per_epoch, len(batches)) == (3, 9)
    orders = []
    for epoch in range(3):
        parts = collect(batches, epoch)
        assert [len(y) for _, y, _ in parts] == [4, 4, 2]
        for x, y, weight in parts:
            np.testing.assert_array_equal(x["a"][:, :1], y)
            np.testing.assert_array_equal(weight, y[:, 0])
        orders.append(np.concatenate([y[:, 0] for _, y, _ in parts]).tolist())
    assert all(sorted(order) == Y[:, 0].tolist() for order in orders)
    assert len(set(map(tuple, orders))) == 3


def test_order_follows_from_the_seed_whatever_was_asked_for_before():
    one, two, other = (Batches(X, Y, None, 4, 2, seed) for seed in (5, 5, 6))
    backwards = [two[place][1] for place in reversed(range(len(two)))][::-1]
    for forwards, again in zip((one[place][1] for place in range(len(one))), backwards, strict=True):
        np.testing.assert_array_equal(forwards, again)
    assert not all(np.array_equal(one[place][1], other[place][1]) for place in range(len(one)))


def test_lists_of_inputs_and_labels_train_as_arrays_do():
    inputs = [keras.Input((2,)), keras.Input((1,))]
    joined = keras.layers.Concatenate()(inputs)
    model = keras.Model(inputs, [keras.layers.Dense(1, name=name)(joined) for name in ("left", "right")])
    model.compile("sgd", ["mse", "mae"])
    batches = Batches([X, Y], [Y, 2 * Y], None, size=10, epochs=1, seed=0)
    expected = model.evaluate([X, Y], [Y, 2 * Y], batch_size=10, verbose=0)[0]
    history = model.fit(batches, steps_per_epoch=1, verbose=0)
    np.testing.assert_allclose(history.history["loss"][0], expected, rtol=1e-5)
