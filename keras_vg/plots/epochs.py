"""Plots over the epochs: any column, one layer's gradient, update ratios, activations, losses."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter, MaxNLocator

from keras_vg.logs.compare import compare
from keras_vg.logs.history import is_history, list_losses, make_history
from keras_vg.logs.layers import check_value, measure_layers, reduce_layers
from keras_vg.logs.schemas import ACTIVATION, HISTORY, check_table, identify
from keras_vg.plots.style import (
    LABELS,
    add_legend,
    add_line_types,
    choose_markevery,
    cycle_styles,
    finish_axes,
    list_runs,
    make_axes,
    make_label,
    mark_specials,
    name_runs,
)

HEALTHY_UPDATE = (1e-4, 1e-2)
"""Change of a weight in one step, relative to its size, around the 1e-3 that is a healthy one (Karpathy, 2015)."""

MOST_BANDS = 4
"""With more runs than this the bands would hide each other, and are left out."""

MOST_LINEAR = 100
"""Losses of which the largest is more than this times the smallest are drawn on a log scale."""

# What tells the columns of one run apart: a run has one colour and marker.
_SOLID: dict[str, Any] = {"linestyle": "-"}
_DASHED: dict[str, Any] = {"linestyle": "--", "markerfacecolor": "white"}
_DOTTED: dict[str, Any] = {"linestyle": ":"}
_DASHED_AND_DOTTED: dict[str, Any] = {"linestyle": "-.", "markerfacecolor": "white"}


def draw_epochs(log: pd.DataFrame, value: str, by: str = "run", ax: Axes | None = None) -> Axes:
    """Draws the mean absolute value of a column over the epochs, on a log scale.

    Each run is reduced to its mean of |value| per epoch. A line is the median over the runs of one group; where a
    group has several runs, a band spans the smallest to the largest. Hollow markers at the lower and the upper edge
    show at which epochs a run of the group is at zero, or not finite.

    Args:
        log: A table from `read_log`, perhaps with further columns to group by.
        value: The column to draw, e.g. `"delta"`.
        by: The column that groups the runs into lines.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If `value` names no numeric column.
        KeyError: If the table has no column `by`.

    Example:
        >>> ax = vg.plots.draw_epochs(vg.read_log("sigmoid.csv"), "delta")
        >>> ax.get_ylabel()
        'mean |delta| [weight]'
    """
    means = compare(check_table(log), value, by="epoch").loc[:, [value]].droplevel(0, axis="columns")
    ax = make_axes(ax)
    groups = log[list({"run", by})].drop_duplicates()
    present = log[["run", "epoch"]].drop_duplicates().set_index(["epoch", "run"]).index
    styles = cycle_styles()
    names = name_runs(list_runs(groups, by))
    for name, runs in groups.groupby(by, observed=True, sort=False)["run"]:
        _draw_group(ax, means[list(runs)], present, names[name], next(styles))
    finish_axes(ax, _label_mean(log, value))
    return ax


def _label_mean(log: pd.DataFrame, value: str) -> str:
    """Labels the mean of a column over all rows of an epoch, and says whether they are of several layers."""
    label = LABELS.get(value, f"mean |{value}|")
    if log["depth"].nunique() > 1:
        return f"{label},\n{'over' if label.startswith('mean') else 'mean over'} all layers"
    is_mean = label.startswith("mean") or "weight" not in log or log["weight"].nunique() < 2
    return label if is_mean else f"{label},\nmean over the layer's weights"


def _draw_group(
    ax: Axes, cells: pd.DataFrame, present: pd.Index, name: object, style: dict[str, Any], with_band: bool = True
) -> None:
    """Draws a line, its band, and markers for the zeros, NaN and infinities of the runs."""
    median = cells.median(axis="columns")
    ax.plot(
        cells.index,
        median.where(median > 0),  # otherwise the line would leave the axes towards a zero
        label=make_label(name),
        markevery=choose_markevery(len(cells)),
        **style,
    )
    if with_band and cells.shape[1] > 1:
        low, high = cells.min(axis="columns"), cells.max(axis="columns")
        ax.fill_between(cells.index, low, high, color=style["color"], alpha=0.2, lw=0)
    long = cells.stack("run", future_stack=True)
    long = long[long.index.isin(present)]  # of two runs, one may have fewer epochs
    mark_specials(ax, long.index.get_level_values("epoch"), long, style)


def draw_layer(
    log: pd.DataFrame, depth: int | None = None, value: str = "gradient_rms", ax: Axes | None = None
) -> Axes:
    """Draws the gradient of one layer over the epochs: a line per run, on a log scale.

    A layer's gradient in an epoch is that of its weight with the largest root mean square, as in `gradient_ratio`
    (see `GradientLogger`).

    Args:
        log: A gradient log from `read_log`.
        depth: Which layer; by default that of `gradient_rms_first`.
        value: `"gradient_rms"`, `"gradient_norm"` or `"update_ratio"`.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If the table is no gradient log, has no such layer, or `value` is none of the three.

    Example:
        >>> ax = vg.plots.draw_layer(vg.read_log("runs/sigmoid_vs_relu/*_gradients.csv"))
        >>> len(ax.get_lines())
        3
    """
    layers = reduce_layers(log)
    check_value(value)
    if depth is None:
        depths = {run: measure_layers(rows).first_depth for run, rows in log.groupby("run", observed=True)}
        rows = layers[layers["depth"] == layers["run"].astype(object).map(depths)]
    else:
        rows = layers[layers["depth"] == depth]
    if rows.empty:
        known = ", ".join(map(str, sorted(layers["depth"].unique()))) or "none: it has no rows"
        raise ValueError(f"`depth` must be in the log. Received: depth={depth!r}. The log has {known}.")
    ax = make_axes(ax)
    styles = cycle_styles()
    names = name_runs(list_runs(rows))
    for run, table in rows.groupby("run", sort=False):
        cells = table.set_index("epoch")[[value]].rename_axis(columns="run")
        _draw_group(ax, cells, cells.stack(future_stack=True).index, names[run], next(styles))
    finish_axes(ax, LABELS[value])
    return ax


def draw_update_ratio(log: pd.DataFrame, healthy: tuple[float, float] = HEALTHY_UPDATE, ax: Axes | None = None) -> Axes:
    r"""Draws how far each epoch moved the layers, relative to their weights, with the band of healthy steps.

    A line is the median over a run's layers, its band (of up to 4 runs) the smallest to the largest. Over $n$ steps
    that each move a weight by the part $r$, it moves between $\sqrt{n} r$ (steps to and fro) and $n r$ (all one
    way): the healthy band, grey, spans $\sqrt{n} r_{low}$ to $n r_{high}$.

    Args:
        log: A gradient log from `read_log`.
        healthy: The smallest and the largest healthy change per step, as a fraction of the weight.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If the table is no gradient log.

    Example:
        >>> ax = vg.plots.draw_update_ratio(vg.read_log("runs/sigmoid_vs_relu/relu_seed0_gradients.csv"))
        >>> ax.get_title()
        'steps per row: 21'

    References:
        Karpathy (2015), CS231n, "Ratio of weights:updates".
    """
    layers = reduce_layers(log)
    ax = make_axes(ax)
    steps = int(layers["steps"].max()) if len(layers) else 1
    ax.axhspan(np.sqrt(steps) * healthy[0], steps * healthy[1], color="0.88", zorder=0, label="healthy")
    styles = cycle_styles()
    names = name_runs(list_runs(layers))
    for run, table in layers.groupby("run", sort=False):
        cells = table.pivot(index="epoch", columns="depth", values="update_ratio").rename_axis(columns="run")
        present = table.set_index(["epoch", "depth"]).index
        _draw_group(ax, cells, present, names[run], next(styles), with_band=layers["run"].nunique() <= MOST_BANDS)
    finish_axes(ax, LABELS["update_ratio"])
    ax.set_title(f"steps per row: {steps}", fontsize="small")
    return ax


def draw_activations(log: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draws the saturated and dead fractions over the epochs: of each run, those of the worst layer at that epoch.

    Layers whose activation cannot saturate (or die) are left out. Hollow markers at the upper edge show the
    epochs at which some layer's outputs are not finite.

    Args:
        log: An activation log from `read_log`.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If the table is no activation log.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x, y = np.ones((8, 2)), np.ones((8, 1))
        >>> _ = model.fit(x, y, epochs=2, verbose=0, callbacks=[vg.ActivationLogger("activations.csv", x)])
        >>> vg.plots.draw_activations(vg.read_log("activations.csv")).get_ylabel()
        'part of the worst layer [%]'
    """
    ACTIVATION.check(log)
    ax = make_axes(ax)
    styles = cycle_styles()
    runs = name_runs(list_runs(log))
    looks: dict[str, dict[str, Any]] = {}
    for run, short in runs.items():
        style, label = next(styles), make_label(short)
        epochs = log[log["run"] == run].groupby("epoch")
        for name, look in (("saturated", _SOLID), ("dead", _DASHED)):
            worst = 100 * epochs[f"{name}_fraction"].max()
            if worst.notna().any():
                looks[name] = look
                shown = {**style, **look, "label": name if len(runs) == 1 else label}
                every = choose_markevery(len(worst))
                ax.plot(worst.index, worst, markevery=every, clip_on=False, zorder=3, **shown)
                label = "_"  # one entry per run
        broken = epochs["abs_max"].agg(lambda sizes: sizes.max() if np.isfinite(sizes).all() else np.nan)
        mark_specials(ax, broken.index, broken.mask(broken == 0, 1.0), style)
    ax.set_ylim(0, 100)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.set_ylabel("part of the worst layer [%]")
    if len(runs) > 1:
        add_line_types(ax, looks)
    add_legend(ax)
    return ax


def draw_losses(log: Any, ax: Axes | None = None) -> Axes:
    """Draws the losses over the epochs, of the history of a training or of several.

    Args:
        log: A Keras `History`, its dict, or a table: `pandas.read_csv` of the file of a `keras.callbacks.CSVLogger`.
            It holds `loss` and perhaps `val_loss`, or losses of other names. A column `run` tells several runs apart.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        TypeError: If it is none of these, such as the path of a file.
        ValueError: If it holds no losses.

    Example:
        >>> table = pd.DataFrame({"run": "mine", "epoch": [0, 1], "loss": [0.7, 0.4], "val_loss": [0.7, 0.5]})
        >>> [line.get_label() for line in vg.plots.draw_losses(table).get_lines()]
        ['loss', 'val_loss']
    """
    log = _make_losses(log)
    ax = make_axes(ax)
    styles = cycle_styles()
    runs = name_runs(list_runs(log))
    looks: dict[str, dict[str, Any]] = {}
    for run, short in runs.items():
        rows, style, label = log[log["run"] == run], next(styles), make_label(short)
        names = ["loss", "val_loss"] if "loss" in rows and rows["loss"].notna().any() else list_losses(rows.columns)
        for name, look in zip(names, itertools.cycle((_SOLID, _DASHED, _DOTTED, _DASHED_AND_DOTTED)), strict=False):
            if name in rows and rows[name].notna().any():
                looks[name] = look
                shown = {**style, **look, "label": make_label(name) if len(runs) == 1 else label}
                ax.plot(rows["epoch"], rows[name], markevery=choose_markevery(len(rows)), **shown)
                label = "_"  # one entry per run
        for name in names if "loss" not in rows else ["loss"]:
            mark_specials(ax, rows["epoch"], rows[name].mask(rows[name] == 0, 1.0), style)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    if _spans_decades(ax):
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(LogFormatter())
        ax.yaxis.set_minor_formatter(LogFormatter())
    if len(runs) > 1:
        add_line_types(ax, looks)
    add_legend(ax)
    return ax


def _make_losses(source: Any) -> pd.DataFrame:
    """Makes a history, or the table of several, one with the columns `run` and `epoch`."""
    if not (isinstance(source, pd.DataFrame | Mapping) or is_history(source)):
        raise TypeError(
            "Losses must be a History, its dict or a table. "
            f"Received: {type(source).__name__}. Read a file first: `pandas.read_csv(path)`."
        )
    if isinstance(source, pd.DataFrame) and "run" in source:
        count = source.groupby("run", observed=True).cumcount
        table = source if "epoch" in source else source.assign(epoch=count())
    else:
        table = make_history(source).assign(run="run")
    if identify(table.columns) is not HISTORY:
        raise ValueError(
            f"Losses must be those of a training's history. Received: {identify(table.columns).one}. "
            "Pass a History, or `pandas.read_csv` of the file of a `keras.callbacks.CSVLogger`."
        )
    return table


def _spans_decades(ax: Axes) -> bool:
    """Whether the lines have positive values only, and so different ones that a linear scale hides the small ones."""
    lines = [line.get_ydata() for line in ax.get_lines() if not str(line.get_label()).startswith("_special")]
    values = np.concatenate([np.asarray(line, "float64") for line in lines]) if lines else np.array([])
    values = values[np.isfinite(values)]
    return bool(len(values) and values.min() > 0 and values.max() > MOST_LINEAR * values.min())
