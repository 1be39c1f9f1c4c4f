"""What is added at the end of a fit to what is known of the outputs, on real models."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_vg.inspection import ending
from keras_vg.inspection.batches import NO_LOSS, list_outputs
from keras_vg.inspection.ending import describe_end

X = np.random.default_rng(0).normal(size=(80, 3)).astype("float32")
Y = X[:, :1] * 2

SQUARED = ("mean_squared_error", None, None)
ADDED = {"answer_score", "simple_score", "simple_error", "simple_model"}


def make_model(outputs=1, **options):
    entry = keras.Input((3,))
    hidden = layers.BatchNormalization(**options)(entry)
    model = keras.Model(entry, [layers.Dense(1, kernel_initializer="zeros")(hidden) for _ in range(outputs)])
    model.compile("sgd", "mse")
    return model


def describe(model, labels, losses, compares=True, predictions=None):
    arrays = [np.zeros((80, 1), "float32") for _ in losses] if predictions is None else predictions
    heads = [(f"head_{i}", "linear") for i in range(len(losses))]
    rows = list_outputs([np.zeros((80, 1))] * len(losses), [np.asarray(y) for y in labels], losses, heads)
    return describe_end(model, X, labels if len(labels) > 1 else labels[0], losses, rows, arrays, compares)


@pytest.mark.model
def test_answers_are_compared_where_it_is_asked_for():
    (row,) = describe(make_model(), [Y], [SQUARED])
    assert row["inference_loss"] == pytest.approx(np.mean(Y**2))
    assert row["answer_score"] == pytest.approx(0, abs=0.02)
    assert row["simple_score"] > 0.9
    (row,) = describe(make_model(), [Y], [SQUARED], compares=False)
    assert row["inference_loss"] == pytest.approx(np.mean(Y**2))
    assert not ADDED & row.keys()


def test_each_output_that_has_a_loss_is_compared():
    first, second = describe(make_model(2), [Y, Y], [SQUARED, NO_LOSS])
    assert first["simple_score"] > 0.9
    assert not ADDED & second.keys()


def test_without_predictions_in_training_mode_those_outside_of_it_are_judged():
    (row,) = describe(make_model(), [Y], [SQUARED], predictions=[])
    assert row["simple_score"] > 0.9
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])  # predicts as it trains
    model.compile("sgd", "mse")
    (row,) = describe(model, [Y], [SQUARED], predictions=[])
    assert not ADDED & row.keys()


def test_a_comparison_that_fails_does_not_end_the_fit(monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("of any kind")

    monkeypatch.setattr(ending, "compare_with_simple_models", fail)
    with pytest.warns(match="simple models answer the probe batch of model .* ZeroDivisionError"):
        (row,) = describe(make_model(), [Y], [SQUARED])
    assert np.isfinite(row["inference_loss"])
    assert not ADDED & row.keys()


def test_whether_answers_depend_on_other_examples_is_told_of_bad_ones():
    (row,) = describe(make_model(), [Y], [SQUARED])
    assert row["change_by_others"] == 0
    (row,) = describe(make_model(), [Y], [SQUARED], predictions=[Y])
    assert "change_by_others" not in row


def test_a_model_that_takes_no_other_examples_is_compared_all_the_same(monkeypatch):
    def fail(model, x):
        raise ValueError("not with these")

    monkeypatch.setattr(ending, "measure_change_by_others", fail)
    with pytest.warns(UserWarning, match=r"depend on the other examples of a batch is not known.*not with these"):
        (row,) = describe(make_model(), [Y], [SQUARED])
    assert row["simple_score"] > 0.9
    assert "change_by_others" not in row


def test_a_model_that_takes_no_other_order_is_compared_all_the_same(monkeypatch):
    def fail(model, x):
        raise ValueError("not in this order")

    monkeypatch.setattr(ending, "ignores_order", fail)
    with pytest.warns(UserWarning, match=r"sees the order of steps is not known.*not in this order"):
        (row,) = describe(make_model(), [Y], [SQUARED])
    assert row["simple_score"] > 0.9
