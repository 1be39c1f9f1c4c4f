"""Measures what `ActivationLogger` and `TrainingGuard` cost per epoch, at the start of a training and late in it."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer
from keras import layers
from rich.console import Console
from rich.table import Table

import keras_vg as vg


def make_dense() -> keras.Model:
    """Eight layers of 5 units, as in the original experiment."""
    hidden = [layers.Dense(5, "tanh") for _ in range(8)]
    return keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1, "sigmoid")])


def make_lstm() -> keras.Model:
    return keras.Sequential([keras.Input((116, 3)), layers.LSTM(16), layers.Dense(1, "sigmoid")])


def make_gru() -> keras.Model:
    return keras.Sequential([keras.Input((116, 3)), layers.GRU(16), layers.Dense(1, "sigmoid")])


MODELS: dict[str, Callable[[], keras.Model]] = {"dense": make_dense, "lstm": make_lstm, "gru": make_gru}
PROBE = 256
BATCH_SIZE = 32


CONTENDERS: tuple[str, ...] = ("plain", "ActivationLogger", "guard", "guard, probe")


class Clock(keras.callbacks.Callback):
    """Notes the time of each epoch, by the wall clock and of the processor, and that of the callbacks at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[tuple[float, float, float, float]] = []
        self.after = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: self._finish())

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Reads the clocks."""
        self._begin = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Reads them before the callbacks that come after this one."""
        self._end = time.perf_counter(), time.process_time()

    def _finish(self) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        (begun, begun_processor), (ended, ended_processor) = self._begin, self._end
        self.times.append((wall - begun, processor - begun_processor, wall - ended, processor - ended_processor))


def main(
    models: Annotated[str, typer.Option(help="Which, separated by commas.")] = ",".join(MODELS),
    contenders: Annotated[str, typer.Option(help="Which, separated by semicolons.")] = ";".join(CONTENDERS),
    steps: Annotated[int, typer.Option(min=1, help="Steps per epoch.")] = 6,
    rounds: Annotated[int, typer.Option(min=1, help="Fits of each, in turn.")] = 5,
    epochs: Annotated[int, typer.Option(min=8, help="Epochs of a fit.")] = 20,
    late: Annotated[int, typer.Option(min=0, help="Epochs of one long fit of each; 0 for none.")] = 1000,
) -> None:
    """Prints milliseconds per epoch, medians with quartiles, by the wall clock and of the processor."""
    warnings.simplefilter("ignore")  # what the guard says of these nets
    console = Console(width=150)
    chosen = contenders.split(";")
    table = Table(
        title=f"{keras.backend.backend()}, {steps} steps per epoch, a probe of {PROBE} rows; {rounds} fits in turn, ms",
        box=None,
    )
    headings = ("model", "callback", "epoch, wall", "epoch, processor", "more than plain", "at its end", "late")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in headings[:2] else "right", no_wrap=True)
    for name in models.split(","):
        for row in measure(MODELS[name], chosen, steps, rounds, epochs, late):
            table.add_row(name, *row)
    console.print(table)
    console.print(
        "epoch: from epoch 2 on, all of it. more than plain: processor, median over the turns. at its end: processor, "
        f"what the callbacks at an epoch's end take, from epoch 2 on; late: the same in the last 20 of {late} epochs."
    )


def measure(
    make: Callable[[], keras.Model], contenders: list[str], steps: int, rounds: int, epochs: int, late: int
) -> list[tuple[str, ...]]:
    """Fits one model with each callback in turn, and returns the rows of the table."""
    times: dict[str, list[np.ndarray]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name in contenders:
            times[name].append(1000 * fit(make, name, steps, epochs)[3:])
    rows: list[tuple[str, ...]] = []
    for name in contenders:
        wall, processor, _, at_end = (_describe(np.concatenate(times[name])[:, column]) for column in range(4))
        pairs = zip(times[name], times[contenders[0]], strict=True)
        more = _describe(np.array([np.median(own[:, 1]) - np.median(plain[:, 1]) for own, plain in pairs]))
        last = _describe(1000 * fit(make, name, steps, late)[-20:, 3]) if late and name != "plain" else ""
        rows.append((name, wall, processor, more, at_end, last))
    return rows


def fit(make: Callable[[], keras.Model], name: str, steps: int, epochs: int) -> np.ndarray:
    """Fits a fresh model; returns seconds per epoch, `(epochs, 4)`: wall and processor, of all and of its end."""
    keras.utils.set_random_seed(0)
    model = make()
    model.compile("adam", "binary_crossentropy")
    rng = np.random.default_rng(0)
    (x, y), probe = (_make_data(rng, count, model.input_shape[1:]) for count in (steps * BATCH_SIZE, PROBE))
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        callbacks: dict[str, list[keras.callbacks.Callback]] = {
            "plain": [],
            "ActivationLogger": [vg.ActivationLogger(Path(folder) / "activations.csv", probe[0])],
            "guard": [vg.TrainingGuard()],
            "guard, probe": [vg.TrainingGuard(*probe)],
        }
        watched = [clock, *callbacks[name], clock.after]
        model.fit(x, y, batch_size=BATCH_SIZE, epochs=epochs, verbose=0, callbacks=watched)
    return np.array(clock.times)


def _make_data(rng: np.random.Generator, count: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(count, *shape)).astype("float32")
    return x, (x.reshape(count, -1)[:, :2].prod(axis=1, keepdims=True) > 0).astype("float32")


def _describe(values: np.ndarray) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    typer.run(main)
