"""One run as a block of lines: its verdict, its loss, and a line per layer with the heat map over the epochs."""

from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len, set_cell_size

from keras_vg.watch.cells import Scale, Symbols, draw_cells, draw_sparkline, draw_trend, pool_epochs
from keras_vg.watch.grid import MISSING
from keras_vg.watch.lines import Line
from keras_vg.watch.measurements import FRACTIONS, Metric
from keras_vg.watch.runs import WatchedRun

HEAD = 3
"""Lines above the layers: name and verdict, loss, column headings."""

_VERDICTS = {"healthy": "bold green", "sick": "bold red", "not judged": "bold yellow"}
_SHORTEST_NAME, _LONGEST_NAME, _SHORTEST_MAP = 8, 28, 10


@dataclass(frozen=True)
class Column:
    """A number beside each layer's heat map."""

    metric: Metric
    heading: str
    width: int


_COLUMNS = (
    Column("gradient", "gradient", 8),
    Column("update ratio", "update", 7),
    Column("dead", "dead", 4),
    Column("saturated", "sat", 4),
    Column("change", "change", 8),
)


def draw_panel(
    run: WatchedRun,
    layers: list[int],
    chosen: int | None,
    width: int,
    metric: Metric,
    scale: Scale,
    symbols: Symbols,
    is_chosen: bool,
) -> list[Line]:
    """Draws one run.

    Args:
        run: The run.
        layers: The depths of the layers to show.
        chosen: The depth that is marked, described in the last line; None for none, and no such line.
        width: Cells in a line.
        metric: What the heat map shows.
        scale: The levels of the heat map.
        symbols: The terminal's characters.
        is_chosen: Whether the run's name is marked.

    Returns:
        `HEAD` lines, one per layer, and perhaps one for the chosen layer.
    """
    columns, name_width, map_width = _share_width(run, layers, width)
    grid = run.get_grid(metric)
    values = np.empty((0, len(layers))) if grid is None else grid.take(layers)
    maps = draw_cells(pool_epochs(values, map_width, scale.is_log), scale, symbols)
    lines = [_draw_title(run, width, symbols, is_chosen), _draw_loss(run, width, symbols)]
    headings = "".join(f" {column.heading:>{column.width}}{' ' * _has_trend(column)}" for column in columns)
    span = "" if grid is None else f"epochs {grid.epochs[0]}-{grid.epochs[-1]}"
    lines.append(Line(_fit(f" {_fit('layer', name_width, symbols)}{headings} {span}", width, symbols), "dim underline"))
    latest = {column.metric: run.get_latest(column.metric, layers) for column in columns}
    trends = {
        column.metric: found.take(layers)
        for column in columns
        if _has_trend(column) and (found := run.get_grid(column.metric))
    }
    for index, depth in enumerate(layers):
        is_marked = depth == chosen
        line = Line(symbols.marker if is_marked else " ")
        line.add(_fit(run.name_layer(depth), name_width, symbols), "bold" if is_marked else "")
        for column in columns:
            line.add(f" {format_metric(column.metric, latest[column.metric][index]):>{column.width}}")
            if _has_trend(column):
                line.add(draw_trend(trends[column.metric][:, index], symbols) if column.metric in trends else " ")
        line.add(" ")
        line.join(maps[index])
        lines.append(line)
    if chosen is not None:
        lines.append(Line(_fit(_describe_layer(run, chosen, columns), width, symbols), "dim"))
    return lines


def format_metric(metric: Metric, value: float) -> str:
    """Writes a value of a metric: fractions in percent, others with three digits; nothing where it is missing.

    Example:
        >>> format_metric("dead", 0.25), format_metric("gradient", 1.5e-5), format_metric("gradient", MISSING)
        ('25%', '1.50e-05', '')
    """
    if value == MISSING:
        return ""
    if metric in FRACTIONS:
        return f"{value:.0%}"
    return f"{value:.1e}" if metric == "update ratio" else f"{value:.2e}"


def _has_trend(column: Column) -> bool:
    return column.metric in ("gradient", "change")


def _share_width(run: WatchedRun, layers: list[int], width: int) -> tuple[list[Column], int, int]:
    """Chooses the columns that fit, the width of the names, and that of the heat map."""
    columns: list[Column] = []
    left = width - 2 - _SHORTEST_NAME - _SHORTEST_MAP
    for column in _COLUMNS:
        needed = 1 + column.width + _has_trend(column)
        if run.get_grid(column.metric) is not None and needed <= left:
            columns.append(column)
            left -= needed
    longest = max((cell_len(run.name_layer(depth)) for depth in layers), default=0)
    name = max(_SHORTEST_NAME, min(longest, _LONGEST_NAME, _SHORTEST_NAME + left // 3))
    return columns, name, _SHORTEST_MAP + left - (name - _SHORTEST_NAME)


def _draw_title(run: WatchedRun, width: int, symbols: Symbols, is_chosen: bool) -> Line:
    epoch = "" if run.epoch is None else f"epoch {run.epoch}  "
    verdict = run.verdict
    style = next(style for word, style in _VERDICTS.items() if verdict.startswith(word))
    room = width - 1 - cell_len(epoch) - cell_len(verdict) - 1
    if room < 4:
        epoch, room = "", room + cell_len(epoch)
    line = Line(symbols.marker if is_chosen else " ")
    line.add(_fit(run.name, max(room, 4), symbols), "bold").add(" ").add(epoch).add(verdict, style)
    return line.fit(width)


def _draw_loss(run: WatchedRun, width: int, symbols: Symbols) -> Line:
    """The losses, two at most, each with its sparkline."""
    losses = [(name, values) for name, values in run.losses.items() if name != "epoch"]
    losses.sort(key=lambda pair: pair[0] not in ("loss", "val_loss"))
    shown = losses[: 2 if width >= 60 else 1]
    line = Line("" if shown else " no loss: no history")
    for name, values in shown:
        label = f" {name} {values[-1]:.4g} "
        line.add(label)
        curve = draw_sparkline(values, width // len(shown) - cell_len(label) - 1, symbols)
        line.join(curve)
    return line.fit(width)


def _describe_layer(run: WatchedRun, depth: int, columns: list[Column]) -> str:
    """What there is no column for; everything, if all have one."""
    hidden = [metric for metric in run.metrics if metric not in [column.metric for column in columns]]
    texts = {metric: format_metric(metric, run.get_latest(metric, [depth])[0]) for metric in hidden or run.metrics}
    values = ", ".join(f"{metric} {text}" for metric, text in texts.items() if text)
    return f" {run.name_layer(depth)} (depth {depth}): {values or 'no values'}"


def _fit(text: str, width: int, symbols: Symbols) -> str:
    """Cuts or fills a text to a number of cells."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + symbols.rest
