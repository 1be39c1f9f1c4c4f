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
from benchmark_overhead import MODELS
from rich.console import Console
from rich.progress import track
from rich.table import Table

import keras_vg as vg

STEPS = 50
HEADINGS = ("model", "ms/step", "inspect, ms", "in steps", "first, s", "first of fit, s")


def main(repeats: Annotated[int, typer.Option(min=1, help="Measurements of each kind.")] = 21) -> None:
    """Prints the time of `inspect` over that of a training step, in turn, and the time of `diagnose`."""
    console = Console()
    table = Table(title=f"{keras.backend.backend()}, medians of {repeats}, in turn", box=None)
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading != "model" else "left", no_wrap=True)
    for name in MODELS:
        table.add_row(name, *measure_inspection(name, repeats, console))
    console.print(table)
    console.print(
        "in steps: of training, median (quartiles). first: the first inspection, with all that is compiled for it; "
        "first of fit: the first training step, with what is compiled for that."
    )
    logs = make_logs()
    low, middle, high = np.quantile([_time(lambda: vg.diagnose(*logs)) for _ in range(repeats)], [0.25, 0.5, 0.75])
    console.print(
        f"diagnose on 100 layers by 100 epochs: {1000 * middle:.0f} ms ({1000 * low:.0f} to {1000 * high:.0f})"
    )


def measure_inspection(name: str, repeats: int, console: Console) -> tuple[str, ...]:
    """Inspects and trains one model in turn, and returns a row of the table."""
    make, shape, batch_size, classes = MODELS[name]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(STEPS * batch_size, *shape)).astype("float32")
    y = rng.integers(0, classes, (len(x), 1))
    model = make()

    def inspect() -> Any:
        return vg.inspect(model, x[:batch_size], y[:batch_size])

    def fit(steps: int = STEPS) -> Any:
        return model.fit(x, y, batch_size=batch_size, epochs=1, steps_per_epoch=steps, verbose=0, shuffle=False)

    first_inspection, first_step = _time(inspect), _time(lambda: fit(1))
    fit()
    pairs = [(_time(inspect), _time(fit) / STEPS) for _ in track(range(repeats), name, console=console)]
    inspections, steps = np.array(pairs).T
    low, middle, high = np.quantile(inspections / steps, [0.25, 0.5, 0.75])
    return (
        f"{1000 * np.median(steps):.2f}",
        f"{1000 * np.median(inspections):.0f}",
        f"{middle:.1f} ({low:.1f} to {high:.1f})",
        f"{first_inspection:.2f}",
        f"{first_step:.2f}",
    )


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
    return gradients[list(vg.schemas.GRADIENT.columns)], activations[list(vg.schemas.ACTIVATION.columns)], history


def _time(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


if __name__ == "__main__":
    typer.run(main)
