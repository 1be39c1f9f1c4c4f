"""Logs that are read while they are written have, after every step, the rows that `read_table` finds in the file."""

import gzip
import os
import zlib

import numpy as np
import pandas as pd
import pytest

from helpers.tables import make_block, make_gradients, write_gradients
from keras_vg.logs import tail
from keras_vg.logs.following import FollowedLog
from keras_vg.logs.reader import read_table
from keras_vg.logs.schemas import DELTA, GRADIENT
from keras_vg.logs.sources import find_patterns, list_files
from keras_vg.logs.writer import CsvLog


def make_rows(epoch, values=(0.1, 0.2), **columns):
    """The rows of one epoch as `CsvLog` takes them."""
    table = make_gradients([values], **columns).assign(epoch=epoch)
    return {name: table[name].to_list() for name in GRADIENT.columns}


def write_epochs(path, *epochs, append=True, schema=GRADIENT, separator=","):
    log = CsvLog(path, schema, separator, append)
    log.open()
    for epoch in epochs:
        log.write([epoch if isinstance(epoch, dict) else make_rows(epoch)])
    log.close()


def read_all(log):
    """Reads until nothing is new; returns the epochs of the rows that came."""
    epochs = []
    while True:
        rows = log.read()
        epochs += [] if rows is None else rows["epoch"].tolist()
        if rows is None and not log.is_behind:
            return epochs


def check(log):
    """Compares with the same file, read as a whole by the reader of finished logs."""
    expected = read_table(log.path)
    shown = log.table.astype({"run": object})
    pd.testing.assert_frame_equal(shown, expected.assign(run="run").astype({"run": object}), check_categorical=False)
    assert log.rows == len(expected)


@pytest.fixture(params=["gradients.csv", "gradients.csv.gz"])
def path(request, tmp_path):
    return tmp_path / request.param


def test_what_is_not_there_is_waited_for(path):
    log = FollowedLog(path)
    assert log.read() is None
    assert (log.is_missing, log.log_type, log.rows) == (True, None, 0)
    write_epochs(path)  # the header
    assert log.read() is None
    assert (log.is_missing, log.log_type) == (False, "gradients")
    write_epochs(path, 0)
    assert read_all(log) == [0, 0]
    check(log)


def test_only_new_rows_are_parsed(path, monkeypatch):
    write_epochs(path, 0, 1)
    log = FollowedLog(path)
    assert read_all(log) == [0, 0, 1, 1]
    sizes = []
    parse = log._parse
    monkeypatch.setattr(log, "_parse", lambda text: sizes.append(len(text)) or parse(text))
    for epoch in (2, 3):
        write_epochs(path, epoch)
        assert read_all(log) == [epoch, epoch]
        check(log)
    row = 16 * len("0.1,")
    assert max(sizes) < 2 * 2 * row
    assert log.read() is None
    assert log.restarts == 0


def test_resumed_epochs_replace_those_before(path):
    write_epochs(path, 0, 1, 2)
    log = FollowedLog(path)
    read_all(log)
    write_epochs(path, make_rows(1, (7.0, 8.0)), make_rows(2, (9.0, 1.0)))
    assert read_all(log) == [1, 1, 2, 2]
    check(log)
    assert log.table["gradient_rms"].tolist() == [0.1, 0.2, 7.0, 8.0, 9.0, 1.0]


def test_rows_of_one_epoch_may_come_one_by_one(path):
    write_epochs(path, make_rows(0, step=1))
    log = FollowedLog(path)
    assert read_all(log) == [0, 0]
    write_epochs(path, make_rows(0, step=2))
    assert read_all(log) == [0, 0, 0, 0]  # all rows of the epoch, those from before as well
    check(log)


@pytest.mark.parametrize("new", [[0], [5, 6, 7, 8]], ids=["shorter", "longer"])
@pytest.mark.parametrize("how", ["truncated", "replaced", "deleted"])
def test_a_file_that_is_started_anew(path, new, how):
    write_epochs(path, 0, 1)
    log = FollowedLog(path)
    read_all(log)
    if how == "deleted":
        path.unlink()
        assert log.read() is None
        assert log.is_missing
    other = path.with_name(f"other_{path.name}") if how == "replaced" else path
    write_epochs(other, *(make_rows(epoch, (3.0, 4.0)) for epoch in new), append=False)
    other.replace(path)
    assert read_all(log) == [epoch for epoch in new for _ in range(2)]
    check(log)
    assert log.restarts == 1


def test_a_torn_row_is_left_until_it_is_complete(tmp_path):
    path = tmp_path / "gradients.csv"
    write_epochs(path, 0, 1)
    whole = path.read_bytes()
    header = whole.index(b"\n") + 1
    log = FollowedLog(path)
    for size in range(1, len(whole) + 1):
        with path.open("ab" if size > 1 else "wb") as file:
            file.write(whole[size - 1 : size])
        log.read()
        assert log.problem == ""
        assert log.rows == whole[header:size].count(b"\n"), size
    check(log)


def test_a_torn_row_that_is_cut_when_the_training_is_resumed(path):
    write_epochs(path, 0, 1)
    with path.open("ab") as file:
        file.write(gzip.compress(b"2,9,0")[:12] if path.suffix == ".gz" else b"2,9,0")
    log = FollowedLog(path)
    read_all(log)
    assert log.rows == 4
    with pytest.warns(UserWarning, match="cut the torn row"):
        write_epochs(path, 2)
    read_all(log)
    check(log)
    assert log.table["epoch"].tolist() == [0, 0, 1, 1, 2, 2]


def test_a_gzip_stream_that_grows(tmp_path):
    """One member that is never finished, as `gzip.open` and a flush per epoch write it."""
    plain, path = tmp_path / "plain.csv", tmp_path / "gradients.csv.gz"
    write_epochs(plain, 0, 1, 2)
    log, seen = FollowedLog(path), []
    with gzip.open(path, "wb") as file:
        for line in plain.read_bytes().splitlines(keepends=True):
            file.write(line)
            file.flush(zlib.Z_SYNC_FLUSH)
            file.fileobj.flush()
            log.read()
            seen.append(log.rows)
    assert seen == list(range(7))
    read_all(log)
    check(log)


def test_a_damaged_gzip_file_is_said_and_read_again_when_it_changes(tmp_path):
    path = tmp_path / "gradients.csv.gz"
    path.write_bytes(b"this is no gzip file, but long enough to be one")
    log = FollowedLog(path)
    for _ in range(2):
        assert log.read() is None
        assert "must be a whole gzip file" in log.problem
    write_epochs(path, 0, append=False)
    read_all(log)
    assert log.problem == ""
    check(log)


def test_large_files_are_read_in_parts(path, monkeypatch):
    monkeypatch.setattr(tail, "MOST_AT_ONCE", 100)
    write_epochs(path, *range(20))
    log = FollowedLog(path)
    log.read()
    assert log.is_behind
    assert log.rows < 40
    read_all(log)
    check(log)


def test_a_malformed_line_is_named_by_its_number(tmp_path):
    path = tmp_path / "gradients.csv"
    write_epochs(path, 0)
    log = FollowedLog(path)
    read_all(log)
    with path.open("a") as file:
        file.write("1,9,zero" + ",1" * 13 + "\n")
    for _ in range(2):
        assert log.read() is None
        assert "in which line 4 does not" in log.problem
    assert log.rows == 2
    with pytest.raises(ValueError, match="in which line 4 does not"):
        read_table(path)


def test_quoted_names_and_separators(tmp_path):
    path = tmp_path / "gradients.csv"
    names = ['a;"b', "line\nend"]
    write_epochs(path, make_rows(0, layers=names), separator=";")
    log = FollowedLog(path)
    read_all(log)
    check(log)
    torn = path.read_bytes()[: path.read_bytes().rindex(b"end")]
    write_epochs(path, make_rows(1, layers=names), separator=";")
    assert read_all(log) == [1, 1]
    check(log)
    path.write_bytes(torn)  # ends inside of quotes, behind a line end
    read_all(log)
    assert log.table["layer"].tolist() == names[:1]


def test_names_are_made_printable(tmp_path):
    path = tmp_path / "gradients.csv"
    write_gradients(path, layers=["a\x1b[2J", "b"])
    log = FollowedLog(path)
    read_all(log)
    assert log.table["layer"].tolist() == ["a\ufffd[2J", "b"]


def test_histories(tmp_path):
    path = tmp_path / "history.csv"
    log = FollowedLog(path)
    lines = ["epoch,loss,val_loss", "0,0.5,NA", "1,0.25,0.5", "2,0.125,0.25"]
    for number in range(1, 5):
        path.write_bytes("".join(f"{line}\r\n" for line in lines[:number]).encode())
        rows = log.read()
        assert log.log_type == "history"
        assert (rows is None) == (number == 1)
        if number > 1:
            pd.testing.assert_frame_equal(log.table, read_table(path))
    with path.open("ab") as file:
        file.write(b"3,0.0")
    assert log.read() is None
    assert log.rows == 3
    with path.open("ab") as file:
        file.write(b"625,1\r\n")
    assert log.read()["loss"].tolist() == [0.5, 0.25, 0.125, 0.0625]
    assert (log.last_epoch, log.restarts) == (3, 0)


def test_what_is_no_log_is_said(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("time,value\n0,1\n")
    log = FollowedLog(path)
    assert log.read() is None
    assert "columns=['time', 'value']" in log.problem
    folder = FollowedLog(tmp_path)
    assert folder.read() is None
    assert "directory" in folder.problem


def test_of_a_delta_log_only_the_last_epoch_is_kept(tmp_path):
    path = tmp_path / "deltas.csv"
    log = FollowedLog(path)
    for epoch in range(3):
        write_epochs(path, make_block(np.float32([epoch, -1.0]), epoch=epoch), schema=DELTA)
        assert log.read()["delta"].tolist() == [epoch, -1.0]
    assert log.table["epoch"].tolist() == [2, 2]


def test_patterns_that_the_shell_has_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("runs")
    for name in ("a_gradients", "a_history", "b_gradients"):
        (tmp_path / "runs" / f"{name}.csv").touch()
    every = [f"runs/{name}.csv" for name in ("a_gradients", "a_history", "b_gradients")]
    for given, pattern in [
        (["runs/*.csv"], ["runs/*.csv"]),
        (every, ["runs/*.csv"]),
        ([every[0], every[2]], ["runs/*_gradients.csv"]),
        (every[:2], ["runs/a_*.csv"]),
        (every[:1], every[:1]),
        (["absent.csv"], ["absent.csv"]),
    ]:
        assert find_patterns(given) == pattern
    (tmp_path / "runs" / "c_gradients.csv").touch()
    assert [path.name for path in list_files(find_patterns(["runs/*_gradients.csv"]))] == [
        f"{run}_gradients.csv" for run in "abc"
    ]
    assert list(map(str, list_files(["absent.csv", "runs/z*.csv"]))) == ["absent.csv"]
