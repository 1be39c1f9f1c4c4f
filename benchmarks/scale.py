"""Measures what long trainings, many layers and huge tensors cost: memory and time per epoch."""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import psutil
import typer

import keras_vg as vg

Loggers = Annotated[str, typer.Option(help="'deltas', 'gradients', 'both', 'guard', 'all' or 'none'.")]

app = typer.Typer(help=__doc__, no_args_is_help=True)


class Meter(keras.callbacks.Callback):
    """Prints memory and time per epoch, its end with all callbacks included, every so many epochs."""

    def __init__(self, every: int) -> None:
        super().__init__()
        self.every = every
        self.times: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Reads the clock, and now and then the memory."""
        self.times.append(time.perf_counter())
        if len(self.times) > self.every:
            memory = psutil.Process().memory_info().rss / 2**20
            milliseconds = 1000 * statistics.median(np.diff(self.times))
            print(f"  epoch {epoch:6,}: {memory:8,.1f} MiB, {milliseconds:9,.2f} ms per epoch (median)", flush=True)
            self.times = self.times[-1:]


def fit(
    model: keras.Model, width: int, epochs: int, every: int, loggers: str, steps: int = 1, row_every: int | None = None
) -> None:
    """Fits a few batches per epoch, prints memory and time over the training."""
    model.compile(keras.optimizers.SGD(1e-3), "mse", jit_compile=keras.backend.backend() == "jax")
    rng = np.random.default_rng(0)
    count = 8 * min(steps, 1000)
    x, y = rng.normal(size=(count, width)).astype("float32"), rng.normal(size=(count, model.output_shape[-1]))
    with tempfile.TemporaryDirectory() as folder:
        logs = {
            "deltas": vg.WeightDeltaLogger(Path(folder) / "deltas.csv", layers="all", max_values=1000),
            "gradients": vg.GradientLogger(Path(folder) / "gradients.csv", every=row_every or "epoch"),
            "guard": vg.TrainingGuard(x[:8], y[:8]),
        }
        groups = {"both": ("deltas", "gradients"), "all": tuple(logs)}
        chosen_logs = [log for name, log in logs.items() if name in groups.get(loggers, (loggers,))]
        print(f"{keras.backend.backend()}, loggers: {loggers}")
        model.fit(x, y, batch_size=8, epochs=epochs + 1, verbose=0, callbacks=[*chosen_logs, Meter(every)])


@app.command()
def epochs(epochs: int = 10_000, loggers: Loggers = "both") -> None:
    """A small model for many epochs."""
    layers = [keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
    fit(keras.Sequential([keras.Input((4,)), *layers]), 4, epochs, max(epochs // 10, 1), loggers)


@app.command()
def steps(steps: int = 1_000_000, every: int = 1000, loggers: Loggers = "gradients") -> None:
    """A small model for many steps in epochs of 1,000, with a row of gradients per `every` steps."""
    parts = [keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
    model, epochs = keras.Sequential([keras.Input((4,)), *parts]), steps // 1000
    fit(model, 4, epochs, max(epochs // 10, 1), loggers, steps=1000, row_every=every)


@app.command()
def layers(layers: int = 1000, epochs: int = 20, loggers: Loggers = "both") -> None:
    """A model of many layers."""
    inputs = keras.Input((4,))  # side by side: Keras itself cannot stack so many
    outputs = keras.layers.Average()([keras.layers.Dense(8, "tanh")(inputs) for _ in range(layers)])
    fit(keras.Model(inputs, outputs), 4, epochs, max(epochs // 4, 1), loggers)


@app.command()
def values(side: int = 10_000, epochs: int = 12, loggers: Loggers = "both") -> None:
    """A tensor of `side` x `side` values."""
    layer = keras.layers.Dense(side, use_bias=False, kernel_initializer="zeros")
    fit(keras.Sequential([keras.Input((side,)), layer]), side, epochs, max(epochs // 4, 1), loggers)


if __name__ == "__main__":
    app()
