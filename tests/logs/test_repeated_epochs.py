"""Of an epoch that ran twice the last run is kept."""

import numpy as np
import pytest

import keras_vg as vg
from keras_vg.logs.schemas import DELTA
from keras_vg.logs.writer import CsvLog


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
