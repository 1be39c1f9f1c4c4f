"""Numbers as single characters, which differ without colours, too: heat maps, sparklines and trends."""

import itertools
from dataclasses import dataclass

import numpy as np

from keras_vg.watch.grid import MISSING
from keras_vg.watch.lines import Line

COLOURS = ("#5b4a9c", "#4565a5", "#3a7f9f", "#2f9a8a", "#43b36d", "#86c94e", "#c9d63a", "#fde725")
"""From small to large; each differs from the others in lightness as well."""

_ZERO, _BROKEN, _MISSING = 8, 9, 10
_STYLES = (*COLOURS, "bold red", "bold red", "")

TREND_EPOCHS = 10
"""How many epochs a trend looks back."""


@dataclass(frozen=True)
class Symbols:
    """The characters of a terminal.

    Attributes:
        levels: Eight characters from small to large.
        zero: For exactly 0.
        broken: For what is not finite.
        trends: Falling by 10 times, falling, steady, rising, rising by 10 times.
        marker: Before the chosen layer and run.
        rest: At the end of a text that is cut.
    """

    levels: str
    zero: str
    broken: str
    trends: tuple[str, str, str, str, str]
    marker: str
    rest: str


BLOCKS = Symbols("▁▂▃▄▅▆▇█", "0", "!", ("⇊", "↓", "→", "↑", "⇈"), "▶", "…")
LETTERS = Symbols("12345678", "0", "!", ("v", "-", "=", "+", "^"), ">", "~")
"""For terminals whose encoding has no blocks."""


@dataclass(frozen=True)
class Scale:
    """Which values the eight levels stand for: equal steps from `low` to `high`, of the logarithm if `is_log`."""

    low: float
    high: float
    is_log: bool = True

    def find_levels(self, values: np.ndarray) -> np.ndarray:
        """Returns the levels of values, from 0 to 7; what is beyond the ends has the level of the end."""
        with np.errstate(all="ignore"):
            if self.is_log:
                parts = np.log(values / self.low) / np.log(self.high / self.low)
            else:
                parts = (values - self.low) / (self.high - self.low)
        return np.clip(np.nan_to_num(parts * 8), 0, 7).astype(int)


FRACTION_SCALE = Scale(0.0, 1.0, is_log=False)


def make_scale(values: np.ndarray) -> Scale:
    """Chooses a scale of the logarithm that spans values.

    Args:
        values: Values of any shape. Those that are missing, zero or not finite do not count.

    Returns:
        The scale, which spans at least two powers of ten.
    """
    chosen = values[np.isfinite(values) & (values > 0)]
    if not len(chosen):
        return Scale(0.1, 10.0)
    low, high = float(chosen.min()), float(chosen.max())
    return Scale(max(min(low, high / 100), np.finfo(float).tiny), high)


def pool_epochs(values: np.ndarray, width: int, is_log: bool = True) -> np.ndarray:
    """Joins neighbouring epochs, always the same number of them, so that a row of cells holds them all.

    Args:
        values: Values of shape `(epochs, layers)`.
        width: The most cells.
        is_log: Whether a cell is the geometric mean of its positive values (0 if all are), or the mean of its values.

    Returns:
        An array of shape `(cells, layers)`: NaN if one of a cell's values is not finite, `MISSING` if it has none.
    """
    if len(values) <= width:
        return values
    starts = _find_starts(len(values), width)
    is_broken = ~np.isfinite(values)
    counts = ~is_broken & ((values > 0) if is_log else (values != MISSING))
    sums = np.add.reduceat(np.log(np.where(counts, values, 1.0)) if is_log else np.where(counts, values, 0.0), starts)
    totals = np.add.reduceat(counts.astype(int), starts)
    means = sums / np.maximum(totals, 1)
    cells = np.where(totals > 0, np.exp(means) if is_log else means, MISSING)
    cells[np.logical_or.reduceat(values == 0, starts) & (totals == 0)] = 0.0
    cells[np.logical_or.reduceat(is_broken, starts)] = np.nan
    return cells


def _find_starts(epochs: int, width: int) -> np.ndarray:
    """Where cells begin. They stay what they are as epochs are added, until no cell is left and they grow."""
    return np.arange(0, epochs, -(-epochs // max(width, 1)))


def draw_cells(values: np.ndarray, scale: Scale, symbols: Symbols = BLOCKS) -> list[Line]:
    """Draws values as one character each.

    Args:
        values: The values, of shape `(cells, layers)`, `MISSING` where there are none.
        scale: What the levels stand for.
        symbols: The terminal's characters.

    Returns:
        A line per layer, with as many characters as cells.

    Example:
        >>> [line] = draw_cells(np.array([[1e-8], [1e-4], [1.0], [0.0], [np.nan]]), Scale(1e-8, 1.0))
        >>> line.plain
        '▁▅█0!'
    """
    codes = scale.find_levels(values)
    if scale.is_log:
        codes[values == 0] = _ZERO
    codes[~np.isfinite(values)] = _BROKEN
    codes[values == MISSING] = _MISSING
    characters = f"{symbols.levels}{symbols.zero}{symbols.broken} "
    lines = []
    for row in codes.T.tolist():
        line = Line()
        for code, cells in itertools.groupby(row):
            line.add(characters[code] * len(list(cells)), _STYLES[code])
        lines.append(line)
    return lines


def draw_sparkline(values: np.ndarray, width: int, symbols: Symbols = BLOCKS) -> Line:
    """Draws a curve as one line of characters, from its smallest to its largest value.

    Args:
        values: The values, of shape `(epochs,)`; a loss may be negative.
        width: The most characters; with more epochs, a character is the mean of several.
        symbols: The terminal's characters.
    """
    line = Line()
    if width < 1 or not len(values):
        return line
    if len(values) > width:
        starts = _find_starts(len(values), width)
        values = np.add.reduceat(values, starts) / np.diff(starts, append=len(values))
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    scale = Scale(low, high if high > low else low + max(abs(low), 1.0), is_log=False)
    codes = np.where(np.isfinite(values), scale.find_levels(values), _BROKEN)
    for code, cells in itertools.groupby(codes.tolist()):
        style = "bold red" if code == _BROKEN else "cyan"
        line.add(f"{symbols.levels} {symbols.broken}"[code] * len(list(cells)), style)
    return line


def find_trend(values: np.ndarray) -> int | None:
    """Says how a metric has changed over the last epochs.

    Args:
        values: Its values, of shape `(epochs,)`.

    Returns:
        From -2 (smaller by ten times or more than `TREND_EPOCHS` epochs before, or than in the first epoch) over 0
        (within a factor of 1.5) to 2; None if it cannot be said.

    Example:
        >>> [find_trend(np.array([1.0, last])) for last in (0.01, 0.5, 0.9, 2.0, 50.0)]
        [-2, -1, 0, 1, 2]
    """
    known = values[np.isfinite(values) & (values > 0)]
    if len(known) < 2 or known[-1] != values[-1]:
        return None
    factor = known[-1] / known[max(0, len(known) - 1 - TREND_EPOCHS)]
    size = 2 if max(factor, 1 / factor) >= 10 else 1 if max(factor, 1 / factor) >= 1.5 else 0
    return size if factor > 1 else -size


def draw_trend(values: np.ndarray, symbols: Symbols = BLOCKS) -> str:
    """Draws how a metric has changed over the last epochs as one character: see `find_trend`."""
    trend = find_trend(values)
    return " " if trend is None else symbols.trends[trend + 2]
