import warnings

import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers.tables import make_block, make_gradients, write_log


def test_compare_joins_on_depth_and_gives_ratios(logs):
    table = vg.compare(logs)
    assert table.index.names == ["epoch", "depth"]
    expected = pd.DataFrame(
        [[2.0, 20.0, 1.0, 10.0], [4.0, np.nan, 1.0, np.nan]],
        index=pd.MultiIndex.from_tuples([(0, 0), (1, 0)], names=["epoch", "depth"]),
        columns=pd.MultiIndex.from_product([["implied_gradient", "ratio"], ["a", "b"]]),
    )
    assert table.columns.tolist() == expected.columns.tolist()
    np.testing.assert_array_equal(table.to_numpy(), expected.to_numpy())
    assert table.index.tolist() == expected.index.tolist()


def test_compare_takes_a_value_a_key_and_a_table(logs):
    log = vg.read_log({"b": logs["b"], "a": logs["a"]}).assign(seed=3)
    table = vg.compare(log, "delta", by="weight")
    assert table["delta"].loc["kernel"].to_dict() == {"b": 20.0, "a": 3.0}
    assert table["ratio"].loc["kernel"].to_dict() == {"b": 1.0, "a": 0.15}
    assert vg.compare(log, by=["seed", "epoch"]).index.tolist() == [(3, 0), (3, 1)]


def _join_runs(*runs):
    return pd.concat([make_gradients(np.ones((1, len(names))), f"run{i}", names) for i, names in enumerate(runs)])


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ((["h1", "h2", "out"], ["h1", "bn1", "h2", "bn2", "out"]), "at depth 1, 'h2' of 'run0' stands beside 'bn1'"),
        ((["h1", "h2", "out"], ["h1", "h2", "h3", "out"]), "at depth 2, 'out' of 'run0' stands beside 'h3' of 'run1'"),
        ((["dense", "dense_1", "bn"], ["dense", "bn", "dense_1"]), "at depth 1, 'dense_1'"),
        ((["h1", "out"], ["h1", "out"], ["in", "h1", "out"]), "'h1' of 'run0' stands beside 'in' of 'run2'"),
    ],
)
def test_compare_warns_of_different_layers_at_one_depth(runs, said):
    log = _join_runs(*runs)
    with pytest.warns(UserWarning, match=f"{said}.*by=.'epoch', 'layer'"):
        vg.compare(log)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = vg.compare(log, by=["epoch", "layer"])["gradient_rms"]
    assert table.loc[(0, runs[0][-1])].notna().all()  # each run's layer of that name


@pytest.mark.parametrize(
    "runs",
    [
        (["dense", "dense_1"], ["dense_17", "dense_18", "dense_19"]),
        (["sigmoid_0", "sigmoid_1", "out"], ["relu_0", "relu_1", "out"]),
        (["dense", "batch_normalization", "out"], ["dense", "layer_normalization", "out"]),
    ],
)
def test_compare_joins_the_same_layers_under_other_names_without_a_warning(runs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(vg.compare(_join_runs(*runs))) == max(map(len, runs))


def test_compare_shows_a_nan(tmp_path):
    path = write_log(tmp_path / "log.csv", make_block(np.float32([1, np.nan])))
    assert vg.compare(path)["implied_gradient", "log"].isna().all()


def test_compare_equals_a_plain_pandas_computation(circle_runs):
    paths = {run.name: run.deltas for run in circle_runs}
    table = vg.compare(paths)["implied_gradient"]
    for name, path in paths.items():
        frame = pd.read_csv(path)
        by_hand = frame["implied_gradient"].abs().groupby([frame["epoch"], frame["depth"]]).mean()
        np.testing.assert_allclose(table[name], by_hand, rtol=1e-12)


def test_bad_comparisons(logs):
    for options, message in [
        ({"value": "epoch"}, "must be a numeric column"),
        ({"value": "loss"}, "Received: value='loss'"),
        ({"by": "delta"}, "must be one or more of epoch, depth, layer, weight, index. .* Choose one of them"),
        ({"by": []}, r"Received: by=\[\]"),
        ({"by": ["epoch", "layers"]}, r"Received: by=\['epoch', 'layers'\]. Did you mean 'layer'?"),
    ]:
        with pytest.raises(ValueError, match=message):
            vg.compare(logs, **options)
    with pytest.raises(ValueError, match="must be a log of this package"):
        vg.compare(pd.DataFrame({"epoch": [0]}))


def test_a_run_without_rows_is_a_column_of_nan(logs, tmp_path):
    empty = write_log(tmp_path / "empty.csv")
    table = vg.compare([logs["a"], empty])["implied_gradient"]
    assert table["empty"].isna().all()
    assert table["a"].notna().all()
    assert vg.compare(empty).shape == (0, 2)
