"""What the backends make of one model differently is said on each, and nothing is said of its neighbours."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.diagnosis.backends import find_changed_trainable, find_forgotten_state
from keras_vg.diagnosis.context import Context

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()
SEQUENCES = np.random.default_rng(0).normal(size=(8, 3, 1)).astype("float32")
SEVERITIES = {"tensorflow": (None, None), "jax": ("warning", "warning"), "torch": ("error", None)}


def inspect_recurrent(layer):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3, 1), batch_size=8), layer, layers.Dense(1)])
    model.compile("adam", "mse")
    findings = vg.diagnose(vg.inspect(model, SEQUENCES, SEQUENCES[:, 0]))
    return model, {finding.rule: finding for finding in findings.list_all()}


@pytest.mark.parametrize(
    ("layer", "severity"),
    [
        (lambda: layers.LSTM(4, stateful=True, name="memory"), SEVERITIES[BACKEND][0]),
        (lambda: layers.GRU(4, stateful=True, name="memory"), SEVERITIES[BACKEND][0]),
        (lambda: layers.SimpleRNN(4, stateful=True, name="memory"), SEVERITIES[BACKEND][1]),
        (lambda: layers.LSTM(4), None),
    ],
)
def test_states_that_are_forgotten(layer, severity):
    model, found = inspect_recurrent(layer())
    assert (found["forgotten_state"].severity if "forgotten_state" in found else None) == severity
    if severity is not None:
        assert found["forgotten_state"].layers == ("memory",)
        assert found["forgotten_state"].evidence == {"backend": BACKEND}
    assert ("error" in {finding.severity for finding in found.values()}) == (severity == "error")

    def fit():
        model.fit(SEQUENCES, SEQUENCES[:, 0], batch_size=8, verbose=0)

    if severity == "error":  # as the finding says
        with pytest.raises(RuntimeError, match="inplace"):
            fit()
        return
    fit()
    if getattr(model.layers[0], "stateful", False):
        states = [keras.ops.convert_to_numpy(state) for state in model.layers[0].states]
        assert all((state == 0).all() == (severity == "warning") for state in states)


@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")  # Keras's own, of the frozen layer on JAX
@pytest.mark.parametrize("is_compiled_again", [False, True])
def test_trainable_that_was_changed(is_compiled_again):
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="hidden"), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, x[:, :1], verbose=0)
    model.layers[0].trainable = False
    if is_compiled_again:
        model.compile("adam", "mse")
    found = {finding.rule: finding for finding in vg.diagnose(vg.inspect(model, x, x[:, :1])).list_all()}
    assert ("changed_trainable" in found) == (BACKEND != "torch" and not is_compiled_again)
    if "changed_trainable" in found:
        assert found["changed_trainable"].severity == "warning"
        assert "hidden/kernel" in found["changed_trainable"].evidence["weights"]


def test_an_inspection_of_an_older_version_is_judged():
    model, _ = inspect_recurrent(layers.LSTM(4))
    inspection = vg.inspect(model, SEQUENCES, SEQUENCES[:, 0])
    for name in ("backend", "changed_weights", "stateful_layers"):
        del inspection.setup[name]
    context = Context(vg.rules.Thresholds(), is_inspection=True, inspection=inspection)
    assert [*find_changed_trainable(context), *find_forgotten_state(context)] == []
