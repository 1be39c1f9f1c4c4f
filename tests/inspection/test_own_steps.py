"""Models with a `train_step` of their own: what can be seen is, and the rest is said not to be."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, ops

import keras_vg as vg
from helpers.own_steps import OwnLabelledStep, OwnStep, OwnStepWithCall, make_twin

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()


def make_data(examples=32):
    return np.random.default_rng(0).random((examples, 6)).astype("float32")


def make_model(make, optimizer=None):
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9) if optimizer is None else optimizer)
    return model


def copy_state(model):
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return [np.array(ops.convert_to_numpy(v)) for v in variables]


@pytest.mark.parametrize("make", [OwnStep, OwnLabelledStep, OwnStepWithCall])
def test_an_own_step_shows_what_keras_s_own_shows(make):
    x = make_data()
    y = (x,) if make is OwnLabelledStep else ()
    model = make_model(make)
    before = copy_state(model)
    own, twin = vg.inspect(model, x, *y), vg.inspect(make_twin(model), x, x)
    for table in ("gradients", "activations", "weights", "inputs"):
        pd.testing.assert_frame_equal(getattr(own, table), getattr(twin, table), rtol=1e-5, check_exact=False)
    for name in ("loss", "loss_after", "learning_rate"):
        np.testing.assert_allclose(own.setup[name], twin.setup[name], rtol=1e-5)
    assert own.setup["loss_after"] < own.setup["loss"]
    if make is OwnStepWithCall:
        columns = ["layer", "activation", "units", "prediction_min", "prediction_std"]
        pd.testing.assert_frame_equal(own.outputs[columns], twin.outputs[columns], rtol=1e-5)
        assert own.setup["not_seen"] == {}
    else:
        assert own.outputs.empty
        assert list(own.setup["not_seen"]) == ["outputs"]
        found = {finding.rule: finding.severity for finding in vg.diagnose(own).list_all()}
        assert found.pop("not_inspected") == "info"
        assert "error" not in found.values()
    assert all(np.array_equal(a, b) for a, b in zip(before, copy_state(model), strict=True))


@pytest.mark.filterwarnings("ignore:warning. metric mismatch")
@pytest.mark.parametrize("make", [OwnStep, OwnLabelledStep])
def test_training_is_the_same_and_its_activations_are_logged(make, tmp_path):
    x = make_data()
    y = (x,) if make is OwnLabelledStep else ()
    results = []
    for is_logged in (False, True):
        model = make_model(make)
        callbacks = [vg.TrainingGuard(x, x), vg.GradientLogger(tmp_path / "g.csv")] if is_logged else []
        if is_logged and make is OwnStep:
            callbacks += [vg.TrainingGuard(x), vg.ActivationLogger(tmp_path / "a.csv", x)]
        history = model.fit(x, *y, epochs=2, batch_size=16, verbose=0, callbacks=callbacks).history
        results.append((history[model.log_name], copy_state(model)))
    assert results[0][0] == results[1][0]
    assert all(np.array_equal(a, b) for a, b in zip(results[0][1], results[1][1], strict=True))
    if make is OwnStep:
        found = {finding.rule: finding.evidence for finding in callbacks[2].findings.list_all()}
        assert found["not_inspected"] == {"not_seen": "outputs (the model has no `call`)"}
        log = vg.read_log(tmp_path / "a.csv")
        assert log["layer"].tolist() == ["input", "wide", "code", "unfold", "picture"] * 2
        picture = ops.convert_to_numpy(model.decoder(model.encoder(x)))
        np.testing.assert_allclose(log["mean"].iloc[-1], picture.mean(), rtol=1e-5)
        names = vg.read_log(tmp_path / "g.csv")[["layer", "depth"]].drop_duplicates().values.tolist()
        assert names == [["wide", 0], ["code", 1], ["unfold", 2], ["picture", 3]]


@pytest.mark.filterwarnings("ignore:warning. metric mismatch")
def test_a_returned_loss_of_which_keras_logs_0(tmp_path):
    """Keras logs its own metric `loss`, which the step does not update; each step's logs have what it returned."""
    x, model, seen = make_data(), make_model(OwnLabelledStep), []
    steps = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    guard = vg.TrainingGuard(x, x)
    loggers = [vg.GradientLogger(tmp_path / "g.csv"), guard, steps]
    history = model.fit(x, x, epochs=3, batch_size=8, verbose=0, callbacks=loggers)
    assert history.history["loss"] == [0.0] * 3
    (found,) = [f for f in guard.findings.list_all() if f.rule == "metric_mismatch"]
    assert (found.severity, found.evidence["loss"]) == ("warning", 0.0)
    assert found.evidence["loss_of_the_last_steps"] == pytest.approx(np.mean(seen[-4:]), rel=1e-6)
    assert guard.findings.figures["loss"] == found.evidence["loss_of_the_last_steps"]
    findings = vg.diagnose(tmp_path / "g.csv", history)
    assert "loss_not_known" in {f.rule for f in findings.list_all()}
    assert findings.verdict != "healthy"
    assert "loss" not in findings.figures


class VectorOfLosses(OwnLabelledStep):
    """Returns a loss per example, which Keras takes."""

    def log(self, loss):
        return {"loss": loss * ops.ones((8,))}


@pytest.mark.filterwarnings("ignore:warning. metric mismatch")
def test_a_loss_of_each_example_is_no_error():
    x, model = make_data(), make_model(VectorOfLosses)
    guard = vg.TrainingGuard(x, x)
    model.fit(x, x, epochs=2, batch_size=8, verbose=0, callbacks=[guard])
    (found,) = [f for f in guard.findings.list_all() if f.rule == "metric_mismatch"]
    assert 0 < found.evidence["loss_of_the_last_steps"] < 1


def test_labels_that_a_step_does_not_take_are_left_out():
    x = make_data()
    alone, both = (vg.inspect(make_model(OwnStep), x, *y) for y in ((), (x,)))
    assert both.setup["loss"] == alone.setup["loss"]
    assert both.setup["not_seen"]["labels"] == "its train_step takes `x` alone"
    assert "labels (its train_step takes `x` alone)" in str(vg.diagnose(both))


def test_a_batch_that_a_step_does_not_take_is_named(tmp_path):
    x, model = make_data(), make_model(OwnLabelledStep)
    with pytest.raises(ValueError, match="train_step` of model .* Received: `x`, and the step raised") as caught:
        vg.inspect(model, x)
    assert len(str(caught.value)) < 600
    with pytest.warns(UserWarning, match="What the layers of model .* put out is not known"):
        model.fit(x, x, verbose=0, callbacks=[vg.ActivationLogger(tmp_path / "a.csv", x)])
    log = vg.read_log(tmp_path / "a.csv")
    assert log["units"].tolist() == [6, 0, 0, 0, 0]
    assert log["mean"].isna().tolist() == [False, True, True, True, True]
    assert [finding.rule for finding in vg.diagnose(log).list_all()] == ["uncalled_layer"]


class Tracked(OwnStep):
    """Returns the mean of its losses, and others beside."""

    def __init__(self):
        super().__init__()
        self.tracker = keras.metrics.Mean(name="loss")

    def log(self, loss):
        if BACKEND == "jax":  # where a step has to hand its metrics on
            return {"loss": loss, "kl_loss": 0.0}
        self.tracker.update_state(loss)
        return {"loss": self.tracker.result(), "kl_loss": 0.0}


class TwoLosses(OwnStep):
    def log(self, loss):
        return {"one_loss": loss, "other_loss": loss * 2}


def test_the_loss_is_that_of_the_batch_whatever_was_tracked_before():
    x = make_data()
    model = make_model(Tracked)
    expected = float(np.mean((x - ops.convert_to_numpy(model.decoder(model.encoder(x)))) ** 2))
    if BACKEND != "jax":
        model.tracker.update_state(1000.0)
    assert vg.inspect(model, x).setup["loss"] == pytest.approx(expected, rel=1e-5)
    if BACKEND != "jax":
        assert float(model.tracker.result()) == 1000


def test_a_loss_that_is_not_clear_is_not_guessed():
    inspection = vg.inspect(make_model(TwoLosses), make_data())
    assert np.isnan(inspection.setup["loss"])
    assert inspection.setup["not_seen"]["loss"].endswith("it returns one_loss, other_loss")
    assert inspection.gradients["gradient_norm"].gt(0).all()


@pytest.mark.skipif(BACKEND == "jax", reason="a step of JAX hands the state of one optimizer on")
def test_gradients_of_further_optimizers_are_seen():
    class Two(OwnStep):
        def __init__(self):
            super().__init__()
            self.other = keras.optimizers.Adam(0.1)

        def _apply(self, gradients):
            known = dict(zip([v.path for v in self.trainable_variables], gradients, strict=True))
            for part, optimizer in ((self.encoder, self.optimizer), (self.decoder, self.other)):
                optimizer.apply([known[v.path] for v in part.trainable_variables], part.trainable_variables)

        def _step_by_tape(self, data):
            import tensorflow as tf

            with tf.GradientTape() as tape:
                loss = self.measure_loss(data)
            self._apply(tape.gradient(loss, self.trainable_variables))
            return self.log(loss)

        def _step_by_autograd(self, data):
            import torch

            self.zero_grad()
            loss = self.measure_loss(data)
            loss.backward()
            with torch.no_grad():
                self._apply([v.value.grad for v in self.trainable_variables])
            return self.log(loss)

    x, model = make_data(), make_model(Two)
    own, twin = vg.inspect(model, x), vg.inspect(make_twin(model), x, x)
    columns = ["layer", "weight", "gradient_norm"]
    pd.testing.assert_frame_equal(own.gradients[columns], twin.gradients[columns], rtol=1e-5)
    assert not model.other.built


def test_a_model_without_labels_is_looked_at_forwards():
    x = make_data()
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, "relu", name="hidden"), layers.Dense(1, name="out")])
    model.compile("adam", "mse")
    alone, full = vg.inspect(model, x), vg.inspect(model, x, x[:, :1])
    pd.testing.assert_frame_equal(alone.activations, full.activations)
    columns = ["layer", "activation", "loss", "units", "prediction_std"]
    pd.testing.assert_frame_equal(alone.outputs[columns], full.outputs[columns])
    assert alone.gradients.empty
    assert list(alone.gradients.columns) == list(full.gradients.columns)
    assert np.isnan(alone.setup["loss"])
    assert list(alone.setup["not_seen"]) == ["loss", "gradients"]
    assert [finding.rule for finding in vg.diagnose(alone).list_all()] == ["not_inspected"]


def test_an_unbuilt_model_without_a_call():
    class Unbuilt(OwnStep):
        def make_encoder(self):
            return keras.Sequential([layers.Dense(5), layers.Dense(3)])

    model, x = make_model(Unbuilt), make_data()
    if BACKEND == "tensorflow":
        assert vg.inspect(model, x).gradients["gradient_norm"].gt(0).all()
        assert not model.optimizer.built
        return
    with pytest.raises(ValueError, match=r"without a `call` must have its weights.*Give them an `Input`"):
        vg.inspect(model, x)


def test_a_message_of_the_backend_is_quoted_in_a_few_lines():
    x = np.random.default_rng(0).normal(size=(4000, 3)).astype("float32")
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    labels = np.full(4000, 255)
    inspection = vg.inspect(model, x, labels)  # on TensorFlow the loss refuses them, and lists them all
    findings = vg.diagnose(inspection)
    assert "label_range" in [finding.rule for finding in findings]
    assert len(str(findings)) < 5000
