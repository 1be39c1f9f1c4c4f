import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.long import cross, shorten
from helpers.models import BASIC, MODELS, make_data, make_sequential
from keras_vg.inspection.activations import ActivationProbe

pytestmark = pytest.mark.model
to_numpy = keras.ops.convert_to_numpy


@pytest.mark.parametrize("name", shorten(cross(BASIC), ["sequential_without_input", "subclassed"]))
def test_logging_changes_nothing(name, tmp_path):
    x, y = make_data()
    results = []
    for callbacks in ([], [vg.ActivationLogger(tmp_path / "log.csv", x)]):
        keras.utils.set_random_seed(0)
        model = MODELS[name]()
        model.compile("adam", "mse", metrics=["mae"])
        history = model.fit(x, y, epochs=2, verbose=0, callbacks=callbacks)
        results.append((history.history, [np.array(to_numpy(v)) for v in model.variables]))
    assert results[0][0] == results[1][0]
    for plain, logged in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_array_equal(plain, logged)
    log = vg.read_log(tmp_path / "log.csv")
    assert log["epoch"].unique().tolist() == [0, 1]
    assert log.loc[log["epoch"] == 0, "depth"].iloc[0] == -1


def test_log_is_of_the_trained_model(tmp_path):
    x, y = make_data()
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh", name="hidden"), layers.Dense(1, name="out")])
    model.compile("sgd", "mse")
    model.fit(x, y, epochs=2, verbose=0, callbacks=[vg.ActivationLogger(tmp_path / "a.csv.gz", x, layers=["out"])])
    log = vg.read_log(tmp_path / "a.csv.gz")
    assert log["layer"].tolist() == ["input", "out"] * 2
    np.testing.assert_allclose(log["mean"].iloc[-1], model.predict(x, verbose=0).mean(), rtol=1e-5)


def test_epochs_of_a_model_without_input(tmp_path):
    x, y = make_data()
    model = keras.Sequential([layers.Dense(2, "relu"), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, epochs=1, verbose=0, callbacks=[vg.ActivationLogger(tmp_path / "a.csv", x)])
    assert vg.read_log(tmp_path / "a.csv")["activation"].tolist() == ["input", "relu", "linear"]


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="`x` must be a batch of inputs"):
        vg.ActivationLogger(tmp_path / "a.csv", np.ones((0, 3)))
    with pytest.raises(ValueError, match="Received: x with lengths"):
        vg.ActivationLogger(tmp_path / "a.csv", [np.ones((2, 3)), np.ones((3, 3))])
    x, y = make_data()
    model = make_sequential()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="Did you mean 'hidden'"):
        model.fit(x, y, verbose=0, callbacks=[vg.ActivationLogger(tmp_path / "a.csv", x, layers="hiden")])
    empty = keras.Sequential([keras.Input((3,)), layers.Flatten()])
    with pytest.raises(ValueError, match="must have layers with weights or activations"):
        ActivationProbe(empty, x)
