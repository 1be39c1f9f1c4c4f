"""`SwapEMAWeights` exchanges weights and their averages at an epoch's end, before or after a logger has its turn."""

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.long import cross, shorten

pytestmark = pytest.mark.model

X = np.ones((4, 1), "float32")


def fit(tmp_path, order, epochs=3, validation=False, **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), "mse")
    names = {"swap": keras.callbacks.SwapEMAWeights(swap_on_epoch=not validation)}
    names["deltas"] = vg.WeightDeltaLogger(tmp_path / "d.csv")
    names["gradients"] = vg.GradientLogger(tmp_path / "g.csv")
    callbacks = [names[name] for name in order.split()]
    data = {"validation_data": (X, X)} if validation else {}
    model.fit(X, 0 * X, epochs=epochs, batch_size=1, shuffle=False, verbose=0, callbacks=callbacks, **data, **options)
    return model, callbacks, vg.read_log(tmp_path / "d.csv"), vg.read_log(tmp_path / "g.csv")


ORDERS = ["deltas gradients swap", "swap deltas gradients", "deltas swap gradients", "gradients swap deltas"]


@pytest.mark.parametrize(
    ("validation", "order"),
    shorten(
        cross({"no_validation": False, "validation": True}, ORDERS),
        ["no_validation-deltas gradients swap", "no_validation-deltas swap gradients", f"validation-{ORDERS[1]}"],
    ),
)
def test_the_weights_are_those_that_the_optimizer_trains(tmp_path, order, validation):
    """SGD on the square of a weight multiplies it by 1 - 2 * 0.1 at each of an epoch's four steps."""
    _, _, deltas, gradients = fit(tmp_path, order, validation=validation)
    trained = 0.8 ** (4 * np.arange(4))
    np.testing.assert_allclose(deltas["before"], trained[:-1], rtol=1e-6)
    np.testing.assert_allclose(deltas["after"], trained[1:], rtol=1e-6)
    np.testing.assert_allclose(gradients["weight_norm"], trained[1:], rtol=1e-6)
    np.testing.assert_allclose(gradients["delta_norm"], trained[:-1] - trained[1:], rtol=1e-6)


@pytest.mark.parametrize("order", ORDERS[1:3])
def test_swapping_goes_on_as_it_would_alone(tmp_path, order):
    alone, _, _, _ = fit(tmp_path, "deltas gradients swap")
    model, callbacks, _, _ = fit(tmp_path, order)
    assert np.array_equal(model.get_weights()[0], alone.get_weights()[0])
    assert all("on_epoch_end" not in vars(callback) for callback in callbacks)
