"""Scores of a network's answers and of simple models' beside them, against scikit-learn's own and known limits."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, r2_score

from keras_vg.inspection import simple_models
from keras_vg.inspection.simple_models import Comparison, compare_with_simple_models

X = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
NUMBERS = X @ np.array([1.0, -2.0, 0.5, 0.0])
RING = (np.square(X[:, :2]).sum(axis=1) > 1.4).astype("float32")  # neither class by a line
WHICH = np.digitize(NUMBERS, [-3, 0, 3])
SHARE = np.random.default_rng(1).uniform(size=200)


def compare(
    labels, *predictions, loss="binary_crossentropy", activation="sigmoid", logits=False, x=X, positions=1, ignored=None
):
    shaped = [np.asarray(p, "float32").reshape(len(p), -1) for p in predictions]
    output = {"loss": loss, "from_logits": logits, "activation": activation, "positions": positions}
    output["ignore_class"] = ignored
    return compare_with_simple_models([x], labels, shaped, output | {"units": shaped[0].shape[1]})


def test_score_of_classes_is_the_adjusted_balanced_accuracy():
    found = compare(RING, SHARE)
    assert found.answer_score == pytest.approx(balanced_accuracy_score(RING, SHARE > 0.5, adjusted=True))
    classes = WHICH
    p = np.random.default_rng(2).dirichlet(np.ones(4), size=200)
    found = compare(classes, p, loss="sparse_categorical_crossentropy", activation="softmax")
    assert found.answer_score == pytest.approx(balanced_accuracy_score(classes, p.argmax(axis=1), adjusted=True))
    one_hot = compare(np.eye(4)[classes], p, loss="categorical_crossentropy", activation="softmax")
    assert one_hot == found


def test_score_of_numbers_is_the_explained_variance():
    y = np.stack([NUMBERS, RING], axis=1)
    p = y + np.random.default_rng(3).normal(size=y.shape)
    found = compare(y, p, loss="mean_squared_error", activation="linear")
    assert found.answer_score == pytest.approx(r2_score(y, p, multioutput="variance_weighted"), abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "loss", "activation", "best", "least"),
    [
        (NUMBERS, "mean_squared_error", "linear", "a linear model", 0.99),
        (NUMBERS > 0, "binary_crossentropy", "sigmoid", "a linear model", 0.85),
        (RING, "binary_crossentropy", "sigmoid", "a forest of 30 trees", 0.5),
        (RING * 2 - 1, "hinge", "tanh", "a forest of 30 trees", 0.5),
        (RING, "squared_hinge", "linear", "a forest of 30 trees", 0.5),
        (np.exp(NUMBERS / 4).round(), "poisson", "exponential", "a mean over 5 nearest neighbours", 0.5),
        (RING * 255, "binary_crossentropy", "sigmoid", "a forest of 30 trees", 0.5),
        (np.stack([NUMBERS > 0, NUMBERS > 1], axis=1), "binary_crossentropy", "sigmoid", "a linear model", 0.8),
    ],
)
def test_a_constant_network_is_left_behind_by_the_right_simple_model(labels, loss, activation, best, least):
    labels = np.asarray(labels, "float32")
    constant = np.broadcast_to(labels.mean(axis=0), labels.shape)  # of two classes, whichever this says
    found = compare(labels, constant, loss=loss, activation=activation)
    assert found.answer_score == pytest.approx(0, abs=1e-6)
    assert found.simple_model == best
    assert found.simple_score > least
    assert 0 < found.simple_error < 0.15


@pytest.mark.parametrize(
    ("labels", "loss"),
    [
        (np.random.default_rng(4).permutation(NUMBERS), "mean_squared_error"),
        (np.random.default_rng(5).permutation(RING), "binary_crossentropy"),
    ],
)
def test_labels_that_follow_from_nothing_are_left_to_chance(labels, loss):
    found = compare(labels, SHARE, loss=loss, activation="linear" if "error" in loss else "sigmoid")
    assert found.simple_score < 2 * found.simple_error


def test_the_best_of_the_modes_counts():
    y = NUMBERS + 1e-3
    found = compare(y, np.zeros(200), y / 2, loss="mean_squared_error", activation="linear")
    assert found.answer_score == pytest.approx(0.75, abs=0.01)


def test_classes_weighed_against_the_rare_one_do_not_count_against_a_network():
    rare = NUMBERS > 3.0
    answers = NUMBERS > 1.0  # says "rare" too often, as class weights ask for: its accuracy is that of always "common"
    assert np.mean(answers == rare) <= 1 - rare.mean()
    assert compare(rare, answers).answer_score > 0.6


def test_numbers_are_read_at_their_best_scale_unless_squared_error_asks_for_the_mean():
    upper = NUMBERS + 4  # an upper quantile
    assert compare(NUMBERS, upper, loss="mean_absolute_error", activation="linear").answer_score > 0.99
    assert compare(NUMBERS, upper, loss="mean_squared_error", activation="linear").answer_score < 0
    assert compare(NUMBERS, -NUMBERS, loss="huber", activation="linear").answer_score == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("labels", "predictions", "options"),
    [
        (X, X * 0, {"loss": "mean_squared_error", "activation": "linear"}),  # an autoencoder's
        (X + 1, X * 0, {"loss": "mean_squared_error", "activation": "linear"}),  # of what is not noisy any more
        (X > 0, X * 0, {"x": X > 0}),
        (np.eye(4)[WHICH], X * 0, {"x": np.eye(4)[WHICH], "loss": "categorical_crossentropy", "activation": "softmax"}),
        (X, X * 0, {"loss": "mean_squared_error", "activation": "linear", "x": X.reshape(200, 2, 2)}),
        (np.arange(200), np.zeros((200, 200)), {"loss": "sparse_categorical_crossentropy", "activation": "softmax"}),
        (NUMBERS, SHARE, {"loss": "my_loss"}),
        (NUMBERS, SHARE, {"loss": "unknown"}),
        (NUMBERS, SHARE, {"positions": 3}),  # which no input has
        (np.where(NUMBERS > 1, np.nan, NUMBERS), SHARE, {"loss": "mean_squared_error"}),
        (np.ones(200), SHARE, {}),
        (np.array(["yes"] * 200), SHARE, {}),
        (NUMBERS, np.stack([SHARE, SHARE], axis=1), {"loss": "mean_squared_error"}),  # one label beside two numbers
    ],
)
def test_nothing_is_said_where_answers_cannot_be_told_right_or_wrong(labels, predictions, options):
    np.testing.assert_equal(compare(labels, predictions, **options), Comparison())


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
@pytest.mark.parametrize("labels", [RING, RING * 2 - 1])
def test_hinge_losses_ask_for_the_sign(labels, loss):
    answers = 0.8 * RING - 0.4
    assert compare(labels, answers, loss=loss, activation="tanh").answer_score == pytest.approx(1)
    if labels is RING:  # and of several columns
        pair, both = np.stack([RING, 1 - RING], axis=1), np.stack([answers, -answers], axis=1)
        assert compare(pair, both, loss=loss, activation="tanh").answer_score == pytest.approx(1)


@pytest.mark.parametrize("x", [np.array([["a"]] * 200), X[:150], X[:, :0]])
def test_without_inputs_that_are_numbers_only_the_network_is_scored(x):
    found = compare(RING, SHARE, x=x)
    assert np.isfinite(found.answer_score)
    assert np.isnan(found.simple_score)


def test_few_examples_and_good_networks_are_not_compared():
    few = simple_models.FEWEST_EXAMPLES - 1
    assert np.isnan(compare_positions(PIXELS[:few], BRIGHT[:few], np.full((few, 8, 8, 1), 0.2)).simple_score)
    assert np.isnan(compare(RING[:few], SHARE[:few], x=X[:few]).simple_score)
    assert np.isnan(compare(RING, RING).simple_score)


def test_predictions_that_are_not_finite_answer_nothing():
    found = compare(NUMBERS, np.full(200, np.nan), loss="mean_squared_error", activation="linear")
    assert found.answer_score == 0
    assert found.simple_score > 0.99


def test_logits_and_large_inputs_are_read():
    assert compare(RING, RING * 8 - 4, logits=True, activation="linear").answer_score == pytest.approx(1)
    wide = np.concatenate([X, np.zeros((200, 5000), "float32")], axis=1)
    wide[0, 0], wide[1, 0] = np.inf, np.nan
    found = compare(RING, SHARE, x=wide)
    assert np.isfinite(found.simple_score)


def test_the_comparison_is_the_same_each_time_and_leaves_the_global_generator_alone():
    np.random.seed(3)  # noqa: NPY002 - the global one is meant
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert compare(RING, SHARE) == compare(RING, SHARE)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


PIXELS = np.random.default_rng(6).normal(size=(40, 8, 8, 2)).astype("float32")
BRIGHT = (PIXELS[..., 0] > 0.5).astype("float32")


def compare_positions(x, labels, predictions, **options):
    known = {"loss": "binary_crossentropy", "from_logits": False, "activation": "sigmoid", "ignore_class": None}
    output = known | {"units": predictions.shape[-1], "positions": predictions[0, ..., 0].size} | options
    return compare_with_simple_models([x], labels, [predictions], output)


@pytest.mark.parametrize("labels", [BRIGHT, BRIGHT[..., None]])
def test_pixels_are_answered_from_their_own_channels(labels):
    found = compare_positions(PIXELS, labels, np.full((40, 8, 8, 1), 0.2))
    assert found.answer_score == pytest.approx(0, abs=1e-9)
    assert found.simple_score > 0.9
    assert found.simple_error < 0.05
    assert compare_positions(PIXELS, labels, BRIGHT[..., None]).answer_score == pytest.approx(1)


def test_positions_of_one_example_are_not_judged_by_one_another():
    """Pictures of one colour each, and labels that follow from nothing, the same for all pixels of a picture."""
    rng = np.random.default_rng(8)
    x = np.broadcast_to(rng.normal(size=(40, 1, 1, 2)), (40, 8, 8, 2))
    labels = np.broadcast_to(np.arange(40)[:, None, None] % 2, (40, 8, 8))
    found = compare_positions(x, labels, np.full((40, 8, 8, 1), 0.2))
    assert found.simple_score < 3 * found.simple_error


def test_network_and_simple_models_are_judged_on_the_same_answers():
    x = np.random.default_rng(9).normal(size=(5000, 2)).astype("float32")
    y = (x[:, :1] > 0).astype("float32")
    found = compare(y, y * 0 + 0.2, x=x)
    assert found.answer_score == pytest.approx(0, abs=1e-9)
    assert found.simple_score > 0.9
    drawn = np.random.default_rng(0).choice(5000, simple_models.MOST_ANSWERS, replace=False)
    rare = np.ones((5000, 1), "float32")
    rare[drawn] = 0  # the thousand that are drawn lack the other class
    np.testing.assert_equal(compare(rare, y, x=x), Comparison())


@pytest.mark.parametrize("classes", [2, 5, 10])
def test_classes_that_take_turns_are_in_each_fold(classes):
    y = np.arange(300) % classes
    x = np.eye(classes)[y] + 0.1 * np.random.default_rng(10).normal(size=(300, classes))
    answers = np.full((300, classes), 1 / classes)
    found = compare(y, answers, x=x, loss="sparse_categorical_crossentropy", activation="softmax")
    assert found.simple_score > 0.95


def test_the_error_is_that_of_examples_not_of_their_positions():
    """Labels that are the same at all positions of an example: forty examples are forty answers."""
    labels = np.broadcast_to(BRIGHT[:, :1, :1], BRIGHT.shape)
    found = compare_positions(np.broadcast_to(PIXELS[:, :1, :1], PIXELS.shape), labels, np.full((40, 8, 8, 1), 0.2))
    assert 0.02 < found.simple_error < 0.3


def test_zeros_of_a_sequence_may_be_padding():
    ids = np.random.default_rng(7).integers(1, 9, size=(60, 10))
    ids[:, 4:] = 0
    tags = (ids > 4).astype("float32")
    right = np.where(ids > 0, tags, 1.0)[..., None]  # what is said of padding does not count
    assert compare_positions(ids, tags, right).answer_score == pytest.approx(1)


@pytest.mark.parametrize(
    ("x", "labels", "options"),
    [
        (BRIGHT[..., None], BRIGHT[..., None], {}),  # an autoencoder of black and white pictures
        (PIXELS[:, :4], BRIGHT, {}),
        (PIXELS, PIXELS[..., :1], {"loss": "mean_squared_error", "activation": "linear"}),
    ],
)
def test_positions_of_which_nothing_is_said(x, labels, options):
    np.testing.assert_equal(compare_positions(x, labels, np.full((40, 8, 8, 1), 0.2), **options), Comparison())


def test_a_class_that_the_loss_leaves_out_does_not_count():
    classes = np.digitize(NUMBERS, [-2, 2])
    answers = np.eye(4)[classes]
    classes[:50] = 3
    options = {"loss": "sparse_categorical_crossentropy", "activation": "softmax"}
    assert compare(classes, answers, ignored=3, **options).answer_score == pytest.approx(1)
    assert compare(classes, answers, **options).answer_score < 0.9
