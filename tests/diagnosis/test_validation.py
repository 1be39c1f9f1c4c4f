"""Rules about the validation's columns, on made-up tables and in real fits; beside each fault healthy neighbours."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.made_up_logs import find, make_history

pytestmark = pytest.mark.filterwarnings("ignore:(error|warning|info)")  # what a guard finds, it also warns of

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(600, 12)).astype("float32")
Y = np.argmax(X @ GENERATOR.normal(size=(12, 6)), axis=1)
SORTED = np.argsort(Y, kind="stable")


def rise(start, factor, epochs=10):
    return start * factor ** np.arange(epochs)


@pytest.mark.parametrize(
    ("losses", "validation", "expected"),
    [
        (rise(1, 0.9), rise(1, 1.05), ("warning", 0)),
        (rise(1, 0.9), [1.0, 0.8, 0.7, 0.65, *rise(0.6, 1.06, 8)][:10], ("info", 4)),  # overfitting, later
        (rise(1, 0.9), 1 + 0.2 * np.random.default_rng(1).normal(size=10), None),  # a small validation set
        (rise(1, 0.9), rise(1, 1.005), None),
        (rise(1, 1.01), rise(1, 1.05), None),  # the training loss rises, too: another rule's
        (rise(1, 0.9, 3), rise(1, 1.2, 3), None),  # too short to tell
        (rise(1, 0.9), rise(1.5, 0.95), None),
    ],
)
def test_a_validation_loss_that_rises(losses, validation, expected):
    found = find(make_history(losses, val_loss=np.asarray(validation))).get("validation_loss_rises")
    assert (found and (found.severity, found.epoch)) == expected


def test_a_validation_only_every_second_epoch():
    validation = np.where(np.arange(12) % 2, rise(1, 1.05, 12), np.nan)
    assert find(make_history(rise(1, 0.9, 12), val_loss=validation))["validation_loss_rises"].epoch == 1


def train(x, y, validation, metrics=("accuracy",), loss="sparse_categorical_crossentropy", parts=(), epochs=8):
    keras.utils.set_random_seed(0)
    hidden = [layers.Dense(64, "relu"), *(make() for make in parts)]
    head = layers.Dense(6, "softmax") if loss.startswith("sparse") else layers.Dense(1)
    model = keras.Sequential([keras.Input((12,)), *hidden, head])
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=list(metrics))
    guard = vg.TrainingGuard(x[:128], y[:128])
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[guard], validation_data=validation)
    return {finding.rule: finding for finding in guard.findings}


def test_sorted_rows_of_which_the_last_are_set_aside():
    x, y = X[SORTED], Y[SORTED]
    end = int(np.argmax(y == 5))  # of the classes that are trained on
    found = train(x[:end], y[:end], (x[end:], y[end:]))
    finding = found["validation_not_learned"]
    assert finding.severity == "error"
    assert finding.evidence["highest_val_accuracy"] < 0.1 < 0.9 < finding.evidence["accuracy"]
    assert finding.evidence["loss_of_equal_probabilities"] == pytest.approx(np.log(6))
    assert [one.rule for one in finding.consequences] == ["validation_loss_rises"]


def test_validation_labels_in_another_order():
    order = np.random.default_rng(1).permutation(150)
    found = train(X[:450], Y[:450], (X[450:], Y[450:][order]))
    assert found["validation_not_learned"].severity == "error"


def test_a_validation_without_a_logged_accuracy():
    x, y = X[SORTED], Y[SORTED]
    found = train(x[:450], y[:450], (x[450:], y[450:]), metrics=())["validation_not_learned"]
    assert (found.severity, "accuracy" in found.evidence) == ("error", False)


@pytest.mark.parametrize("metrics", [(), ("accuracy",), (keras.metrics.SparseTopKCategoricalAccuracy(2),)])
@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (keras.losses.SparseCategoricalCrossentropy(reduction="sum"), {}),
        (keras.losses.SparseCategoricalCrossentropy(), {"loss_weights": [20.0]}),
        (keras.losses.SparseCategoricalCrossentropy(), {"loss_weights": [0.05]}),
    ],
)
def test_a_loss_on_another_scale_is_not_judged(loss, options, metrics):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((12,)), layers.Dense(64, "relu"), layers.Dense(6, "softmax")])
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=list(metrics), **options)
    guard = vg.TrainingGuard(X[:128], Y[:128])
    model.fit(X[:450], Y[:450], epochs=8, verbose=0, callbacks=[guard], validation_data=(X[450:], Y[450:]))
    assert "validation_not_learned" not in {finding.rule for finding in guard.findings.list_all()}


def test_noisy_labels_of_few_examples_without_a_logged_accuracy():
    generator = np.random.default_rng(3)
    y = np.where(generator.random(600) < 0.3, generator.integers(0, 6, 600), Y)
    found = train(X[:60], y[:60], (X[60:], y[60:]), metrics=(), epochs=30)
    assert not {"error"} & {finding.severity for finding in found.values()}


def test_labels_that_do_not_follow_from_the_inputs_are_learned_by_heart():
    y = np.random.default_rng(2).integers(0, 6, 600)
    parts = [lambda: layers.Dense(128, "relu")]
    assert train(X[:300], y[:300], (X[300:], y[300:]), parts=parts, epochs=40)["validation_not_learned"].epoch == 0


@pytest.mark.parametrize(
    "data",
    [
        (X[:450], Y[:450], (X[450:], Y[450:])),
        (X[:60], Y[:60], (X[60:], Y[60:])),  # few examples: a part of what is learned holds
        (X[:450], Y[:450], (3 * X[450:], Y[450:])),  # answers that are too sure, and right
    ],
)
def test_validation_data_for_which_what_is_learned_holds(data):
    assert "validation_not_learned" not in train(*data, epochs=20)


def test_what_predictions_lose_is_said_by_the_rule_for_that():
    parts = [lambda: layers.BatchNormalization(momentum=0.9999)]
    x = 5 + 0.2 * X  # far from the averages of 0 and 1 that the layer begins with
    found = train(x[:450], Y[:450], (x[450:], Y[450:]), parts=parts)
    assert "inference_differs" in found
    assert "validation_not_learned" not in found


def test_numbers_are_not_judged_by_even_odds():
    y = X @ np.random.default_rng(3).normal(size=(12, 1)).astype("float32")
    found = train(X[:450], y[:450], (X[450:], 100 + y[450:]), (), "mean_squared_error")
    assert "validation_not_learned" not in found
