"""Characters for numbers: levels, pooled epochs, sparklines and trends, against values computed by hand."""

import numpy as np
import pytest

from keras_vg.watch.cells import (
    BLOCKS,
    COLOURS,
    FRACTION_SCALE,
    LETTERS,
    Scale,
    draw_cells,
    draw_sparkline,
    find_trend,
    make_scale,
    pool_epochs,
)
from keras_vg.watch.grid import MISSING, Grid


def test_each_power_of_ten_has_a_level_of_its_own():
    values = 10.0 ** np.arange(-8, 0)[:, None] * 3
    [line] = draw_cells(values, Scale(1e-8, 1.0))
    assert line.plain == "▁▂▃▄▅▆▇█"
    assert [segment.style.color.name for segment in line.segments] == list(COLOURS)
    [line] = draw_cells(values, Scale(1e-8, 1.0), LETTERS)
    assert line.plain == "12345678"


def test_special_values_are_told_apart_without_colours():
    values = np.array([[0.0], [np.nan], [np.inf], [MISSING], [1e-12], [1e9]])
    for symbols, shown in [(BLOCKS, "0!! ▁█"), (LETTERS, "0!! 18")]:
        [line] = draw_cells(values, Scale(1e-8, 1.0), symbols)
        assert line.plain == shown
    [line] = draw_cells(np.array([[0.0], [0.49], [1.0]]), FRACTION_SCALE)
    assert line.plain == "▁▄█"  # no zero: a fraction of 0 is nothing to mark


def test_a_scale_spans_the_values_and_at_least_two_powers_of_ten():
    assert make_scale(np.array([1e-6, 0.0, np.nan, np.inf, MISSING, 10.0])) == Scale(1e-6, 10.0)
    assert make_scale(np.array([0.5, 1.0])) == Scale(0.01, 1.0)
    assert make_scale(np.array([0.0, MISSING])) == Scale(0.1, 10.0)


def test_pooled_epochs_are_geometric_means_of_equally_many():
    values = np.array([[1.0], [100.0], [0.0], [0.0], [4.0], [0.0], [np.nan], [1.0], [MISSING]])
    np.testing.assert_allclose(pool_epochs(values, 5)[:, 0], [10.0, 0.0, 4.0, np.nan, MISSING])
    np.testing.assert_allclose(pool_epochs(values, 9), values)
    np.testing.assert_allclose(pool_epochs(np.array([[0.0], [0.5], [1.0]]), 2, is_log=False)[:, 0], [0.25, 1.0])


def test_pooled_cells_do_not_change_while_epochs_are_added():
    values = np.random.default_rng(0).random((80, 1))
    for epochs in range(41, 80):
        np.testing.assert_array_equal(pool_epochs(values[:epochs], 40)[:20], pool_epochs(values[:80], 40)[:20])


def test_a_sparkline_goes_from_the_smallest_to_the_largest():
    assert draw_sparkline(np.arange(8.0), 8).plain == "▁▂▃▄▅▆▇█"
    assert draw_sparkline(-np.arange(8.0), 8).plain == "█▇▆▅▄▃▂▁"
    assert draw_sparkline(np.array([1.0, np.nan, 2.0]), 8).plain == "▁!█"
    assert draw_sparkline(np.array([1.0, 1.0]), 8).plain == "▁▁"
    assert draw_sparkline(np.repeat([0.0, 1.0], 100), 10).plain == "▁▁▁▁▁█████"
    assert draw_sparkline(np.empty(0), 8).plain == ""


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([1.0], None),
        ([1.0, 0.0], None),
        ([1.0, np.nan], None),
        ([1e3, *[1.0] * 11], 0),  # only ten epochs back
        ([1.0, *[2.0] * 9, 20.0], 2),
        ([1.0, 0.6], -1),
    ],
)
def test_trends(values, trend):
    assert find_trend(np.array(values)) == trend


def test_a_grid_grows_and_keeps_epochs_in_order():
    grid, rng = Grid(), np.random.default_rng(0)
    epochs = rng.permutation(100)
    values = rng.random((100, 30))
    for epoch in epochs:
        grid.put(np.array([epoch]), np.arange(30), values[epoch][None])
    grid.put(np.array([7]), np.array([29]), np.array([[9.0]]))
    values[7, 29] = 9.0
    np.testing.assert_array_equal(grid.values, values)
    np.testing.assert_array_equal(grid.take([3, 99])[:, 0], values[:, 3])
    assert (grid.take([99]) == MISSING).all()
    assert grid.epochs.tolist() == list(range(100))
