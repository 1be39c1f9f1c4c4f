import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from test_csvlog import make_block, write_log

import keras_vg as vg

mpl.use("agg")


@pytest.fixture
def log(tmp_path):
    for name, scale in (("a0", 1), ("a1", 4), ("b0", 100)):
        blocks = [make_block(np.float32([scale, -scale]) * (epoch + 1), epoch) for epoch in range(3)]
        write_log(tmp_path / f"{name}.csv", *blocks)
    log = vg.read_log(str(tmp_path / "*.csv"))
    return log.assign(variant=log["run"].astype(str).str[0])


def test_a_line_per_group_with_median_and_range(log):
    ax = vg.plots.draw_epochs(log, "delta", by="variant", ax=Figure().subplots())
    lines = {line.get_label(): line.get_ydata().tolist() for line in ax.get_lines()}
    assert lines == {"a": [2.5, 5.0, 7.5], "b": [100.0, 200.0, 300.0]}
    (band,) = ax.collections
    assert sorted(set(band.get_paths()[0].vertices[:, 1])) == [1.0, 2.0, 3.0, 4.0, 8.0, 12.0]
    assert (ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "epoch", "mean |delta|")


def test_a_line_per_run_on_axes_of_its_own(log):
    ax = vg.plots.draw_epochs(log, "implied_gradient")
    assert [line.get_label() for line in ax.get_lines()] == ["a0", "a1", "b0"]
    assert len({(line.get_color(), line.get_marker(), line.get_linestyle()) for line in ax.get_lines()}) == 3
    with pytest.raises(ValueError, match="must be a column of figures"):
        vg.plots.draw_epochs(log, "loss")
