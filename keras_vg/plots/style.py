"""What all plots share: line styles, labels with units, and markers for values that a log scale cannot show."""

import itertools
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter, MaxNLocator

from keras_vg.text import make_printable

# Okabe and Ito's colours, which the colour-blind can tell apart; in grey print markers and dashes differ.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", "--", "-.", ":")

ZERO_HEIGHT, NONFINITE_HEIGHT = 0.05, 0.95
"""Where zeros, and where NaN and infinities are drawn, as fractions of the height of the axes."""

MOST_INSIDE = 5
"""A legend with more entries is drawn beside the axes."""

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
        marks = {**style, "linestyle": "none", "markerfacecolor": "none", "markersize": 7, "markeredgewidth": 1.5}
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
    """Adds a legend that shows names as they are, dollar signs included; beside the axes if it is long."""
    handles, names = ax.get_legend_handles_labels()
    if not handles:
        return
    position: dict[str, Any] = {"loc": "best"}
    if len(handles) > MOST_INSIDE:
        position = {"loc": "upper left", "bbox_to_anchor": (1.06, 1.0)}
    legend = ax.legend(handles, names, title=title, fontsize="small", title_fontsize="small", **position)
    for text in legend.get_texts():
        text.set_parse_math(False)


def make_label(name: object) -> str:
    """Turns a name into a label; matplotlib leaves labels with a leading underscore out of the legend."""
    label = make_printable(str(name))
    return f" {label}" if label.startswith("_") else label
