"""Disks are filled, for real."""

import contextlib
import functools
import os
import resource
import subprocess

import numpy as np
import pytest

import keras_vg as vg
from helpers.long import cross, shorten
from helpers.models import make_data
from helpers.victims import LOGGERS, ROWS, ROWS_PER_EPOCH, Between, fit_logged, make_model, make_rows
from keras_vg.logs import writer
from keras_vg.logs.schemas import DELTA
from keras_vg.logs.writer import CsvLog

HEADER = ",".join(DELTA.columns) + "\n"


def limit_file_size(most):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if most is None else most, hard))


@contextlib.contextmanager
def file_sizes_limited(most=None):
    """Limits the size of files, now or later, and lifts the limit before pytest reports, perhaps to a file."""
    try:
        limit_file_size(most)
        yield
    finally:
        limit_file_size(None)


@pytest.fixture(scope="module")
def fit_plainly(tmp_path_factory):
    """Fits on a disk with room enough; returns the log's bytes and the weights. Each log once."""

    @functools.cache
    def fit(kind, name):
        path = tmp_path_factory.mktemp("plain") / name
        weights, messages = fit_logged(path, LOGGERS[kind](path))
        assert messages == []
        return path.read_bytes(), weights

    return fit


@pytest.mark.parametrize(
    ("kind", "name"),
    shorten(
        cross(LOGGERS.keys(), ["log.csv", "log.csv.gz"]),
        ["delta-log.csv", "delta-log.csv.gz", "gradient-log.csv", "activation-log.csv"],
    ),
)
def test_a_disk_that_is_full_for_a_while(tmp_path, kind, name, fit_plainly):
    path = tmp_path / name
    plain_bytes, plain = fit_plainly(kind, name)
    # A few bytes more than there are: a write begins, and breaks off.
    fault = Between(2, lambda: limit_file_size(path.stat().st_size + 10), 6, lambda: limit_file_size(None))
    logger = LOGGERS[kind](path)
    with file_sizes_limited():
        weights, messages = fit_logged(path, logger, fault)
    assert len(messages) == 1
    assert f"{path}: rows could not be written (File too large)" in messages[0]
    assert path.read_bytes() == plain_bytes
    assert logger.missing_rows == 0
    assert all(np.array_equal(a, b) for a, b in zip(weights, plain, strict=True))


@pytest.mark.parametrize("kind", LOGGERS)
def test_a_disk_that_stays_full(tmp_path, kind, fit_plainly):
    path = tmp_path / "log.csv"
    plain_bytes, plain = fit_plainly(kind, "log.csv")
    logger = LOGGERS[kind](path)
    with file_sizes_limited():
        weights, messages = fit_logged(path, logger, Between(2, lambda: limit_file_size(path.stat().st_size + 10)))
    missing = 6 * ROWS_PER_EPOCH[kind]
    assert len(messages) == 2
    assert "rows could not be written (File too large). The training goes on" in messages[0]
    assert f"{path}: this log is incomplete, {missing} rows could not be written" in messages[1]
    assert logger.missing_rows == missing
    assert plain_bytes.startswith(path.read_bytes())
    assert vg.read_log(path)["epoch"].unique().tolist() == [0, 1]
    assert all(np.array_equal(a, b) for a, b in zip(weights, plain, strict=True))
    fit_logged(path, logger)
    assert logger.missing_rows == 0


def test_rows_that_wait_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "MOST_UNWRITTEN", 250_000)  # of about 35,000 bytes per epoch
    log = CsvLog(tmp_path / "log.csv", DELTA)
    log.open()
    with file_sizes_limited(len(HEADER)):
        with pytest.warns(UserWarning, match="File too large"):
            log.write([make_rows(0)])
        for epoch in range(1, 40):
            log.write([make_rows(epoch)])
            assert sum(len(data) for _, data in log._unwritten) <= 250_000
    with pytest.warns(UserWarning, match=rf"log.csv: this log is incomplete, {log._lost_rows} rows"):
        log.close()
    epochs = vg.read_log(tmp_path / "log.csv")["epoch"].unique().tolist()
    assert epochs == list(range(epochs[0], 40))  # the newest
    assert 5 <= len(epochs) <= 10
    assert log.missing_rows == epochs[0] * ROWS


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True)
    if mounting.returncode:
        pytest.skip("only root may mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_real_disk_that_fills_up(tmp_path, small_disk):
    plain_path, path, filler = tmp_path / "log.csv", small_disk / "log.csv", small_disk / "filler"
    plain, _ = fit_logged(plain_path, LOGGERS["delta"](plain_path), epochs=20)

    def fill():
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 1024)

    weights, messages = fit_logged(path, LOGGERS["delta"](path), Between(3, fill, 18, filler.unlink), epochs=20)
    assert len(messages) == 1
    assert f"{path}: rows could not be written (No space left on device)" in messages[0]
    assert path.read_bytes() == plain_path.read_bytes()
    assert all(np.array_equal(a, b) for a, b in zip(weights, plain, strict=True))


@pytest.mark.parametrize("kind", LOGGERS)
def test_a_disk_that_is_full_before_training_is_an_error(tmp_path, kind):
    model = make_model()
    before = model.get_weights()
    with pytest.raises(OSError, match="a path that can be written .No space left on device.. Received: .*'/dev/full'"):
        model.fit(*make_data(), verbose=0, callbacks=[LOGGERS[kind]("/dev/full")])
    with file_sizes_limited(10), pytest.raises(OSError, match="File too large"):
        model.fit(*make_data(), verbose=0, callbacks=[LOGGERS[kind](tmp_path / "log.csv")])
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert not (tmp_path / "log.csv").exists()


def test_a_log_that_is_deleted_during_training(tmp_path):
    path = tmp_path / "log.csv"
    logger = LOGGERS["delta"](path)
    _, messages = fit_logged(path, logger, Between(2, path.unlink), epochs=4)
    assert "rows could not be written (the file was deleted)" in messages[0]
    assert logger.missing_rows == 2 * ROWS_PER_EPOCH["delta"]


def test_a_log_may_go_to_a_device():
    make_model().fit(*make_data(), verbose=0, callbacks=[LOGGERS["delta"](os.devnull) for _ in range(2)])
