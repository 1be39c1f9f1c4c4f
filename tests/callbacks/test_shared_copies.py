"""Callbacks of one list that copy the same large weights: each writes what it writes alone, in any order."""

import keras
import numpy as np
import pytest

import keras_vg as vg

pytestmark = [pytest.mark.model, pytest.mark.long]


class Nudge(keras.callbacks.Callback):
    """Changes a weight before an epoch's first step, between what the callbacks before and after it copy."""

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            kernel = self.model.layers[0].kernel
            kernel.assign(kernel + 0.5)


def make_callbacks(folder):
    return {
        "every": vg.GradientLogger(folder / "every.csv", every=3),
        "nudge": Nudge(),
        "epoch": vg.GradientLogger(folder / "epoch.csv", layers="first"),
        "guard": vg.TrainingGuard(),
        "deltas": vg.WeightDeltaLogger(folder / "deltas.csv", layers="all", max_values=None),
    }


def fit(folder, *names):
    folder.mkdir()
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(90, "tanh", name="a"), keras.layers.Dense(60, name="b")]
    model = keras.Sequential([keras.Input((60,)), *layers])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    x = np.random.default_rng(0).normal(size=(40, 60)).astype("float32")
    callbacks = make_callbacks(folder)
    model.fit(x, x, batch_size=8, epochs=3, verbose=0, callbacks=[callbacks[name] for name in names])
    return [(f.rule, f.layers, f.evidence) for f in callbacks["guard"].findings]


@pytest.mark.filterwarnings("ignore:.*")  # what the guard finds
def test_each_writes_what_it_writes_alone(tmp_path):
    orders = [["every", "epoch", "nudge", "guard", "deltas"], ["deltas", "guard", "nudge", "epoch", "every"]]
    for number, order in enumerate(orders):
        nudge = order.index("nudge")
        found = fit(tmp_path / f"together{number}", *order)
        for name in ("every", "epoch", "guard", "deltas"):
            alone = [name, "nudge"] if order.index(name) < nudge else ["nudge", name]
            judged = fit(tmp_path / f"{name}{number}", *alone)
            if name == "guard":
                assert judged == found
            else:
                paths = [tmp_path / f"{folder}{number}" / f"{name}.csv" for folder in (name, "together")]
                assert paths[0].read_bytes() == paths[1].read_bytes(), (name, order)
    logs = [(tmp_path / f"together{number}" / "epoch.csv").read_bytes() for number in range(2)]
    assert logs[0] != logs[1]  # before the change of the weights, and after it
