"""Dropout layers: what is known of them, and from when on they drop too much."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.made_up_inspections import make_inspection
from helpers.made_up_logs import find
from keras_vg.diagnosis.dropout import measure_noise

pytestmark = pytest.mark.model


def make_images():
    return np.random.default_rng(0).normal(size=(16, 6, 6, 4)).astype("float32"), np.zeros((16, 1), "float32")


def describe(*parts):
    """What an inspection knows of the dropout layers among these."""
    model = keras.Sequential([keras.Input((6, 6, 4)), *parts, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    return vg.inspect(model, *make_images()).setup["dropout"]


def test_values_that_are_dropped_independently():
    found = describe(
        layers.Dropout(0.25, name="all"),
        layers.SpatialDropout2D(0.5, name="channels"),
        layers.Dropout(0.1, noise_shape=(None, 1, 6, 1), name="columns"),
        layers.Dropout(0.4, noise_shape=(None, 1, 1, 1), name="stochastic_depth"),
        layers.GaussianDropout(0.3, name="gaussian"),
        layers.AlphaDropout(0.2, noise_shape=(None, 6, 1, 1), name="alpha"),
    )
    assert found == {
        "all": (0.25, 144),
        "channels": (0.5, 4),
        "columns": (0.1, 6),
        "gaussian": (0.3, 144),
        "alpha": (0.2, 6),
    }
    assert describe() == {}


def test_a_layer_that_is_called_twice_counts_where_it_has_fewest_values():
    dropout = layers.Dropout(0.9, name="twice")
    inputs = keras.Input((6, 6, 4))
    few = dropout(layers.Dense(8)(dropout(layers.Flatten()(inputs))))
    model = keras.Model(inputs, layers.Dense(1)(few))
    model.compile("sgd", "mse")
    assert vg.inspect(model, *make_images()).setup["dropout"] == {"twice": (0.9, 8)}


def test_a_model_of_ones_own():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.drop, self.last = layers.Dropout(0.99, name="drop"), layers.Dense(1)

        def call(self, x, training=False):
            return self.last(self.drop(keras.ops.reshape(x, (-1, 144))[:, :20], training=training))

    model = Own()
    model.compile("sgd", "mse")
    assert vg.inspect(model, *make_images()).setup["dropout"] == {"drop": (0.99, 20)}


class OwnCell(layers.Layer):
    """A cell whose dropout is a layer, and whose kernel is one, too."""

    def __init__(self, units):
        super().__init__()
        self.units = self.state_size = units
        self.kernel, self.dropout = layers.Dense(units), layers.Dropout(0.2)

    def build(self, shape):
        self.kernel.build((shape[0], shape[-1] + self.units))
        self.built = True

    def call(self, x, states, training=False):
        state = keras.ops.tanh(self.kernel(self.dropout(keras.ops.concatenate([x, states[0]], -1), training=training)))
        return state, [state]


@pytest.mark.model
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: layers.LSTM(16, dropout=0.9), {"read": (0.9, 3)}),
        (lambda: layers.GRU(16, recurrent_dropout=0.25), {"read": (0.25, 16)}),
        (lambda: layers.SimpleRNN(16, dropout=0.1, recurrent_dropout=0.9), {"read": (0.9, 16)}),
        (lambda: layers.RNN([layers.LSTMCell(8), layers.LSTMCell(4, dropout=0.5)]), {"read": (0.5, 8)}),
        (lambda: layers.LSTM(16), {}),
        (lambda: layers.RNN(OwnCell(16)), {}),
        (lambda: layers.ConvLSTM1D(4, 2, dropout=0.9), {}),
    ],
)
def test_dropout_of_recurrent_layers(make, expected):
    layer = make()
    layer.name = "read"
    shape = (5, 3, 2) if isinstance(layer, layers.ConvLSTM1D) else (5, 3)
    model = keras.Sequential([keras.Input(shape), layer, layers.Flatten(), layers.Dense(1)])
    model.compile("adam", "mse")
    inspection = vg.inspect(model, np.ones((8, *shape)), np.arange(8.0)[:, None])
    found = inspection.setup["dropout"]
    assert {name: found[name] for name in found if name == "read"} == expected


@pytest.mark.model
def test_dropout_of_a_single_feature_drops_series_as_a_whole():
    model = keras.Sequential([keras.Input((5, 1)), layers.LSTM(16, dropout=0.3), layers.Dense(1)])
    model.compile("adam", "mse")
    assert vg.inspect(model, np.ones((8, 5, 1)), np.arange(8.0)[:, None]).setup["dropout"] == {}


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_noise_is_the_deviation_of_a_sum(rate):
    kept = np.random.default_rng(0).random((200_000, 12)) >= rate
    sums = kept.sum(axis=1) / (1 - rate)
    assert measure_noise(rate, 12) == pytest.approx(sums.std() / sums.mean(), rel=0.02)


@pytest.mark.parametrize(
    ("rate", "values", "severity"),
    [
        (0.98, 16, "error"),
        (1.0, 64, "error"),
        (0.98, 64, "warning"),
        (0.5, 1, "warning"),
        (0.98, 256, None),
        (0.9, 64, None),
        (0.5, 4, None),
        (0.2, 1, None),
    ],
)
def test_dropout_that_keeps_next_to_nothing(rate, values, severity):
    setup = {"dropout": {"drop": (rate, values), "usual": (0.5, 64)}, "loss": 0.7}
    finding = find(make_inspection(setup=setup)).get("dropout_rate")
    assert (finding and (finding.severity, finding.layers)) == ((severity, ("drop",)) if severity else None)


def test_the_advice_turns_the_rate_around():
    setup = {"dropout": {"drop": (0.98, 16)}, "loss": 0.7}
    finding = find(make_inspection(setup=setup))["dropout_rate"]
    assert "keeps on average 0.32 of the 16 values" in finding.advice
    assert "to keep 0.98 of them, give 0.02" in finding.advice
    few = find(make_inspection(setup={"dropout": {"drop": (0.5, 1)}, "loss": 0.7}))["dropout_rate"]
    assert "of them, give" not in few.advice
    none = find(make_inspection(setup={"dropout": {"drop": (1.0, 16)}, "loss": 0.7}))["dropout_rate"]
    assert "passes nothing on" in none.advice
    assert finding.evidence["noise"] == pytest.approx(1.75)


class NamedDropout(layers.Dropout):
    """One whose input has another name than Keras's, and that may be given by it."""

    def call(self, x, training=False):
        return super().call(x, training=training)


def test_an_input_that_is_given_by_name():
    inputs = keras.Input((6, 6, 4))
    values = NamedDropout(0.9, name="named")(x=layers.Flatten()(inputs))
    model = keras.Model(inputs, layers.Dense(1)(values))
    model.compile("sgd", "mse")
    assert vg.inspect(model, *make_images()).setup["dropout"] == {"named": (0.9, 144)}


def look_at_outputs(*parts, loss="mse"):
    """The finding about dropout of predictions."""
    model = keras.Sequential([keras.Input((6, 6, 4)), layers.Flatten(), *parts])
    model.compile("sgd", loss)
    return find(vg.inspect(model, *make_images())).get("dropout_of_outputs")


def distance(y, p):
    return keras.ops.mean(keras.ops.abs(y - p), axis=-1)


def test_dropout_of_predictions():
    last, dropout = layers.Dense(1), layers.Dropout(0.3, name="drop")
    assert look_at_outputs(layers.Dense(8), dropout, last) is None
    finding = look_at_outputs(layers.Dense(8), layers.Dense(1), dropout)
    assert (finding.severity, finding.layers, finding.evidence) == ("error", ("drop",), {"rate": 0.3})
    inner = keras.Sequential([layers.Dense(1), layers.Dropout(0.3, name="inner")])
    assert look_at_outputs(inner).severity == "error"
    assert look_at_outputs(layers.Dense(1), layers.Dropout(0.3), loss=distance).severity == "warning"
    assert look_at_outputs(layers.Dense(1), layers.Dropout(0.0)) is None
    reshaped = look_at_outputs(layers.Dense(1), layers.Dropout(0.2, name="drop"), layers.Reshape((1,)))
    assert (reshaped.layers, reshaped.evidence["rate"]) == (("drop",), 0.2)
    in_float32 = layers.Activation("linear", dtype="float32")
    assert look_at_outputs(layers.Dense(1), layers.Dropout(0.2), in_float32).severity == "error"


def test_the_worst_of_several_outputs_is_named():
    inputs = keras.Input((6, 6, 4))
    hidden = layers.Dense(4)(layers.Flatten()(inputs))
    outputs = [
        layers.Dropout(rate, name=name)(layers.Dense(1)(hidden))
        for name, rate in zip("abc", (0.0, 0.2, 0.5), strict=True)
    ]
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    x, y = make_images()
    finding = find(vg.inspect(model, x, [y, y, y]))["dropout_of_outputs"]
    assert (finding.layers, finding.evidence) == (("b", "c"), {"rate": 0.5})
    assert "`c` is the last layer" in finding.advice


@pytest.mark.parametrize("seed", range(3))
def test_what_dropped_predictions_look_like_is_a_consequence(seed):
    """Which it is, saturated or infinite, depends on what is dropped."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "softmax"), layers.Dropout(0.3)])
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    found = vg.diagnose(vg.inspect(model, x, np.arange(64) % 8))
    assert [(finding.rule, finding.severity) for finding in found] == [("dropout_of_outputs", "error")]


@pytest.mark.parametrize(("count", "rate", "is_found"), [(2, 0.8, True), (1, 0.8, False), (3, 0.5, False)])
def test_several_layers_that_drop_most(count, rate, is_found):
    hidden = [part for _ in range(count) for part in (layers.Dense(256, "relu"), layers.Dropout(rate))]
    model = keras.Sequential([keras.Input((8,)), *hidden, layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(16, 8)).astype("float32")
    found = {f.rule: f for f in vg.diagnose(vg.inspect(model, x, x[:, :1])).list_all()}.get("dropout_rate")
    assert (found is not None) == is_found
    if is_found:
        assert (found.severity, len(found.layers)) == ("warning", count)
        assert f"as one of {count} such layers" in found.advice
        assert "to keep 0.8 of them, give 0.2" in found.advice


def test_the_noise_of_gaussian_dropout_is_that_of_dropout():
    """Measured: the deviation of a sum of ones over its mean, as `measure_noise` has it."""
    for layer in (layers.Dropout(0.8, seed=0), layers.GaussianDropout(0.8, seed=0)):
        sums = keras.ops.convert_to_numpy(layer(np.ones((4000, 25), "float32"), training=True)).sum(axis=1)
        assert sums.std() / sums.mean() == pytest.approx(measure_noise(0.8, 25), rel=0.05)


def test_gaussian_dropout_of_nearly_everything_is_found():
    model = keras.Sequential([keras.Input((8,)), layers.Dense(16, "relu"), layers.GaussianDropout(0.99, name="drop")])
    model.add(layers.Dense(1))
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    found = find(vg.inspect(model, x, x[:, :1]))
    assert (found["dropout_rate"].severity, found["dropout_rate"].layers) == ("error", ("drop",))
    assert "dropout_of_outputs" not in found
