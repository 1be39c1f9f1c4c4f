"""What the durability tests kill, interrupt and disturb: models, logs, and functions for processes of their own."""

import io
import os
import signal
import warnings

import keras
import numpy as np

import keras_vg as vg
from helpers.models import make_data
from keras_vg.logs.schemas import DELTA
from keras_vg.logs.writer import CsvLog

ROWS = 500


LAYER = 'a "torn"\nname, ü'


LOGGERS = {
    "delta": lambda path, **options: vg.WeightDeltaLogger(path, layers="all", **options),
    "gradient": lambda path, **options: vg.GradientLogger(path, **options),
    "activation": lambda path, **options: vg.ActivationLogger(path, make_data()[0], **options),
}


ROWS_PER_EPOCH = {
    "delta": 3 * 4 + 4 + 4 + 1,
    "gradient": 4,
    "activation": 3,
}  # of the model below; its input is looked at, too


def make_values(epoch):
    return np.random.default_rng(epoch).normal(size=ROWS).astype("float32")


def make_rows(epoch):
    values = make_values(epoch)
    return {
        "epoch": epoch,
        "depth": 0,
        "layer": LAYER,
        "weight": "kernel",
        "index": np.arange(ROWS),
        "before": values,
        "after": values,
        "delta": values,
        "learning_rate": np.float32(0.001),
        "implied_gradient": values,
    }


def make_model():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(4, "tanh", name="hidden"), keras.layers.Dense(1, name="out")]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile("sgd", "mse")
    return model


class Reporter(keras.callbacks.Callback):
    """Sends the number of every epoch that is finished, all callbacks before it included."""

    def __init__(self, pipe):
        super().__init__()
        self.pipe = pipe

    def on_epoch_end(self, epoch, logs=None):
        self.pipe.send(epoch)


class DyingFile(io.FileIO):
    """A file whose process is killed by SIGKILL after so many bytes, most likely within a write."""

    def __init__(self, descriptor, bytes_to_live):
        super().__init__(descriptor, "ab")
        self.bytes_to_live = bytes_to_live

    def write(self, data):
        if len(data) > self.bytes_to_live:
            super().write(data[: self.bytes_to_live])
            os.kill(os.getpid(), signal.SIGKILL)
        self.bytes_to_live -= len(data)
        return super().write(data)


def write_epochs(path, start, pipe, bytes_to_live=None):
    """Writes epoch after epoch until killed, and reports each."""
    log = CsvLog(path, DELTA, append=True)
    log.open()
    if bytes_to_live is not None:
        log._file = DyingFile(os.dup(log._file.fileno()), bytes_to_live)
    while True:
        log.write([make_rows(start)])
        pipe.send(start)
        start += 1


def fit_on(paths, start, pipe):
    """Fits, with one logger of each kind, until killed, and reports each epoch."""
    loggers = [LOGGERS[kind](path, append=True) for kind, path in paths.items()]
    callbacks = [*loggers, Reporter(pipe)]
    make_model().fit(*make_data(), batch_size=8, epochs=10**6, initial_epoch=start, verbose=0, callbacks=callbacks)


def fit_until_interrupted(paths, pipe):
    """Fits until Ctrl-C, then again as in a notebook; reports what is there at each point."""
    model = make_model()
    data, options = make_data(), {"batch_size": 8, "verbose": 0}
    plain = model.train_function
    report = {}
    try:
        loggers = [LOGGERS[kind](path) for kind, path in paths.items()]
        model.fit(*data, **options, epochs=10**6, callbacks=[*loggers, Reporter(pipe)])
    except KeyboardInterrupt as error:
        kept_by_a_notebook = error  # with its traceback, and all objects of the fit behind it
    report["rows"] = {kind: vg.read_log(path)["epoch"].value_counts().to_dict() for kind, path in paths.items()}
    sizes = [os.path.getsize(path) for path in paths.values()]
    model.fit(*data, **options, epochs=2)
    report["untouched"] = sizes == [os.path.getsize(path) for path in paths.values()]
    report["train_function"] = type(model.train_function).__name__, type(plain).__name__
    report["finite"] = all(np.isfinite(weight).all() for weight in model.get_weights())
    model.fit(*data, **options, epochs=2, callbacks=[LOGGERS[kind](path) for kind, path in paths.items()])
    report["next"] = {kind: vg.read_log(path)["epoch"].value_counts().to_dict() for kind, path in paths.items()}
    assert kept_by_a_notebook is not None
    pipe.send(report)


def open_log(path, pipe):
    """Reports what opening a log comes to."""
    try:
        CsvLog(path, DELTA, append=True).open()
        pipe.send(None)
    except OSError as error:
        pipe.send(str(error))


class Between(keras.callbacks.Callback):
    """Causes a fault at the start of one epoch and ends it at the start of another."""

    def __init__(self, first, cause, last=None, end=None):
        super().__init__()
        self.actions = {first: cause, last: end}

    def on_epoch_begin(self, epoch, logs=None):
        self.actions.get(epoch, lambda: None)()


def fit_logged(path, logger, *others, epochs=8):
    """Fits; returns the weights and the messages of the warnings."""
    model = make_model()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*make_data(), batch_size=8, epochs=epochs, verbose=0, callbacks=[*others, logger])
    ours = [str(warning.message) for warning in caught if str(path) in str(warning.message)]
    return model.get_weights(), ours
