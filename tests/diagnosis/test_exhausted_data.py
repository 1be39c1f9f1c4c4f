"""Epochs whose steps become fewer, in made-up gradient logs and in one of a training."""

import keras
import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers.made_up_logs import find, make_gradients


def make_log(steps, **columns):
    """A gradient log whose epochs have these numbers of steps."""
    log = make_gradients([0.1, 0.1], epochs=len(steps))
    return log.assign(steps=np.repeat(steps, 2), **columns)


@pytest.mark.parametrize(
    ("steps", "epoch", "leftovers"),
    [([4, 4, 2, 2, 2, 2, 2], 2, 2), ([10, 2, 2], 1, 2), ([4, 4, 3, 2, 2, 2], 2, 2), ([10, 1, 1, 1], 1, 1)],
)
def test_a_generator_at_its_end(steps, epoch, leftovers):
    found = find(make_log(steps))["exhausted_data"]
    assert (found.severity, found.epoch, found.layers) == ("warning", epoch, ())
    assert found.evidence == {"steps_at_first": steps[0], "steps_later": leftovers}
    assert "while True" in found.advice


@pytest.mark.parametrize(
    ("steps", "epoch", "short"),
    [([4, 4, 2, 4, 4, 2, 4], 2, 2), ([20, 12, 20, 12, 20], 1, 12), ([5, 3, 5, 3, 5, 1], 1, 3)],
)
def test_data_that_begins_again(steps, epoch, short):
    found = find(make_log(steps))["exhausted_data"]
    assert (found.severity, found.epoch) == ("info", epoch)
    assert found.evidence == {"steps_at_first": steps[0], "steps_of_short_epochs": short}


@pytest.mark.parametrize(
    "steps",
    [
        [10, 10, 10, 10],
        [10, 10, 10, 4],  # stopped or killed
        [10, 2],
        [10, 10, 4, 10, 10],  # interrupted once, then resumed
        [10, 9, 11, 10, 8, 12],  # a length that varies
        [10, 9, 10, 8, 10, 10],
        [8, 8, 8, 4, 4, 4],  # trained on with larger batches
        [4, 4, 8, 8],  # and with smaller ones
        [2, 2, 2, 2],
        [7],
    ],
)
def test_epochs_of_healthy_runs(steps):
    assert "exhausted_data" not in find(make_log(steps))


def split_epochs(log, every):
    """The same log with a row each `every` steps, of which the last of an epoch is shorter."""
    rows = []
    for row in log.to_dict("records"):
        for start in range(0, row["steps"], every):
            count = min(every, row["steps"] - start)
            rows.append({**row, "step": start + count - 1, "steps": count})
    return pd.DataFrame(rows)


def test_rows_of_several_steps_are_taken_together():
    assert "exhausted_data" not in find(split_epochs(make_log([10] * 4), 4))
    assert find(split_epochs(make_log([10, 2, 2, 2]), 4))["exhausted_data"].evidence["steps_later"] == 2


def test_steps_that_were_skipped_and_weights_that_are_trained_less_often():
    assert "exhausted_data" not in find(make_log([10] * 4, nonfinite_steps=8))
    log = make_log([10] * 6)
    log.loc[log["depth"] == 1, "steps"] = np.array([5, 5, 2, 2, 2, 2])  # of a GAN, or where a loss is switched off
    assert "exhausted_data" not in find(log)


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("is_generator", [True, False])
def test_a_training_that_keras_warns_of(is_generator, tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    log = tmp_path / "gradients.csv"
    options = {"epochs": 7, "steps_per_epoch": 4, "shuffle": False, "verbose": 0, "callbacks": [vg.GradientLogger(log)]}
    if is_generator:
        model.fit(((x[i : i + 4], x[i : i + 4, :1]) for i in range(0, 40, 4)), **options)
    else:
        model.fit(x, x[:, :1], batch_size=4, **options)
    found = find(vg.read_log(log))["exhausted_data"]
    assert (found.severity, found.epoch) == ("warning" if is_generator else "info", 2)
    assert found.evidence["steps_at_first"] == 4
