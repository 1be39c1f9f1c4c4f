"""What a model predicts outside of its training, against `predict`."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.diagnosis.inference import find_inference_difference
from keras_vg.diagnosis.thresholds import make_thresholds
from keras_vg.inspection.inference import list_moving_averages, may_differ

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


@pytest.mark.parametrize(
    ("momentum", "inference", "severity"),
    [
        (0.9, 0.9, "error"),  # the averages have long forgotten what they began with
        (0.99, 0.9, "warning"),  # 13 % are left after 200 steps: as many again leave 2 %
        (0.99, 1.1, "error"),
        (0.999, 0.9, "error"),  # 82 % are left
        (0.99, 0.7, "warning"),
    ],
)
def test_how_bad_averages_that_follow_slowly_are(momentum, inference, severity):
    row = {"plain_loss": 0.2, "inference_loss": inference, "baseline": 1.0, "epoch": 19}
    setup = {"moving_averages": {"normalization": momentum}}
    context = SimpleNamespace(
        thresholds=make_thresholds(),
        final_predictions=[row],
        inspection=SimpleNamespace(setup=setup),
        is_inspection=False,
        count_steps=lambda: 200.0,
    )
    (found,) = find_inference_difference(context)
    assert found.severity == severity


@pytest.mark.parametrize(
    ("momentum", "wrap", "expected"),
    [
        (0.9999, lambda optimizer: optimizer, "error"),
        (0.9999, keras.optimizers.LossScaleOptimizer, "error"),
        (0.9, lambda optimizer: optimizer, None),
    ],
)
def test_averages_that_an_optimizer_puts_in_the_place_of_the_weights(momentum, wrap, expected):
    model = make_model(layers.Dense(16, "relu"))
    optimizer = wrap(keras.optimizers.Adam(0.02, use_ema=True, ema_momentum=momentum))
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


def test_fresh_averages_say_nothing():
    """A forecast that starts from the last value is good before any training, whatever its averages make of it."""
    series = 200 + np.cumsum(RNG.normal(size=(256, 6)), axis=1).astype("float32")
    entry = keras.Input((6,))
    branch = layers.Dense(1)(layers.ReLU()(layers.BatchNormalization()(layers.Dense(16)(entry))))
    model = keras.Model(entry, layers.Add()([entry[:, -1:], 0.01 * branch]))
    model.compile("adam", "mse")
    outputs = vg.inspect(model, series, series[:, -1:] + RNG.normal(size=(256, 1)).astype("float32")).outputs
    assert (outputs["plain_loss"] < outputs["baseline"]).all()
    assert np.isnan(outputs["inference_loss"]).all()


def test_weights_that_another_callback_restores():
    """The model that is left is compared with itself."""
    noisy = RNG.integers(0, 3, 256)
    model = make_model(layers.Dense(128, "relu"), layers.Dropout(0.1))
    stop = keras.callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=True)
    guard = vg.TrainingGuard(Z[:128], noisy[:128])
    data = {"validation_data": (Z[128:], noisy[128:]), "batch_size": 16}
    model.fit(Z[:128], noisy[:128], epochs=25, verbose=0, callbacks=[stop, guard], **data)
    assert "inference_differs" not in {f.rule for f in guard.findings.list_all()}


@pytest.mark.parametrize("rare", [False, True])
def test_the_little_that_noisy_labels_allow_is_no_fault(rare):
    rng = np.random.default_rng(3)
    z = rng.normal(size=(2000, 6)).astype("float32")
    signal = z @ rng.normal(size=(6, 40)) / 6**0.5
    y = (
        rng.random(signal.shape) < 1 / (1 + np.exp(3 - 1.5 * signal))
        if rare
        else 0.25 * signal + rng.normal(size=signal.shape)
    )
    keras.utils.set_random_seed(0)
    hidden = [layers.Dense(32, "relu"), layers.Dropout(0.3)]
    model = keras.Sequential([keras.Input((6,)), *hidden, layers.Dense(40, "sigmoid" if rare else None)])
    model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy" if rare else "mse")
    guard = vg.TrainingGuard(z[:128], y[:128].astype("float32"))
    model.fit(z, y.astype("float32"), batch_size=128, epochs=12, verbose=0, callbacks=[guard])
    found = {f.rule: f.severity for f in guard.findings.list_all()}
    assert found.get("no_better_than_constant") != "error"
    assert "probe_not_learned" not in found


def test_layers_of_ones_own_with_averages():
    class Centered(layers.Layer):
        moving_mean, momentum = None, None

        def call(self, x):
            return x

    normalization = layers.BatchNormalization(momentum=0)
    normalization.build((None, 3))
    assert list_moving_averages({"own": Centered(), "bn": normalization}) == {"bn": 0.0}


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
    ("weights", "expected"),
    [({0: 1.0, 1: 0.0, 2: 0.0}, "error"), ({0: 4.0, 1: 1.0, 2: 1.0}, None)],  # simple models tell the classes apart
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
    wide = Z @ RNG.normal(size=(6, 24)).astype("float32")
    entry = keras.Input((24,))
    code = layers.Dense(6, activity_regularizer=keras.regularizers.L2(weight) if weight else None)(entry)
    model = keras.Model(entry, layers.Dense(24)(layers.Dense(16, "relu")(layers.GaussianNoise(1.0)(code))))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    guard = vg.TrainingGuard(wide, wide)
    model.fit(wide, wide, batch_size=32, epochs=20, verbose=0, callbacks=[guard])
    found = {finding.rule: finding.severity for finding in guard.findings.list_all()}
    assert found.get("no_better_than_constant") == expected


def test_a_kernel_that_jax_normalizes_in_training_alone():
    """On TensorFlow and torch the step assigns the kernel: `evaluate` has the loss of the training mode."""
    keras.utils.set_random_seed(0)
    wrapped = layers.SpectralNormalization(layers.Dense(6), power_iterations=3, name="normalized")
    model = keras.Sequential([keras.Input((6,)), wrapped, layers.Dense(1, name="head")])
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=weight.shape) for weight in model.get_weights()])
    model.compile(keras.optimizers.SGD(0.02), "mse")
    y = Z @ np.arange(6.0)[:, None]
    model.fit(Z, y, batch_size=16, epochs=15, shuffle=False, verbose=0)
    inspection = vg.inspect(model, Z, y)
    trained = inspection.outputs["plain_loss"].item()
    found = {finding.rule: finding for finding in vg.diagnose(inspection)}
    assert "frozen_layers" not in found  # its own vector, which is never trained
    is_jax = keras.backend.backend() == "jax"
    assert ("inference_differs" in found) == is_jax
    if is_jax:
        assert found["inference_differs"].layers == ("normalized",)
        assert "normalized_weights()" in found["inference_differs"].advice
        assert model.evaluate(Z, y, verbose=0) > 5 * trained
        wrapped.kernel.assign(wrapped.normalized_weights()[1])  # as the advice says
    assert model.evaluate(Z, y, verbose=0) == pytest.approx(trained, rel=0.05)


@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_wrapper_is_frozen_where_its_layer_is(is_frozen):
    wrapped = layers.SpectralNormalization(layers.Dense(6, name="dense"), name="normalized")
    wrapped.trainable = not is_frozen
    model = keras.Sequential([keras.Input((6,)), wrapped, layers.Dense(1)])
    model.compile("sgd", "mse")
    inspection = vg.inspect(model, Z, Z[:, :1])
    found = {finding.rule: finding.layers for finding in vg.diagnose(inspection)}
    assert found.get("frozen_layers", ()) == (("normalized/dense",) if is_frozen else ())
    assert inspection.setup["unnormalized"] == (
        ["normalized"] if keras.backend.backend() == "jax" and not is_frozen else []
    )


def test_the_gradient_of_a_kernel_that_the_step_assigns(tmp_path):
    """Against what the optimizer is given in the first step of a fit."""
    wrapped = layers.SpectralNormalization(layers.Dense(6))
    model = keras.Sequential([keras.Input((6,)), wrapped, layers.Dense(1)])
    model.compile("sgd", "mse")
    seen = vg.inspect(model, Z, Z[:, :1]).gradients["gradient_norm"]
    assert not vg.find_nonfinite(model, Z, Z[:, :1])
    model.fit(Z, Z[:, :1], batch_size=256, verbose=0, callbacks=[vg.GradientLogger(tmp_path / "gradients.csv")])
    np.testing.assert_allclose(seen, vg.read_log(tmp_path / "gradients.csv")["gradient_norm"], rtol=1e-3)
