"""Files are fought over, for real."""

import os
import threading
import warnings

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers import victims
from helpers.models import make_data
from helpers.victims import LOGGERS, ROWS_PER_EPOCH, fit_logged, make_model, make_rows
from keras_vg.logs.schemas import DELTA
from keras_vg.logs.writer import CsvLog


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
