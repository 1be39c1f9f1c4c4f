"""What a model predicts outside of its training, against `predict`."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.inspection.inference import may_differ

# Of models that are faulty on purpose, a guard warns.
pytestmark = [pytest.mark.model, pytest.mark.filterwarnings("ignore:(error|warning). ")]

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(256, 6)).astype("float32")
CLASSES = np.argmax(Z @ RNG.normal(size=(6, 3)), axis=1)
RAW = 50 + 5 * Z


class Inverted(layers.Layer):
    """Drops values where it should not, and none where it should."""

    def __init__(self, rate=0.95):
        super().__init__()
        self.dropout = layers.Dropout(rate)

    def call(self, x, training=False):
        return self.dropout(x, training=not training)


class Broken(layers.Layer):
    is_broken = False

    def call(self, x, training=False):
        if self.is_broken and not training:
            raise ValueError("no inference here")
        return x

    def compute_output_shape(self, input_shape):
        return input_shape


def make_model(*hidden):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), *hidden, layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def normalize_first(momentum):
    return layers.BatchNormalization(momentum=momentum), layers.Dense(16, "relu")


def train(model, x, epochs=12):
    guard = vg.TrainingGuard(x[:128], CLASSES[:128])
    model.fit(x, CLASSES, batch_size=32, epochs=epochs, verbose=0, callbacks=[guard])
    return {finding.rule: finding for finding in guard.findings.list_all()}


def test_averages_that_lag_behind():
    model = make_model(*normalize_first(0.999))
    found = train(model, RAW)["inference_differs"]
    assert (found.severity, found.epoch, len(found.layers)) == ("error", 11, 1)
    predictions = model.predict(RAW[:128], verbose=0)
    expected = float(np.mean(-np.log(np.maximum(predictions[np.arange(128), CLASSES[:128]], 1e-7))))
    assert found.evidence["loss_of_predictions"] == pytest.approx(expected, rel=1e-4)
    assert found.evidence["part_of_first_averages"] == pytest.approx(0.999**96)
    assert "momentum" in found.advice

    row = vg.inspect(model, RAW[:128], CLASSES[:128]).outputs.iloc[0]
    assert row["inference_loss"] == pytest.approx(expected, rel=1e-4)
    assert row["plain_loss"] < 0.5 * row["baseline"] < row["inference_loss"]


@pytest.mark.parametrize(("momentum", "expected"), [(0.9999, "error"), (0.9, None)])
def test_averages_that_an_optimizer_puts_in_the_place_of_the_weights(momentum, expected):
    model = make_model(layers.Dense(16, "relu"))
    optimizer = keras.optimizers.Adam(0.02, use_ema=True, ema_momentum=momentum)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    found = train(model, Z).get("inference_differs")
    assert (found and found.severity) == expected
    if found:
        assert "use_ema" in found.advice
        assert found.evidence["part_of_first_averages"] == pytest.approx(0.9999**96)


@pytest.mark.parametrize(
    "hidden",
    [
        lambda: normalize_first(0.9),
        lambda: (layers.Dense(16, "relu"), layers.Dropout(0.3)),
        lambda: (layers.GaussianNoise(0.5), layers.Dense(16, "relu")),
        lambda: (layers.Dense(16, "relu"),),
    ],
)
def test_what_predicts_as_it_trains(hidden):
    assert not {"inference_differs", "probe_not_learned"} & train(make_model(*hidden()), Z).keys()


def test_a_layer_that_turns_training_round():
    found = train(make_model(layers.Dense(16, "relu"), Inverted()), Z)["inference_differs"]
    assert (found.severity, found.layers) == ("error", ())
    assert "`training`" in found.advice


def test_a_model_that_cannot_predict(monkeypatch):
    model = make_model(layers.Dense(16, "relu"), Broken())
    train(model, Z)
    monkeypatch.setattr(Broken, "is_broken", True)
    with pytest.warns(UserWarning, match="no inference here"):
        outputs = vg.inspect(model, Z, CLASSES).outputs
    assert np.isnan(outputs["inference_loss"]).all()


def test_an_untrained_model_is_not_asked(monkeypatch):
    model = make_model(layers.Dense(16, "relu"), Broken())
    monkeypatch.setattr(Broken, "is_broken", True)
    assert np.isnan(vg.inspect(model, Z, CLASSES).outputs["inference_loss"]).all()


def test_looking_leaves_no_trace():
    model = make_model(*normalize_first(0.99), layers.Dropout(0.1))
    model.fit(RAW, CLASSES, epochs=3, verbose=0)
    before = [keras.ops.convert_to_numpy(v).copy() for v in model.variables]
    assert np.isfinite(vg.inspect(model, RAW, CLASSES).outputs["inference_loss"]).all()
    assert all(np.array_equal(a, keras.ops.convert_to_numpy(v)) for a, v in zip(before, model.variables, strict=True))


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        (lambda: [layers.Dense(4, "relu"), layers.LayerNormalization()], False),
        (lambda: [layers.BatchNormalization()], True),
        (lambda: [keras.Sequential([layers.Dense(4), layers.Dropout(0.5)])], True),
        (lambda: [keras.Sequential([layers.Dense(4), layers.ReLU()])], False),
        (lambda: [Inverted()], True),
    ],
)
def test_which_models_may_differ(hidden, expected):
    assert may_differ(make_model(*hidden())) == expected


@pytest.mark.parametrize(
    ("weights", "expected"), [({0: 1.0, 1: 0.0, 2: 0.0}, "error"), ({0: 4.0, 1: 1.0, 2: 1.0}, None)]
)
def test_weights_that_leave_classes_out(weights, expected):
    model = make_model(layers.Dense(16, "relu"))
    guard = vg.TrainingGuard(Z, CLASSES)
    model.fit(Z, CLASSES, class_weight=weights, batch_size=32, epochs=15, verbose=0, callbacks=[guard])
    found = {finding.rule: finding.severity for finding in guard.findings.list_all()}
    assert found.get("probe_not_learned") == expected


@pytest.mark.parametrize(("weight", "expected"), [(100.0, "error"), (0.0, None)])
def test_a_second_term_that_outweighs_the_labels(weight, expected):
    """An autoencoder whose code is noisy and pulled to 0, as by a divergence: it puts out the mean of the data."""
    keras.utils.set_random_seed(0)
    entry = keras.Input((6,))
    code = layers.Dense(4, activity_regularizer=keras.regularizers.L2(weight) if weight else None)(entry)
    model = keras.Model(entry, layers.Dense(6)(layers.Dense(16, "relu")(layers.GaussianNoise(1.0)(code))))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    guard = vg.TrainingGuard(Z, Z)
    model.fit(Z, Z, batch_size=32, epochs=20, verbose=0, callbacks=[guard])
    found = {finding.rule: finding.severity for finding in guard.findings.list_all()}
    assert found.get("no_better_than_constant") == expected
