import keras
import numpy as np
import pytest

from keras_vg import theory

FUNCTIONS = {
    **{name: keras.activations.get(name) for name in theory.ACTIVATIONS if name not in ("erf", "gelu_approximate")},
    "erf": keras.ops.erf,
    "gelu_approximate": lambda x: keras.activations.gelu(x, approximate=True),
}


@pytest.mark.model
@pytest.mark.parametrize("name", theory.ACTIVATIONS)
def test_activations_are_those_of_keras(name):
    x = np.linspace(-6, 6, 101).astype("float32")
    expected = keras.ops.convert_to_numpy(FUNCTIONS[name](keras.ops.convert_to_tensor(x)))
    np.testing.assert_allclose(theory.get_activation(name).function(x), expected, atol=2e-5)


@pytest.mark.model
def test_slopes_of_leaky_relu_are_those_of_keras():
    x = np.array([-2.0, 3.0], "float32")
    layer = keras.ops.convert_to_numpy(keras.layers.LeakyReLU()(x))
    np.testing.assert_allclose(theory.make_leaky_relu(0.3).function(x), layer, rtol=1e-6)
    np.testing.assert_array_equal(theory.make_leaky_relu(0.3).derivative(x), [0.3, 1.0])


@pytest.mark.parametrize("name", theory.ACTIVATIONS)
def test_huge_arguments_give_finite_values(name):
    activation, huge = theory.get_activation(name), np.array([-1e12, 1e12])
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(activation.function(huge)).all()
        assert 0 <= abs(activation.derivative(huge)[0]) <= 1 <= 1e-9 + max(1.0, abs(activation.derivative(huge)[1]))


def test_the_left_tail_of_gelu_keeps_its_sign_and_vanishes():
    # x * Phi(x) is at most 0 for negative x, and of the order of exp(-x^2 / 2)
    x = np.linspace(-30, -0.1, 300)
    values = theory.get_activation("gelu").function(x)
    assert (values <= 1e-14).all()
    assert (np.abs(values[x < -8.3]) == 0).all()


def test_an_activation_of_ones_own_can_be_used():
    absolute = theory.Activation(np.abs, np.sign)
    # E[|z|^2] is 1, and so is E[sign(z)^2]
    assert theory.predict_factor(absolute, 1.0).factor == pytest.approx(1, rel=1e-12)
    assert theory.tangent_line(absolute, -2.0) == (-1.0, 0.0)
