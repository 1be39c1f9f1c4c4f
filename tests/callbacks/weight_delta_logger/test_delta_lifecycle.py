"""Fits one after another and broken off; loggers twice in a list, copied and pickled."""

import copy
import pickle

import keras
import pytest

import keras_vg as vg
from helpers.delta_rows import check_against
from helpers.long import cross, shorten
from helpers.models import MODELS, make_data, make_sequential, make_sequential_without_input
from helpers.recorders import Failing, WeightRecorder
from helpers.training import fit

pytestmark = pytest.mark.model


@pytest.mark.parametrize("name", ["sequential", "sequential_without_input"])
def test_several_fits_with_one_callback(name, tmp_path):
    path = tmp_path / "log.csv"
    logger, recorder = vg.WeightDeltaLogger(path, layers="all", append=True), WeightRecorder()
    model, _ = fit(MODELS[name], logger, recorder, epochs=2)
    recorder.before, recorder.after = [], []
    for start in (2, 3):
        model.fit(
            *make_data(), epochs=start + 1, initial_epoch=start, batch_size=8, verbose=0, callbacks=[logger, recorder]
        )
    log = vg.read_log(path)
    assert log["epoch"].unique().tolist() == [0, 1, 2, 3]
    check_against(log, recorder, model, [2, 3])


def test_without_append_every_fit_starts_the_file_anew(tmp_path):
    logger = vg.WeightDeltaLogger(tmp_path / "log.csv")
    model, _ = fit(make_sequential, logger, epochs=2)
    model.fit(*make_data(), epochs=1, verbose=0, callbacks=[logger])
    assert vg.read_log(tmp_path / "log.csv")["epoch"].unique().tolist() == [0]


@pytest.mark.parametrize(
    ("name", "hook"),
    shorten(
        cross(["sequential", "sequential_without_input"], ["on_epoch_begin", "on_train_batch_end", "on_epoch_end"]),
        ["sequential_without_input-on_epoch_begin", "sequential-on_train_batch_end", "sequential-on_epoch_end"],
    ),
)
def test_a_fit_that_breaks_off_leaves_a_clean_model(name, hook, tmp_path):
    keras.utils.set_random_seed(0)
    model = MODELS[name]()
    model.compile("adam", "mse")
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    logger = vg.WeightDeltaLogger(first)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*make_data(), verbose=0, callbacks=[logger, Failing(hook)])
    kept = first.read_bytes() if first.exists() else None
    model.fit(*make_data(), epochs=2, verbose=0)  # without the callback: nothing of it may act
    assert (first.read_bytes() if first.exists() else None) == kept
    model.fit(*make_data(), epochs=2, verbose=0, callbacks=[vg.WeightDeltaLogger(second)])
    model.fit(*make_data(), epochs=2, verbose=0, callbacks=[logger])
    assert vg.read_log([first, second])["epoch"].tolist().count(1) == 2 * 16


def test_two_loggers_in_one_list_each_write_their_file(tmp_path):
    loggers = [vg.WeightDeltaLogger(tmp_path / f"{i}.csv", layers=which) for i, which in enumerate(["first", "out"])]
    fit(make_sequential_without_input, *loggers, epochs=2)
    log = vg.read_log([tmp_path / "0.csv", tmp_path / "1.csv"])
    assert log.groupby("run", observed=True)["layer"].unique().map(list).tolist() == [["hidden"], ["out"]]


def test_the_same_callback_twice_in_a_list_writes_once(tmp_path):
    logger = vg.WeightDeltaLogger(tmp_path / "log.csv")
    fit(make_sequential, logger, logger, epochs=2)
    assert len(vg.read_log(tmp_path / "log.csv")) == 2 * 16


def test_a_callback_can_be_copied_and_pickled(tmp_path):
    logger = vg.WeightDeltaLogger(tmp_path / "log.csv", layers=["hidden"])
    for twin in (copy.deepcopy(logger), pickle.loads(pickle.dumps(logger))):
        fit(make_sequential, twin, epochs=1)
        assert len(vg.read_log(tmp_path / "log.csv")) == 16
