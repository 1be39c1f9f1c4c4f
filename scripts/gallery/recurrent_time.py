"""Time in recurrent nets: the gradient by the input of each step, and what the LSTM's forget gate does to it."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path
from typing import Any

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import typer
from keras import ops

import keras_vg as vg
from keras_vg.plots.style import cycle_styles
from keras_vg.theory.recurrence import Cell

CELLS: dict[Cell, Any] = {
    "simple_rnn": keras.layers.SimpleRNN,
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
}
RECURRENT_VARIANCE = {"simple_rnn": 1.0, "gru": 1 / 3, "lstm": 1 / 4}  # Keras's "orthogonal", times the units
INPUT_VARIANCE = {"simple_rnn": 1.0, "gru": 1 / 2, "lstm": 2 / 5}  # of "glorot_uniform", times the inputs
FORGET_BIASES = (0.0, 1.0, 2.0, 4.0)
FAR = 1e6  # a target beyond any output: the gradient of the mean absolute error by the output is -1


class Nudge(keras.layers.Layer):
    """Adds one weight per time step, all 0, to the inputs: the gradient by it is that by the input of the step."""

    def build(self, shape: tuple[int, ...]) -> None:
        """Makes the weights."""
        self.nudges = [self.add_weight(shape=shape[2:], initializer="zeros", name=f"{t}") for t in range(shape[1])]

    def call(self, inputs: object) -> object:
        """Adds them."""
        return inputs + ops.stack([nudge.value for nudge in self.nudges])


def measure_time(cell: Cell, steps: int, units: int, seed: int, path: Path) -> "pd.Series[float]":
    """Logs the gradient by the inputs of each time step of an untrained layer, over inputs of noise."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((steps, units)), Nudge(), CELLS[cell](units), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mean_absolute_error", jit_compile=False)
    x = np.random.default_rng(seed).normal(size=(8, steps, units))
    model.fit(x, np.full((8, 1), FAR), batch_size=1, verbose=0, callbacks=[vg.GradientLogger(path)])
    log = vg.read_log(path)
    rows = log[log["depth"] == 0]
    return pd.Series(rows["gradient_rms"].to_numpy(), rows["weight"].astype(str).astype(int).to_numpy())


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the gradient over the time steps, and in theory how much of it is left after many."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, steps, units = (1, 8, 16) if quick else (3, 40, 128)
    print(f"Median (range) over seeds, seeds: {seeds}, units: {units}, steps: {steps}")
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    left = {}
    for cell, style in zip(CELLS, cycle_styles(), strict=False):
        with tempfile.TemporaryDirectory() as folder:
            table = pd.DataFrame(
                {s: measure_time(cell, steps, units, s, Path(folder) / "log.csv") for s in range(seeds)}
            )
        expected = vg.theory.predict_recurrent_factor(cell, RECURRENT_VARIANCE[cell], INPUT_VARIANCE[cell])
        measured = (table.loc[steps // 2] / table.loc[steps // 4]) ** (-1 / (steps // 2 - steps // 4))
        left[cell] = table.iloc[0] / table.iloc[-1]
        print(f"{cell}: factor per time step {vg.claims.describe(measured)}, theory {expected:.3f}")
        print(f"{cell}: gradient by the first input / by the last: {vg.claims.describe(left[cell])}")
        ax.semilogy(table.index, table.median(axis="columns"), label=cell, markevery=4, **style)
        ax.fill_between(table.index, table.min(axis=1), table.max(axis=1), color=style["color"], alpha=0.2, lw=0)
    ax.set(xlabel="time step of the input (the loss sees the last)", ylabel="gradient RMS by the input")
    ax.legend(fontsize="small")
    figure.savefig(output / "recurrent_time_gradient.png", dpi=100)

    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    distances = np.arange(1, 101)
    for bias, style in zip(FORGET_BIASES, cycle_styles(), strict=False):
        factor = vg.theory.predict_recurrent_factor(
            "lstm", RECURRENT_VARIANCE["lstm"], INPUT_VARIANCE["lstm"], "tanh", bias
        )
        print(f"lstm, forget bias {bias:g}: theory {factor:.3f} per step, {factor**100:.1e} over 100 steps")
        ax.semilogy(distances, factor**distances, label=f"forget bias {bias:g}: {factor:.3f}", markevery=15, **style)
    ax.semilogy(steps - 1, left["lstm"].median(), "k*", markersize=13, label="forget bias 1, measured")
    ax.set(xlabel="steps back in time", ylabel="gradient / that of the last step", ylim=(1e-14, 100))
    ax.legend(fontsize="small")
    figure.savefig(output / "recurrent_time_forget.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
