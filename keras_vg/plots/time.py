"""Plots over time steps: the gradient with respect to what recurrent layers are given."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from keras_vg.diagnosis.evidence import Inspection
from keras_vg.plots.style import choose_markevery, cycle_styles, finish_axes, make_axes, make_label, mark_specials

_COLUMNS = {"layer", "direction", "step", "gradient_rms", "expected_factor"}


def draw_time(inspection: Inspection | pd.DataFrame, ax: Axes | None = None) -> Axes:
    r"""Draws the gradient with respect to each time step of what recurrent layers are given, on a log scale.

    Beside a layer's line stands what theory expects of it, where it knows: $f$ to the power of the steps back in time,
    $f$ as of `theory.predict_recurrent_factor`. Only its slope is a prediction; its height is that of the measured
    gradients, in the mean of their logarithms.

    Args:
        inspection: What `inspect` returned of a model with recurrent layers, or its table `time`.
        ax: Where to draw; None for a new figure.

    Returns:
        The axes drawn on.

    Raises:
        ValueError: If there are no gradients over time steps.

    Example:
        >>> model = keras.Sequential([keras.Input((40, 2)), keras.layers.SimpleRNN(16), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> rng = np.random.default_rng(0)
        >>> inspection = vg.inspect(model, rng.normal(size=(32, 40, 2)), rng.normal(size=(32, 1)))
        >>> ax = vg.plots.draw_time(inspection)
        >>> [line.get_label().split(":")[0] for line in ax.get_lines()]
        ['simple_rnn', 'theory']
    """
    table = inspection.time if isinstance(inspection, Inspection) else inspection
    if table.empty or not set(table.columns) >= _COLUMNS:
        raise ValueError(
            "There must be gradients over time steps, as of `Inspection.time`. Received: "
            f"{'no rows' if table.empty else 'a table without ' + ', '.join(sorted(_COLUMNS - set(table.columns)))}. "
            "Inspect a model with recurrent layers, with the labels that its loss needs."
        )
    ax = make_axes(ax)
    styles = cycle_styles()
    for layer, rows in table.groupby("layer", sort=False):
        style, every = next(styles), choose_markevery(len(rows))
        values = rows["gradient_rms"].where(rows["gradient_rms"] > 0)
        ax.plot(rows["step"], values, label=make_label(str(layer)), markevery=every, **style)
        mark_specials(ax, rows["step"], rows["gradient_rms"], style)
        _draw_theory(ax, rows, style["color"])
    finish_axes(ax, "gradient RMS [loss / input]", x_label="time step")
    return ax


def _draw_theory(ax: Axes, rows: pd.DataFrame, color: str) -> None:
    factor, direction = float(rows["expected_factor"].iloc[0]), rows["direction"].iloc[0]
    steps, values = rows["step"].to_numpy("float64"), rows["gradient_rms"].to_numpy("float64")
    known = np.isfinite(values) & (values > 0)
    if not factor > 0 or not np.isfinite(factor) or not known.any():
        return
    slope = -np.log(factor) if direction == "forwards" else np.log(factor)
    height = np.mean(np.log(values[known]) - slope * steps[known])
    label = f"theory: {factor:.3g} per step back"
    ax.plot(steps, np.exp(height + slope * steps), color=color, linestyle=(0, (1, 1.5)), linewidth=1.5, label=label)
