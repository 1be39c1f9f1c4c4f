import pandas as pd
import pytest

import keras_vg as vg
from keras_vg.logs.schemas import GRADIENT


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
