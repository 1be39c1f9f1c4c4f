"""What all plots share: line styles, labels with units, and markers for values that a log scale cannot show."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from keras_vg.text import make_printable

# Okabe and Ito's colours, which the colour-blind can tell apart; in grey print markers and dashes differ.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # one more than colours: 56 lines differ
_DASHES = ("-", "--", "-.", ":")

ZERO_HEIGHT, NONFINITE_HEIGHT = 0.05, 0.95
"""Where zeros, and where NaN and infinities are drawn, as fractions of the height of the axes."""

_TYPE_WORD = re.compile(r"(?<=.)[-_. /](?:(?:weight[-_]?)?deltas?|gradients?|activations?|history)$", re.IGNORECASE)

MOST_INSIDE = 5
"""Where no layout makes room below the axes, a legend with more entries is drawn beside them."""

_LEGEND_DROP = 0.47
"""Inches from the axes down to a legend below them: past the tick labels and the axis label."""

_LEGEND_WIDTH = 62
"""Characters of a legend's row, 7 of them for each entry's line and marker."""

_LEGEND_ROW = 0.18
"""Height of a legend's row, in inches."""

MOST_LARGE_MARKS = 40
"""More special values than this in one line are drawn as small markers, which do not run into one another."""

MOST_MARKERS = 12
"""A line with more points has markers at some of them only, evenly spaced."""

LABELS = {
    "delta": "mean |delta| [weight]",
    "implied_gradient": "mean |delta| / learning rate",
    "before": "mean |weight|, before",
    "after": "mean |weight|, after",
    "gradient_norm": "gradient norm [loss / weight]",
    "gradient_norm_max": "largest gradient norm [loss / weight]",
    "gradient_rms": "gradient RMS [loss / weight]",
    "zero_fraction": "gradients that are exactly 0 [fraction]",
    "weight_norm": "weight norm [weight]",
    "delta_norm": "norm of the change [weight]",
    "update_ratio": "|change| / |weight| [fraction]",
    "learning_rate": "learning rate",
    "mean": "mean |mean output| [output]",
    "std": "standard deviation of the outputs [output]",
    "abs_max": "largest |output| [output]",
    "saturated_fraction": "saturated [fraction of values]",
    "dead_fraction": "dead [fraction of units]",
}


def make_axes(ax: Axes | None) -> Axes:
    """Returns the axes, or those of a new figure."""
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def cycle_styles() -> Iterator[dict[str, Any]]:
    """Yields colour, marker and dash of one line after the other."""
    for colour, marker, dash in zip(*map(itertools.cycle, (_COLOURS, _MARKERS, _DASHES)), strict=True):
        yield {"color": colour, "marker": marker, "linestyle": dash, "markersize": 5}


def list_runs(log: pd.DataFrame, column: str = "run") -> list[Any]:
    """Lists the runs (or other groups) that have rows, in the table's order."""
    return [name for name, _ in log.groupby(column, observed=True, sort=False)]


def name_runs(runs: Sequence[Any]) -> dict[Any, str]:
    """Names runs for a legend: without the word for their logs' type, if all of several names end in one."""
    names = [str(run) for run in runs]
    short = [_TYPE_WORD.sub("", name) for name in names]
    all_end = all(len(one) < len(name) for one, name in zip(short, names, strict=True))
    if len(names) > 1 and all_end and len(set(short)) == len(short):
        names = short
    return dict(zip(runs, names, strict=True))


def choose_markevery(points: int) -> int:
    """Returns n so that a marker at every n-th point leaves room between them."""
    return max(1, -(-points // MOST_MARKERS))


def mark_specials(ax: Axes, x: Any, values: Any, style: dict[str, Any]) -> None:
    """Draws markers for what a log scale cannot show: zeros at the lower edge, NaN and infinities at the upper."""
    x, values = np.asarray(x), np.asarray(values, "float64")
    nonfinite = values[~np.isfinite(values)]
    words = [word for word, found in (("NaN", np.isnan(nonfinite)), ("inf", np.isinf(nonfinite))) if found.any()]
    for where, height, text in (
        (values == 0, ZERO_HEIGHT, "0"),
        (~np.isfinite(values), NONFINITE_HEIGHT, "/".join(words)),
    ):
        if not where.any():
            continue
        transform = ax.get_xaxis_transform()
        size, edge = (7, 1.5) if where.sum() <= MOST_LARGE_MARKS else (3, 0.8)
        marks = {**style, "linestyle": "none", "markerfacecolor": "none", "markersize": size, "markeredgewidth": edge}
        ax.plot(x[where], np.full(where.sum(), height), transform=transform, clip_on=False, label="_special", **marks)
        _label_height(ax, height, text)


def _label_height(ax: Axes, height: float, text: str) -> None:
    """Writes beside the axes, once, what the markers at a height mean."""
    label = f"_special {height}"
    old = next((artist for artist in ax.texts if artist.get_label() == label), None)
    if old is None:
        ax.plot([0, 1], [height, height], ":", color="0.7", lw=0.8, zorder=0, transform=ax.transAxes, label="_special")
        ax.text(
            1.01,
            height,
            text,
            transform=ax.transAxes,
            va="center",
            ha="left",
            fontsize="small",
            label=label,
            clip_on=False,
        )
    else:
        old.set_text("/".join(dict.fromkeys([*old.get_text().split("/"), *text.split("/")])))


def finish_axes(ax: Axes, y_label: str, x_label: str = "epoch") -> None:
    """Gives axes with lines a log scale, labels and a legend, and room for the markers of zeros, NaN and infinities."""
    ax.set_yscale("log")
    # 1e-3, as Keras prints it: math text would take a quarter of the drawing time.
    ax.yaxis.set_major_formatter(LogFormatter())
    ax.yaxis.set_minor_formatter(LogFormatter())
    ax.margins(y=0.12)
    drawn = [line.get_ydata() for line in ax.get_lines() if not str(line.get_label()).startswith("_special")]
    values = np.concatenate([np.asarray(y, "float64").ravel() for y in drawn]) if drawn else np.array([])
    if not (np.isfinite(values) & (values > 0)).any():  # ticks would have no meaning
        ax.set_ylim(0.1, 1)
        ax.set_yticks([])
        ax.minorticks_off()
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    add_legend(ax)


def add_legend(ax: Axes, title: str | None = None) -> None:
    """Adds a legend that shows names as they are, dollar signs included; below the axes if there is a layout."""
    handles, names = ax.get_legend_handles_labels()
    if not handles:
        return
    position: dict[str, Any] = {"loc": "best"}
    if ax.figure.get_layout_engine() is not None:
        below = ax.transAxes + ScaledTranslation(0, -_LEGEND_DROP, ax.figure.dpi_scale_trans)
        position = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "bbox_transform": below, "frameon": False}
        position["ncols"] = _count_legend_columns(names)
    elif len(handles) > MOST_INSIDE:
        position = {"loc": "upper left", "bbox_to_anchor": (1.06, 1.0)}
    legend = ax.legend(handles, names, title=title, fontsize="small", title_fontsize="small", **position)
    for text in legend.get_texts():
        text.set_parse_math(False)


def measure_legend(ax: Axes) -> float:
    """Returns the height of a legend below the axes, in inches."""
    names = ax.get_legend_handles_labels()[1]
    return _LEGEND_ROW * -(-len(names) // _count_legend_columns(names)) if names else 0.0


def add_line_types(ax: Axes, looks: dict[str, dict[str, Any]]) -> None:
    """Adds entries to a legend to come for what dashes and markers mean, whatever the colour."""
    for name, look in looks.items():
        ax.plot([], [], label=name, marker="o", markersize=5, **{**look, "color": "0.4"})


def _count_legend_columns(names: list[str]) -> int:
    return max(1, min(len(names), _LEGEND_WIDTH // (max(map(len, names)) + 7)))


def make_label(name: object) -> str:
    """Turns a name into a label; matplotlib leaves labels with a leading underscore out of the legend."""
    label = make_printable(str(name))
    return f" {label}" if label.startswith("_") else label
