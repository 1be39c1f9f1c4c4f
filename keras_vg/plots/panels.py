"""The plots that suit each type of log, as panels that can be drawn on any axes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_vg.logs.schemas import ACTIVATION, DELTA, GRADIENT, check_table, identify
from keras_vg.plots.depth import draw_depth, draw_heatmap
from keras_vg.plots.epochs import draw_activations, draw_epochs, draw_layer, draw_losses, draw_update_ratio
from keras_vg.plots.histograms import draw_deltas, draw_weights
from keras_vg.plots.style import list_runs, measure_legend

PANEL_SIZE = (4.8, 3.3)
"""Width and height in inches: narrow enough that the text can be read on a phone."""

MOST_COLUMNS = 3


@dataclass(frozen=True)
class Panel:
    """One plot of a log.

    Attributes:
        title: What it shows.
        draw: Draws it; takes and returns the axes.
    """

    title: str
    draw: Callable[..., Axes]

    def make_figure(self) -> Figure:
        """Draws the panel, without its title, on a figure of its own."""
        figure = Figure(figsize=PANEL_SIZE, layout="constrained")
        ax = self.draw(ax=figure.subplots())
        figure.set_figheight(PANEL_SIZE[1] + measure_legend(ax))
        return figure


def choose_panels(log: pd.DataFrame, decay: float | None = None) -> list[Panel]:
    """Chooses the plots for a log by its type.

    Args:
        log: A log of one or several runs, or the tables of `keras.callbacks.CSVLogger` with a column `run`.
        decay: For a gradient log, the predicted factor per layer.

    Returns:
        The panels: those that set runs side by side first, then those of each run.

    Raises:
        ValueError: If the table is no such log, or has no rows.

    Example:
        >>> [panel.title for panel in vg.plots.choose_panels(vg.read_log("sigmoid.csv"))][:2]
        ['First layer: change per epoch', 'First layer: change of each weight']
    """
    if check_table(log).empty:
        raise ValueError("A log must have rows to be drawn. Received: a log without any. Did its first epoch end?")
    runs = {str(run): log[log["run"] == run] for run in list_runs(log)}
    schema = identify(log.columns)
    if schema is GRADIENT:
        panels = [
            Panel("First layer's gradient", partial(draw_layer, log)),
            Panel("Gradient over depth", partial(draw_depth, log, decay=decay)),
            Panel("Size of the updates", partial(draw_update_ratio, log)),
        ]
        maps = {"Gradient, layer by epoch": partial(draw_heatmap)}
    elif schema is ACTIVATION:
        panels = [Panel("Saturated values and dead units", partial(draw_activations, log))]
        maps = {
            f"{name.capitalize()}, layer by epoch": partial(draw_heatmap, value=f"{name}_fraction")
            for name in ("saturated", "dead")
            if log[f"{name}_fraction"].notna().any()
        }
    elif schema is DELTA:
        first = log[log["depth"] == log["depth"].min()]
        panels = [
            Panel("First layer: change per epoch", partial(draw_epochs, first, "delta")),
            Panel("First layer: change of each weight", partial(draw_deltas, log)),
        ]
        maps = {"Weights before and after": partial(draw_weights)}
    else:
        return [Panel("Loss", partial(draw_losses, log))]
    for run, rows in runs.items():
        panels += [
            Panel(f"{name}: {run}" if len(runs) > 1 else name, partial(draw, rows)) for name, draw in maps.items()
        ]
    return panels


def draw_panels(panels: list[Panel]) -> Figure:
    """Draws panels beside and below each other.

    Args:
        panels: What `choose_panels` chose, perhaps of several logs.

    Returns:
        The figure.

    Example:
        >>> panels = vg.plots.choose_panels(vg.read_log("sigmoid.csv"))
        >>> vg.plots.draw_panels(panels).savefig("sigmoid.svg")
    """
    columns = min(MOST_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(PANEL_SIZE[0] * columns, PANEL_SIZE[1] * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    heights = [PANEL_SIZE[1]] * rows
    for number, (ax, panel) in enumerate(zip(axes, panels, strict=False)):
        panel.draw(ax=ax)
        note = ax.get_title()
        is_above = ax.get_legend() is not None and not ax.get_legend_handles_labels()[0]  # a heat map's
        room = 21 if is_above else 6
        ax.set_title(f"{panel.title}\n{note}" if note else panel.title, fontsize="medium", parse_math=False, pad=room)
        heights[number // columns] = max(heights[number // columns], PANEL_SIZE[1] + measure_legend(ax))
    for ax in axes[len(panels) :]:
        ax.remove()
    figure.set_figheight(sum(heights))
    axes[0].get_gridspec().set_height_ratios(heights)
    return figure
