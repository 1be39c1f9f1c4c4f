"""The picture of trials shows the scores it is given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from keras_vg.plots import draw_trials


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def make_curves():
    rows = [
        (change, seed, epochs, step, score)
        for change, epochs, scores in (("original", 2, (0.0, 0.1)), ("ReLU", 1, (0.2,)), ("ReLU", 2, (0.5, 0.8)))
        for seed in (0, 1)
        for step, score in zip((10, 20), scores, strict=False)
    ]
    return pd.DataFrame(rows, columns=["change", "seed", "epochs", "step", "score"])


def test_one_line_per_seed_from_zero_to_the_last_score():
    ax = draw_trials(make_curves())
    lines = [line for line in ax.get_lines() if len(line.get_xdata()) == 3]
    assert len(lines) == 4  # the shorter training of ReLU is left out
    np.testing.assert_array_equal(lines[0].get_ydata(), [0, 0, 0.1])
    np.testing.assert_array_equal(lines[2].get_ydata(), [0, 0.5, 0.8])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["original", "ReLU"]


def test_the_best_changes_are_drawn():
    curves = make_curves()
    worse = curves[curves["change"] == "original"].assign(change="tanh")
    ax = draw_trials(pd.concat([curves, worse]), most=2)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["original", "ReLU"]


def test_a_table_of_something_else_is_refused():
    with pytest.raises(ValueError, match="without step, score"):
        draw_trials(make_curves().drop(columns=["step", "score"]))
    with pytest.raises(ValueError, match="without rows"):
        draw_trials(make_curves().iloc[:0])
