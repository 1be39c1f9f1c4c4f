from pathlib import Path

import pytest

from helpers.tables import write_gradients, write_history
from keras_vg.logs.runs import join_run_logs, read_run_logs, sort_into_runs


@pytest.mark.parametrize(
    ("gradients", "history", "names"),
    [
        (["a_gradients.csv", "b_gradients.csv"], ["a_history.csv", "b_history.csv"], ["a", "b"]),
        (["a/gradients.csv", "b/gradients.csv"], ["a/training.csv", "b/log.csv"], ["a", "b"]),
        (["a/gradients.csv", "b/gradients.csv"], [], ["a", "b"]),
        (["one.csv", "two.csv"], [], ["one", "two"]),
        (["one.csv"], ["other.csv"], ["one"]),
        (["a_gradient.csv", "a_gradients.csv"], [], ["a_gradient", "a_gradients"]),
    ],
)
def test_files_are_sorted_into_runs(tmp_path, gradients, history, names):
    paths = [write_gradients(tmp_path / name) for name in gradients]
    paths += [write_history(tmp_path / name) for name in history]
    runs = read_run_logs(paths)
    assert [run.name for run in runs] == names
    for run in runs:
        assert set(run.tables) == ({"gradients", "history"} if history else {"gradients"})
        assert run.tables["gradients"]["gradient_rms"].tolist() == [0.1, 0.2]


@pytest.mark.parametrize(
    ("gradients", "history", "runs"),
    [
        ("gradients_a gradients_b", "history_a training_b", {"a": 2, "b": 2}),
        ("a_gradients_s0 a_gradients_s1", "a_history_s0 a_log_s1", {"a_s0": 2, "a_s1": 2}),
        ("gradients1 gradients2", "history1 history2", {"1": 2, "2": 2}),
        ("gradients/a gradients/b", "history/a history/b", {"a": 2, "b": 2}),
        ("a/gradients-0 b/gradients-0", "a/history-0 b/history-0", {"a/0": 2, "b/0": 2}),
        ("training_1_gradients training_2_gradients", "training_1", {"training_1": 2, "training_2": 1}),
        ("gradients_log_a gradients_log_b", "history_log_a", {"log_a": 2, "log_b": 1}),
        ("grads-a grad-b", "hist-a hist-b", {"a": 2, "b": 2}),
        ("scale=log analog", "", {"scale=log": 1, "analog": 1}),
        ("gradients_a a_gradients", "", {"gradients_a": 1, "a_gradients": 1}),
    ],
)
def test_the_word_for_the_type_may_stand_anywhere(gradients, history, runs):
    files = {Path(f"{name}.csv"): "gradients" for name in gradients.split()}
    files |= {Path(f"{name}.csv"): "history" for name in history.split()}
    assert {name: len(paths) for name, paths in sort_into_runs(files)} == runs


def test_weight_deltas_are_one_word():
    files = {Path(f"weight_deltas_{name}.csv.gz"): "deltas" for name in "ab"}
    assert [name for name, _ in sort_into_runs(files)] == ["a", "b"]


def test_join_runs(tmp_path):
    runs = read_run_logs([write_gradients(tmp_path / f"{name}.csv", layers=[name, "out"]) for name in "ba"])
    log = join_run_logs(runs, "gradients")
    assert log["run"].astype(str).tolist() == ["b", "b", "a", "a"]
    assert log["run"].cat.categories.tolist() == ["b", "a"]
    assert log["layer"].tolist() == ["b", "out", "a", "out"]
    assert join_run_logs(runs, "history") is None
