"""Time in recurrent nets: the gradient by the input of each step, and which cell remembers the first step."""

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

CELLS: dict[vg.theory.Cell, Any] = {
    "simple_rnn": keras.layers.SimpleRNN,
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
}
RECURRENT_VARIANCE = {"simple_rnn": 1.0, "gru": 1 / 3, "lstm": 1 / 4}  # Keras's "orthogonal", times the units
INPUT_VARIANCE = {"simple_rnn": 1.0, "gru": 1 / 2, "lstm": 2 / 5}  # of "glorot_uniform", times the inputs
FAR = 1e6  # a target beyond any output: the gradient of the mean absolute error by the output is -1


class Nudge(keras.layers.Layer):
    """Adds one weight per time step, all 0, to the inputs: the gradient by it is that by the input of the step."""

    def build(self, shape: tuple[int, ...]) -> None:
        """Makes the weights."""
        self.nudges = [self.add_weight(shape=shape[2:], initializer="zeros", name=f"{t}") for t in range(shape[1])]

    def call(self, inputs: object) -> object:
        """Adds them."""
        return inputs + ops.stack(self.nudges)


def measure_time(cell: vg.theory.Cell, steps: int, units: int, seed: int, path: Path) -> "pd.Series[float]":
    """Logs the gradient by the inputs of each time step of an untrained layer, over inputs of noise."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((steps, units)), Nudge(), CELLS[cell](units), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mean_absolute_error", jit_compile=False)
    x = np.random.default_rng(seed).normal(size=(8, steps, units))
    model.fit(x, np.full((8, 1), FAR), batch_size=1, verbose=0, callbacks=[vg.GradientLogger(path)])
    log = vg.read_log(path)
    rows = log[log["depth"] == 0]
    return pd.Series(rows["gradient_rms"].to_numpy(), rows["weight"].astype(str).astype(int).to_numpy())


def train(cell: vg.theory.Cell, steps: int, seed: int, epochs: int) -> float:
    """Trains a layer to give back the sign of the first input among noise; returns the accuracy on unseen data."""
    keras.utils.set_random_seed(seed)
    x = np.random.default_rng(seed).normal(size=(600, steps, 1))
    x[:, 0] = np.sign(x[:, 0])
    y = (x[:, 0] > 0).astype("float32")
    model = keras.Sequential([keras.Input((steps, 1)), CELLS[cell](32), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    history = model.fit(x[:400], y[:400], validation_data=(x[400:], y[400:]), epochs=epochs, verbose=0).history
    return float(history["val_accuracy"][-1])


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the gradient over the time steps, beside theory, and the accuracy by the distance to remember."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, steps, units, epochs, distances = (1, 8, 16, 1, [4]) if quick else (3, 40, 128, 5, [5, 40])
    print(f"Median (range) over seeds, seeds: {seeds}")
    figures = [plt.subplots(figsize=(7, 4), layout="constrained") for _ in range(2)]
    for cell, style in zip(CELLS, cycle_styles(), strict=False):
        with tempfile.TemporaryDirectory() as folder:
            table = pd.DataFrame(
                {seed: measure_time(cell, steps, units, seed, Path(folder) / "log.csv") for seed in range(seeds)}
            )
        expected = vg.theory.predict_recurrent_factor(cell, RECURRENT_VARIANCE[cell], INPUT_VARIANCE[cell])
        measured = (table.loc[steps // 2] / table.loc[steps // 4]) ** (-1 / (steps // 2 - steps // 4))
        print(f"{cell}: factor per time step {vg.claims.describe(measured)}, theory {expected:.3f}")
        figures[0][1].semilogy(table.index, table.median(axis="columns"), label=cell, markevery=4, **style)
        scores = pd.DataFrame({n: [train(cell, n, seed, epochs) for seed in range(seeds)] for n in distances})
        for distance in distances:
            print(f"{cell}, {distance} steps: accuracy {vg.claims.describe(scores[distance])}")
        figures[1][1].plot(distances, scores.median(), label=cell, **style)
        figures[1][1].fill_between(distances, scores.min(), scores.max(), color=style["color"], alpha=0.2, linewidth=0)
    figures[0][1].set(xlabel="time step of the input (the loss sees the last)", ylabel="gradient RMS by the input")
    figures[1][1].set(xlabel="length of the sequence [steps]", ylabel="accuracy on unseen data")
    for (figure, ax), name in zip(figures, ("gradient", "memory"), strict=True):
        ax.legend(fontsize="small")
        figure.savefig(output / f"recurrent_time_{name}.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
