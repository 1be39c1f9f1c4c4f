"""What a gradient log says, against gradients computed without this package."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg
from helpers.gradient_rows import check_norms, read_rows
from helpers.gradients import compute_gradients
from helpers.long import cross, shorten
from helpers.models import (
    BASIC,
    MODELS,
    make_data,
    make_ordered,
    make_sequential,
    make_shared,
)
from helpers.recorders import StepRecorder
from helpers.training import COMPILE_OPTIONS, fit

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]
BACKEND = keras.backend.backend()


@pytest.mark.parametrize("name", [*(name for name in BASIC if name != "subclassed"), "wide"])
def test_norms_equal_an_independent_computation(name, tmp_path):
    def make_without_dropout():
        model = MODELS[name]()
        for layer in model.layers:
            if isinstance(layer, layers.Dropout):
                layer.rate = 0.0
        return model

    check_norms(make_without_dropout, tmp_path)


@pytest.mark.parametrize("name", ["sequential", "sequential_without_input"])
def test_under_plain_sgd_the_gradients_sum_up_to_the_change(name, tmp_path):
    rate = 0.05
    x, y = make_data()
    recorder = StepRecorder()
    delta_logger = vg.WeightDeltaLogger(tmp_path / "deltas.csv", layers="all")
    keras.utils.set_random_seed(0)
    model = MODELS[name]()
    model.compile(keras.optimizers.SGD(rate), "mse")
    for layer in model.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
    gradient_logger = vg.GradientLogger(tmp_path / "gradients.csv")
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[recorder, delta_logger, gradient_logger])
    sums, norms = None, []
    for step, weights in enumerate(recorder.weights):
        if step == 0 and BACKEND == "tensorflow" and not weights:
            keras.utils.set_random_seed(0)
            initial = MODELS[name]()
            initial(x[:1])
            weights = initial.get_weights()
        model.set_weights(weights)
        mse = lambda y, y_pred: keras.ops.mean(keras.losses.mean_squared_error(y, y_pred))  # noqa: E731
        part = slice(step * 8, step * 8 + 8)
        gradients = [g.astype("f8") for g in compute_gradients(model, mse, x[part], y[part])]
        sums = gradients if sums is None else [a + b for a, b in zip(sums, gradients, strict=True)]
        norms.append([np.linalg.norm(g) for g in gradients])
    deltas = vg.read_log(tmp_path / "deltas.csv")
    tensors = [rows["delta"].to_numpy() for _, rows in deltas.groupby(["depth", "weight"], sort=False, observed=True)]
    for total, delta in zip(sums, tensors, strict=True):
        np.testing.assert_allclose(-rate * total.ravel(), delta, rtol=1e-4, atol=1e-6)
    log = vg.read_log(tmp_path / "gradients.csv")
    np.testing.assert_allclose(log["gradient_norm"], np.mean(norms, axis=0), rtol=2e-5, atol=1e-9)
    np.testing.assert_allclose(log["gradient_norm_max"], np.max(norms, axis=0), rtol=2e-5, atol=1e-9)
    rms = np.sqrt(np.sum(np.square(norms), axis=0) / (5 * log["size"]))
    np.testing.assert_allclose(log["gradient_rms"], rms, rtol=2e-5, atol=1e-9)
    np.testing.assert_allclose(log["update_ratio"], log["delta_norm"] / log["weight_norm"], rtol=1e-6)
    assert log["steps"].tolist() == [5] * len(log)
    assert log["step"].tolist() == [4] * len(log)


@pytest.mark.parametrize(
    ("name", "shape", "high"),
    [
        ("embedding", (7,), 20),
        ("recurrent", (5, 3), None),
        ("convolution", (6, 6, 2), None),
        ("attention", (5, 4), None),
        ("shared", (3,), None),
        ("dead", (3,), None),
    ],
)
def test_kinds_of_layers(name, shape, high, tmp_path):
    check_norms(MODELS[name], tmp_path, data=make_ordered(shape, high=high))


@pytest.mark.parametrize(
    "options",
    [
        {"clipnorm": 1e-3},
        {"clipvalue": 1e-3},
        {"global_clipnorm": 1e-3},
        {"weight_decay": 0.1},
        {"use_ema": True, "ema_overwrite_frequency": 2},
        {"momentum": 0.9},
        {"gradient_accumulation_steps": 2},
        {"loss_scale_factor": 128.0},
    ],
    ids=lambda options: next(iter(options)),
)
def test_figures_are_those_before_the_optimizer_acts(options, tmp_path):
    check_norms(make_shared, tmp_path, optimizer=keras.optimizers.SGD(0.05, **options))


def test_an_epoch_shorter_than_the_accumulation(tmp_path):
    optimizer = keras.optimizers.Adam(gradient_accumulation_steps=50)
    fit(make_sequential, vg.GradientLogger(tmp_path / "log.csv"), optimizer=optimizer, epochs=1)
    log = vg.read_log(tmp_path / "log.csv")
    assert (log["delta_norm"] == 0).all()
    assert (log["gradient_norm"] > 0).all()
    assert log["learning_rate"].isna().all()


def test_several_inputs_and_outputs_and_a_weight_without_gradient(tmp_path):
    def make():
        a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
        x = layers.Concatenate()([layers.Dense(4, name="left")(a), layers.Dense(4, name="right")(b)])
        outputs = {"used": layers.Dense(1, name="used")(x), "idle": layers.Dense(1, name="idle")(x)}
        return keras.Model({"a": a, "b": b}, outputs)

    rng = np.random.default_rng(0)
    x = {"a": rng.normal(size=(16, 3)).astype("float32"), "b": rng.normal(size=(16, 2)).astype("float32")}
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(keras.optimizers.SGD(0.1), {"used": "mse"})
    model.fit(x, {"used": np.ones((16, 1))}, verbose=0, callbacks=[vg.GradientLogger(tmp_path / "log.csv")])
    rows = read_rows(tmp_path / "log.csv")[0]
    assert {layer for layer, _ in rows} == {"left", "right", "used", "idle"}
    for (layer, _), row in rows.items():
        if layer == "idle":
            assert row["steps"] == 0  # on JAX, too, which gives a gradient of zeros
            assert np.isnan(row["gradient_norm"])
            assert row["delta_norm"] == 0
        else:
            assert row["gradient_norm"] > 0


def test_every_so_many_steps(tmp_path):
    fit(make_sequential, vg.GradientLogger(tmp_path / "each.csv", every=1), epochs=2, shuffle=False)
    fit(make_sequential, vg.GradientLogger(tmp_path / "two.csv", every=2), epochs=2, shuffle=False)
    each, two = read_rows(tmp_path / "each.csv"), read_rows(tmp_path / "two.csv")
    ends = [(row["epoch"], row["step"], row["steps"]) for rows in two for row in rows.values()][::6]
    assert ends == [(0, 1, 2), (0, 3, 2), (0, 4, 1), (1, 1, 2), (1, 3, 2), (1, 4, 1)]
    groups = [each[0:2], each[2:4], each[4:5], each[5:7], each[7:9], each[9:10]]
    for rows, group in zip(two, groups, strict=True):
        for key, row in rows.items():
            norms = [single[key]["gradient_norm"] for single in group]
            np.testing.assert_allclose(row["gradient_norm"], np.mean(norms), rtol=1e-5, atol=1e-9)
            np.testing.assert_allclose(row["gradient_norm_max"], np.max(norms), rtol=1e-5, atol=1e-9)
            rms = np.sqrt(np.sum(np.square(norms)) / (len(norms) * row["size"]))
            np.testing.assert_allclose(row["gradient_rms"], rms, rtol=1e-5, atol=1e-9)


def test_headline_figures_reach_history_and_later_callbacks(tmp_path):
    stopper = keras.callbacks.EarlyStopping(monitor="gradient_ratio", mode="max", patience=0, baseline=1e9)
    csv_logger = keras.callbacks.CSVLogger(str(tmp_path / "history.csv"))
    callbacks = [vg.GradientLogger(tmp_path / "log.csv"), stopper, csv_logger]
    if BACKEND == "tensorflow":
        callbacks.append(keras.callbacks.TensorBoard(str(tmp_path / "board")))
    _, history = fit(make_sequential, *callbacks, epochs=5)
    assert len(history.history["gradient_ratio"]) < 5  # stopped
    log = vg.read_log(tmp_path / "log.csv")
    rms = log["gradient_rms"].groupby([log["epoch"], log["depth"]]).max().unstack()
    np.testing.assert_allclose(history.history["gradient_rms_first"], rms[0], rtol=1e-5)
    np.testing.assert_allclose(history.history["gradient_rms_last"], rms[2], rtol=1e-5)
    np.testing.assert_allclose(history.history["gradient_ratio"], rms[0] / rms[2], rtol=1e-5)
    assert "gradient_ratio" in (tmp_path / "history.csv").read_text().splitlines()[0]
    if BACKEND == "tensorflow":
        from tensorflow.python.summary.summary_iterator import summary_iterator

        events = [e for path in (tmp_path / "board" / "train").iterdir() for e in summary_iterator(str(path))]
        assert "epoch_gradient_ratio" in {value.tag for event in events for value in event.summary.value}


def test_zero_fraction_is_the_mean_over_all_steps(tmp_path):
    x = np.zeros((100, 2), "float32")
    x[:, 0] = 1
    x[50:, 1] = 1  # so that from step 50 on the kernel's gradient has no zero
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(1e-6), "mse")
    log = tmp_path / "log.csv"
    logger = vg.GradientLogger(log, count_zeros=True)
    model.fit(x, np.full((100, 1), 9.0), batch_size=1, shuffle=False, verbose=0, callbacks=[logger])
    assert vg.read_log(log)["zero_fraction"].item() == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("units", "options", "every"),
    shorten(
        cross({"1": 1, "2": 2}, COMPILE_OPTIONS.keys(), {"epoch": "epoch", "10": 10}),
        {
            "tensorflow": ["1-graph-epoch", "2-graph-10", "1-eager-10", "2-xla-epoch", "1-xla-10"],
            "jax": ["2-xla-epoch", "1-xla-10"],  # the others run eagerly, which takes half a minute
            "torch": ["1-graph-epoch", "2-graph-10", "1-eager-10"],
        }[BACKEND],
    ),
)
def test_zero_fraction_of_many_values(units, options, every, tmp_path):
    """Each step has a number of zeros of its own."""
    size, steps = 5000, 35
    x = np.ones((2 * steps, size), "float32")
    for step in range(steps):
        x[2 * step : 2 * step + 2, : 4 * step**2] = 0
    model = keras.Sequential([keras.Input((size,)), layers.Dense(units, use_bias=False)])
    model.compile(keras.optimizers.SGD(1e-9), "mse", **COMPILE_OPTIONS[options])
    logger = vg.GradientLogger(tmp_path / "log.csv", every=every, count_zeros=True)
    y = np.full((len(x), units), 9.0)
    model.fit(x, y, batch_size=2, shuffle=False, epochs=2, verbose=0, callbacks=[logger])
    log = vg.read_log(tmp_path / "log.csv")
    length = steps if every == "epoch" else every
    rows = [range(start, min(start + length, steps)) for start in range(0, steps, length)]
    expected = [np.mean([4 * step**2 / size for step in row]) for row in rows]
    assert log["zero_fraction"].tolist() == pytest.approx(expected * 2)
    assert log["steps"].tolist() == [min(length, steps - start) for start in range(0, steps, length)] * 2


def test_zeros_are_not_counted_unless_that_is_asked_for(tmp_path):
    paths = [tmp_path / "plain.csv", tmp_path / "counted.csv"]
    fit(make_sequential, *[vg.GradientLogger(path, count_zeros=path == paths[1]) for path in paths])
    plain, counted = map(vg.read_log, paths)
    assert plain["zero_fraction"].isna().all()
    assert counted["zero_fraction"].between(0, 1).all()
    columns = [column for column in plain.columns if column not in ("run", "zero_fraction")]
    pd.testing.assert_frame_equal(plain[columns], counted[columns])
