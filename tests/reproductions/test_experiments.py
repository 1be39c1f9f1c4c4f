import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import make_circles

import keras_vg as vg
from keras_vg.reproductions import experiments
from keras_vg.reproductions.experiments import Variant


def test_circles_are_those_of_the_experiment():
    data = experiments.load_circles()
    assert (data.x_train.shape, data.x_test.shape) == ((670, 2), (330, 2))
    x, _ = make_circles(n_samples=1000, factor=0.85, random_state=2021, noise=0.1)
    assert sorted(map(tuple, np.concatenate([data.x_train, data.x_test]))) == sorted(map(tuple, x))


@pytest.mark.model
def test_model_is_that_of_the_experiment():
    model = experiments.build_model("sigmoid")
    assert [layer.units for layer in model.layers] == [10] * 11 + [1]
    assert {layer.activation.__name__ for layer in model.layers} == {"sigmoid"}
    assert model.count_params() == 2 * 10 + 10 + 10 * (10 * 10 + 10) + 10 + 1
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(0.001)


@pytest.mark.model
def test_normalization_and_depth_are_parameters():
    kinds = [type(layer).__name__ for layer in experiments.build_model("relu", 1, "before").layers]
    assert kinds == ["Dense", "BatchNormalization", "Activation", "Dense"]
    kinds = [type(layer).__name__ for layer in experiments.build_model("relu", 2, "after").layers]
    assert kinds == ["Dense", "BatchNormalization"] * 2 + ["Dense"]
    with pytest.raises(ValueError, match="`depth` must be at least 1. Received: depth=0"):
        experiments.build_model("relu", 0)
    with pytest.raises(ValueError, match="Received: normalization='batch'"):
        experiments.build_model("relu", 1, "batch")


@pytest.mark.model
def test_a_seed_gives_the_weights_that_keras_draws():
    keras.utils.set_random_seed(3)
    hidden = [layers.Dense(10), layers.BatchNormalization(), layers.Activation("relu")]
    plain = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1, "sigmoid")])
    own = experiments.build_model("relu", 1, "before", seed=3)  # whatever was drawn before
    assert [w.path.split("/")[-1] for w in own.weights] == [w.path.split("/")[-1] for w in plain.weights]
    for one, other in zip(own.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    keras.utils.set_random_seed(3)
    np.testing.assert_array_equal(experiments.build_model("relu", 1).get_weights()[0], own.get_weights()[0])


@pytest.mark.model
@pytest.mark.long
def test_same_seed_gives_the_same_bytes_in_another_process(tmp_path):
    here = {
        r.name: r.deltas.read_bytes() + r.gradients.read_bytes()
        for r in experiments.run_variants([Variant("sigmoid", "sigmoid", depth=2)], [0, 1], 1, tmp_path / "here")
    }
    program = (
        "from keras_vg.reproductions.experiments import *\n"
        "list(run_variants([Variant('sigmoid', 'sigmoid', depth=2)], [1], 1, 'there'))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True)
    there = [(tmp_path / "there" / f"sigmoid_seed1_{kind}.csv").read_bytes() for kind in ("deltas", "gradients")]
    assert b"".join(there) == here["sigmoid_seed1"]
    assert here["sigmoid_seed0"] != here["sigmoid_seed1"]


def test_read_runs_adds_variant_and_seed(circle_runs):
    log = experiments.read_runs(circle_runs)
    assert log["variant"].cat.categories.tolist() == ["sigmoid", "tanh", "relu"]
    assert set(log["seed"]) == {0}
    assert len(experiments.read_runs(circle_runs, "gradients")) == 3 * 2 * 24
    assert len(log) == len(vg.read_log([run.deltas for run in circle_runs])) == 3 * 2 * 30
