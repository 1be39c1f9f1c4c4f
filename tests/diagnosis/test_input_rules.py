"""Inputs that are too small, constant, or not finite."""

import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg
from helpers.made_up_inspections import make_inspection
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.inputs import find_constant_inputs, find_small_inputs
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.inspection.batches import describe_inputs

OUTPUT = {"label_distinct": 2, "prediction_size": 1.0, "baseline": 0.7}


def judge(*arrays, optimizer="Adam", spread=1e-4, distinct=2, setup=None, **tables):
    outputs = pd.DataFrame([{**OUTPUT, "prediction_std": spread, "label_distinct": distinct}])
    tables |= {"inputs": describe_inputs(arrays), "outputs": outputs}
    inspection = make_inspection({"optimizer": optimizer, **(setup or {})}, **tables)
    context = Context(Thresholds(), is_inspection=True, inspection=inspection)
    return {finding.rule: finding for rule in (find_small_inputs, find_constant_inputs) for finding in rule(context)}


def make_array(scale, mean=0.0):
    return mean + scale * np.random.default_rng(0).normal(size=(64, 5))


def test_columns_of_the_table():
    array = np.array([[1.0, 2.0, 0.0, np.nan], [3.0, 2.0, 0.0, 1.0]])
    row = describe_inputs([array]).iloc[0]
    assert (row["constant"], row["varying"], row["nonfinite"], row["nonfinite_features"]) == (1, 1, 1, "3")
    assert row["spread_max"] == 1.0  # the standard deviation of 1 and 3
    wide = np.where(np.arange(9) < 8, np.inf, [[1.0], [2.0]])
    assert describe_inputs([wide]).iloc[0]["nonfinite_features"] == "0, 1, 2, 3, 4 and 3 more"


@pytest.mark.parametrize(
    ("scale", "mean", "optimizer", "severity"),
    [
        (1e-4, 0.0, "Adam", "error"),
        (1e-4, 1.0, "Adam", "error"),  # not the size, but the spread counts
        (1e-3, 0.0, "Adam", "warning"),
        (3e-4, 0.0, "SGD", "error"),
        (0.01, 0.0, "SGD", "warning"),
        (0.05, 0.0, "Adam", None),
        (0.0, 0.0, "Adam", None),
    ],
)
def test_inputs_that_are_too_small(scale, mean, optimizer, severity):
    array = make_array(scale, mean)
    finding = judge(array, array, optimizer=optimizer).get("input_too_small")
    assert (finding and finding.severity) == severity
    if finding is not None:
        assert finding.evidence["largest_feature_spread"] == pytest.approx(array.std(axis=0).max())


def test_small_inputs_are_no_matter_where_they_are_brought_to_scale():
    small, large = make_array(1e-4), make_array(1.0)
    assert judge(small, large) == {}  # a normalization before the first kernel
    assert "input_too_small" in judge(large, small)  # divided by 255 twice
    assert judge(small, small, spread=0.1) == {}  # behind it, or large weights
    ids = pd.DataFrame([{"layer": "embedding", "input_dim": 9, "id_min": 0.0, "id_max": 8.0}])
    assert judge(large, small, embeddings=ids) == {}  # pooled embeddings
    assert judge(small, small, setup={"loss": 0.0}) == {}
    assert "input_too_small" not in judge(small, small, setup={"not_seen": {"activations": "the model raised"}})


def test_sparse_and_dark_inputs_are_not_small():
    rng = np.random.default_rng(0)
    words = (rng.random((64, 500)) < 0.002).astype(float)  # bags of words whose mean is 0.002
    pixels = rng.random((64, 28, 28, 1)) * (rng.random((64, 28, 28, 1)) < 0.02)
    for array in (words, pixels):
        assert "input_too_small" not in judge(array, array)


def test_constant_inputs():
    array = make_array(1.0)
    array[:, 2], array[:, 3] = 2020.0, 0.0
    finding = judge(array, array)["constant_feature"]
    assert (finding.severity, finding.evidence) == ("info", {"constant": 1.0, "of": 5.0})
    ids = pd.DataFrame([{"layer": "embedding", "input_dim": 9, "id_min": 0.0, "id_max": 8.0}])
    assert judge(array, array, embeddings=ids) == {}  # the first token of every text, say
    array[:] = 7.0
    found = judge(array, array)
    assert found["constant_input"].severity == "error"
    assert "constant_feature" not in found
    assert judge(array, array, distinct=1) == {}  # such as a single example


@pytest.mark.model
def test_the_column_with_nan_is_named():
    x = np.random.default_rng(0).normal(size=(16, 9)).astype("float32")
    x[3, 6] = np.nan
    x[5, 2] = np.inf
    model = keras.Sequential([keras.Input((9,)), layers.Dense(4, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    evidence = [f.evidence for f in vg.diagnose(vg.inspect(model, x, x[:, :1])) if f.rule == "nonfinite"]
    assert "2, 6" in [item.get("in_features") for item in evidence]
    inputs = [keras.Input((4,)), keras.Input((5,))]
    model = keras.Model(inputs, layers.Dense(1)(layers.concatenate(inputs)))
    model.compile("adam", "mse")
    inspection = vg.inspect(model, [x[:, :4], x[:, 4:]], x[:, :1])
    evidence = [f.evidence for f in vg.diagnose(inspection) if f.rule == "nonfinite"]
    assert "2 of input_0; 2 of input_1" in [item.get("in_features") for item in evidence]


def make_towers(has_kernel):
    """Ratings by the inner product of what users and items are, perhaps with a kernel beside it."""
    ids = keras.Input((2,))
    user, item = (keras.layers.Embedding(500, 8)(ids[:, i]) for i in range(2))
    match = keras.layers.Dot(axes=1)([user, item])
    rating = match + keras.layers.Dense(1)(ids) if has_kernel else match
    model = keras.Model(ids, keras.layers.Activation("sigmoid")(rating))
    model.compile("adam", "mse")
    x = np.random.default_rng(0).integers(0, 500, size=(64, 2))
    return model, x, (x[:, :1] > x[:, 1:]).astype("float32")


@pytest.mark.model
@pytest.mark.parametrize("has_kernel", [False, True])
def test_ids_that_are_looked_up_have_no_scale(has_kernel):
    model, x, y = make_towers(has_kernel)
    guard = vg.TrainingGuard(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, epochs=1, verbose=0, callbacks=[guard])
    assert ({"input_scale", "feature_scale"} & {f.rule for f in guard.findings.list_all()} != set()) == has_kernel
