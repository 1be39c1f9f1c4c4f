"""`Inspection.time`: the gradient with respect to each time step of what recurrent layers are given."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg
from helpers.gradients import compute_input_gradient
from helpers.long import shorten
from helpers.own_steps import OwnStep
from keras_vg.inspection.time_steps import COLUMNS

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()
STEPS, FEATURES = 6, 3


def make_data(examples=8, steps=STEPS):
    rng = np.random.default_rng(0)
    return rng.normal(size=(examples, steps, FEATURES)).astype("float32"), rng.normal(size=(examples, 1))


def inspect(parts, x, y, **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *parts])
    model.compile(**{"optimizer": "adam", "loss": "mse", **options})
    return model, vg.inspect(model, x, y)


def differentiate(parts, x, y, mask=None):
    """The gradient of the mean squared error by the input of the first of some layers."""
    y = ops.convert_to_tensor(y.astype("float32"))

    def compute_loss(x):
        for number, layer in enumerate(parts):
            takes_mask = mask is not None and (number == 0 or "Pooling" in type(layer).__name__)
            x = layer(x, mask=ops.convert_to_tensor(mask)) if takes_mask else layer(x)
        return ops.mean(ops.square(x - y))

    return compute_input_gradient(compute_loss, x)


def reduce(gradient):
    """Per step, the root mean square over examples and features."""
    return np.sqrt(np.mean(np.square(gradient.astype("float64")), axis=(0, 2)))


def get_values(inspection, layer):
    return inspection.time.set_index("layer").loc[[layer], "gradient_rms"].to_numpy()


CASES = {
    "simple_rnn": lambda: [layers.SimpleRNN(4)],
    "gru": lambda: [layers.GRU(4, go_backwards=True)],
    "lstm": lambda: [layers.LSTM(4)],
    "bidirectional": lambda: [layers.Bidirectional(layers.LSTM(2))],
    "pooled": lambda: [layers.LSTM(4, return_sequences=True), layers.GlobalAveragePooling1D()],
    "stacked_cells": lambda: [layers.RNN(layers.StackedRNNCells([layers.GRUCell(3), layers.LSTMCell(3)]))],
    "attention": lambda: [layers.GRU(4, return_sequences=True), Attend(), layers.Flatten()],
}


class Attend(keras.layers.Layer):
    """Attention over the steps."""

    def build(self, shape):
        self.inner = layers.Attention()

    def call(self, x):
        return self.inner([x, x])


@pytest.mark.parametrize("make", shorten({k: (v,) for k, v in CASES.items()}, ["gru", "pooled"]))
def test_gradient_is_that_of_autodiff(make):
    x, y = make_data()
    parts = [*make(), layers.Dense(1)]
    _, inspection = inspect(parts, x, y)
    table = inspection.time
    assert tuple(table.columns) == COLUMNS
    assert table["step"].tolist() == list(range(STEPS))
    assert (table["examples"] == len(x)).all()
    assert set(table["layer"]) == {parts[0].name}
    np.testing.assert_allclose(table["gradient_rms"], reduce(differentiate(parts, x, y)), rtol=2e-4)


def test_directions_and_several_layers():
    x, y = make_data()
    parts = [
        layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both"),
        layers.LSTM(3, return_sequences=True, go_backwards=True, name="back"),
        layers.LSTM(3, name="forth"),
        layers.Dense(1),
    ]
    _, inspection = inspect(parts, x, y)
    directions = inspection.time.groupby("layer", sort=False)["direction"].first()
    assert directions.to_dict() == {"both": "both", "back": "backwards", "forth": "forwards"}
    hidden = ops.convert_to_numpy(parts[0](x))
    np.testing.assert_allclose(get_values(inspection, "back"), reduce(differentiate(parts[1:], hidden, y)), rtol=2e-4)
    np.testing.assert_allclose(get_values(inspection, "both"), reduce(differentiate(parts, x, y)), rtol=2e-4)


def test_masked_steps_are_no_steps():
    y = make_data(examples=2)[1]
    ids = np.array([[3, 1, 4, 1, 0, 0], [2, 7, 1, 8, 2, 8]], "int32")
    parts = [layers.Embedding(9, FEATURES, mask_zero=True), layers.LSTM(4), layers.Dense(1)]
    _, inspection = inspect(parts, ids, y)
    gradient = differentiate(parts[1:], ops.convert_to_numpy(parts[0](ids)), y, mask=ids != 0)
    assert (gradient[0, 4:] == 0).all()
    table = inspection.time
    assert table["examples"].tolist() == [1, 1, 2, 2, 2, 2]
    # Of the first example, four steps are left: the last four.
    expected = [gradient[1, 0], gradient[1, 1], *np.stack([gradient[0, :4], gradient[1, 2:]], axis=1)]
    np.testing.assert_allclose(
        table["gradient_rms"], [np.sqrt(np.mean(np.square(values))) for values in expected], rtol=2e-4
    )
    assert (table["padded_fraction"] == 0).all()


@pytest.mark.parametrize("goes_backwards", [False, True])
def test_padding_without_a_mask(goes_backwards):
    x, y = make_data(examples=4)
    x = x[:, ::-1].copy() if goes_backwards else x
    x[:2, 3:] = 0.0
    if goes_backwards:
        x = x[:, ::-1].copy()
    _, inspection = inspect([layers.SimpleRNN(4, go_backwards=goes_backwards), layers.Dense(1)], x, y)
    expected = [0, 0, 0, 0.5, 0.5, 0.5]
    assert inspection.time["padded_fraction"].tolist() == (expected[::-1] if goes_backwards else expected)


def test_linear_recurrence_has_a_closed_form_over_many_steps():
    steps, units, factor = 80, 4, 0.4
    rng = np.random.default_rng(1)
    x = rng.normal(size=(5, steps, FEATURES)).astype("float32")
    y = rng.normal(size=(5, 1))
    rotation = np.linalg.qr(rng.normal(size=(units, units)))[0]
    recurrent = layers.SimpleRNN(units, activation="linear", use_bias=False)
    model = keras.Sequential([keras.Input(x.shape[1:]), recurrent, layers.Dense(1, use_bias=False)])
    model.compile("adam", "mse")
    recurrent.set_weights([recurrent.get_weights()[0], factor * rotation])
    (kernel, matrix), (head,) = ([np.asarray(w, "float64") for w in layer.get_weights()] for layer in model.layers[-2:])
    table = vg.inspect(model, x, y).time
    errors = 2 / len(x) * (ops.convert_to_numpy(model(x)).astype("float64") - y)
    expected = []
    back = head[:, 0]
    for _ in range(steps):  # from the last step to the first
        expected.append(np.sqrt(np.mean(np.square(errors[:, :1] * (kernel @ back)))))
        back = matrix @ back
    np.testing.assert_allclose(table["gradient_rms"], expected[::-1], rtol=1e-4)
    # An orthogonal matrix times 0.4: each step back is 0.4 of the norm, 79 of them 4e-32.
    hidden = np.log(expected)
    assert np.exp((hidden[-1] - hidden[0]) / (steps - 1)) == pytest.approx(factor, rel=0.02)


def test_theory_is_beside_the_measurement():
    x = np.random.default_rng(0).normal(size=(64, 24, 48)).astype("float32")
    y = np.random.default_rng(1).normal(size=(64, 1))
    _, inspection = inspect([layers.SimpleRNN(48), layers.Dense(1)], x, y)
    table = inspection.time
    expected = vg.theory.predict_recurrent_factor("simple_rnn", 1.0, 1.0)
    np.testing.assert_allclose(table["expected_factor"], expected, rtol=0.03)
    values = np.log(table["gradient_rms"].to_numpy())
    assert np.exp((values[18] - values[4]) / 14) == pytest.approx(1 / expected, rel=0.08)


@pytest.mark.long
def test_no_theory_for_trained_or_narrow_layers():
    x, y = make_data()
    _, narrow = inspect([layers.LSTM(4), layers.Dense(1)], x, y)
    assert narrow.time["expected_factor"].isna().all()
    _, other = inspect([layers.LSTM(16, activation="softsign"), layers.Dense(1)], x, y)
    assert other.time["expected_factor"].isna().all()


def test_nested_models_and_time_distributed():
    x = np.random.default_rng(0).normal(size=(4, 2, STEPS, FEATURES)).astype("float32")
    y = make_data(examples=4)[1]
    words = keras.Sequential([keras.Input((STEPS, FEATURES)), layers.LSTM(4, name="words")], name="inner")
    parts = [layers.TimeDistributed(words), layers.LSTM(4, name="sentences"), layers.Dense(1)]
    _, inspection = inspect(parts, x, y)
    assert inspection.time.groupby("layer", sort=False).size().tolist() == [STEPS, 2]
    hidden = ops.convert_to_numpy(parts[0](x))
    np.testing.assert_allclose(
        get_values(inspection, "sentences"), reduce(differentiate(parts[1:], hidden, y)), rtol=2e-4
    )
    inner = inspection.time["layer"].iloc[0]
    gradient = differentiate(parts, x, y)  # (examples, sentences, words, features)
    np.testing.assert_allclose(get_values(inspection, inner), reduce(gradient.reshape(8, STEPS, FEATURES)), rtol=2e-4)
    assert inspection.time["examples"].iloc[0] == 8


def test_a_layer_called_on_two_lengths():
    keras.utils.set_random_seed(0)
    shared = layers.GRU(3, name="shared")
    inputs = [keras.Input((4, 2)), keras.Input((7, 2))]
    model = keras.Model(inputs, layers.Dense(1)(layers.concatenate([shared(tensor) for tensor in inputs])))
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(5, steps, 2)).astype("float32") for steps in (4, 7)]
    table = vg.inspect(model, x, rng.normal(size=(5, 1))).time
    sizes = table.groupby("layer").size().to_dict()
    assert sorted(sizes) == ["shared", "shared[1]"]
    assert sorted(sizes.values()) == [4, 7]


class Recurrent(OwnStep):
    def make_encoder(self):
        shape = layers.Reshape((3, 2))
        return keras.Sequential([keras.Input((6,)), shape, layers.GRU(3, name="code")], name="encoder")


def test_own_training_steps_are_seen_too():
    keras.utils.set_random_seed(0)
    model = Recurrent()
    model.compile("adam")
    x = np.random.default_rng(0).random((8, 6)).astype("float32")

    def compute_loss(sequence):
        return ops.mean(ops.square(ops.convert_to_tensor(x) - model.decoder(model.encoder.layers[-1](sequence))))

    expected = reduce(compute_input_gradient(compute_loss, x.reshape(8, 3, 2)))
    np.testing.assert_allclose(vg.inspect(model, x).time["gradient_rms"], expected, rtol=2e-4)


def test_frozen_layers_and_scaled_losses():
    x, y = make_data()
    frozen = layers.LSTM(4, trainable=False)
    parts = [frozen, layers.Dense(1)]
    optimizer = keras.optimizers.SGD(loss_scale_factor=8.0)
    _, inspection = inspect(parts, x, y, optimizer=optimizer)
    np.testing.assert_allclose(inspection.time["gradient_rms"], reduce(differentiate(parts, x, y)), rtol=2e-4)


def test_no_rows_without_sequences_or_gradients():
    x, y = make_data()
    _, inspection = inspect([layers.Flatten(), layers.Dense(1)], x, y)
    assert inspection.time.empty
    assert tuple(inspection.time.columns) == COLUMNS
    model, _ = inspect([layers.LSTM(2), layers.Dense(1)], x, y)
    assert vg.inspect(model, x).time.empty
