"""`trainable` that is changed without `compile`: the training stays as it is without a logger, and the user is told."""

import warnings

import keras
import numpy as np
import pytest

import keras_vg as vg
from keras_vg.training.compilation import list_changed_weights

pytestmark = pytest.mark.model

X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
MESSAGE = r"built for other weights than those that are trainable now \(.*hidden/kernel, .*hidden/bias\)"
CHANGES = {"frozen": (True, False), "thawed": (False, True)}
is_on_torch = keras.backend.backend() == "torch"  # which reads `trainable` at each step


def make_model(trainable=True, optimizer=None):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(3, name="hidden", trainable=trainable), keras.layers.Dense(1, name="last")]
    model = keras.Sequential([keras.Input((4,)), *layers], name="net")
    model.compile(optimizer or keras.optimizers.SGD(0.1), "mse")
    return model


def train_on(model, trainable, *callbacks):
    """A second fit after a change of `trainable`: the weights after it, or what Keras says."""
    model.fit(X, X[:, :1], verbose=0)
    model.get_layer("hidden").trainable = trainable
    try:
        model.fit(X, X[:, :1], verbose=0, callbacks=list(callbacks))
    except ValueError as error:
        return str(error)[:60]
    return model.get_weights()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", ["gradients", "deltas", "guard"])
def test_training_is_the_same_and_the_user_is_told(change, kind, tmp_path):
    first, then = CHANGES[change]
    callback = {
        "gradients": lambda: vg.GradientLogger(tmp_path / "log.csv"),
        "deltas": lambda: vg.WeightDeltaLogger(tmp_path / "log.csv"),
        "guard": vg.TrainingGuard,
    }[kind]()
    expected = train_on(make_model(first), then)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = train_on(make_model(first), then, callback)
    told = [str(warning.message) for warning in caught if "sees nothing of this fit" in str(warning.message)]
    assert len(told) == (0 if is_on_torch else 1)
    if told:
        with pytest.raises(UserWarning, match=MESSAGE):
            raise UserWarning(told[0])
    if isinstance(expected, str):
        assert found == expected
    else:
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("optimizer", ["sgd", "scaled"])
def test_compiled_again_all_is_seen(optimizer, tmp_path):
    def make_optimizer():
        inner = keras.optimizers.SGD(0.1)
        return keras.optimizers.LossScaleOptimizer(inner) if optimizer == "scaled" else inner

    model = make_model(optimizer=make_optimizer())
    model.fit(X, X[:, :1], verbose=0)
    model.get_layer("hidden").trainable = False
    assert len(list_changed_weights(model)) == (0 if is_on_torch else 2)
    model.compile(make_optimizer(), "mse")
    assert list_changed_weights(model) == []
    model.fit(X, X[:, :1], verbose=0, callbacks=[vg.GradientLogger(tmp_path / "log.csv")])
    log = vg.read_log(tmp_path / "log.csv")
    assert log["layer"].unique().tolist() == ["last"]
    assert log["steps"].tolist() == [1, 1]


def test_a_step_of_its_own_may_train_some_of_the_weights():
    class Own(keras.Sequential):
        def train_step(self, *arguments):
            return super().train_step(*arguments)

    model = Own([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.optimizer.build(model.layers[-1].trainable_variables)
    assert list_changed_weights(model) == []
