"""The gradient of a layer, against sums over gradients that are known, and against the file it is written to."""

import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from keras_vg.logs.layers import compare_ends, measure_epoch, measure_layers, reduce_layers
from keras_vg.logs.rows import round_trip
from keras_vg.logs.schemas import GRADIENT
from keras_vg.logs.writer import CsvLog


def make_rows(rms, depths, weights, epoch=0, step=0, size=4, steps=1, nonfinite_steps=0):
    """Rows of one interval, in float32 as the loggers write them."""
    number = len(rms)
    columns = {
        "epoch": epoch,
        "step": step,
        "depth": np.array(depths),
        "layer": [f"dense_{depth}" for depth in depths],
        "weight": list(weights),
        "size": np.broadcast_to(size, number),
        "steps": np.broadcast_to(steps, number),
        "nonfinite_steps": np.broadcast_to(nonfinite_steps, number),
        "gradient_rms": np.float32(rms),
        "learning_rate": np.float32(0.1),
    }
    ones = {name: np.ones(number, "float32") for name in GRADIENT.numbers if name not in columns}
    return {name: {**columns, **ones}[name] for name in GRADIENT.columns}


def make_table(*blocks):
    return pd.concat([pd.DataFrame(block) for block in blocks], ignore_index=True).assign(run="run")


def write(path, *blocks):
    log = CsvLog(path, GRADIENT)
    log.open()
    for block in blocks:
        log.write([block])
    log.close()
    return path


def test_a_layer_is_its_largest_weight_over_all_steps_of_an_epoch():
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(7, 6)), 3 * rng.normal(size=(7, 3))  # gradients at 7 steps
    blocks = []
    for step, part in ((2, slice(0, 3)), (4, slice(3, 5)), (6, slice(5, 7))):  # rows of 3, 2 and 2 steps
        rms = [np.sqrt((values[part] ** 2).mean()) for values in (kernel, bias)]
        blocks.append(make_rows(rms, [0, 0], ["kernel", "bias"], step=step, size=[6, 3], steps=len(kernel[part])))
    layers = measure_layers(make_table(*blocks))
    np.testing.assert_allclose(layers.rms, [[np.sqrt((bias**2).mean())]], rtol=1e-6)
    (row,) = reduce_layers(make_table(*blocks)).to_dict("records")
    both = np.hstack([kernel, bias])
    np.testing.assert_allclose(row["gradient_norm"], np.sqrt((both**2).sum(axis=1).mean()), rtol=1e-6)


def test_steps_that_are_not_finite_are_left_out():
    good = make_rows([2.0], [0], ["kernel"], step=0, steps=3)
    partly = make_rows([4.0], [0], ["kernel"], step=1, steps=2, nonfinite_steps=1)
    broken = make_rows([np.nan], [0], ["kernel"], step=2, steps=2, nonfinite_steps=2)
    layers = measure_layers(make_table(good, partly, broken))
    np.testing.assert_allclose(layers.rms, [[np.sqrt((3 * 4 + 16) / 4)]], rtol=1e-15)
    assert np.isnan(measure_layers(make_table(broken)).rms).all()
    beside = make_rows([np.nan, 1.0], [0, 0], ["kernel", "bias"], steps=2, nonfinite_steps=[2, 0])
    assert np.isnan(measure_layers(make_table(beside)).rms).all()  # a broken weight does not hide behind a good one


def test_one_row_is_left_as_it_is():
    values = np.float32(10.0 ** np.random.default_rng(0).uniform(-40, 30, 1000))
    rows = make_rows(values, np.arange(1000), ["kernel"] * 1000, size=7, steps=13)
    assert measure_layers(make_table(rows)).rms[0].tolist() == round_trip(values).tolist()


@pytest.mark.parametrize(
    ("weights", "first", "last"),
    [
        (["kernel", "kernel", "kernel", "kernel"], 1.0, 8.0),
        (["embeddings", "kernel", "query/kernel", "gamma"], 2.0, 4.0),
        (["depthwise_kernel", "alpha", "recurrent_kernel", "bias"], 1.0, 4.0),
        (["embeddings", "gamma", "gamma", "kernel"], 1.0, 8.0),  # one kernel cannot be compared: all layers are
        (["w", "w", "w", "w"], 1.0, 8.0),
    ],
)
def test_the_first_and_the_last_layer_are_those_with_a_kernel(weights, first, last):
    rows = make_rows([1.0, 2.0, 4.0, 8.0], range(4), weights)
    layers = measure_layers(make_table(rows))
    assert (layers.first.tolist(), layers.last.tolist(), layers.ratio.tolist()) == ([first], [last], [first / last])
    assert measure_epoch([rows]) == {
        "gradient_rms_first": first,
        "gradient_rms_last": last,
        "gradient_ratio": first / last,
    }


def test_a_layer_that_the_loss_does_not_depend_on_is_neither_first_nor_last():
    rows = make_rows([np.nan, 1.0, 4.0, np.nan], range(4), ["kernel"] * 4, steps=[0, 1, 1, 0])
    assert measure_epoch([rows]) == {"gradient_rms_first": 1.0, "gradient_rms_last": 4.0, "gradient_ratio": 0.25}
    assert measure_layers(make_table(rows)).first_depth == 1
    none = make_rows([np.nan, np.nan], [0, 1], ["kernel"] * 2, steps=0)
    assert np.isnan(list(measure_epoch([none]).values())).tolist() == [True] * 3


def test_zero_and_nan_are_not_passed_over():
    dead = make_rows([0.0, 1.0, 4.0], range(3), ["kernel"] * 3)
    assert measure_epoch([dead])["gradient_ratio"] == 0.0
    assert vg.diagnose(make_table(dead)).figures["gradient_ratio"] == 0.0
    broken = make_rows([np.nan, 1.0, 4.0], range(3), ["kernel"] * 3, nonfinite_steps=[1, 0, 0])
    assert np.isnan(measure_epoch([broken])["gradient_ratio"])
    assert "gradient_ratio" not in vg.diagnose(make_table(broken)).figures


def test_one_layer_has_no_ratio():
    rows = make_rows([2.0, 1.0], [3, 3], ["kernel", "bias"])
    assert measure_epoch([rows]) == {"gradient_rms_first": 2.0, "gradient_rms_last": 2.0}
    assert measure_epoch([]) == {}
    assert "gradient_ratio" not in vg.diagnose(make_table(rows)).figures


def test_an_epoch_in_memory_is_the_epoch_in_the_file_to_the_last_digit(tmp_path):
    rng = np.random.default_rng(0)
    names = ["kernel", "bias", "kernel", "recurrent_kernel", "bias", "kernel"]
    depths = [0, 0, 1, 1, 1, 2]
    epochs = []
    for epoch in range(50):
        steps = rng.integers(1, 9, 4)
        epochs.append(
            [
                make_rows(
                    10.0 ** rng.uniform(-12, 3, len(names)), depths, names, epoch, step, rng.integers(1, 99, 6), count
                )
                for step, count in enumerate(steps)
            ]
        )
    log = vg.read_log(write(tmp_path / "log.csv", *[block for blocks in epochs for block in blocks]))
    in_memory = pd.DataFrame([measure_epoch(blocks) for blocks in epochs])
    pd.testing.assert_frame_equal(compare_ends(log)[list(in_memory)], in_memory, check_exact=True)
    assert measure_layers(log).rms.ravel().tolist() == reduce_layers(log)["gradient_rms"].tolist()
    float32 = log.astype({"gradient_rms": "float32"})  # as in the tables of an inspection
    assert measure_layers(float32).rms.tolist() == measure_layers(log).rms.tolist()


def test_runs_are_not_mixed():
    one = make_table(make_rows([1.0, 2.0], [0, 1], ["kernel"] * 2))
    two = make_table(make_rows([8.0, 2.0, 4.0], [0, 1, 2], ["embeddings", "kernel", "kernel"])).assign(run="other")
    ends = compare_ends(pd.concat([one, two]))
    assert ends.values.tolist() == [["run", 0, 1.0, 2.0, 0.5], ["other", 0, 2.0, 4.0, 0.5]]
    with pytest.raises(ValueError, match="A gradient log is needed"):
        compare_ends(pd.DataFrame({"epoch": [0]}))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_a_number_reads_back_to(tmp_path, dtype):
    values = np.append(10.0 ** np.random.default_rng(0).uniform(-45, 38, 5000), [0, 0.1, 1e-45, np.nan, np.inf])
    values = values.astype("float32").astype(dtype)
    rows = make_rows(np.zeros(len(values)), np.arange(len(values)), ["kernel"] * len(values))
    rows |= dict.fromkeys(GRADIENT.numbers, values)
    read = vg.read_log(write(tmp_path / "log.csv", rows))
    np.testing.assert_array_equal(round_trip(values), read["gradient_rms"])
