"""Scores against closed forms, and what counts as proven."""

import numpy as np
import pytest

from keras_vg.cures.score import (
    Score,
    combine,
    judge,
    measure_error,
    score_loss,
    score_output,
)
from keras_vg.inspection.output_reading import OutputReading
from keras_vg.inspection.tasks import find_task

BINARY = np.array([0, 1, 1, 1], "float32")[:, None]


def make_binary_task():
    return find_task(BINARY, "binary_crossentropy", "sigmoid", 1)


def test_constant_answer_scores_zero_and_perfect_one_scores_one():
    task, reading = make_binary_task(), OutputReading(activation="sigmoid")
    constant = score_output(task, BINARY, np.full((4, 1), 0.75), reading, BINARY)
    assert constant.value == pytest.approx(0, abs=1e-12)
    assert constant.figures["accuracy"] == 0.75
    assert constant.figures["crossentropy"] == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    assert score_output(task, BINARY, BINARY, reading, BINARY).value == pytest.approx(1, abs=1e-6)


def test_score_of_two_classes_is_the_mean_of_what_accuracy_and_entropy_gain():
    task, p = make_binary_task(), np.array([0.4, 0.8, 0.9, 0.3])[:, None]
    found = score_output(task, BINARY, p, OutputReading(activation="sigmoid"), BINARY)
    entropy = -np.mean(np.log([0.6, 0.8, 0.9, 0.3]))
    constant = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    # 3 of 4 are right, as with the constant answer: only the entropy differs.
    assert found.value == pytest.approx(max(0, 1 - entropy / constant) / 2)
    assert found.raw == pytest.approx((1 - entropy / constant) / 2)
    assert found.figures["accuracy"] == 0.75


def test_gains_of_the_examples_make_up_the_score():
    task, p = make_binary_task(), np.array([0.4, 0.8, 0.9, 0.3])[:, None]
    found = score_output(task, BINARY, p, OutputReading(activation="sigmoid"), BINARY)
    constant = -np.log([0.25, 0.75, 0.75, 0.75])
    entropy = -np.log([0.6, 0.8, 0.9, 0.3])
    # The accuracy is the constant answer's: that part is 0, and each example counts by its entropy alone.
    np.testing.assert_allclose(found.gains, (constant - entropy) / constant.mean() / 2)
    assert found.gains.mean() == pytest.approx(found.value)


def test_gains_of_a_sequence_are_averaged_over_its_time_steps():
    y = np.array([[0.0, 2], [4, 6], [0, 4]])[..., None]
    p = np.array([[0.0, 2], [4, 2], [2, 4]])[..., None]
    found = score_output(find_task(y, "mean_squared_error", "linear", 1), y, p, OutputReading(), y)
    before = np.square(y - y.mean())
    each = (before - np.square(y - p))[..., 0].mean(axis=1) / before.mean()
    np.testing.assert_allclose(found.gains, each)
    assert found.gains.mean() == pytest.approx(found.value)


def test_error_of_a_gain_is_that_of_the_differences_of_the_same_examples():
    rng = np.random.default_rng(0)
    hard = rng.random(400)  # how hard each example is, for both models alike
    before = [Score(0, 0, {}, hard + rng.normal(0, 0.01, 400)) for _ in range(3)]
    after = [Score(0, 0, {}, hard + 0.1 + rng.normal(0, 0.01, 400)) for _ in range(3)]
    expected = np.std(np.mean([s.gains for s in after], 0) - np.mean([s.gains for s in before], 0)) / 20
    assert measure_error(before, after) == pytest.approx(expected)
    assert measure_error(before, after) < 0.1 * np.std(hard) / 20


def test_error_of_a_gain_counts_a_failed_training_as_zeros():
    gains, failed = np.array([0.0, 1.0, 1.0, 0.0]), Score(0.0, -np.inf, {})
    assert measure_error([failed, failed], [Score(0.5, 0.5, {}, gains)] * 2) == pytest.approx(0.25)
    assert measure_error([failed, Score(0.5, 0.5, {}, gains)], [Score(0.5, 0.5, {}, gains)]) == pytest.approx(0.125)
    assert measure_error([failed], [score_loss(4.0, 1.0)]) == 0


def test_score_below_the_constant_answer_is_floored():
    found = score_output(make_binary_task(), BINARY, 1 - BINARY, OutputReading(activation="sigmoid"), BINARY)
    assert found.value == 0
    assert found.raw < -1


def test_score_of_numbers_is_the_explained_variance_in_their_own_unit():
    y, p = np.array([1000.0, 2000, 3000])[:, None], np.array([1100.0, 2000, 2900])[:, None]
    task = find_task(y, "mean_squared_error", "linear", 1)
    found = score_output(task, y, p, OutputReading(), y)
    assert found.value == pytest.approx(1 - 2 * 100**2 / (2 * 1000**2))
    assert score_output(task, y, np.full_like(p, 2000), OutputReading(), y).value == 0
    assert score_output(task, y, np.full_like(p, np.nan), OutputReading(), y) == Score(
        0, -np.inf, {"explained_variance": -np.inf}
    )


def test_score_of_several_labels_judges_each_column():
    y = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], "float32")
    task = find_task(y, "binary_crossentropy", "sigmoid", 2)
    assert task.type == "labels"
    assert score_output(task, y, np.full(y.shape, 0.5), OutputReading(activation="sigmoid"), y).value == pytest.approx(
        0
    )
    assert score_output(task, y, y, OutputReading(activation="sigmoid"), y).value == pytest.approx(1, abs=1e-6)


def test_score_by_the_loss_alone():
    assert score_loss(4.0, 1.0).value == 0.75
    assert score_loss(4.0, 5.0) == Score(0.0, -0.25, {"loss": 5.0})
    assert score_loss(-1.0, -3.0).raw == 2.0
    assert score_loss(4.0, np.nan).value == 0
    task = find_task(np.ones(3), "my_loss", "linear", 1)
    with pytest.raises(ValueError, match="scored by `score_loss`"):
        score_output(task, np.ones(3), np.ones(3), OutputReading(), np.ones(3))


def test_outputs_are_averaged():
    found = combine([Score(0.5, 0.5, {"accuracy": 0.8}), Score(0.0, -1.0, {"explained_variance": -1.0})])
    assert (found.value, found.raw) == (0.25, -0.25)
    pair = [Score(0.5, 0.5, {}, np.array([0.0, 1.0])), Score(0.25, 0.25, {}, np.array([0.5, 0.0]))]
    np.testing.assert_array_equal(combine(pair).gains, [0.25, 0.5])
    assert found.figures == {"accuracy": 0.8, "explained_variance": -1.0}


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([0.0, 0.1, 0.05], [0.8, 0.9, 0.85], "proven"),
        ([0.0, 0.1, 0.05], [0.16, 0.17, 0.18], "proven"),  # gains 0.12, more than a range of 0.1
        ([0.0, 0.1, 0.05], [0.11, 0.12, 0.16], "better"),  # every seed is better, but by less than the range
        ([0.0, 0.5, 0.0], [0.4, 0.9, 0.9], "better"),  # one seed is not better than the best of the original
        ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5], "not shown"),
        ([0.5, 0.6, 0.7], [0.1, 0.9, 0.2], "not shown"),
    ],
)
def test_proof(before, after, verdict):
    assert judge(before, after) == verdict


def test_what_luck_with_the_validation_examples_explains_is_no_proof():
    assert judge([0.0, 0.0], [0.10, 0.11], error=0.05) == "proven"
    assert judge([0.0, 0.0], [0.10, 0.11], error=0.06) == "better"


def test_proof_needs_scores():
    with pytest.raises(ValueError, match="scores on both sides"):
        judge([], [0.5])
