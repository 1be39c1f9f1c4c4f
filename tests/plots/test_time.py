import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import keras_vg as vg
from helpers.made_up_inspections import make_inspection, make_time

mpl.use("agg")


def get_lines(ax):
    return {line.get_label(): np.asarray(line.get_ydata()) for line in ax.get_lines() if line.get_label()[0] != "_"}


@pytest.mark.parametrize("direction", ["forwards", "backwards"])
def test_gradients_beside_theory(direction):
    values = 0.5 ** np.arange(9, -1, -1)
    values = values[::-1] if direction == "backwards" else values
    ax = Figure(layout="constrained").subplots()
    assert vg.plots.draw_time(make_inspection(time=make_time(values, direction, expected=0.5)), ax) is ax
    lines = get_lines(ax)
    assert list(lines) == ["lstm", "theory: 0.5 per step back"]
    for line in lines.values():
        np.testing.assert_allclose(line, values)
    assert (ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "time step", "gradient RMS [loss / input]")


def test_a_line_per_layer_and_zeros_as_marks():
    both = make_time([1.0, 0.1, 1.0], "both", layer="both")
    ax = vg.plots.draw_time(pd.concat([make_time([0.0, 0.1, 1.0]), both]))
    assert list(get_lines(ax)) == ["lstm", "both"]
    assert [list(line.get_xdata()) for line in ax.get_lines() if line.get_marker() == "o"][1:] == [[0]]


def test_nothing_to_draw():
    with pytest.raises(ValueError, match=r"There must be gradients over time steps.*no rows"):
        vg.plots.draw_time(make_inspection())
    with pytest.raises(ValueError, match=r"a table without direction, expected_factor"):
        vg.plots.draw_time(make_time([1.0]).drop(columns=["direction", "expected_factor"]))
