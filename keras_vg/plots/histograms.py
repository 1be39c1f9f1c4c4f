"""Histograms of a delta log: the changes of the weights, and the weights before and after."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from keras_vg.logs.schemas import DELTA
from keras_vg.plots.style import add_legend, cycle_styles, list_runs, make_axes, make_label, name_runs

MOST_BINS = 40


def draw_deltas(log: pd.DataFrame, epoch: int | None = None, depth: int | None = None, ax: Axes | None = None) -> Axes:
    """Draws a histogram of |delta| of one layer in one epoch, an outline per run, on a log axis.

    Changes of exactly 0, and those that are NaN or infinite, are bars of their own to the left and the right.

    Args:
        log: A delta log from `read_log`.
        epoch: Which epoch; the first in the log by default.
        depth: Which layer; the first in the log by default.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If the table is no delta log, or has no row of that epoch and depth.

    Example:
        >>> ax = vg.plots.draw_deltas(vg.read_log(["sigmoid.csv", "relu.csv"]))
        >>> ax.get_xlabel()
        '|delta| [weight]'
    """
    DELTA.check(log)
    rows = _choose(log, "depth", depth)
    rows = _choose(rows, "epoch", epoch)
    ax = make_axes(ax)
    sizes = {run: rows.loc[rows["run"] == run, "delta"].abs().to_numpy("float64") for run in list_runs(rows)}
    shown = np.concatenate([size[np.isfinite(size) & (size > 0)] for size in sizes.values()])
    low, high = (np.floor(np.log10(shown.min())), np.ceil(np.log10(shown.max()))) if len(shown) else (-1.0, 0.0)
    high = max(high, low + 1)
    bins = _count_bins(max(map(len, sizes.values())))
    # The positions of the bars at the sides, in decades below and above the range.
    edges = np.linspace(low, high, bins + 1)
    side = (high - low) / 30
    zero, nonfinite = low - 4 * side, high + 2 * side
    styles = cycle_styles()
    special: dict[float, str] = {}
    names_of_runs = name_runs(list(sizes))
    for run, size in sizes.items():
        style = next(styles)
        finite = np.isfinite(size)
        with np.errstate(divide="ignore"):
            counts, _ = np.histogram(np.log10(size[finite & (size > 0)]), edges)
        look = {"color": style["color"], "linestyle": style["linestyle"]}
        ax.stairs(counts / len(size) * 100, edges, label=make_label(names_of_runs[run]), linewidth=1.8, **look)
        for position, count, name in ((zero, (size == 0).sum(), "0"), (nonfinite, (~finite).sum(), "NaN\ninf")):
            if count:
                ax.stairs([count / len(size) * 100], [position, position + 2 * side], linewidth=1.8, **look)
                special[position + side] = name
    decades = np.arange(low, high + 1, max(1, int((high - low) // 5)))
    ticks = [*(decades if len(shown) else []), *special]
    names = [*(f"1e{int(decade)}" for decade in (decades if len(shown) else [])), *special.values()]
    ax.set_xticks(ticks, names)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("|delta| [weight]")
    ax.set_ylabel("values [%]")
    ax.set_title(_describe(rows), fontsize="small", parse_math=False)
    add_legend(ax)
    return ax


def draw_weights(log: pd.DataFrame, depth: int | None = None, ax: Axes | None = None) -> Axes:
    """Draws histograms of one layer's weights: before the first epoch, grey, and after the last, in colour.

    Args:
        log: A delta log from `read_log`.
        depth: Which layer; the first in the log by default.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on. Weights that are not finite are counted in the legend.

    Raises:
        ValueError: If the table is no delta log, or has no row of that depth.

    Example:
        >>> ax = vg.plots.draw_weights(vg.read_log("sigmoid.csv"))
        >>> ax.get_legend_handles_labels()[1]
        ['before epoch 0', 'after epoch 1']
    """
    DELTA.check(log)
    rows = _choose(log, "depth", depth)
    ax = make_axes(ax)
    runs = name_runs(list_runs(rows))
    known = rows[["before", "after"]].to_numpy("float64")
    known = known[np.isfinite(known)]
    bins = _count_bins(int(rows.groupby(["run", "epoch"], observed=True).size().max()))
    edges = np.histogram_bin_edges(known if len(known) else [0.0], bins)
    styles = cycle_styles()
    for run, name in runs.items():
        style = next(styles)
        table = rows[rows["run"] == run]
        first, last = table["epoch"].min(), table["epoch"].max()
        prefix = "" if len(runs) == 1 else f"{name}, "
        before = table.loc[table["epoch"] == first, "before"]
        after = table.loc[table["epoch"] == last, "after"]
        _draw_outline(ax, before, edges, f"{prefix}before epoch {first}", color="0.6", fill=len(runs) == 1)
        _draw_outline(
            ax, after, edges, f"{prefix}after epoch {last}", color=style["color"], linestyle=style["linestyle"]
        )
    ax.set_ylim(bottom=0)
    ax.set_xlabel("weight")
    ax.set_ylabel("values [%]")
    ax.set_title(_describe(rows, with_epoch=False), fontsize="small", parse_math=False)
    add_legend(ax)
    return ax


def _draw_outline(ax: Axes, values: "pd.Series[float]", edges: np.ndarray, label: str, **look: Any) -> None:
    finite = values[np.isfinite(values)]
    missing = len(values) - len(finite)
    counts, _ = np.histogram(finite, edges)
    words = f"{label} ({missing} not finite)" if missing else label
    ax.stairs(counts / max(len(values), 1) * 100, edges, label=make_label(words), linewidth=1.8, **look)


def _count_bins(values: int) -> int:
    """Chooses the number of bins so that a bar holds several values."""
    return min(MOST_BINS, max(8, int(2 * values**0.5)))


def _choose(log: pd.DataFrame, column: str, wanted: int | None) -> pd.DataFrame:
    rows = log[log[column] == (log[column].min() if wanted is None else wanted)]
    if rows.empty:
        known = ", ".join(str(number) for number in sorted(log[column].unique())[:20]) or "none: it has no rows"
        raise ValueError(f"`{column}` must be in the log. Received: {column}={wanted!r}. The log has {known}.")
    return rows


def _describe(rows: pd.DataFrame, with_epoch: bool = True) -> str:
    names = list(dict.fromkeys(rows["layer"].astype(str)))
    where = f"layer {rows['depth'].iloc[0]}" + (f" ({make_label(names[0])})" if len(names) == 1 else "")
    return f"{where}, epoch {rows['epoch'].iloc[0]}" if with_epoch else where
