"""Measures what a diagnosis costs: `inspect` in training steps, and the rules on a long log of a deep net."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import time
from collections.abc import Callable
from typing import Annotated, Any

import keras
import numpy as np
import pandas as pd
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

import keras_vg as vg
from costs.models import MODELS
from keras_vg.logs import schemas

STEPS = 10
BATCHES = (1, 16)
"""Batch sizes, as multiples of the model's own: what grows with them is told from what is fixed."""

HEADINGS = ("model", "ms/step", "inspect, ms", "in steps", "of it fixed, ms", "first of fit, ms", "part of budget")


def main(repeats: Annotated[int, typer.Option(min=1, help="Measurements of each kind.")] = 21) -> None:
    """Prints what `inspect` costs, beside training steps in turn with it, and the time of `diagnose`."""
    console = Console(width=120)
    table = Table(title=f"{keras.backend.backend()}, medians (quartiles) of {repeats}, in turn", box=None)
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading != "model" else "left")
    for name in MODELS:
        table.add_row(name, *measure_inspection(name, repeats, console))
    console.print(table)
    console.print(
        "An inspection costs something fixed and some training steps: the slope of its time over a step's, from a "
        f"batch to one {BATCHES[1]} times as large. first of fit: the first training step, compilation included. part "
        "of budget: an inspection's time over that of three steps and that compilation, with either batch."
    )
    logs = make_logs()
    low, middle, high = np.quantile([_time(lambda: vg.diagnose(*logs)) for _ in range(repeats)], [0.25, 0.5, 0.75])
    console.print(
        f"diagnose on 100 layers by 100 epochs: {1000 * middle:.0f} ms ({1000 * low:.0f} to {1000 * high:.0f})"
    )


def measure_inspection(name: str, repeats: int, console: Console) -> tuple[str, ...]:
    """Inspects and trains one model in turn, with small and with large batches, and returns a row of the table."""
    make, shape, batch_size, classes = MODELS[name]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(STEPS * batch_size * max(BATCHES), *shape)).astype("float32")
    y = rng.integers(0, classes, (len(x), 1))
    model = make()

    def measure(size: int) -> tuple[float, float]:
        seconds = _time(lambda: vg.inspect(model, x[:size], y[:size]))
        part = slice(STEPS * size)
        return seconds, _time(lambda: model.fit(x[part], y[part], batch_size=size, verbose=0, shuffle=False)) / STEPS

    first = _time(lambda: model.fit(x[:batch_size], y[:batch_size], batch_size=batch_size, verbose=0))
    sizes = [batch_size * multiple for multiple in BATCHES]
    for size in sizes:
        measure(size)
    pairs = [[measure(size) for size in sizes] for _ in track(range(repeats), name, console=console)]
    inspections, steps = np.moveaxis(1000 * np.array(pairs), 2, 0)  # (repeats, batches) each
    slopes = np.diff(inspections)[:, 0] / np.diff(steps)[:, 0]
    fixed = inspections[:, 0] - slopes * steps[:, 0]
    compilation = max(1000 * first - np.median(steps[:, 0]), 0.0)
    parts = np.median(inspections / (3 * steps + compilation), axis=0)
    shown = map(_show, (steps[:, 0], inspections[:, 0], slopes, fixed))
    return *shown, f"{1000 * first:.0f}", "\n".join(f"{part:.2f}" for part in parts)


def _show(values: np.ndarray) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.3g}\n({low:.3g} to {high:.3g})"


def make_logs(layers: int = 100, epochs: int = 100) -> tuple[pd.DataFrame, ...]:
    """Makes a gradient log, an activation log and a history of a healthy training."""
    rng = np.random.default_rng(0)
    keys = pd.MultiIndex.from_product([range(epochs), range(layers), ["kernel", "bias"]])
    epoch, depth, weight = (keys.get_level_values(level) for level in range(3))
    gradients = pd.DataFrame({"epoch": epoch, "step": 9, "depth": depth, "weight": weight, "size": 100, "steps": 10})
    gradients["layer"] = [f"dense_{place}" for place in depth]
    for column in ("gradient_norm", "gradient_norm_max", "gradient_rms", "weight_norm"):
        gradients[column] = rng.uniform(0.5, 1.5, len(keys))
    gradients = gradients.assign(zero_fraction=0.0, nonfinite_steps=0, learning_rate=1e-3)
    gradients = gradients.assign(delta_norm=0.01, update_ratio=0.01)
    kernels = gradients[gradients["weight"] == "kernel"].reset_index(drop=True)
    activations = kernels[["epoch", "depth", "layer"]].assign(activation="relu", units=10, mean=0.0)
    activations = activations.assign(std=1.0, abs_max=3.0, saturated_fraction=0.5, dead_fraction=0.0)
    history = pd.DataFrame({"epoch": range(epochs), "loss": np.geomspace(1.0, 0.2, epochs)})
    return gradients[list(schemas.GRADIENT.columns)], activations[list(schemas.ACTIVATION.columns)], history


def _time(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


if __name__ == "__main__":
    typer.run(main)
