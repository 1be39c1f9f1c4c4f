"""The trials of a cure as a picture: scores over the steps of each training."""

import pandas as pd
from matplotlib.axes import Axes

from keras_vg.plots.style import add_legend, cycle_styles, make_axes, make_label


def draw_trials(curves: pd.DataFrame, ax: Axes | None = None, most: int = 6) -> Axes:
    """Draws the score of trials over their steps: one colour per change, one line per seed.

    Args:
        curves: `Cure.curves`: columns `change`, `seed`, `epochs`, `step`, `score`.
        ax: Where to draw; None makes a figure.
        most: How many changes to draw: the original, and those with the highest last scores.

    Returns:
        The axes. Every training begins at step 0 and score 0, as good as a constant answer.

    Raises:
        ValueError: If the table has no rows or lacks a column.

    Example:
        >>> curves = pd.DataFrame(
        ...     {"change": "original", "seed": [0, 0], "epochs": 2, "step": [10, 20], "score": [0.1, 0.3]}
        ... )
        >>> ax = vg.plots.draw_trials(curves)
        >>> ax.get_xlabel(), len(ax.get_lines())
        ('step', 2)
    """
    missing = [name for name in ("change", "seed", "epochs", "step", "score") if name not in curves]
    if missing or curves.empty:
        what = f"a table without {', '.join(missing)}" if missing else "a table without rows"
        raise ValueError(f"`curves` must be the scores of trials, as `Cure.curves` holds them. Received: {what}.")
    ax = make_axes(ax)
    last = curves.groupby("change", sort=False)["score"].last()
    others = last.drop("original", errors="ignore").sort_values(ascending=False, kind="stable")
    chosen = [name for name in ("original", *others.index) if name in last.index][:most]
    for change, style in zip(chosen, cycle_styles(), strict=False):
        own = curves[curves["change"] == change]
        full = own[own["epochs"] == own["epochs"].max()]  # the same seed was trained for fewer epochs before
        for place, (_, run) in enumerate(full.groupby("seed")):
            label = make_label(change) if place == 0 else "_"
            ax.plot([0, *run["step"]], [0.0, *run["score"]], label=label, **style)
    ax.axhline(0, color="0.7", lw=0.8, zorder=0)
    ax.set_xlabel("step")
    ax.set_ylabel("score [0: a constant answer, 1: perfect]")
    add_legend(ax)
    return ax
