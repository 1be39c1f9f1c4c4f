"""How far predictions follow labels, against a least-squares line, and the best constant at each position."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from keras_vg.inspection import label_slope
from keras_vg.inspection.batches import find_position_baseline, list_outputs, measure_position_spread
from keras_vg.inspection.label_slope import measure_slope

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(200, 1))
CLASSES = RNG.integers(0, 4, (200, 1)).astype("float64")
ONE_HOT = np.eye(4)[CLASSES[:, 0].astype(int)]
SHARES = RNG.dirichlet(np.ones(4), 200) / 2 + ONE_HOT / 2
IMAGES = RNG.normal(size=(80, 6, 5, 2)) + np.arange(5)[:, None]


def test_of_one_number_it_is_the_slope_of_a_line():
    predictions = 0.3 * NUMBERS + 7 + RNG.normal(size=NUMBERS.shape)
    line = LinearRegression().fit(NUMBERS, predictions[:, 0])
    assert measure_slope("mean_squared_error", NUMBERS, predictions) == pytest.approx(line.coef_[0])


@pytest.mark.parametrize("factor", [1.0, 0.25, 0.0, -1.0])
def test_at_each_position_what_all_examples_share_does_not_count(factor):
    shared = IMAGES.mean(axis=0)
    predictions = 100 * shared + factor * (IMAGES - shared)
    assert measure_slope("mean_absolute_error", IMAGES, predictions) == pytest.approx(factor, abs=1e-9)


def test_class_numbers_are_one_hot_labels():
    slope = measure_slope("sparse_categorical_crossentropy", CLASSES, SHARES)
    assert slope == pytest.approx(measure_slope("categorical_crossentropy", ONE_HOT, SHARES))
    centered = ONE_HOT - ONE_HOT.mean(axis=0)
    assert slope == pytest.approx(np.sum(centered * SHARES) / np.sum(centered**2))
    assert measure_slope("sparse_categorical_crossentropy", CLASSES, np.log(SHARES), True) == pytest.approx(slope)
    beside = np.where(np.arange(200)[:, None] % 2, CLASSES, -1)  # a class that is left out
    kept = measure_slope("sparse_categorical_crossentropy", CLASSES[1::2], SHARES[1::2])
    assert measure_slope("sparse_categorical_crossentropy", beside, SHARES) == pytest.approx(kept)


def test_logits_of_two_classes_are_probabilities():
    labels, logits = (NUMBERS > 0).astype("float64"), 3 * NUMBERS
    squashed = 1 / (1 + np.exp(-logits))
    found = measure_slope("binary_crossentropy", labels, logits, True)
    assert found == pytest.approx(measure_slope("binary_crossentropy", labels, squashed))
    assert 0.5 < found < 1


@pytest.mark.parametrize(
    ("label", "prediction"),
    [
        (np.ones((9, 1)), np.ones((9, 1))),
        (np.full((9, 1), np.nan), np.ones((9, 1))),
        (NUMBERS, np.full(NUMBERS.shape, np.inf)),
        (NUMBERS, np.zeros((200, 2))),
        (np.zeros((0, 1)), np.zeros((0, 1))),
    ],
)
def test_what_has_no_slope(label, prediction):
    assert np.isnan(measure_slope("mean_squared_error", label, prediction))


def test_what_has_no_slope_of_classes():
    assert np.isnan(measure_slope("sparse_categorical_crossentropy", np.ones((9, 1)), np.full((9, 3), 1 / 3)))
    assert np.isnan(measure_slope("sparse_categorical_crossentropy", CLASSES[:9], np.full((8, 4), 1 / 4)))


@pytest.mark.parametrize("loss", ["mean_squared_error", "sparse_categorical_crossentropy"])
def test_pieces_make_one_slope(loss, monkeypatch):
    label, prediction = (NUMBERS, NUMBERS + 1) if loss.startswith("mean") else (CLASSES, SHARES)
    whole = measure_slope(loss, label, prediction)
    monkeypatch.setattr(label_slope, "_VALUES_AT_ONCE", 7)
    assert measure_slope(loss, label, prediction) == pytest.approx(whole)


def test_the_best_constant_at_each_position_is_found_from_other_examples():
    """Made up for: of fresh examples the loss of the mean image is larger than of those that it is the mean of."""
    labels = np.random.default_rng(1).normal(size=(20_000, 10)) + np.arange(10)
    found = np.mean([find_position_baseline("mean_squared_error", part) for part in np.split(labels, 1000)])
    assert found == pytest.approx(1.0, rel=0.02)
    assert np.isnan(find_position_baseline("mean_squared_error", labels[:7]))
    assert np.isnan(find_position_baseline("huber", labels))
    shares = np.linspace(0.05, 0.5, 10)
    labels = (np.random.default_rng(2).random((64_000, 10)) < shares).astype("float64")
    found = np.mean([find_position_baseline("binary_crossentropy", part) for part in np.split(labels, 500)])
    assert found == pytest.approx(np.mean([_find_entropy(share) for share in shares]), rel=0.005)
    assert np.isnan(find_position_baseline("binary_crossentropy", labels[:63]))


@pytest.mark.parametrize("loss", ["mean_squared_error", "binary_crossentropy"])
def test_outputs_have_a_baseline_by_position(loss):
    labels = (IMAGES > 2).astype("float64")
    row = list_outputs([labels / 2 + 0.25], [labels], [(loss, False, None)], [("head", "sigmoid")])[0]
    shares = labels.mean(axis=0)
    inside = np.mean((shares > 0) & (shares < 1))
    expected = {
        "mean_squared_error": np.mean(shares * (1 - shares)) * 80 / 79,
        "binary_crossentropy": np.mean([_find_entropy(share) for share in shares.ravel()]) + inside / 160,
    }[loss]
    assert row["position_baseline"] == pytest.approx(expected)
    assert row["baseline"] > 1.5 * row["position_baseline"]
    assert (row["positions"], row["label_slope"]) == (30, pytest.approx(0.5))
    flat = list_outputs([labels[:, 0, 0] / 2], [labels[:, 0, 0]], [(loss, False, None)], [("head", "sigmoid")])[0]
    assert flat["position_baseline"] == pytest.approx(flat["baseline"], rel=0.05)
    assert flat["position_baseline"] > flat["baseline"]


def _find_entropy(share):
    parts = np.array([share, 1 - share])
    parts = parts[parts > 0]
    return float(-np.sum(parts * np.log(parts)))


def test_spread_over_the_positions_of_each_example():
    shared = RNG.normal(size=(80, 1, 1, 2)) * np.ones((80, 6, 5, 2))
    assert measure_position_spread(shared) < 1e-12
    steps = np.arange(6.0)[None, :, None] * np.ones((80, 6, 1))
    assert measure_position_spread(RNG.normal(size=(80, 1, 1)) + steps) == pytest.approx(np.std(np.arange(6)))
    assert np.isnan(measure_position_spread(NUMBERS))
    assert np.isnan(measure_position_spread(NUMBERS[:, None]))
