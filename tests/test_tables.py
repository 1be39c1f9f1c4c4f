import numpy as np
import pandas as pd
import pytest
from test_csvlog import make_block, write_log

import keras_vg as vg
from keras_vg.logs.schemas import GRADIENT

A, B = np.float32([1, -3]), np.float32([-10, 30])


@pytest.fixture
def logs(tmp_path):
    paths = {name: tmp_path / f"{name}.csv" for name in ("a", "b")}
    write_log(paths["a"], make_block(A), make_block(2 * A, epoch=1))
    write_log(paths["b"], make_block(B, layer="dense_17"))
    return paths


def test_read_log_takes_a_path_a_glob_a_list_and_a_dict(logs, tmp_path):
    one = vg.read_log(logs["a"])
    assert one.columns[0] == "run"
    assert one["run"].tolist() == ["a"] * 4
    assert [str(one[c].dtype) for c in ("run", "epoch", "layer", "before")] == [
        "category",
        "int64",
        "category",
        "float64",
    ]
    expected = vg.read_log({"a": logs["a"], "b": logs["b"]})
    pd.testing.assert_frame_equal(vg.read_log(str(tmp_path / "*.csv")), expected)
    pd.testing.assert_frame_equal(vg.read_log([str(logs["a"]), logs["b"]]), expected)
    assert vg.read_log({"new": logs["b"], "old": logs["a"]})["run"].unique().tolist() == ["new", "old"]


def test_runs_are_named_by_what_tells_them_apart(logs, tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "log.csv").write_bytes(logs["a"].read_bytes())
    log = vg.read_log([logs["a"], tmp_path / "x" / "log.csv", tmp_path / "y" / "log.csv"])
    assert log["run"].unique().tolist() == ["a", "x/log", "y/log"]


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


def test_bad_sources(tmp_path, logs):
    empty, foreign, broken, short = (tmp_path / f"{n}.csv" for n in ("empty", "foreign", "broken", "short"))
    empty.write_text("")
    foreign.write_text("epoch,loss\n0,0.5\n")
    gradients = tmp_path / "gradients.csv"
    gradients.write_text(",".join(GRADIENT.columns) + "\n")
    text = logs["a"].read_text()
    broken.write_text(text.replace("-3.0", "minus three", 1))
    short.write_text(text.replace(",0.001,", ",", 1))
    for source, error, message in [
        (tmp_path / "none.csv", FileNotFoundError, "must be an existing file. Received: .*none.csv"),
        (str(tmp_path / "n*.csv"), FileNotFoundError, "which matches none"),
        (tmp_path, FileNotFoundError, "must be an existing file"),
        ([], ValueError, "at least one log"),
        (None, TypeError, "Received: None"),
        ({1: logs["a"], "1": logs["b"]}, ValueError, "distinct names"),
        ([logs["a"], gradients], ValueError, "must be of one type. Received: a delta log .* and a gradient log"),
        (empty, ValueError, "an empty file"),
        (foreign, ValueError, "first line is 'epoch,loss'"),
        (broken, ValueError, "minus three"),
        (short, ValueError, "10 values"),
    ]:
        with pytest.raises(error, match=message):
            vg.read_log(source)


def test_a_torn_last_line_is_dropped_with_a_warning(logs):
    whole = vg.read_log(logs["a"])
    with logs["a"].open("ab") as file:
        file.write(b"2,0,dense,kernel,0,0.1,0")
    with pytest.warns(UserWarning, match="dropped the torn row"):
        torn = vg.read_log(logs["a"])
    pd.testing.assert_frame_equal(torn, whole)


def test_bad_comparisons(logs):
    for options, message in [
        ({"value": "epoch"}, "must be a numeric column"),
        ({"value": "loss"}, "Received: value='loss'"),
        ({"by": "delta"}, "must name one or more columns that are not numeric"),
        ({"by": []}, r"Received: by=\[\]"),
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
