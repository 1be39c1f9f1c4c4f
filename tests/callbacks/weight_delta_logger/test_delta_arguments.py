"""Which layers are chosen, and arguments that must be refused."""

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.models import (
    MODELS,
    make_data,
    make_sequential,
)
from helpers.training import fit

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        (
            "sequential",
            [
                ("first", ["hidden"]),
                ("last", ["out"]),
                ("all", ["hidden", "bn", "out"]),
                ("bn", ["bn"]),
                (["out", "hidden"], ["hidden", "out"]),
                (lambda layer: isinstance(layer, keras.layers.Dense), ["hidden", "out"]),
            ],
        ),
        ("functional", [("first", ["left"])]),
        (
            "subclassed",
            [("all", ["first_dense", "block_1", "block_0", "last_dense"]), ("first", ["first_dense"])],
        ),
    ],
)
def test_layers_are_chosen_in_call_order(name, choices, tmp_path):
    paths = [tmp_path / f"{index}.csv" for index in range(len(choices))]
    loggers = [vg.WeightDeltaLogger(path, layers=layers) for path, (layers, _) in zip(paths, choices, strict=True)]
    fit(MODELS[name], *loggers, epochs=1)
    for path, (layers, expected) in zip(paths, choices, strict=True):
        assert vg.read_log(path)["layer"].unique().tolist() == expected, layers


@pytest.mark.parametrize("name", ["sequential", "sequential_without_input", "subclassed"])
def test_an_unknown_layer_is_an_error_before_training(name, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("kept")
    keras.utils.set_random_seed(0)
    model = MODELS[name]()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"this model has .*'(out|last_dense)'.*Did you mean '(out|last_dense)'"):
        model.fit(*make_data(), verbose=0, callbacks=[vg.WeightDeltaLogger(path, layers="lastdensse out")])
    assert path.read_text() == "kept"
    assert int(model.optimizer.iterations) == 0


def test_a_predicate_that_selects_nothing_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="false for all of them: hidden, bn, out"):
        fit(make_sequential, vg.WeightDeltaLogger(tmp_path / "log.csv", layers=lambda layer: False))


def test_a_model_without_trainable_weights_is_an_error(tmp_path):
    def make_frozen():
        model = make_sequential()
        model.trainable = False
        return model

    with pytest.raises(ValueError, match="must have trainable weights"):
        fit(make_frozen, vg.WeightDeltaLogger(tmp_path / "log.csv"))
    assert not (tmp_path / "log.csv").exists()


def test_a_bad_file_is_an_error_before_training(tmp_path):
    model = make_sequential()
    model.compile("sgd", "mse")
    weights = model.get_weights()
    foreign = tmp_path / "history.csv"
    foreign.write_text("epoch,loss\n0,0.5\n")
    cases = [
        (tmp_path, {}, IsADirectoryError, "a directory"),
        (tmp_path / "none" / "log.csv", {}, FileNotFoundError, "Create its folder"),
        (foreign / "log.csv", {}, NotADirectoryError, "can be written"),
        (foreign, {"append": True}, ValueError, "must have the columns of a delta log"),
    ]
    for filename, options, error, message in cases:
        with pytest.raises(error, match=message):
            model.fit(*make_data(), verbose=0, callbacks=[vg.WeightDeltaLogger(filename, **options)])
    assert foreign.read_text() == "epoch,loss\n0,0.5\n"
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_values": 0}, ValueError, "at least 1. Received: max_values=0"),
        ({"max_values": -3}, ValueError, "at least 1. Received: max_values=-3"),
        ({"max_values": 2.5}, TypeError, "an integer or None. Received: max_values=2.5"),
        ({"max_values": "all"}, TypeError, "an integer or None. Received: max_values='all'"),
        ({"max_values": True}, TypeError, "an integer or None. Received: max_values=True"),
        ({"layers": 3}, TypeError, "`layers` must be .* Received: layers=3"),
        ({"layers": []}, ValueError, "at least one layer"),
        ({"separator": "::"}, ValueError, "one ASCII character"),
        ({"separator": "."}, ValueError, "one ASCII character"),
        ({"filename": 7}, TypeError, "must be a path. Received: filename=7"),
    ],
)
def test_bad_arguments_raise_at_once(options, error, message):
    with pytest.raises(error, match=message):
        vg.WeightDeltaLogger(**{"filename": "log.csv", **options})
