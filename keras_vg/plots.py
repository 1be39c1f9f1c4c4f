"""Logs as pictures: each function takes a table and an `Axes`, and returns the `Axes`."""

import itertools

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from keras_vg.tables import compare

# Okabe and Ito's colours, which the colour-blind tell apart; markers and dashes do it in grey.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", "--", "-.", ":")


def draw_epochs(log: pd.DataFrame, value: str, by: str = "run", ax: Axes | None = None) -> Axes:
    """Draws the mean size of a figure over the epochs, on a log scale.

    Each run is reduced to its mean of |value| per epoch. A line is the median over the runs of one group; where a
    group has several runs, a band spans the smallest to the largest.

    Args:
        log: A table from `read_log`, perhaps with further columns to group by.
        value: The column to draw, e.g. `"delta"`.
        by: The column that groups the runs into lines.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If `value` names no column of figures.
        KeyError: If the table has no column `by`.

    Example:
        >>> ax = vg.plots.draw_epochs(vg.read_log("sigmoid.csv"), "delta")
        >>> ax.get_ylabel()
        'mean |delta|'
    """
    ax = plt.subplots(layout="constrained")[1] if ax is None else ax
    groups = log[list({"run", by})].drop_duplicates()
    means = compare(log, value, by="epoch").loc[:, [value]].droplevel(0, axis="columns")
    styles = zip(*map(itertools.cycle, (_COLOURS, _MARKERS, _DASHES)), strict=True)
    for name, runs in groups.groupby(by, observed=True, sort=False)["run"]:
        colour, marker, dash = next(styles)
        chosen = means.filter(list(runs))
        ax.plot(
            chosen.index,
            chosen.median(axis="columns"),
            color=colour,
            marker=marker,
            linestyle=dash,
            label=str(name),
        )
        if chosen.shape[1] > 1:
            ax.fill_between(
                chosen.index,
                chosen.min(axis="columns"),
                chosen.max(axis="columns"),
                color=colour,
                alpha=0.2,
                lw=0,
            )
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.set_ylabel(f"mean |{value.replace('_', ' ')}|")
    ax.legend()
    return ax
