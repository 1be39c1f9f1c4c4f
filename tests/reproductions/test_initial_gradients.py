import keras
import numpy as np
import pandas as pd
import pytest

from keras_vg import theory
from keras_vg.reproductions.initial_gradients import FAR, Stack, build_stack, fit_factors, log_stacks

NARROW = Stack("narrow", "tanh", 1.5, depth=4, width=6, features=3, steps=1)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return next(log_stacks([NARROW], 3, tmp_path_factory.mktemp("stacks")))


def test_the_logged_gradients_are_those_of_back_propagation(log):
    # a second way: draw the same kernels and inputs, and go back through them in NumPy
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(1, 3)).astype("float32")[0], rng.choice([-FAR, FAR], size=(1, 1))
    for seed in range(3):
        kernels = []
        shapes = [(3, 6), (6, 6), (6, 6), (6, 6), (6, 1)]
        for place, shape in enumerate(shapes):
            variance = 1.5 if place < 4 else 1.0
            draw = keras.initializers.VarianceScaling(variance, "fan_in", "untruncated_normal", 1000 * seed + place)
            kernels.append(np.asarray(keras.ops.convert_to_numpy(draw(shape)), "float64").T)
        *hidden, output = kernels
        sign = -np.sign(target[0])
        chain = theory.propagate(hidden, x, "tanh", lambda a, output=output, sign=sign: (output.T @ sign).ravel())
        biases = log[(log["seed"] == seed) & (log["weight"] == "bias")].sort_values("depth")
        expected = [np.linalg.norm(gradient) for gradient in chain.loss_by_z]
        np.testing.assert_allclose(biases["gradient_norm"][:-1], expected, rtol=1e-5)


def test_nothing_is_trained(log):
    assert (log["delta_norm"] == 0).all()
    assert log["seed"].nunique() == 3
    assert log.groupby(["depth", "weight"], observed=True)["gradient_norm"].nunique().min() >= 1
    assert log[log["depth"] == 0].groupby("seed")["gradient_norm"].first().nunique() == 3


@pytest.mark.parametrize("placement", ["before", "after"])
def test_normalization_stands_where_it_is_asked_for(placement):
    model = build_stack(Stack("normalized", "relu", normalization=placement, depth=2, width=4))
    kinds = [layer.__class__.__name__ for layer in model.layers]
    block = ["Dense", "BatchNormalization", "Activation"] if placement == "before" else None
    assert kinds == (block or ["Dense", "Activation", "BatchNormalization"]) * 2 + ["Dense"]
    assert len(model.trainable_weights) == 6  # the normalizations have none


def test_orthogonal_kernels_are_orthogonal(tmp_path):
    stack = Stack("orthogonal", "linear", 1.0, "orthogonal", depth=3, width=5)
    log = next(log_stacks([stack], 2, tmp_path))
    # an orthogonal matrix keeps every length
    np.testing.assert_allclose(fit_factors(log), 1.0, rtol=1e-5)


def make_log(norms):
    return pd.DataFrame({"stack": "a", "seed": 0, "depth": range(len(norms)), "weight": "bias", "gradient_rms": norms})


def test_a_decay_is_fitted_over_the_hidden_layers():
    norms = [*(0.3 ** np.arange(6, 0, -1)), 123.0]  # the output layer is none of them
    assert fit_factors(make_log(norms)).item() == pytest.approx(0.3)
    assert fit_factors(make_log([7.0, *norms]), first=1).item() == pytest.approx(0.3)


def test_a_gradient_of_zero_has_no_factor():
    assert np.isnan(fit_factors(make_log([0.0, 0.1, 1.0, 1.0])).item())
