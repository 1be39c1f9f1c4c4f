"""Every fault is caused for real: processes are killed, disks are filled, files are fought over."""

import contextlib
import importlib.util
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import threading
import time
import warnings
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import victims
from models import make_data
from victims import LOGGERS, ROWS, ROWS_PER_EPOCH, make_model, make_rows, make_values

import keras_vg as vg
from keras_vg.logs import writer
from keras_vg.logs.schemas import DELTA
from keras_vg.logs.writer import CsvLog

_spec = importlib.util.spec_from_file_location("fuzz_reader", Path(__file__).parents[1] / "scripts" / "fuzz_reader.py")
fuzz_reader = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fuzz_reader)

HEADER = ",".join(DELTA.columns) + "\n"


@pytest.fixture(scope="module")
def start():
    """Starts a function of `victims` in a process of its own, with the end of a pipe as its last argument."""
    context = multiprocessing.get_context("forkserver")  # all but the first start in milliseconds
    context.set_forkserver_preload(["keras_vg.callbacks.gradient_logger", "keras_vg.logs.reader"])

    @contextlib.contextmanager
    def run(function, *arguments, **options):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=function, args=(*arguments, theirs), kwargs=options)
        process.start()
        theirs.close()
        try:
            yield process, ours
        finally:
            process.kill()
            process.join()
            process.close()
            ours.close()

    return run


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
@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
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


def repeat_epochs(path, pieces, layer=lambda run: "dense"):
    """Writes runs, each a list of (epoch, number of values of the kernel, of the bias)."""
    for run, epochs in enumerate(pieces):
        log = CsvLog(path, DELTA, append=True)
        log.open()
        for epoch, *sizes in epochs:
            for weight, size in zip(["kernel", "bias"], sizes, strict=False):
                values = np.full(size, run, "float32")
                block = dict.fromkeys(["before", "after", "delta", "implied_gradient"], values)
                keys = {"epoch": epoch, "depth": 0, "layer": layer(run), "weight": weight, "index": np.arange(size)}
                log.write([{**keys, **block, "learning_rate": np.float32(1)}])
        log.close()


@pytest.mark.parametrize(
    ("pieces", "expected"),  # per epoch, the run that is kept and its number of values
    [
        ([[(0, 3, 2), (1, 3, 2)]], {0: (0, 5), 1: (0, 5)}),
        ([[(0, 3, 2), (1, 3, 2)], [(1, 3, 2), (2, 3, 2)]], {0: (0, 5), 1: (1, 5), 2: (1, 5)}),
        ([[(0, 3, 2), (1, 2)], [(1, 3, 2)]], {0: (0, 5), 1: (1, 5)}),  # broken off inside the kernel
        ([[(0, 3, 1)], [(0, 3, 2)]], {0: (1, 5)}),  # inside the bias
        ([[(0, 3, 2)], [(0, 3, 2)], [(0, 1)]], {0: (2, 1)}),
        ([[(0, 1)], [(0, 1)]], {0: (1, 1)}),  # a tensor of one value
        ([[(0, 3, 2), (1, 3, 2), (2, 3, 2)], [(0, 3, 2)]], {0: (1, 5), 1: (0, 5), 2: (0, 5)}),
    ],
)
@pytest.mark.parametrize("is_renamed", [False, True])
def test_the_last_run_of_every_epoch_is_kept(tmp_path, pieces, expected, is_renamed):
    repeat_epochs(tmp_path / "log.csv", pieces, lambda run: f"dense_{run}" if is_renamed else "dense")
    log = vg.read_log(tmp_path / "log.csv")
    assert {e: (rows["delta"].iloc[0], len(rows)) for e, rows in log.groupby("epoch")} == expected
    assert (log.groupby("epoch")["delta"].nunique() == 1).all()
    written = sum(sum(sizes) for epochs in pieces for _, *sizes in epochs)
    assert len(vg.read_log(tmp_path / "log.csv", keep="all")) == written


def test_keep_is_one_of_two_words(tmp_path):
    with pytest.raises(ValueError, match="must be 'last' or 'all'. Received: keep='first'"):
        vg.read_log(tmp_path / "log.csv", keep="first")


class Between(keras.callbacks.Callback):
    """Causes a fault at the start of one epoch and ends it at the start of another."""

    def __init__(self, first, cause, last=None, end=None):
        super().__init__()
        self.actions = {first: cause, last: end}

    def on_epoch_begin(self, epoch, logs=None):
        self.actions.get(epoch, lambda: None)()


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


def fit_logged(path, logger, *others, epochs=8):
    """Fits; returns the weights and the messages of the warnings."""
    model = make_model()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*make_data(), batch_size=8, epochs=epochs, verbose=0, callbacks=[*others, logger])
    ours = [str(warning.message) for warning in caught if str(path) in str(warning.message)]
    return model.get_weights(), ours


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
@pytest.mark.parametrize("kind", LOGGERS)
def test_a_disk_that_is_full_for_a_while(tmp_path, kind, name):
    plain_path, path = tmp_path / f"plain_{name}", tmp_path / name
    plain, _ = fit_logged(plain_path, LOGGERS[kind](plain_path))
    # A few bytes more than there are: a write begins, and breaks off.
    fault = Between(2, lambda: limit_file_size(path.stat().st_size + 10), 6, lambda: limit_file_size(None))
    logger = LOGGERS[kind](path)
    with file_sizes_limited():
        weights, messages = fit_logged(path, logger, fault)
    assert len(messages) == 1
    assert f"{path}: rows could not be written (File too large)" in messages[0]
    assert path.read_bytes() == plain_path.read_bytes()
    assert logger.missing_rows == 0
    assert all(np.array_equal(a, b) for a, b in zip(weights, plain, strict=True))


@pytest.mark.parametrize("kind", LOGGERS)
def test_a_disk_that_stays_full(tmp_path, kind):
    plain_path, path = tmp_path / "plain.csv", tmp_path / "log.csv"
    plain, _ = fit_logged(plain_path, LOGGERS[kind](plain_path))
    logger = LOGGERS[kind](path)
    with file_sizes_limited():
        weights, messages = fit_logged(path, logger, Between(2, lambda: limit_file_size(path.stat().st_size + 10)))
    missing = 6 * ROWS_PER_EPOCH[kind]
    assert len(messages) == 2
    assert "rows could not be written (File too large). The training goes on" in messages[0]
    assert f"{path}: this log is incomplete, {missing} rows could not be written" in messages[1]
    assert logger.missing_rows == missing
    assert plain_path.read_bytes().startswith(path.read_bytes())
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


def test_two_processes_with_one_file(start, tmp_path):
    path = tmp_path / "log.csv"
    log = CsvLog(path, DELTA)
    log.open()
    log.write([make_rows(0)])
    written = path.read_bytes()
    with start(victims.open_log, path) as (_, pipe):
        assert "must have one writer at a time. Received: filename=" in pipe.recv()
    assert path.read_bytes() == written
    log.close()
    with start(victims.open_log, path) as (_, pipe):
        assert pipe.recv() is None


def test_a_file_is_given_back_though_forked_children_live(tmp_path):
    log = CsvLog(tmp_path / "log.csv", DELTA)
    log.open()
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's and JAX's warnings against forks
        child = os.fork()
    if child == 0:  # as a data loader's worker: it outlives the log
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    log.close()
    CsvLog(tmp_path / "log.csv", DELTA).open()
    os.close(writer)
    os.waitpid(child, 0)
    os.close(reader)


@pytest.mark.parametrize("kind", LOGGERS)
def test_two_loggers_in_one_list_with_one_file(tmp_path, kind):
    path = tmp_path / "log.csv"
    model = make_model()
    before = model.get_weights()
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    for other in (path, link):
        loggers = [LOGGERS[kind](path), LOGGERS[kind](other)]
        with pytest.raises(OSError, match="must have one writer at a time.*another logger of this process writes"):
            model.fit(*make_data(), verbose=0, callbacks=loggers)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    model.fit(*make_data(), verbose=0, callbacks=loggers[:1] * 2)  # one callback twice is one logger
    assert len(vg.read_log(path)) == ROWS_PER_EPOCH[kind]


class Wait(keras.callbacks.Callback):
    def __init__(self, reached, go_on):
        super().__init__()
        self.reached, self.go_on = reached, go_on

    def on_epoch_end(self, epoch, logs=None):
        self.reached.set()
        assert self.go_on.wait(60)


@pytest.mark.parametrize("is_shared", [False, True])
def test_two_fits_in_threads_with_one_file(tmp_path, is_shared):
    path, reached, go_on = tmp_path / "log.csv", threading.Event(), threading.Event()
    logger = LOGGERS["delta"](path)
    first, second = make_model(), make_model()
    options = {"batch_size": 8, "epochs": 3, "verbose": 0, "callbacks": [logger, Wait(reached, go_on)]}
    thread = threading.Thread(target=lambda: first.fit(*make_data(), **options))
    thread.start()
    assert reached.wait(60)
    try:
        with pytest.raises(OSError, match="must have one writer at a time"):
            second.fit(*make_data(), verbose=0, callbacks=[logger if is_shared else LOGGERS["delta"](path)])
    finally:
        go_on.set()
        thread.join()
    if not is_shared:
        assert len(vg.read_log(path)) == 3 * ROWS_PER_EPOCH["delta"]
    second.fit(*make_data(), verbose=0, callbacks=[LOGGERS["delta"](path)])


def test_a_fit_inside_a_fit_that_takes_the_file_over_costs_no_training(tmp_path):
    path = tmp_path / "log.csv"

    class Nested(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                make_model().fit(*make_data(), verbose=0, callbacks=[LOGGERS["delta"](path)])

    logger = LOGGERS["delta"](path)
    _, messages = fit_logged(path, logger, Nested(), epochs=4)
    assert "another training in this thread took the file over" in messages[0]
    assert logger.missing_rows == 3 * ROWS_PER_EPOCH["delta"]
    assert vg.read_log(path)["epoch"].unique().tolist() == [0]


@pytest.mark.model
@pytest.mark.parametrize("kind", LOGGERS)
def test_a_logger_that_is_ended_in_mid_fit_costs_no_training(tmp_path, kind):
    logger = LOGGERS[kind](tmp_path / "log.csv")
    ender = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batch or logger.on_train_end())
    model = make_model()
    for callbacks, epochs_logged in (([logger, ender], 0), ([logger], 3)):
        assert len(model.fit(*make_data(), epochs=3, verbose=0, callbacks=callbacks).history["loss"]) == 3
        assert len(vg.read_log(tmp_path / "log.csv")) == epochs_logged * ROWS_PER_EPOCH[kind]


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


@pytest.mark.parametrize("seed", range(2))
def test_fuzzed_logs_are_read_right_or_refused(seed):
    outcomes = fuzz_reader.fuzz(200, seed=seed + 1)
    read = {"refused", "refused, naming a line", "read up to a torn row", "read whole"}
    assert sum(outcomes[outcome] for outcome in read) == 200
    assert set(outcomes) == read | {"reported", "not reported"}
    assert outcomes["reported"] >= 10


def test_the_fuzzers_watch_notices(tmp_path):
    with (
        pytest.raises(AssertionError, match=r"reading .*log.csv caused open .*other.csv"),
        fuzz_reader.watched(tmp_path / "log.csv"),
    ):
        (tmp_path / "other.csv").write_text("")
