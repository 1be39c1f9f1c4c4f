"""Rows of a gradient log, compared with gradients computed without this package."""

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.gradients import compute_gradients
from helpers.models import make_data
from helpers.recorders import StepRecorder
from keras_vg.training.weights import list_weights


def read_rows(path):
    """The log as a list with one dict of (layer, weight) to row per step or epoch."""
    log = vg.read_log(path)
    return [
        {(row["layer"], row["weight"]): row for _, row in rows.iterrows()}
        for _, rows in log.groupby(["epoch", "step"], sort=True)
    ]


def label(model):
    return {id(w.variable): (w.layer, w.name) for w in list_weights(model)}


def check_norms(make, tmp_path, *, data=None, loss="mse", optimizer=None, rtol=2e-5, atol=1e-7, compile_options=None):
    """Fits with a row per step and checks every figure against gradients computed apart, on the same weights.

    `atol` is for gradients that are 0 but for rounding, such as that of an attention key's bias.
    """
    x, y = make_data() if data is None else data
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(optimizer or keras.optimizers.SGD(0.05), loss, **(compile_options or {}))
    recorder, path = StepRecorder(), tmp_path / "log.csv"
    logger = vg.GradientLogger(path, every=1, count_zeros=True)
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[recorder, logger])
    rows, labels, batch = read_rows(path), label(model), 8
    if not recorder.weights[0]:  # not built yet
        keras.utils.set_random_seed(0)
        initial = make()
        initial(x[:1])
        recorder.weights[0] = initial.get_weights()
    take = lambda data, part: keras.tree.map_structure(lambda a: a[part], data)  # noqa: E731
    count = len(keras.tree.flatten(x)[0])
    compute_loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    assert len(rows) == -(-count // batch)
    for step, (weights, row) in enumerate(zip(recorder.weights, rows, strict=True)):
        model.set_weights(weights)
        part = slice(step * batch, (step + 1) * batch)
        mean_loss = lambda y, y_pred: keras.ops.mean(compute_loss(y, y_pred))  # noqa: E731
        gradients = compute_gradients(model, mean_loss, take(x, part), take(y, part))
        after = [*recorder.weights[1:], recorder.final][step]
        places = {id(v): place for place, v in enumerate(model.weights)}
        for variable, gradient in zip(model.trainable_weights, gradients, strict=True):
            logged = row[labels[id(variable)]]
            if gradient is None:
                assert logged["steps"] == 0
                continue
            norm = np.linalg.norm(gradient.astype("float64"))
            np.testing.assert_allclose(logged["gradient_norm"], norm, rtol=rtol, atol=atol)
            np.testing.assert_allclose(logged["gradient_norm_max"], norm, rtol=rtol, atol=atol)
            np.testing.assert_allclose(logged["gradient_rms"], norm / np.sqrt(gradient.size), rtol=rtol, atol=atol)
            assert (logged["size"], logged["steps"], logged["nonfinite_steps"]) == (gradient.size, 1, 0)
            if rtol < 0.01 and norm > atol:  # in bfloat16 and in rounding noise, zeros depend on the order of the sums
                assert logged["zero_fraction"] == pytest.approx(np.mean(gradient == 0), abs=1e-6)
            old, new = weights[places[id(variable)]].astype("f8"), after[places[id(variable)]].astype("f8")
            assert logged["delta_norm"] == pytest.approx(np.linalg.norm(new - old), rel=1e-6)
            assert logged["weight_norm"] == pytest.approx(np.linalg.norm(new), rel=1e-6)
    return model, rows
