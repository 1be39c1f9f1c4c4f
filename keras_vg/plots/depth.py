"""Plots over the depth of the model: lines with a predicted decay, and heat maps of layer by epoch."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Patch
from matplotlib.ticker import LogFormatter, MaxNLocator

from keras_vg.logs.layers import VALUES, check_value, reduce_layers
from keras_vg.logs.schemas import ACTIVATION, GRADIENT, check_table, identify
from keras_vg.plots.style import (
    LABELS,
    choose_markevery,
    cycle_styles,
    finish_axes,
    list_runs,
    make_axes,
    make_label,
    mark_specials,
    name_runs,
)

MOST_NAMES = 16
"""A heat map of more layers than this labels only some of them."""


def draw_depth(
    log: pd.DataFrame,
    epochs: Sequence[int] | None = None,
    decay: float | None = None,
    value: str = "gradient_rms",
    ax: Axes | None = None,
) -> Axes:
    r"""Draws the gradient of each layer over the depth, on a log scale, beside a predicted decay.

    A layer's gradient in an epoch is that of its weight with the largest root mean square, as in `gradient_ratio`
    (see `GradientLogger`); `gradient_norm` is the norm of all its weights. The prediction starts at the last layer of
    the first chosen epoch of the first run, at depth $L$, and goes on as $f^{L - depth}$ towards the input.

    Args:
        log: A gradient log from `read_log`.
        epochs: Which epochs; by default of a lone run the first and the last, of several runs the last of each.
        decay: The predicted factor $f$ per layer, e.g. 0.25, the most that a sigmoid's derivative lets through.
        value: `"gradient_rms"`, `"gradient_norm"` or `"update_ratio"`.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If the table is no gradient log, `value` is none of the three, an epoch is not in the log, or
            `decay` is not positive.

    Example:
        >>> log = vg.read_log("runs/sigmoid_vs_relu/sigmoid_seed0_gradients.csv")
        >>> ax = vg.plots.draw_depth(log, epochs=[0], decay=0.237)
        >>> [line.get_label() for line in ax.get_lines()]
        ['sigmoid_seed0_gradients, epoch 0', 'predicted: 0.237 per layer']
    """
    layers = reduce_layers(log)
    check_value(value)
    if decay is not None and not decay > 0:
        raise ValueError(f"`decay` must be a positive factor per layer. Received: decay={decay!r}. Try 0.25.")
    unknown = sorted(set(epochs or ()) - set(layers["epoch"]))
    if unknown:
        known = f"{layers['epoch'].min()} to {layers['epoch'].max()}" if len(layers) else "none"
        raise ValueError(f"`epochs` must be in the log. Received: epochs={epochs!r}. The log has {known}.")
    ax = make_axes(ax)
    styles = cycle_styles()
    runs = name_runs(list_runs(layers))
    start: pd.Series[float] | None = None
    for run, name in runs.items():
        table = layers[layers["run"] == run]
        ends = [table["epoch"].min(), table["epoch"].max()]
        chosen = sorted(set(ends if len(runs) == 1 else ends[1:])) if epochs is None else epochs
        rows = [table[table["epoch"] == epoch] for epoch in chosen]
        rows = [row for row in rows if len(row)]
        for row in rows:
            style, every = next(styles), choose_markevery(len(row))
            label = make_label(f"{name}, epoch {row['epoch'].iloc[0]}")
            ax.plot(row["depth"], row[value].where(row[value] > 0), label=label, markevery=every, **style)
            mark_specials(ax, row["depth"], row[value], style)
        if start is None and rows:
            start = rows[0].set_index("depth")[value].sort_index()
    if decay is not None and start is not None:
        expected = start.iloc[-1] * decay ** (start.index[-1] - start.index.to_numpy(dtype="float64"))
        label = f"predicted: {decay:.3g} per layer"
        ax.plot(start.index, expected, color="0.45", linestyle=(0, (1, 1.5)), linewidth=2, label=label, zorder=1)
    finish_axes(ax, LABELS[value], x_label="depth [layers from the input]")
    return ax


def draw_heatmap(log: pd.DataFrame, value: str | None = None, ax: Axes | None = None) -> Axes:
    """Draws a column of one run as a heat map, with a row per layer and a column per epoch.

    The color scale is logarithmic, except for fractions. Zeros are dotted, NaN and infinities are crossed out; a cell
    without a row in the log is white.

    Args:
        log: A gradient log or an activation log of one run from `read_log`.
        value: A numeric column; of a gradient log `gradient_rms` (the default), `gradient_norm` or
            `update_ratio`, of an activation log any (`saturated_fraction` by default).
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If the table is neither, has several runs or no row, or has no such value.

    Example:
        >>> ax = vg.plots.draw_heatmap(vg.read_log("runs/sigmoid_vs_relu/sigmoid_seed0_gradients.csv"))
        >>> [label.get_text() for label in ax.get_yticklabels()][:2]
        ['0 hidden_0', '1 hidden_1']
    """
    is_activation = identify(check_table(log).columns) is ACTIVATION
    (ACTIVATION if is_activation else GRADIENT).check(log)
    runs = list_runs(log)
    if len(runs) != 1:
        raise ValueError(
            f"A heat map is of one run with rows. Received: runs={runs!r}. Choose one: log[log['run'] == name]."
        )
    layers = log if is_activation else reduce_layers(log)
    allowed = ACTIVATION.numbers if is_activation else list(VALUES)
    value = value or ("saturated_fraction" if is_activation else GRADIENT.value)
    if value not in allowed:
        raise ValueError(f"`value` must be one of {', '.join(allowed)}. Received: value={value!r}.")
    ax = make_axes(ax)
    rows = layers.drop_duplicates(["depth", "layer"]).sort_values("depth", kind="stable")
    index = pd.MultiIndex.from_frame(rows[["depth", "layer"]].astype({"layer": object}))
    cells = (
        layers.astype({"layer": object}).groupby(["depth", "layer", "epoch"], sort=True)[value].mean().unstack("epoch")
    )
    known = layers.astype({"layer": object}).groupby(["depth", "layer", "epoch"])[value].size().unstack("epoch").notna()
    cells, known = cells.reindex(index), known.reindex(index)
    _draw_cells(ax, cells, known.to_numpy(), is_fraction=value.endswith("_fraction"), label=LABELS[value])
    _name_rows(ax, [f"{depth} {layer}" for depth, layer in index])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("epoch")
    return ax


def _draw_cells(ax: Axes, cells: pd.DataFrame, known: np.ndarray, is_fraction: bool, label: str) -> None:
    values = np.abs(cells.to_numpy("float64"))
    epochs = cells.columns.to_numpy("float64")
    edges = np.append(epochs - 0.5, epochs[-1] + 0.5)
    layer_edges = np.arange(len(values) + 1) - 0.5
    shown = np.isfinite(values) if is_fraction else np.isfinite(values) & (values > 0)
    norm: Normalize = Normalize(0, 1) if is_fraction else LogNorm(*_find_range(values[shown]))
    mesh = ax.pcolormesh(
        edges, layer_edges, np.ma.masked_where(~shown, values), norm=norm, cmap="cividis", rasterized=True
    )
    colourbar = ax.figure.colorbar(mesh, ax=ax, label=label, format=None if is_fraction else LogFormatter())
    if not is_fraction:
        colourbar.minorformatter = LogFormatter()
    if not shown.any():
        colourbar.remove()
    specials = [(known & (values == 0) & ~shown, "..", "0"), (known & ~np.isfinite(values), "xx", "NaN or inf")]
    if is_fraction:
        specials[1] = (specials[1][0], "xx", "none, or NaN")
    handles = []
    for where, hatch, name in specials:
        if where.any():
            ax.pcolor(
                edges,
                layer_edges,
                np.ma.masked_where(~where, where.astype(float)),
                facecolor="0.93",
                edgecolor="0.35",
                hatch=hatch,
                linewidth=0,
                cmap="Greys",
                vmin=0,
                vmax=20,
                rasterized=True,
            )
            handles.append(Patch(facecolor="0.95", edgecolor="0.35", hatch=2 * hatch, linewidth=0, label=name))
    if handles:
        ax.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=2,
            fontsize="small",
            frameon=False,
            handleheight=1.2,
        )
    ax.invert_yaxis()


def _find_range(values: np.ndarray) -> tuple[float, float]:
    return (float(values.min()), float(values.max()) * (1 + 1e-9)) if len(values) else (0.1, 1.0)


def _name_rows(ax: Axes, names: list[str]) -> None:
    """Labels the rows, or as many of them as there is room for; long names are cut in the middle."""
    step = -(-len(names) // MOST_NAMES)
    labelled = range(0, len(names), step)
    short = [name if len(name) <= 28 else f"{name[:14]}…{name[-13:]}" for name in names]
    ax.set_yticks(list(labelled), [make_label(short[row]) for row in labelled], fontsize="small", parse_math=False)
