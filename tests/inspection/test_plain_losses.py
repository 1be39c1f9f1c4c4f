"""The lowest loss of a constant answer, against Keras's own loss at every constant of a fine grid."""

import keras
import numpy as np
import pytest

from keras_vg.inspection.plain_losses import find_baseline, measure_loss

RNG = np.random.default_rng(0)
SKEWED = np.exp(RNG.normal(size=(301, 1)))
RARE = (RNG.random((400, 1)) < 0.1).astype("float64")
BELOW = RNG.normal(size=(400, 1)) - np.where(np.arange(400) < 5, 8, 0)[:, None]
SIGNS = np.where(RNG.random((400, 1)) < 0.3, 1.0, -1.0)


@pytest.mark.parametrize(
    ("loss", "labels", "low", "high"),
    [
        ("mean_squared_error", SKEWED, 0, 5),
        ("mean_absolute_error", SKEWED, 0, 5),
        ("huber", 4 * SKEWED, 0, 20),
        ("log_cosh", 4 * SKEWED, 0, 20),
        ("mean_squared_logarithmic_error", SKEWED, 0, 5),
        ("mean_squared_logarithmic_error", BELOW, -9, 4),
        ("mean_absolute_percentage_error", SKEWED, 0, 5),
        ("hinge", SIGNS, -2, 2),
        ("hinge", RARE, -2, 2),
        ("squared_hinge", SIGNS, -2, 2),
        ("binary_crossentropy", RARE, 1e-4, 1 - 1e-4),
        ("binary_focal_crossentropy", RARE, 1e-4, 1 - 1e-4),
        ("binary_focal_crossentropy", RNG.random((200, 1)), 1e-4, 1 - 1e-4),
    ],
)
def test_no_constant_is_better(loss, labels, low, high):
    measure = keras.losses.get(loss)
    losses = [
        float(np.mean(keras.ops.convert_to_numpy(measure(labels, np.full_like(labels, constant)))))
        for constant in np.linspace(low, high, 401)
    ]
    assert find_baseline(loss, labels) == pytest.approx(min(losses), rel=1e-3)


def test_each_unit_has_a_constant_of_its_own():
    labels = np.concatenate([SKEWED, 100 - SKEWED], axis=1)
    parts = [find_baseline("huber", labels[:, i : i + 1]) for i in range(2)]
    assert find_baseline("huber", labels) == pytest.approx(np.mean(parts))


def test_images_are_not_judged_by_one_of_their_columns():
    images = np.zeros((128, 32, 32, 1))
    images[:, :, 8:24] = np.random.default_rng(0).random((128, 32, 16, 1))
    rows = images.reshape(-1, 1)
    shuffled = np.random.default_rng(1).permutation(rows)
    assert find_baseline("huber", rows) == pytest.approx(find_baseline("huber", shuffled), rel=1e-3)


def test_shares_under_divergence():
    shares = RNG.dirichlet(np.ones(4), size=300)
    best = keras.losses.get("kl_divergence")(shares, np.broadcast_to(shares.mean(axis=0), shares.shape))
    assert find_baseline("kl_divergence", shares) == pytest.approx(float(np.mean(best)), rel=1e-5)
    assert np.isnan(find_baseline("kl_divergence", 2 * shares))


@pytest.mark.parametrize("loss", ["poisson", "cosine_similarity", "own_loss"])
def test_losses_that_are_not_0_for_the_right_answer(loss):
    assert np.isnan(find_baseline(loss, SKEWED))
    assert np.isnan(measure_loss(loss, SKEWED, SKEWED))
