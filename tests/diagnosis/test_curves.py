"""Rules about the course of a loss, on made-up tables; beside each fault the healthy runs that look most like it."""

import dataclasses
import types

import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers.made_up_logs import find, make_gradients, make_history
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.curves import find_constant_answer, find_stop
from keras_vg.diagnosis.evidence import Evidence, Inspection
from keras_vg.diagnosis.loss_curve import find_loss_curve
from keras_vg.diagnosis.rules import HISTORY_RULES, PREDICTION_RULES, judge
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.diagnosis.training import find_first_step, find_update_size
from keras_vg.inspection.batches import OUTPUT_COLUMNS

FALLING = [0.09, 0.0846]
CUT = [0.68, 0.58, 0.52, 0.504, 0.5026, *[0.5025] * 7]


def make_log(updates, rates=None):
    """A gradient log with these relative changes of the kernels per step, and these learning rates, by epoch."""
    log = make_gradients([0.1] * 3, epochs=len(updates))
    log["update_ratio"] = np.repeat(updates, 3) * log["steps"]
    log["learning_rate"] = np.repeat(np.full(len(updates), 1e-3) if rates is None else rates, 3)
    return log.assign(delta_norm=log["update_ratio"] * log["weight_norm"])


@pytest.mark.parametrize(
    ("losses", "updates", "rates", "epoch"),
    [
        (FALLING + [0.0846] * 6, [1e-3] + [1e-7] * 7, 1e-3 * 1e-4 ** np.arange(8.0), 1),  # a schedule that compounds
        (FALLING + [0.0846] * 6, [1e-3, 1e-5] + [1e-8] * 6, 1e-3 * 1e-2 ** np.arange(8.0), 2),  # more slowly
        (FALLING + [0.0846] * 6, [1e-3] * 8, None, None),  # weights move: it has found its best
        ([0.9, 0.7, 0.6, 0.599, 0.599, 0.599, 0.599, 0.599], [1e-3] * 4 + [1e-7] * 4, None, None),  # a plateau before
        (np.linspace(1, 0.3, 8), [1e-3] * 6 + [1e-5, 1e-7], None, None),  # a cosine's end
        ([0.9, 0.05] + [0.04] * 6, [1e-3, 1e-3] + [1e-8] * 6, None, None),  # done
    ],
)
def test_a_training_that_stops_midway(losses, updates, rates, epoch):
    found = find(make_log(updates, rates), make_history(losses)).get("learning_stops")
    assert (found and (found.severity, found.epoch)) == (epoch if epoch is None else ("error", epoch))


@pytest.mark.parametrize(
    ("losses", "score", "simple", "severity"),
    [
        (CUT, 0.44, 0.7, "error"),
        (CUT, 0.44, 0.5, "warning"),  # all that noisy labels allow, perhaps
        (CUT, 0.44, np.nan, "warning"),
        (CUT, 0.7, 0.9, None),
        (CUT, np.nan, 0.7, None),
        ([0.51, 0.508, 0.506, 0.504, *CUT[4:]], 0.44, 0.7, None),
    ],
)
def test_a_rate_that_is_cut_again_and_again(losses, score, simple, severity):
    """From the third epoch on by a tenth, while the loss falls, or waiting for it to fall no more."""
    rates = 0.1 ** np.r_[0, 0, np.arange(10.0)] * 1e-3
    gradients = make_log([1e-3, 1e-3, 1e-3, 1e-4, 1e-5, *[1e-7] * 7], rates)
    row = {"layer": "out", "epoch": 11, "answer_score": score, "simple_score": simple}
    context = Context(Thresholds(), False, gradients, history=make_history(losses), predictions=[row], is_over=True)
    found = list(find_stop(context))
    assert [(f.rule, f.severity, f.epoch) for f in found] == ([("learning_stops", severity, 5)] if severity else [])
    unknown = dataclasses.replace(context, gradients=gradients.assign(learning_rate=np.nan))
    assert not list(find_stop(unknown))


@pytest.mark.parametrize(
    ("losses", "epoch"),
    [
        ([0.09, *[0.0846] * 7], 1),
        (0.5 + 0.5 * 0.7 ** np.arange(40.0), None),  # full batches on a linear model: geometric, then the same
        (0.5 + 0.001 * np.random.default_rng(0).normal(size=20), None),
        ([0.5, 0.4, 0.3, 0.3], None),
    ],
)
def test_a_loss_that_stays_the_very_same_after_it_fell(losses, epoch):
    found = find(make_history(losses)).get("learning_stops")
    assert (found and found.epoch) == epoch


def test_a_rate_of_zero_in_the_history():
    rates = [0.001, *[0.0] * 7]
    found = find(make_history([0.09, 0.0846, *0.0846 + 1e-5 * np.arange(6)], learning_rate=rates))["learning_stops"]
    assert (found.epoch, found.evidence["learning_rate"]) == (1, 0.0)
    (finding,) = vg.diagnose(make_log([1e-3] + [0.0] * 7, rates), make_history([0.09, *[0.0846] * 7]))
    assert finding.rule == "no_update"  # which says why; that the loss stays follows
    assert [f.rule for f in finding.consequences] == ["learning_stops"]


def make_outputs(loss="mean_squared_error", **columns):
    row = dict.fromkeys(OUTPUT_COLUMNS, np.nan) | {
        "layer": "out",
        "activation": "linear" if "error" in loss else "softmax",
        "loss": loss,
        "from_logits": False,
        "units": 1.0 if "error" in loss else 3.0,
        "label_units": 1.0,
        "label_std": 1.0,
        "label_size": 1.0,
        "label_mean": 0.0,
        "label_min": 0.0,
        "label_max": 2.0,
        "label_integer": True,
        "label_distinct": 100,
        "baseline": 1.0,
        "prediction_std": 0.5,
        "prediction_size": 1.0,
        "prediction_min": 0.0,
        "prediction_max": 1.0,
        "prediction_mean": 0.5,
    }
    return pd.DataFrame([row | columns])


def judge_run(losses, variations=None, loss="mean_squared_error", steps=100, is_over=False, **outputs):
    """What is found in a training of which the probe's predictions have these standard deviations, by epoch."""
    inspected = make_outputs(loss, **outputs)
    setup = {"loss": 1.0, "loss_after": 0.99, "learning_rate": 1e-3, "optimizer": "Adam", "loss_scaling": False}
    setup |= {"gradient_accumulation_steps": 1, "loss_aligned": 1.0}
    empty = pd.DataFrame()
    inspection = Inspection(empty, None, empty, empty, inspected, setup)
    predictions = None
    if variations is not None:
        rows = [inspected.assign(prediction_std=value, epoch=epoch) for epoch, value in enumerate(variations)]
        predictions = pd.concat(rows, ignore_index=True)
    gradients = make_gradients([0.1] * 3, epochs=len(losses), steps=steps)
    history = make_history(losses)
    context = Context(
        Thresholds(),
        is_inspection=False,
        gradients=gradients,
        history=history,
        inspection=inspection,
        predictions=predictions,
        is_over=is_over,
    )
    rules = HISTORY_RULES + (PREDICTION_RULES[:1] if predictions is not None else ())
    return {finding.rule: finding for rule in rules for finding in rule(context)}


@pytest.mark.parametrize(
    ("steps", "last", "options", "is_found"),
    [
        (1, 0.8, {}, True),
        (4, 0.8, {}, True),
        (5, 0.8, {}, False),  # an epoch is no longer so little
        (4, 0.8, {"epochs": 25}, False),  # a hundred steps
        (1, 0.05, {}, False),  # done
        (1, 0.86, {}, False),  # the last step gained nothing
        (1, 0.8, {"is_over": False}, False),
        (1, 0.8, {"epochs": 9}, False),
    ],
)
def test_a_fit_of_a_few_steps(steps, last, options, is_found):
    losses = [*np.linspace(1.0, 0.85, options.get("epochs", 10) - 1), last]
    found = judge_run(losses, steps=steps, is_over=options.get("is_over", True)).get("few_steps")
    assert (found is not None) == is_found
    if is_found:
        assert (found.severity, found.evidence) == ("error", {"steps": 10.0 * steps, "steps_per_epoch": steps})
        assert f"changed {10 * steps} times" in found.advice


@pytest.mark.parametrize(
    ("first", "last", "outputs", "expected"),
    [
        (1.0, 0.6, {}, "error"),  # at the pace of before
        (0.9, 0.45, {}, "warning"),  # much is learned
        (1.0, 0.846, {}, "warning"),  # it slows down
        (1.0, 0.6, {"loss": "own_loss", "baseline": np.nan}, "warning"),  # how far there is to go is not known
    ],
)
def test_a_fit_of_a_few_steps_that_has_only_begun(first, last, outputs, expected):
    losses = [*np.linspace(first, 0.85 if last > 0.8 else last + 0.03, 14), last]
    found = judge_run(losses, steps=1, is_over=True, **outputs)["few_steps"]
    assert found.severity == expected


SETTLED = [1.3, 1.1, 1.004, 1.002, 1.001, 1.001, 1.0005, 1.0004]


def test_a_loss_that_settles_at_a_constant_answers():
    found = judge_run(SETTLED, [0.03] * 8)
    finding = found["no_better_than_constant"]
    assert (finding.severity, finding.epoch) == ("error", 2)
    assert finding.evidence["loss_of_a_constant_answer"] == 1.0
    assert found["predictions_hardly_vary"].severity == "warning"
    assert judge_run(SETTLED)["no_better_than_constant"].severity == "warning"  # the predictions are not known
    assert judge_run(SETTLED, [0.03] * 8, steps=20)["no_better_than_constant"].severity == "warning"
    for count, severity in ((1, "warning"), (2, "error")):  # at the end of 9 and of 10 epochs
        losses = SETTLED + [1.0004] * count
        found = judge_run(losses, [0.03] * len(losses), steps=10, is_over=True)["no_better_than_constant"]
        assert found.severity == severity


@pytest.mark.parametrize(
    ("losses", "variations"),
    [
        (SETTLED, [0.4] * 8),  # the predictions vary: the batch's variance is that of the batch alone
        ([1.3, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6], [0.03] * 7 + [0.6]),  # it passes by
        ([1.02, 1.0, 1.0, 1.0, 0.98, 0.9, 0.7, 0.5], [0.03] * 4 + [0.1, 0.3, 0.5, 0.7]),  # a plateau at the start
        (SETTLED[:4], [0.03] * 4),  # it may be a slow start
        ([2.0, 1.6, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5], [0.9] * 8),
    ],
)
def test_what_has_not_settled_at_a_constant_answers(losses, variations):
    assert not {"no_better_than_constant", "predictions_hardly_vary"} & judge_run(losses, variations).keys()


def test_a_collapse_has_the_epoch_at_which_it_began():
    losses = [0.9, 0.6, 0.4, 0.35, 1.002, 1.001, 1.001]
    found = judge_run(losses, [0.6, 0.8, 0.9, 0.9, 1e-6, 1e-6, 1e-6])
    finding = found["no_better_than_constant"]
    assert (finding.severity, finding.epoch, finding.evidence["lowest_loss"]) == ("error", 4, 0.35)
    assert "fell back to one answer" in finding.advice
    assert (found["constant_prediction"].epoch, found["constant_prediction"].severity) == (4, "error")
    assert "Before this epoch it did not" in found["constant_prediction"].advice
    found = judge_run([1.0] * 4, [1e-6] * 4)["constant_prediction"]
    assert (found.epoch, "Before this epoch" in found.advice) == (0, False)


@pytest.mark.parametrize(
    ("losses", "variations", "is_over", "severity"),
    [
        ([1.0] * 4, [1e-6] * 4, False, "warning"),  # 40 steps: it may be a plateau
        ([1.0] * 40, [1e-6] * 40, False, "error"),
        ([1.0] * 4, [1e-6] * 4, True, "error"),
        ([0.9, 0.6, 0.4, 1.0], [0.6, 0.8, 0.9, 1e-6], False, "warning"),  # an epoch that may pass
        ([0.9, 0.6, 0.4, 1.0, 1.0], [0.6, 0.8, 0.9, 1e-6, 1e-6], False, "error"),
    ],
)
def test_one_answer_to_all_is_an_error_once_it_lasts(losses, variations, is_over, severity):
    found = judge_run(losses, variations, steps=10, is_over=is_over)
    assert found["constant_prediction"].severity == severity


def test_a_plateau_may_be_left_while_the_loss_falls_in_every_epoch():
    falling, still = 1 - 1e-4 * np.arange(30), 1 + 1e-4 * (-1.0) ** np.arange(30)
    for losses, is_over, severity in ((falling, False, "warning"), (falling, True, "error"), (still, False, "error")):
        found = judge_run(losses, [1e-2] * 30, is_over=is_over)
        assert found["no_better_than_constant"].severity == severity


@pytest.mark.parametrize(
    ("falls", "severity"),
    [
        ([0.44, 0.51, 0.63, 0.82], "warning"),  # a saddle point that is left, faster with each epoch
        ([0.82, 0.63, 0.51, 0.44], "error"),
        ([0.44, 0.51, 0.5, 0.6], "error"),
        ([1e-4, 2e-4, 3e-4, 4e-4], "error"),  # of a bias
    ],
)
def test_a_plateau_of_a_few_epochs_may_be_left_if_each_falls_by_more(falls, severity):
    losses = 3.46 - 1e-3 * np.cumsum([0.0, *falls])
    history = make_history(losses)
    found = find(make_gradients([0.1] * 3, epochs=5, steps=80, update_ratio=1.0), history)
    assert found["loss_does_not_fall"].severity == severity


def test_classes_settle_at_their_entropy():
    losses = [1.2, 1.11, 1.1, 1.099, 1.0987, 1.0986, 1.0986]
    options = {"loss": "sparse_categorical_crossentropy", "baseline": np.log(3), "prediction_mean": 1 / 3}
    assert judge_run(losses, [0.01] * 7, **options)["no_better_than_constant"].severity == "error"
    assert "no_better_than_constant" not in judge_run(np.multiply(losses, 0.95), [0.05] * 7, **options)
    assert "no_better_than_constant" not in find(make_history(losses))  # log(3) alone says nothing


def judge_end(own, simple, loss=0.95, error=0.05, is_over=True):
    """What is found at the end of a fit of twelve epochs whose predictions have these scores."""
    row = {"layer": "out", "epoch": 11, "answer_score": own, "simple_score": simple, "simple_error": error}
    row |= {"plain_loss": loss, "inference_loss": loss, "baseline": 1.0, "label_units": 1, "units": 1, "positions": 1}
    inspection = Inspection(*[pd.DataFrame()] * 4, pd.DataFrame({"baseline": [1.0]}), {"loss": 1.1})
    context = Context(
        Thresholds(),
        is_inspection=False,
        gradients=make_gradients([0.1] * 3, epochs=12, steps=20),
        history=make_history(np.linspace(1.05, loss, 12)),
        inspection=inspection,
        predictions=[row | {"loss": "own", "label_std": 1.0, "prediction_std": 0.5}],
        is_over=is_over,
    )
    return list(find_constant_answer(context))


@pytest.mark.parametrize(
    ("own", "loss", "severity"), [(0.0, 1.01, "error"), (0.14, 0.95, "warning"), (0.0, 0.9, "warning")]
)
def test_labels_that_nothing_finds_in_the_inputs(own, loss, severity):
    """A loss that is a little lower may be all that noisy labels allow, and a rare class."""
    (found,) = judge_end(own, 0.02, loss=loss)
    assert (found.rule, found.severity, found.epoch) == ("no_better_than_constant", severity, 11)
    assert found.evidence == {"score": own, "score_of_simple_model": 0.02}
    assert "a row too late" in found.advice


@pytest.mark.parametrize(
    ("own", "simple", "options"),
    [
        (0.3, 0.02, {}),  # what no simple model finds: an order of steps, what a picture shows
        (0.14, 0.12, {}),  # noisy labels
        (0.14, 0.08, {"error": 0.02}),
        (0.0, 0.0, {"loss": 0.7}),  # a rare class that is told by its probability
        (0.14, 0.02, {"is_over": False}),
        (np.nan, 0.02, {}),
        (0.14, np.nan, {}),
        (0.14, 0.02, {"error": np.nan}),
    ],
)
def test_what_something_is_found_of(own, simple, options):
    assert not judge_end(own, simple, **options)


@pytest.mark.parametrize(
    ("losses", "plain_loss", "severity"),
    [
        (np.geomspace(1.1, 3.4, 12), 1.1, "error"),
        (np.geomspace(1.1, 3.4, 12), np.nan, "warning"),  # a loss of one's own, as of a generator, may be to rise
        ([1.1, 1.4, 1.9, 1.8, 2.4, 2.9, 2.8, 3.4], 1.1, "warning"),
        (np.geomspace(1.1, 3.4, 4), 1.1, "warning"),
    ],
)
def test_a_loss_that_rises_all_the_time_where_a_constant_answers_is_not_known(losses, plain_loss, severity):
    outputs = pd.DataFrame({"baseline": [np.nan], "plain_loss": [plain_loss]})
    for other in (outputs, outputs.drop(columns="plain_loss")):  # an inspection of an earlier version
        inspection = Inspection(*[pd.DataFrame()] * 4, other, {"loss": 1.1})
        context = Context(Thresholds(), False, history=make_history(losses), inspection=inspection)
        (found,) = find_loss_curve(context)
        assert (found.rule, found.severity) == ("learning_rate_too_high", severity if other is outputs else "warning")
    added = Inspection(*[pd.DataFrame()] * 4, outputs, {"loss": 2.2})  # a second term, which may be to rise
    (found,) = find_loss_curve(Context(Thresholds(), False, history=make_history(losses), inspection=added))
    assert found.severity == "warning"


def test_a_loss_that_oscillates_at_its_end_only():
    fall = [1.0, 0.9, 0.8, 0.72, 0.66, 0.6]
    found = find(make_history([*fall, 0.9, 0.5, 0.95, 0.6, 0.9, 0.55]))["learning_rate_too_high"]
    assert (found.severity, found.epoch) == ("warning", 6)
    # Of the whole curve, rises undo 1.8 of 4.2.
    found = find(make_history([10, 5, 4, 3.2, 2.6, 2.2, 2, 2.6, 2, 2.6, 2, 2.6]))["learning_rate_too_high"]
    assert (found.epoch, "at the end" in found.advice) == (6, True)
    assert "learning_rate_too_high" not in find(make_history([*fall, 0.58, 0.59, 0.57, 0.58, 0.56, 0.57]))


def test_the_first_loss_that_is_not_finite_has_its_epoch():
    (finding,) = vg.diagnose(make_history([1.0, 0.8, 0.7, np.nan, np.nan]))
    assert (finding.rule, finding.epoch, finding.evidence["first"]) == ("nonfinite", 3, "the loss")


def test_judging_needs_no_predictions():
    assert judge(Evidence(history=make_history([1.0, 0.9, 0.8])), Thresholds()).is_healthy


def judge_step(fall, rate=1e-3, update_ratio=1e-5, **setup):
    """What is found in a step that lowers a loss of 1 by so much of it."""
    setup = {"loss": 1.0, "loss_after": 1.0 - fall, "learning_rate": rate, "optimizer": "SGD", **setup}
    setup = {"loss_scaling": False, "gradient_accumulation_steps": 1, **setup}
    empty = pd.DataFrame()
    inspection = Inspection(empty, None, empty, empty, make_outputs(), setup)
    gradients = make_gradients([0.1] * 3, epochs=1, steps=1, update_ratio=update_ratio)
    context = Context(Thresholds(), True, gradients=gradients, inspection=inspection)
    return next(find_first_step(context), None)


def test_a_rate_far_too_low_is_told_in_steps_and_epochs():
    found = judge_step(1e-5)
    assert (found.rule, found.severity) == ("learning_rate_too_low", "error")
    assert found.evidence["steps_to_halve"] == pytest.approx(50_000)
    assert "to halve it takes some 50,000 such steps, which is 500 epochs of 100 steps" in found.advice
    assert judge_step(2e-4).severity == "warning"
    assert judge_step(1.5e-3).severity == "warning"
    assert judge_step(0.0023) is None
    assert judge_step(0.01) is None  # a small linear model at a rate that suits it
    assert judge_step(1e-5, update_ratio=1e-2) is None  # steps of a healthy size: another cause
    assert "no number of such steps" in judge_step(0.0).advice


def test_a_warmup_is_judged_by_the_rate_that_it_leads_to():
    assert judge_step(1e-5, peak_learning_rate=1e-3) is not None
    assert judge_step(1e-5, peak_learning_rate=0.5) is None
    assert judge_step(1e-9, update_ratio=1e-8, peak_learning_rate=0.5).severity == "error"


def judge_update(update_ratio, **setup):
    setup = {"loss": 1.0, "loss_after": 2.0, "learning_rate": 0.3, "optimizer": "SGD", "loss_scaling": False, **setup}
    setup = {"gradient_accumulation_steps": 1, **setup}
    empty = pd.DataFrame()
    inspection = Inspection(empty, None, empty, empty, make_outputs(), setup)
    gradients = make_gradients([0.1], epochs=1, steps=1, update_ratio=update_ratio)
    context = Context(Thresholds(), True, gradients=gradients, inspection=inspection)
    found = next(find_update_size(context), None)
    return found and found.severity


def test_large_steps_that_do_good():
    """A linear model that starts at small weights, at a large rate that suits it."""
    assert (judge_update(0.5), judge_update(2.0)) == ("warning", "error")
    assert (judge_update(0.5, loss_after=0.4), judge_update(2.0, loss_after=0.4)) == (None, "warning")
    assert judge_update(2.0, loss_after=np.nan) == "error"


@pytest.mark.parametrize(
    ("steps", "per_step", "losses", "rates", "expected"),
    [
        (40, 2e-4, np.linspace(1.0, 0.93, 8), None, "error"),  # 320 steps: 6 % of the kernels' size
        (20, 2e-4, np.linspace(1.0, 0.93, 8), None, "warning"),  # it may be a plateau
        (20, 2e-4, np.linspace(1.0, 0.93, 4), None, None),  # too early
        (40, 2e-3, np.linspace(1.0, 0.93, 8), None, None),  # a noisy problem, but the weights move
        (40, 2e-4, np.linspace(1.0, 0.5, 8), None, None),  # fine-tuning: small steps are enough
        (40, 2e-4, np.linspace(1.0, 0.93, 8), np.linspace(1e-5, 1e-3, 8), None),  # a warm-up that is not over
    ],
)
def test_weights_that_have_moved_too_little_in_all(steps, per_step, losses, rates, expected):
    log = make_log([per_step] * len(losses), rates)
    log = log.assign(steps=steps, update_ratio=steps * per_step, delta_norm=steps * per_step * log["weight_norm"])
    found = find(log, make_history(losses)).get("learning_rate_too_low")
    assert (found and found.severity) == expected
    if expected:
        assert found.evidence["total_update_ratio"] == pytest.approx(steps * 8 * per_step)


@pytest.mark.parametrize("fall", [0.02, 0.07])
def test_a_fit_that_ends_in_its_warmup(fall):
    losses, rates = np.linspace(1.0, 1.0 - fall, 10), np.linspace(1e-5, 1e-3, 10)
    log = make_log(0.2 * rates, rates)
    log = log.assign(steps=40, update_ratio=np.repeat(40 * 0.2 * rates, 3))
    fit = types.SimpleNamespace(history={"loss": losses.tolist()}, epoch=list(range(10)), params={"epochs": 10})
    found = find(log, fit)["learning_rate_too_low"]
    assert found.severity == "error"
    assert "warm up over fewer steps" in found.advice
    fit.params = {"epochs": 20}  # it was looked at halfway
    halfway = find(log, fit).get("learning_rate_too_low")
    assert (halfway and halfway.severity) == ("warning" if fall < 0.03 else None)


@pytest.mark.parametrize("rates", [[1e-4, 1e-3, 2e-4, 3e-4, 4e-4], [1e-3] * 5, [1e-3, 5e-4, 2e-4, 1e-4, 5e-5]])
def test_a_cycle_of_rates_is_no_warmup(rates):
    rates = np.repeat(rates, 2)
    log = make_log(np.full(10, 1e-4), rates).assign(steps=40, update_ratio=40e-4)
    fit = types.SimpleNamespace(
        history={"loss": np.linspace(1.0, 0.93, 10).tolist()}, epoch=list(range(10)), params={"epochs": 10}
    )
    assert "Raise the learning rate" in find(log, fit)["learning_rate_too_low"].advice


@pytest.mark.parametrize(
    ("losses", "rates", "epoch"),
    [
        ([0.9, 0.5, 0.3, np.nan, np.nan], [0.01, 0.01, 0.01, 5.0, 5.0], 3),
        ([0.9, 0.5, 0.3, 4.0, 3.0], [0.01, 0.01, 0.01, 5.0, 5.0], 3),
        ([0.9, 0.5, 0.3, 0.2, 0.1], [1e-5, 1e-3, 1e-2, 1e-2, 1e-2], None),  # a warm-up
        ([0.9, 0.5, 0.3, 0.2, 0.1], [0.01, 1e-3, 1e-4, 0.01, 0.01], None),  # a restart, to where it was
        ([0.9, 0.5, 0.3, 4.0, 3.0], [0.01] * 5, None),  # for another reason
    ],
)
def test_a_rate_that_is_raised_too_far(losses, rates, epoch):
    finding = next((f for f in vg.diagnose(make_log([1e-3] * 5, rates), make_history(losses)) if f.epoch), None)
    raised = finding is not None and "learning_rate_before" in finding.evidence
    assert (finding.epoch if raised else None) == epoch
    if epoch:
        assert (finding.rule, finding.severity) == ("learning_rate_too_high", "error")


@pytest.mark.parametrize(
    ("own", "loss", "label_mean", "last", "severity"),
    [
        (0.0, 0.69, 0.5, 0.69, "error"),
        (0.0, 0.69, 0.1, 0.69, "warning"),  # 13 of 128 may be no better told by chance
        (0.1, 0.69, 0.5, 0.69, "warning"),
        (0.0, 0.65, 0.5, 0.65, "warning"),  # all that noisy labels allow, perhaps
        (0.3, 0.6, 0.5, 0.6, None),
        (0.0, 0.69, 0.5, 0.01, None),  # low by weights: of moves, by what they brought
    ],
)
def test_labels_that_neither_the_network_nor_a_simple_model_finds(own, loss, label_mean, last, severity):
    row = {"answer_score": own, "simple_score": 0.0, "simple_error": 0.05, "plain_loss": loss, "inference_loss": np.nan}
    row |= {"baseline": 0.69, "loss": "binary_crossentropy", "label_units": 1, "units": 1, "label_mean": label_mean}
    row |= {"epoch": 9, "from_logits": False, "prediction_std": 0.2}
    inspection = Inspection(*[pd.DataFrame()] * 4, pd.DataFrame([row]), {"examples": 128, "loss": 0.7})
    history = make_history(np.linspace(0.75, last, 10))
    context = Context(Thresholds(), False, history=history, inspection=inspection, predictions=[row], is_over=True)
    found = list(find_constant_answer(context))
    assert [f.severity for f in found] == ([] if severity is None else [severity])
