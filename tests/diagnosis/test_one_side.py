"""Sigmoids whose probabilities stay on one side of 0.5, and healthy ones that are near to that."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg

pytestmark = pytest.mark.filterwarnings("ignore")  # what the guard finds


def make_pairs(count=480):
    generator = np.random.default_rng(0)
    kinds = generator.normal(size=(8, 12))
    first, is_same = generator.integers(0, 8, count), generator.integers(0, 2, count)
    second = np.where(is_same, first, (first + generator.integers(1, 8, count)) % 8)
    noise = 0.2 * generator.normal(size=(2, count, 12))
    return [(kinds[first] + noise[0]).astype("float32"), (kinds[second] + noise[1]).astype("float32")], is_same


def fit_twins(end, is_same_one=False):
    keras.utils.set_random_seed(1)
    x, is_same = make_pairs()
    y = (is_same if is_same_one else 1 - is_same)[:, None].astype("float32")
    inputs = [keras.Input((12,)) for _ in x]
    code = keras.Sequential([keras.Input((12,)), layers.Dense(16, "relu"), layers.Dense(8)])
    distance = layers.Lambda(lambda pair: ops.abs(pair[0] - pair[1]))([code(part) for part in inputs])
    model = keras.Model(inputs, end(distance))
    model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy")
    guard = vg.TrainingGuard([part[:128] for part in x], y[:128])
    model.fit(x, y, epochs=20, verbose=0, callbacks=[guard])
    return [f for f in guard.findings.list_all() if f.rule == "output_layer" and f.severity == "error"]


def sum_up(sign):
    def end(distance):
        total = layers.Lambda(lambda parts: sign * ops.sum(parts, axis=-1, keepdims=True))(distance)
        return layers.Activation("sigmoid", name="answer")(total)

    return end


@pytest.mark.parametrize(
    ("sign", "name"),
    [(1.0, "lowest_prediction"), pytest.param(-1.0, "highest_prediction", marks=pytest.mark.long)],
)
def test_a_sigmoid_of_a_distance_is_found(sign, name):
    found = fit_twins(sum_up(sign), is_same_one=sign < 0)
    assert [f.layers for f in found] == [("answer",)]
    assert sign * (found[0].evidence[name] - 0.5) >= 0


def test_a_weighed_distance_is_silent():
    assert not fit_twins(layers.Dense(1, "sigmoid"))


@pytest.mark.parametrize(
    ("share", "options"),
    [
        (0.9, {}),
        pytest.param(0.5, {}, marks=pytest.mark.long),
        pytest.param(0.1, {"class_weight": {0: 1.0, 1: 9.0}}, marks=pytest.mark.long),
    ],
)
def test_labels_that_hardly_follow_the_inputs_are_silent(share, options):
    keras.utils.set_random_seed(2)
    generator = np.random.default_rng(3)
    x = generator.normal(size=(640, 6)).astype("float32")
    chance = 1 / (1 + np.exp(-(np.log(share / (1 - share)) + 0.5 * x[:, :1])))
    y = (generator.uniform(size=(640, 1)) < chance).astype("float32")
    bias = keras.initializers.Constant(np.log(share / (1 - share)))
    model = keras.Sequential([keras.Input((6,)), layers.Dense(1, "sigmoid", bias_initializer=bias)])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    guard = vg.TrainingGuard(x[:128], y[:128])
    model.fit(x, y, epochs=20, verbose=0, callbacks=[guard], **options)
    assert not [f for f in guard.findings.list_all() if f.rule == "output_layer"]


def test_a_probe_batch_of_another_share_is_silent():
    """A bias that begins at a rare class's share keeps all probabilities below 0.5; the probe batch is balanced."""
    keras.utils.set_random_seed(3)
    generator = np.random.default_rng(4)
    x = generator.normal(size=(2000, 6)).astype("float32")
    chance = 1 / (1 + np.exp(3.0 - 0.5 * x[:, :1]))
    y = (generator.uniform(size=(2000, 1)) < chance).astype("float32")
    chosen = np.concatenate([np.flatnonzero(y[:, 0] == label)[:64] for label in (0, 1)])
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(1, "sigmoid", bias_initializer=keras.initializers.Constant(-3.0))]
    )
    model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy")
    guard = vg.TrainingGuard(x[chosen], y[chosen])
    model.fit(x, y, epochs=12, verbose=0, callbacks=[guard])
    assert model.predict(x[chosen], verbose=0).max() < 0.5
    assert not [f for f in guard.findings.list_all() if f.rule == "output_layer"]
