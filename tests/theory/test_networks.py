import numpy as np
import pytest

from keras_vg import theory
from keras_vg.theory import networks
from keras_vg.theory.networks import Activate, Add, Drop, Flatten, Input, Kernel, NoClosedFormError, Normalize

WIDTH = 100


def make_kernel(source, variance=2.0, **options):
    return Kernel(source, variance / WIDTH, WIDTH, WIDTH, has_bias=False, **options)


def stack(block, count, start=None):
    """Repeats a block, a function of the index of its input that returns layers, behind an input; and a last kernel."""
    layers = [start or Input()]
    for _ in range(count):
        layers += block(len(layers) - 1)
    return [*layers, make_kernel(len(layers) - 1)]


def predict(layers):
    return np.array(list(networks.predict_gradients(layers, len(layers) - 1).values()))


@pytest.mark.parametrize("name", ["tanh", "gelu", "silu", "selu", "softplus", "sigmoid"])
def test_a_plain_chain_has_mean_field_theory_s_factor(name):
    activation = theory.get_activation(name)
    # Far from the input the variance is at its fixed point, where predict_factor has the factor.
    layers = stack(lambda i: [make_kernel(i, 1.3, bias_mean_square=0.1), Activate(i + 1, activation)], 60)
    values = predict(layers)
    assert values[30] / values[31] == pytest.approx(theory.predict_factor(activation, 1.3, 0.1).factor, rel=1e-3)


def test_dropout_divides_by_what_is_kept():
    relu = theory.get_activation("relu")
    values = predict(stack(lambda i: [make_kernel(i, 1.2), Activate(i + 1, relu), Drop(i + 2, 0.4)], 8))
    np.testing.assert_allclose(values[:-2] / values[1:-1], 1.0, rtol=1e-9)  # 1.2 / 0.6 is He's variance: critical


@pytest.mark.parametrize("block", ["two_layers", "pre_norm", "post_norm"])
def test_residual_blocks_have_their_closed_form(block):
    relu, depth = theory.get_activation("relu"), 6

    def make(i):
        first = i + 1 if block == "pre_norm" else i
        layers = [Normalize(i, "units", epsilon=0.0)] if block == "pre_norm" else []
        layers += [make_kernel(first), Activate(first + 1, relu), make_kernel(first + 2), Add((i, first + 3))]
        return [*layers, Normalize(first + 4, "units", epsilon=0.0)] if block == "post_norm" else layers

    values = predict(stack(make, depth))[:-1]
    seconds = values[1::2]  # the second kernel of a block is given the same in all blocks, but for post-norm's first
    factors = theory.predict_residual_factors(block, depth)
    if block == "two_layers":  # what it is given grows as the stream does
        factors = factors / np.sqrt(3)
    np.testing.assert_allclose(seconds[:-1] / seconds[1:], factors[1:], rtol=1e-6)


@pytest.mark.parametrize("placement", ["before", "after"])
@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_batch_normalization_has_its_closed_form(name, placement):
    activation = theory.get_activation(name)

    def make(i):
        if placement == "before":
            return [make_kernel(i), Normalize(i + 1, "batch", epsilon=0.0), Activate(i + 2, activation)]
        return [make_kernel(i), Activate(i + 1, activation), Normalize(i + 2, "batch", epsilon=0.0)]

    values = predict(stack(make, 10))
    expected = theory.predict_normalized_factor(activation, placement, 2.0)
    np.testing.assert_allclose(values[3:8] / values[4:9], expected, rtol=1e-6)


def test_normalization_of_one_of_two_layers_sees_what_examples_share():
    # Slow second method: a batch through random kernels, ReLU, kernels and a normalization.
    relu = theory.get_activation("relu")
    layers = [Input(), make_kernel(0), Activate(1, relu), make_kernel(2), Activate(3, theory.get_activation("gelu"))]
    layers += [Normalize(4, "batch", epsilon=0.0), make_kernel(5)]
    moments = []
    for index, layer in enumerate(layers):
        moments.append(networks._compute_moments(layer, index, moments, has_batches=True))
    rng = np.random.default_rng(0)
    h = np.maximum(rng.normal(size=(300, 800)) @ rng.normal(size=(800, 800)) * np.sqrt(2 / 800), 0)
    z = theory.get_activation("gelu").function(h @ rng.normal(size=(800, 800)) * np.sqrt(2 / 800))
    assert float(moments[4].square) == pytest.approx(np.mean(z**2), rel=0.05)
    assert float(moments[4].shared) == pytest.approx(np.mean(z.mean(axis=0) ** 2), rel=0.05)


def test_convolutions_with_edges_have_their_closed_form():
    relu, size = theory.get_activation("relu"), 8
    window = (np.abs(np.subtract.outer(np.arange(size), np.arange(size))) <= 1).astype(float)
    start = Input(positions=(size, size))
    layers = [start]
    for _ in range(30):
        i = len(layers) - 1
        layers += [Kernel(i, 2 / (9 * WIDTH), WIDTH, WIDTH, 0.0, False, (window, window), 9), Activate(i + 1, relu)]
    layers += [Flatten(60), Kernel(61, 1 / WIDTH, WIDTH * size**2, 1)]
    gradients: dict = networks.predict_gradients(layers, len(layers) - 1)
    values = np.array(list(gradients.values()))
    # Forwards and backwards the mean square has the same factor per layer, and a kernel's gradient is their product.
    np.testing.assert_allclose(values[10:19] / values[11:20], 1.0, rtol=1e-3)
    biases = [Kernel(**{**vars(k), "has_bias": True}) if isinstance(k, Kernel) else k for k in layers]
    with_bias = np.array(list(networks.predict_gradients(biases, len(layers) - 1).values()))
    factor = theory.predict_convolution_factor("relu", 2.0, (size, size))
    np.testing.assert_allclose(with_bias[12:18] / with_bias[13:19], factor, rtol=1e-3)


def test_a_last_activation_does_not_matter():
    layers = [Input(), make_kernel(0)]
    assert networks.predict_gradients([*layers, Activate(1, theory.get_activation("sigmoid"))], 2) == (
        networks.predict_gradients(layers, 1)
    )


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Input(), Activate(0, theory.get_activation("relu")), make_kernel(1)], "outputs of kernels"),
        ([Input(), make_kernel(0), Add((1, 1)), make_kernel(2)], "same weights"),
    ],
)
def test_what_no_closed_form_covers_raises(layers, message):
    with pytest.raises(NoClosedFormError, match=message):
        predict(layers)


def test_many_sums_of_positive_values_need_the_width():
    relu = theory.get_activation("relu")

    def make(i):
        return [make_kernel(i), Activate(i + 1, relu), Add((i, i + 2))]

    assert len(predict(stack(make, 3))) == 4
    with pytest.raises(NoClosedFormError, match="for the net's width"):
        predict(stack(make, 30))  # predict_residual_factors(width=...) has the term that is left out here
