"""Processes are killed and interrupted at random moments, for real."""

import contextlib
import os
import random
import signal
import time
import warnings

import keras
import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers import victims
from helpers.models import make_data
from helpers.victims import LOGGERS, ROWS, ROWS_PER_EPOCH, make_model, make_values
from keras_vg.logs.schemas import DELTA

HEADER = ",".join(DELTA.columns) + "\n"


def drain(pipe):
    """What is left in a pipe whose writer is dead."""
    received = []
    with contextlib.suppress(EOFError):
        while True:
            received.append(pipe.recv())
    return received


def read_torn(path):
    """The table, and whether it was torn."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        log = vg.read_log(path)
    assert all("dropped the torn row at its end" in str(warning.message) for warning in caught)
    return log, bool(caught)


@pytest.mark.filterwarnings("ignore:.*cut the torn row at its end")
@pytest.mark.parametrize("name", ["log.csv", pytest.param("log.csv.gz", marks=pytest.mark.long)])
def test_sigkill_at_random_moments(start, tmp_path, name):
    rng = random.Random(0)
    path, finished, torn = tmp_path / name, -1, 0
    for kill in range(30):
        within_write = kill % 2
        bytes_to_live = rng.randrange(150_000) if within_write else None
        with start(victims.write_epochs, path, finished + 1, bytes_to_live=bytes_to_live) as (process, pipe):
            if not within_write:
                for _ in range(rng.randrange(8)):
                    finished = max(finished, pipe.recv())
                time.sleep(rng.uniform(0, 0.01))
                process.kill()
            process.join(60)
            assert process.exitcode == -signal.SIGKILL
            finished = max([finished, *drain(pipe)])
        if path.stat().st_size == 0:  # killed before it began
            continue
        log, was_torn = read_torn(path)
        torn += was_torn
        counts = log["epoch"].value_counts()
        assert all(counts[epoch] == ROWS for epoch in range(finished + 1))
        assert log["epoch"].le(finished + 1).all()  # the last is what was being written
    assert torn >= 10
    assert finished > 40
    assert log["layer"].unique().tolist() == [victims.LAYER]
    values = log["before"][log["epoch"] <= finished].to_numpy("float32").reshape(-1, ROWS)
    assert np.array_equal(values, [make_values(epoch) for epoch in range(finished + 1)])
    if name == "log.csv":
        assert path.read_text().startswith(HEADER)
        assert path.read_text().count(HEADER) == 1


@pytest.mark.filterwarnings("ignore:.*cut the torn row at its end")
def test_sigkill_of_a_fit(start, tmp_path):
    rng = random.Random(0)
    paths, finished = {kind: tmp_path / f"{kind}.csv" for kind in LOGGERS}, 0
    for _ in range(4):
        with start(victims.fit_on, paths, finished) as (process, pipe):  # its last epoch once more
            finished = max(finished, *(pipe.recv() for _ in range(5)))
            time.sleep(rng.uniform(0, 0.1))
            process.kill()
            process.join()
            finished = max([finished, *drain(pipe)])
        for kind, path in paths.items():
            log, _ = read_torn(path)
            counts = log["epoch"].value_counts()
            assert all(counts[epoch] == ROWS_PER_EPOCH[kind] for epoch in range(finished + 1))
            assert log["epoch"].le(finished + 1).all()
    log = vg.read_log(paths["delta"], keep="all")
    assert finished > 10
    assert len(log) > (finished + 1) * ROWS_PER_EPOCH["delta"]  # epochs that ran twice
    change = log["after"].to_numpy("float32") - log["before"].to_numpy("float32")
    assert np.array_equal(log["delta"].to_numpy("float32"), change)


class FailOnce(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise RuntimeError("power cut")


@pytest.mark.parametrize("kind", LOGGERS)
def test_an_epoch_that_ran_twice_stands_twice_and_is_read_once(tmp_path, kind):
    path = tmp_path / "log.csv"
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    options = {"batch_size": 8, "epochs": 5, "verbose": 0}
    with pytest.raises(RuntimeError, match="power cut"):  # after the log's rows, before the backup
        make_model().fit(*make_data(), **options, callbacks=[LOGGERS[kind](path, append=True), FailOnce(2), backup])
    first = pd.read_csv(path)
    recorder = vg.WeightDeltaLogger(tmp_path / "own.csv", layers="all")
    make_model().fit(*make_data(), **options, callbacks=[LOGGERS[kind](path, append=True), recorder, backup])
    every, last = vg.read_log(path, keep="all"), vg.read_log(path)
    rows = ROWS_PER_EPOCH[kind]
    assert every["epoch"].tolist() == np.repeat([0, 1, 2, 2, 3, 4], rows).tolist()
    assert last["epoch"].tolist() == np.repeat([0, 1, 2, 3, 4], rows).tolist()
    resumed = every.drop(range(2 * rows, 3 * rows)).reset_index(drop=True)
    pd.testing.assert_frame_equal(last, resumed)
    assert kind == "activation" or not first.tail(rows)["learning_rate"].isna().any()
    if kind == "delta":  # what a second logger, which saw the second run alone, says of it
        own = vg.read_log(tmp_path / "own.csv").drop(columns="run")
        pd.testing.assert_frame_equal(last.query("epoch >= 2").reset_index(drop=True).drop(columns="run"), own)


def test_ctrl_c(start, tmp_path):
    paths = {kind: tmp_path / f"{kind}.csv" for kind in LOGGERS}
    with start(victims.fit_until_interrupted, paths) as (process, pipe):
        while pipe.recv() < 3:
            pass
        os.kill(process.pid, signal.SIGINT)
        *finished, report = drain(pipe)
    last = max([3, *finished])
    for kind, rows in ROWS_PER_EPOCH.items():
        counts = report["rows"][kind]
        assert {counts[epoch] for epoch in range(last + 1)} == {rows}
        assert max(counts) <= last + 1
        assert report["next"][kind] == {0: rows, 1: rows}
    assert report["untouched"]
    assert report["finite"]
    assert "Tapped" not in report["train_function"][0]
