import pytest

from helpers.tables import write_gradients, write_history
from keras_vg.logs.runs import join_run_logs, read_run_logs


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


def test_join_runs(tmp_path):
    runs = read_run_logs([write_gradients(tmp_path / f"{name}.csv", layers=[name, "out"]) for name in "ba"])
    log = join_run_logs(runs, "gradients")
    assert log["run"].astype(str).tolist() == ["b", "b", "a", "a"]
    assert log["run"].cat.categories.tolist() == ["b", "a"]
    assert log["layer"].tolist() == ["b", "out", "a", "out"]
    assert join_run_logs(runs, "history") is None
