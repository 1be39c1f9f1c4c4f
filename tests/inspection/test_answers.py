"""The losses of trial predictions: of losses that teach, and of losses that do not."""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, ops

import keras_vg as vg
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.evidence import Inspection
from keras_vg.diagnosis.losses import find_loss_function
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.inspection import label_trials
from keras_vg.inspection.label_trials import LEVELS, measure_answers

RNG = np.random.default_rng(0)
BINARY = (RNG.random((64, 1)) > 0.6).astype("float32")
NUMBERS = RNG.normal(size=(64, 1)).astype("float32")
CLASSES = np.eye(4, dtype="float32")[RNG.integers(0, 4, 64)]
SIZES = np.abs(NUMBERS)
TIMES = np.concatenate([SIZES, BINARY], axis=1)
RARE = (np.arange(64) == 5).astype("float32")[:, None]


def squared(y, p):
    return ops.mean(ops.square(y - p))


def binary(y, p):
    return -ops.mean(y * ops.log(p) + (1 - y) * ops.log(1 - p))


def classes(y, p):
    return -ops.mean(ops.sum(y * ops.log(p), axis=-1))


def margin(y, p):
    return ops.mean(ops.maximum(1 - y * p, 0))


def contrast(y, p):
    """Of distances: small for a label of 1, at least 1 for a label of 0."""
    return ops.mean(y * ops.square(p) + (1 - y) * ops.square(ops.maximum(1 - p, 0)))


def overlap(y, p):
    return 1 - 2 * ops.sum(y * p) / (ops.sum(y) + ops.sum(p))


def correlate(y, p):
    a, b = y - ops.mean(y), p - ops.mean(p)
    return -ops.sum(a * b) / ops.sqrt(ops.sum(a * a) * ops.sum(b * b) + 1e-9)


def spread(y, p):
    """Likelihood of a normal distribution around 0, whose log variance is predicted."""
    return ops.mean(ops.exp(-p) * ops.square(y) + p)


def survive(y, p):
    time, event = y[:, :1], y[:, 1:]
    return ops.mean(ops.exp(p[:, :1]) * time - event * p[:, :1])


def quantile(y, p):
    return ops.mean(ops.maximum(0.9 * (y - p), -0.1 * (y - p)))


def of_means(y, p):
    return ops.square(ops.mean(y) - ops.mean(p))


TEACHING = [
    (squared, NUMBERS, "linear"),
    (squared, 1e6 * NUMBERS, "linear"),
    (squared, NUMBERS**8, "linear"),
    (squared, BINARY, "sigmoid"),
    (squared, RARE, "sigmoid"),
    (lambda y, p: ops.sqrt(squared(y, p)), NUMBERS, "linear"),
    (lambda y, p: ops.mean(ops.abs(y - p)), NUMBERS, "linear"),
    (lambda y, p: ops.mean(ops.abs(y - p) / y), SIZES + 1, "linear"),
    (lambda y, p: ops.mean(p - y * ops.log(p)), SIZES, "softplus"),
    (binary, BINARY, "sigmoid"),
    (binary, RARE, "sigmoid"),
    (lambda y, p: binary(y, ops.sigmoid(p)), BINARY, "linear"),
    (classes, CLASSES, "softmax"),
    (lambda y, p: classes(y, ops.softmax(p)), CLASSES, "linear"),
    (lambda y, p: -ops.mean(ops.square(1 - p) * y * ops.log(p) + (1 - y) * ops.log(1 - p)), BINARY, "sigmoid"),
    (margin, 2 * BINARY - 1, "linear"),
    (margin, 2 * BINARY - 1, "tanh"),
    (contrast, BINARY, "linear"),
    (contrast, BINARY, "relu"),
    (contrast, BINARY, "sigmoid"),
    (contrast, 1 - RARE, "sigmoid"),
    (lambda y, p: contrast(1 - y, p), BINARY, "sigmoid"),
    (overlap, BINARY, "sigmoid"),
    (correlate, NUMBERS, "linear"),
    (spread, NUMBERS, "linear"),
    (survive, TIMES, "linear"),
    (quantile, NUMBERS, "linear"),
    (lambda y, p: ops.mean(ops.exp(2 * (p - y)) - 2 * (p - y) - 1), NUMBERS, "linear"),  # steep on one side
    (lambda y, p: -ops.mean(y * p), 2 * BINARY - 1, "linear"),  # of Wasserstein GANs, which has no lowest value
]
WITHOUT_GAIN = [
    (of_means, NUMBERS, "linear"),
    (of_means, BINARY, "sigmoid"),
    (margin, BINARY, "linear"),  # a label of 0 asks for nothing
]
WRONG_SIGN = [
    (lambda y, p: -squared(y, p), NUMBERS, "linear"),
    (lambda y, p: -squared(y, p), BINARY, "sigmoid"),
    (lambda y, p: -binary(y, p), BINARY, "sigmoid"),
    (lambda y, p: -classes(y, p), CLASSES, "softmax"),
    (lambda y, p: -overlap(y, p), BINARY, "sigmoid"),
    (lambda y, p: 1 - overlap(y, p), BINARY, "sigmoid"),  # a Dice coefficient: 0 wherever nothing overlaps
    (lambda y, p: 1 - overlap(y, p), RARE, "sigmoid"),
    (lambda y, p: ops.sum(y * p) / (ops.sum(y) + ops.sum(p) - ops.sum(y * p)), BINARY, "sigmoid"),  # of Jaccard
]
UNKNOWN = [
    (lambda y, p: ops.mean(p), NUMBERS, "linear"),  # which is computed by a layer, and knows no labels
    (squared, np.ones((64, 1), "float32"), "linear"),
    (squared, np.where(RARE > 0, np.nan, NUMBERS), "linear"),
    (squared, NUMBERS[:, 0], "linear"),
    (lambda y, p: ops.mean(ops.log(p)), NUMBERS, "linear"),
    (squared, NUMBERS[:1], "linear"),
    (squared, CLASSES[:1], "softmax"),  # one example: nothing depends on anything
    (squared, np.repeat(TIMES[:1], 2, axis=0), "linear"),
    (squared, 10 + SIZES, "sigmoid"),  # beyond its range, which another rule says
    (squared, -10 - SIZES, "relu"),
    (squared, np.array([["a"], ["b"]]), "linear"),
]
OTHER_TYPES = [
    (BINARY.astype(bool), "sigmoid"),
    (BINARY.astype("int32"), "sigmoid"),
    ((255 * BINARY).astype("uint8"), "linear"),
    (NUMBERS.astype("float64"), "linear"),
]


def judge(loss, labels, activation):
    def measure(y, p):
        return float(loss(ops.convert_to_tensor(y), ops.convert_to_tensor(p)))

    predictions = np.zeros((len(labels), *(labels.shape[1:] or (1,))), "float32")
    answers = measure_answers(measure, labels, predictions, activation)
    inspection = Inspection(*[pd.DataFrame()] * 5, {"loss_of_answers": dataclasses.asdict(answers)})
    advice = [f.advice for f in find_loss_function(Context(Thresholds(), True, inspection=inspection))]
    return answers, *(any(part in text for text in advice) for part in ("does not ask for a difference", "its sign is"))


@pytest.mark.parametrize(("loss", "labels", "activation"), TEACHING)
def test_losses_that_teach(loss, labels, activation):
    answers, has_no_gain, has_wrong_sign = judge(loss, labels, activation)
    assert np.isfinite(answers.highest)
    assert not has_no_gain
    assert not has_wrong_sign
    assert answers.constant - answers.varying > 1e-3 * answers.typical


@pytest.mark.parametrize(("loss", "labels", "activation"), WITHOUT_GAIN)
def test_losses_for_which_one_answer_is_as_good(loss, labels, activation):
    assert judge(loss, labels, activation)[1:] == (True, False)


@pytest.mark.parametrize(("loss", "labels", "activation"), WRONG_SIGN)
def test_losses_that_right_answers_raise(loss, labels, activation):
    assert judge(loss, labels, activation)[1:] == (False, True)


SMALL_PICTURES = np.random.default_rng(5).random((16, 4, 4, 1)).astype("float32")


def alike(y, p):
    """One for equal pictures, as the structural similarity has it; below 0 for opposite ones."""
    y, p = (values - ops.mean(values, axis=(1, 2, 3), keepdims=True) for values in (y, p))
    return ops.mean(ops.sum(2 * y * p, axis=(1, 2, 3)) / (ops.sum(y**2 + p**2, axis=(1, 2, 3)) + 1e-3))


@pytest.mark.model
@pytest.mark.parametrize(("loss", "is_sick"), [(alike, True), (lambda y, p: 1 - alike(y, p), False)])
def test_a_similarity_of_pictures_that_is_lowered(loss, is_sick):
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("adam", loss)
    found = [f.advice for f in find_loss_function(Context(Thresholds(), True, inspection=inspect(model)))]
    assert [("its sign is" in advice) for advice in found] == [True] * is_sick


def inspect(model):
    return vg.inspect(model, SMALL_PICTURES, SMALL_PICTURES)


@pytest.mark.parametrize(("labels", "activation"), OTHER_TYPES)
@pytest.mark.filterwarnings("error")
def test_labels_of_other_types(labels, activation):
    def cast_and_square(y, p):
        return squared(ops.cast(y, "float32"), p)

    answers, has_no_gain, has_wrong_sign = judge(cast_and_square, labels, activation)
    assert np.isfinite(answers.highest)
    assert not has_no_gain
    assert not has_wrong_sign


def test_slow_losses_and_large_examples_are_not_tried(monkeypatch):
    monkeypatch.setattr(label_trials, "SLOWEST", -1.0)
    assert np.isnan(judge(squared, NUMBERS, "linear")[0].highest)
    monkeypatch.setattr(label_trials, "SLOWEST", 10.0)
    assert np.isfinite(judge(squared, CLASSES, "linear")[0].highest)
    monkeypatch.setattr(label_trials, "MOST_VALUES", 7)  # two examples have eight
    assert np.isnan(judge(squared, CLASSES, "linear")[0].highest)


@pytest.mark.parametrize(("loss", "labels", "activation"), UNKNOWN)
def test_losses_that_say_nothing_of_the_labels(loss, labels, activation):
    assert np.isnan(judge(loss, labels, activation)[0].highest)


def test_squared_error_has_the_losses_of_its_closed_form():
    answers = judge(squared, NUMBERS, "linear")[0]
    y = NUMBERS.astype("float64")
    low, high = y.min() - np.ptp(y), y.max() + np.ptp(y)
    furthest = np.linspace(low + 0.02 * (high - low), high - 0.02 * (high - low), LEVELS)[[0, -1]]
    assert answers.right == 0
    assert answers.constant == pytest.approx(y.var(), rel=1e-5)
    assert answers.highest >= max(np.mean(np.square(y - level)) for level in furthest) * (1 - 1e-5)


@pytest.mark.parametrize(
    ("loss", "activation", "expected"),
    [
        (squared, "sigmoid", False),
        (of_means, "sigmoid", True),
        (lambda y, p: -squared(y, p), "sigmoid", True),
        ("mse", "sigmoid", False),
        (keras.losses.BinaryCrossentropy(), "sigmoid", False),
    ],
)
@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 1.5, 64, dtype="float32")])
@pytest.mark.model
def test_rule_reads_them_of_a_model(loss, activation, expected, weights):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(1, activation)])
    model.compile("adam", loss)
    x = RNG.normal(size=(64, 3)).astype("float32")
    findings = vg.diagnose(vg.inspect(model, x, BINARY, weights)).list_all()
    assert [f.severity for f in findings if f.rule == "loss_function"] == ["error"] * expected


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (squared, BINARY.var()),
        (contrast, BINARY.var()),  # of distances, in their middle
        (lambda y, p: squared(y, p) + 5, None),  # which is never near 0: no part of it says what is learned
        (lambda y, p: -squared(y, p), None),
        (of_means, None),
    ],
)
@pytest.mark.model
def test_the_best_constant_answer_of_a_loss_of_ones_own(loss, expected):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(1, "sigmoid")])
    model.compile("adam", loss)
    inspection = vg.inspect(model, RNG.normal(size=(64, 3)).astype("float32"), BINARY)
    assert np.isnan(inspection.outputs["baseline"]).all()
    baseline = Context(Thresholds(), is_inspection=True, inspection=inspection).baseline
    assert np.isnan(baseline) if expected is None else baseline == pytest.approx(expected, rel=1e-3)


def cosine(y, p):
    return -keras.losses.cosine_similarity(y, p)


@pytest.mark.parametrize(
    ("loss", "labels", "expected"),
    [
        (cosine, "vectors", True),
        (lambda y, p: -cosine(y, p), "vectors", False),
        (lambda y, p: ops.exp(-ops.mean(ops.square(y - p), axis=-1)), "vectors", True),
        (contrast, "classes", False),  # of distances: right answers have the highest loss, and are not meant
    ],
)
@pytest.mark.model
def test_vectors_of_both_signs_are_never_to_be_turned_round(loss, labels, expected):
    y = RNG.normal(size=(64, 3)).astype("float32") if labels == "vectors" else BINARY
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(y.shape[1])])
    model.compile("adam", loss)
    findings = vg.diagnose(vg.inspect(model, RNG.normal(size=(64, 3)).astype("float32"), y)).list_all()
    assert ("loss_function" in {f.rule for f in findings}) == expected


@pytest.mark.model
@pytest.mark.parametrize(
    ("loss", "units", "is_sick"),
    [
        (keras.losses.BinaryCrossentropy(label_smoothing=True), 1, True),
        (keras.losses.BinaryCrossentropy(label_smoothing=0.1), 1, False),
        (keras.losses.BinaryCrossentropy(), 1, False),
        (keras.losses.CategoricalCrossentropy(label_smoothing=1.0), 3, True),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.9), 3, False),
    ],
)
@pytest.mark.parametrize("has_column", [False, True])
def test_a_label_smoothing_that_leaves_nothing_of_the_labels(loss, units, is_sick, has_column):
    x = RNG.normal(size=(32, 4)).astype("float32")
    y = np.float32(x[:, :1] > 0) if units == 1 else np.eye(3, dtype="float32")[np.arange(32) % 3]
    y = y if has_column or units > 1 else y[:, 0]
    model = keras.Sequential([keras.Input((4,)), layers.Dense(units, "sigmoid" if units == 1 else "softmax")])
    model.compile("sgd", loss)
    found = {f.rule: f.evidence for f in vg.diagnose(vg.inspect(model, x, y)).list_all()}
    assert found.get("loss_function") == ({"label_smoothing": 1.0} if is_sick else None)


@pytest.mark.model
@pytest.mark.parametrize(("sign", "severity"), [(1.0, "warning"), (-1.0, None)])
def test_what_choices_have_brought_weighs_their_logarithms(sign, severity):
    x = RNG.normal(size=(64, 4)).astype("float32")
    y = np.eye(3)[np.arange(64) % 3] * (RNG.integers(0, 2, size=(64, 1)) - 0.4)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("sgd", lambda y, p: sign * ops.sum(y * ops.log(p + 1e-4), axis=-1))
    found = {f.rule: f.severity for f in vg.diagnose(vg.inspect(model, x, y.astype("float32"))).list_all()}
    assert found.get("loss_function") == severity
    assert "label_range" not in found


@pytest.mark.model
@pytest.mark.parametrize(("factor", "bias", "is_sick"), [(0.0, 0.0, True), (0.0, 0.1, False), (1.0, 0.0, False)])
def test_a_loss_that_is_always_zero(factor, bias, is_sick):
    """Of a trained model all may be met, as under a margin; a model with biases of 0 has learned nothing yet."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1)])
    model.layers[0].set_weights([model.layers[0].get_weights()[0], np.full(4, bias, "float32")])
    model.compile("adam", lambda y, p: factor * ops.mean(ops.square(y - p)))
    x = RNG.normal(size=(64, 3)).astype("float32")
    found = vg.diagnose(vg.inspect(model, x, NUMBERS)).list_all()
    assert any(f.rule == "loss_function" and "exactly 0" in f.advice for f in found) == is_sick


@pytest.mark.model
@pytest.mark.parametrize(("bias", "is_sick"), [(0.0, True), (0.5, False)])
def test_a_loss_of_zero_with_labels_that_predictions_are_not_like(bias, is_sick):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.layers[0].set_weights([model.layers[0].get_weights()[0], np.full(2, bias, "float32")])
    model.compile("adam", lambda y, p: ops.sum(p, axis=-1) * (y[:, 0] - ops.mean(y[:, :1], axis=1)))
    x, y = RNG.normal(size=(2, 64, 3)).astype("float32")
    found = vg.diagnose(vg.inspect(model, x, y)).list_all()
    assert any(f.rule == "loss_function" for f in found) == is_sick


@pytest.mark.parametrize(
    ("losses", "unused"),
    [
        (["mse", "mae"], "mae"),
        ([keras.losses.MeanSquaredError(), squared, "mae"], "squared, mae"),
        (["mse"], ""),
        ("mse", ""),
    ],
)
@pytest.mark.model
def test_a_list_of_losses_for_one_output(losses, unused):
    """Against the mean squared error, which NumPy computes."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", losses)
    x = RNG.normal(size=(64, 3)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    inspection = vg.inspect(model, x, y)
    found = [f for f in vg.diagnose(inspection) if f.rule == "loss_function"]
    assert [(f.severity, f.evidence) for f in found] == [("warning", {"unused_losses": unused})] * bool(unused)
    assert inspection.outputs["loss"].tolist() == ["mean_squared_error"]
    assert inspection.setup["loss"] == pytest.approx(np.mean(np.square(model.predict(x, verbose=0) - y)), rel=1e-4)


@pytest.mark.model
def test_a_list_of_losses_for_several_outputs():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [layers.Dense(1)(inputs), layers.Dense(1)(inputs)])
    model.compile("sgd", ["mse", "mae"])
    x = RNG.normal(size=(64, 3)).astype("float32")
    inspection = vg.inspect(model, x, [x[:, :1], x[:, 1:2]])
    assert inspection.setup["unused_losses"] == []
    assert inspection.outputs["loss"].tolist() == ["mean_squared_error", "mean_absolute_error"]
