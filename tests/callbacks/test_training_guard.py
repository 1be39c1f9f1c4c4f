import re
import warnings

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.long import cross, shorten
from helpers.models import BASIC, MODELS, make_data

pytestmark = pytest.mark.model
to_numpy = keras.ops.convert_to_numpy


def make_deep(activation, count):
    parts = [layers.Dense(8, activation) for _ in range(count)]
    model = keras.Sequential([keras.Input((3,)), *parts, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


def fit(model, guard, epochs=2):
    """Fits under a guard; returns what it warned of."""
    x, y = make_data()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = model.fit(x, y, epochs=epochs, verbose=0, callbacks=[guard])
    said = [str(item.message) for item in caught if issubclass(item.category, UserWarning)]
    return history, [text for text in said if re.match("error|warning|The training stops", text)]


def find_severity(guard):
    """Of the loss that does not fall."""
    return next((f.severity for f in guard.findings.list_all() if f.rule == "loss_does_not_fall"), None)


def test_warns_once_of_each_finding():
    keras.utils.set_random_seed(0)
    guard = vg.TrainingGuard(*make_data())
    _, said = fit(make_deep("sigmoid", 9), guard)
    assert sum("vanishing gradient" in text for text in said) == 1
    assert any("he_normal" in text for text in said)
    assert not guard.findings.is_healthy


def test_nothing_is_judged_before_an_epoch_has_ended():
    guard = vg.TrainingGuard(*make_data())
    assert str(guard.findings) == "not judged: no epoch has ended yet"
    assert (guard.findings.verdict, guard.findings.is_healthy) == ("not judged", False)
    fit(make_deep("relu", 1), guard, epochs=1)
    assert guard.findings.verdict == "healthy"


def test_without_a_probe_it_watches_gradients():
    keras.utils.set_random_seed(0)
    guard = vg.TrainingGuard()
    _, said = fit(make_deep("sigmoid", 9), guard)
    found = {finding.rule: finding for finding in guard.findings.list_all()}
    assert found["vanishing_gradient"].epoch == 0
    assert sum("vanishing gradient" in text for text in said) == 1


def make_dying(bias):
    """A net whose first hidden layer is dead if its bias is low enough."""
    keras.utils.set_random_seed(0)
    low = keras.initializers.Constant(bias)
    parts = [layers.Dense(8, "relu", bias_initializer=low, name="first"), layers.Dense(8, "tanh"), layers.Dense(1)]
    model = keras.Sequential([keras.Input((3,)), *parts])
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize(("bias", "is_dead"), [(-100, True), (0, False)])
def test_a_probe_without_labels_shows_activations(bias, is_dead):
    x, _ = make_data()
    guard = vg.TrainingGuard(x)
    _, said = fit(make_dying(bias), guard)
    found = {finding.rule: finding for finding in guard.findings.list_all()}
    assert ("dead_relu" in found) == is_dead
    assert "labels" in found["not_inspected"].evidence["not_seen"]
    assert not any("not_inspected" in text or "not inspected" in text for text in said)  # it is no fault
    if is_dead:
        assert found["dead_relu"].layers == ("first",)
    else:
        assert guard.findings.is_healthy


@pytest.mark.parametrize(("patience", "epochs"), [(1, 1), (2, 2)])
def test_stops_and_says_why(patience, epochs):
    keras.utils.set_random_seed(0)
    guard = vg.TrainingGuard(action="stop", patience=patience)
    history, said = fit(make_deep("sigmoid", 9), guard, epochs=4)
    assert history.epoch == list(range(epochs))
    assert re.match(rf"The training stops after epoch {epochs - 1}: vanishing gradient", said[-1])


@pytest.mark.parametrize(("epochs", "severity"), [(9, "warning"), (10, "error")])
def test_judges_a_flat_loss_at_the_end_of_the_fit(epochs, severity):
    keras.utils.set_random_seed(0)
    x, y = np.random.default_rng(0).normal(size=(640, 3)), np.tile([[0.0], [1.0]], (320, 1))  # labels of chance
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, "sigmoid", kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.01), "binary_crossentropy")
    guard, severities = vg.TrainingGuard(), []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: severities.append(find_severity(guard)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, y, batch_size=64, epochs=epochs, verbose=0, callbacks=[guard, note])
    assert (severities[-1], find_severity(guard)) == ("warning", severity)
    said = [text for text in map(str, (item.message for item in caught)) if re.match("error|warning", text)]
    assert [text.split(":")[0] for text in said] == ["warning", "error"][: 1 + (severity == "error")]


@pytest.mark.parametrize(("batch_size", "severity"), [(1, "error"), (16, None)])
def test_ranks_within_batches_of_one(batch_size, severity):
    """A list of one is always in order: the loss is 0, and nothing is learned, whatever the probe says."""

    def compare_ranks(y_true, y_pred):
        logits = keras.ops.reshape(y_pred, (1, -1))
        return -keras.ops.sum(keras.ops.reshape(y_true, (1, -1)) * keras.ops.log_softmax(logits, axis=-1))

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1)])
    model.compile("adam", compare_ranks)
    x, y = make_data()
    guard = vg.TrainingGuard(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, batch_size=batch_size, epochs=1, verbose=0, callbacks=[guard])
    found = {f.rule: f for f in guard.findings}
    assert ("zero_gradient" in found and found["zero_gradient"].severity) == (severity or False)


def test_lets_a_healthy_net_train():
    keras.utils.set_random_seed(0)
    guard = vg.TrainingGuard(*make_data(), action="stop")
    history, said = fit(make_deep("tanh", 2), guard, epochs=3)
    assert len(history.epoch) == 3
    assert not [text for text in said if text.startswith(("error", "The training"))]
    assert guard.findings.is_healthy


@pytest.mark.parametrize("name", shorten(cross(BASIC), ["sequential_without_input", "nested", "subclassed"]))
def test_training_is_the_same_with_a_guard(name):
    x, y = make_data()
    results = []
    for callbacks in ([], [vg.TrainingGuard(x, y)]):
        keras.utils.set_random_seed(0)
        model = MODELS[name]()
        model.compile(keras.optimizers.SGD(0.05), "mse")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            history = model.fit(x, y, epochs=2, verbose=0, callbacks=callbacks)
        results.append((history.history, [np.array(to_numpy(v)) for v in model.variables]))
    assert results[0][0] == results[1][0]
    for plain, guarded in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_array_equal(plain, guarded)


def test_bad_arguments():
    x, y = make_data()
    with pytest.raises(ValueError, match="`y` must come with its inputs `x`. Received: y without x"):
        vg.TrainingGuard(y=y)
    with pytest.raises(ValueError, match="`action` must be 'warn', 'stop', .* Received: action='halt'"):
        vg.TrainingGuard(action="halt")
    with pytest.raises(ValueError, match="`patience` must be a number of epochs"):
        vg.TrainingGuard(patience=0)
    with pytest.raises(TypeError, match="must name a threshold"):
        vg.TrainingGuard(vanish=1)
    model = make_deep("tanh", 1)
    with pytest.raises(ValueError, match="same number of examples"):
        model.fit(x, y, verbose=0, callbacks=[vg.TrainingGuard(x, y[:-1])])
    model.optimizer = None
    guard = vg.TrainingGuard()
    guard.set_model(model)
    with pytest.raises(TypeError, match="must be compiled with a Keras optimizer"):
        guard.on_train_begin()


def test_leaves_the_model_where_a_warning_at_the_end_is_an_error(monkeypatch):
    keras.utils.set_random_seed(0)
    model = make_deep("tanh", 1)
    guard = vg.TrainingGuard()

    def judge(is_over=False):
        if is_over:
            raise UserWarning("at the end")

    monkeypatch.setattr(guard, "_judge", judge)
    with pytest.raises(UserWarning, match="at the end"):
        model.fit(*make_data(), verbose=0, callbacks=[guard])
    assert guard._recorder is None
    assert not guard._is_active
