"""Gradients that vanish or explode over the time steps of recurrent layers."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg
from helpers.made_up_inspections import make_inspection, make_time
from helpers.made_up_logs import find
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.recurrence import find_vanishing_in_time
from keras_vg.diagnosis.thresholds import Thresholds

BACK = np.arange(59, -1, -1)  # steps back from the last of sixty


def judge(*args, **options):
    found = find(make_inspection(time=make_time(*args, **options)))
    return {rule: finding for rule, finding in found.items() if rule.endswith("_in_time")}


def test_a_layer_that_has_forgotten_most_of_its_sequence():
    finding = judge(0.5**BACK, expected=0.49)["vanishing_in_time"]
    assert (finding.severity, finding.layers, finding.epoch) == ("warning", ("lstm",), None)
    assert finding.evidence["steps"] == 60
    assert finding.evidence["steps_lost"] == 43  # 0.5 ** 17 is 7.6e-6
    assert finding.evidence["gradient_ratio"] == pytest.approx(0.5**59)
    assert finding.evidence["factor_per_step"] == pytest.approx(0.5)
    assert finding.evidence["expected_factor_per_step"] == 0.49
    assert finding.advice.startswith("The first 43 of 60 steps get less than 1e-05 of the largest gradient")


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        (0.5**BACK, True),
        (0.8**BACK, False),  # 1e-5 at 52 steps back: less than a fifth are lost
        (0.9**BACK, False),
        (0.5 ** BACK[-12:], False),  # a short sequence
        (np.maximum(0.5**BACK, 0.01), False),  # pooled, or with attention
        (np.zeros(60), False),  # which other rules are about
        (np.full(60, np.nan), False),
    ],
)
def test_when_it_speaks(values, is_found):
    assert ("vanishing_in_time" in judge(values)) == is_found


def test_directions():
    finding = judge(0.5 ** BACK[::-1], direction="backwards")["vanishing_in_time"]
    assert finding.advice.startswith("The last 43 of 60")
    assert finding.evidence["factor_per_step"] == pytest.approx(0.5)
    sides = 0.3**BACK + 0.3 ** BACK[::-1]
    finding = judge(sides, direction="both")["vanishing_in_time"]
    assert finding.advice.startswith("40, in the middle, of 60")  # 0.3 ** 10 is 6e-6
    assert "factor_per_step" not in finding.evidence


def test_what_is_in_reach_is_padding():
    padded = np.where(np.arange(60) >= 30, 0.75, 0.0)
    padded[50:] = 1.0
    values = 0.4**BACK  # the last 13 are within reach
    finding = judge(values, padded=padded)["vanishing_in_time"]
    assert finding.severity == "error"
    assert finding.evidence["nothing_but_padding_in_reach"] == 0.75
    assert "mask_zero=True" in finding.advice
    assert judge(values, padded=0.6 * padded)["vanishing_in_time"].severity == "warning"
    # The padding of sequences that are within reach as a whole is nobody's concern.
    assert judge(0.9**BACK, padded=padded) == {}
    # Few steps are lost, but all that say something.
    short = np.where(np.arange(60) >= 20, 1.0, 0.0)
    assert judge(0.7**BACK, padded=short)["vanishing_in_time"].severity == "error"
    back = judge(values[::-1], direction="backwards", padded=padded[::-1])["vanishing_in_time"]
    assert back.severity == "error"


def read_padded(length, mask_zero, count=128, has_zero_head=False):
    """The errors that are found in an LSTM which reads words and then zeros."""
    keras.utils.set_random_seed(0)
    generator = np.random.default_rng(0)
    words = np.zeros((count, 60), "int32")
    words[:, :length] = generator.integers(1, 40, size=(count, length))
    inputs = keras.Input((60,), dtype="int32")
    words_read = layers.Embedding(41, 16, mask_zero=mask_zero)(inputs)
    state = layers.LSTM(16)(words_read)
    heads = [layers.Dense(1, "sigmoid")(state)]
    if has_zero_head:  # beside one that sees all words
        heads = [layers.Dense(1, "sigmoid", kernel_initializer="zeros")(state)]
        state = layers.Concatenate()([state, layers.GlobalAveragePooling1D()(words_read)])
        heads.append(layers.Dense(1, "sigmoid")(state))
    model = keras.Model(inputs, heads)
    model.compile("adam", "binary_crossentropy")
    labels = [generator.integers(0, 2, size=(count, 1)) for _ in heads]
    findings = vg.diagnose(vg.inspect(model, words, labels))
    return {f.rule: f for f in findings.list_all() if f.severity == "error"}


@pytest.mark.model
def test_all_predictions_are_the_same_behind_padding():
    found = read_padded(8, mask_zero=False)
    assert found["vanishing_in_time"].evidence["padded_examples"] == 1
    assert "what is read before it is forgotten" in found["vanishing_in_time"].advice
    assert not read_padded(8, mask_zero=True)
    assert not read_padded(45, mask_zero=False)
    assert "vanishing_in_time" not in read_padded(8, mask_zero=False, has_zero_head=True)


def test_one_finding_for_several_layers():
    table = pd.concat([make_time(0.5**BACK), make_time(0.4**BACK, layer="lstm_1"), make_time(0.9**BACK, layer="gru")])
    finding = find(make_inspection(time=table))["vanishing_in_time"]
    assert finding.layers == ("lstm", "lstm_1")
    assert finding.evidence["factor_per_step"] == pytest.approx(0.4)  # of the worse
    table = pd.concat([make_time(1.3**BACK), make_time(1.5**BACK, layer="lstm_1")])
    finding = find(make_inspection(time=table))["exploding_in_time"]
    assert finding.layers == ("lstm", "lstm_1")
    assert finding.evidence["factor_per_step"] == pytest.approx(1.5)


def test_silent_once_the_loss_is_low():
    inspection = make_inspection(time=make_time(0.5**BACK), setup={"loss": 0.0})
    assert "vanishing_in_time" not in find(inspection)


def test_exploding_in_time():
    finding = judge(1.3**BACK)["exploding_in_time"]
    assert (finding.severity, finding.layers) == ("warning", ("lstm",))
    assert finding.evidence["gradient_ratio"] == pytest.approx(1.3**59)
    assert finding.evidence["factor_per_step"] == pytest.approx(1.3)
    assert list(judge(2.0**BACK)) == ["exploding_in_time"]  # not that the last steps vanish
    assert "exploding_in_time" not in judge(1.1**BACK)
    assert "exploding_in_time" in judge(1.3 ** BACK[::-1], direction="backwards")
    assert "exploding_in_time" not in judge(1.3 ** BACK[::-1])


def test_thresholds_can_be_changed():
    inspection = make_inspection(time=make_time(0.5**BACK))
    assert "vanishing_in_time" not in find(inspection, vanishing_time=1e-15)
    assert "vanishing_in_time" not in find(inspection, lost_steps=0.9)


def find_zeroed(ids, cell=layers.SimpleRNN, **options):
    """What is found of a classifier of ids that are padded with 0."""
    keras.utils.set_random_seed(0)
    recurrent = cell(8, zero_output_for_mask=True, name="reader", **options)
    pooled = [layers.GlobalAveragePooling1D()] if options.get("return_sequences") else []
    model = keras.Sequential(
        [keras.Input((6,)), layers.Embedding(20, 4, mask_zero=True), recurrent, *pooled, layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    inspection = vg.inspect(model, ids, ids[:, :1] % 2)
    return inspection.setup["zeroed_by_mask"], vg.diagnose(inspection)


def make_ids(padded):
    """64 examples, some of which end with two steps of padding."""
    ids = np.random.default_rng(0).integers(1, 20, size=(64, 6))
    ids[:padded, -2:] = 0
    return ids


@pytest.mark.parametrize(
    ("zeroed", "expected"),
    [
        ({"other": 0.01}, [("info", ("other",)), ("warning", ("lstm",))]),
        ({"other": 0.05}, [("warning", ("other",)), ("warning", ("lstm",))]),
        ({"other": 1.0}, [("error", ("other",)), ("warning", ("lstm",))]),
        ({"lstm": 0.01}, [("info", ("lstm",)), ("warning", ("lstm",))]),
        ({"lstm": 1.0}, [("error", ("lstm",))]),
        ({}, [("warning", ("lstm",))]),
    ],
)
def test_zeros_of_some_examples_hide_nothing_else(zeroed, expected):
    inspection = make_inspection({"zeroed_by_mask": zeroed}, time=make_time(0.5**BACK))
    found = find_vanishing_in_time(Context(Thresholds(), True, inspection=inspection))
    assert [(finding.severity, finding.layers) for finding in found] == expected


@pytest.mark.model
@pytest.mark.parametrize(("padded", "severity"), [(64, "error"), (32, "error"), (8, "warning"), (2, "info")])
def test_outputs_that_are_zeroed_where_the_last_step_is_masked(padded, severity):
    zeroed, findings = find_zeroed(make_ids(padded))
    assert zeroed == {"reader": padded / 64}
    finding = next(f for f in findings if f.rule == "vanishing_in_time")
    assert (finding.severity, finding.layers) == (severity, ("reader",))
    assert finding.evidence == {"zeroed_examples": padded / 64}
    assert "zero_output_for_mask=True" in finding.advice
    if padded == 64:  # whatever else is seen of it follows
        followed = {f.rule for f in finding.consequences}
        assert {"zero_gradient", "constant_prediction"} <= followed
        assert {f.rule for f in findings if f.severity == "error"} == {"vanishing_in_time"}


@pytest.mark.model
@pytest.mark.parametrize(
    ("ids", "options"),
    [
        (make_ids(0), {}),
        (make_ids(64)[:, ::-1].copy(), {}),  # padded in front
        (make_ids(64), {"go_backwards": True}),
        (make_ids(64), {"return_sequences": True}),
    ],
)
def test_outputs_that_are_not_zeroed(ids, options):
    zeroed, findings = find_zeroed(ids, **options)
    assert zeroed == {}
    assert "vanishing_in_time" not in {finding.rule for finding in findings.list_all()}


@pytest.mark.model
def test_an_unrolled_layer_is_not_zeroed_on_jax():
    assert find_zeroed(make_ids(64), unroll=True)[0] == ({} if keras.backend.backend() == "jax" else {"reader": 1.0})
