"""Learning rate: descent on a quadratic loss diverges above 2 / the largest eigenvalue, which the features set."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import typer

import keras_vg as vg
from keras_vg.plots.style import cycle_styles

SCALINGS: dict[str, vg.experiments.Scaling] = {"standardized": "standard", "raw": None}
MULTIPLES = (0.5, 0.98, 1.02, 1.1)  # of the bound


def build(features: int) -> keras.Model:
    """Builds a linear regression; its weights start at 0."""
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((features,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=False)
    return model


def descend(model: keras.Model, x: np.ndarray, y: np.ndarray, rate: float, epochs: int) -> list[float]:
    """Makes steps on all examples at once from weights of 0, and returns the loss before each."""
    for variable in [*model.variables, *model.optimizer.variables]:
        variable.assign(keras.ops.zeros_like(variable))
    model.optimizer.learning_rate = rate
    return list(model.fit(x, y, batch_size=len(x), epochs=epochs, shuffle=False, verbose=0).history["loss"])


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the loss below and above the bound, and the loss at the end by learning rate, raw and standardized."""
    output.mkdir(parents=True, exist_ok=True)
    epochs, grid = (10, 3) if quick else (60, 13)
    figures = [plt.subplots(figsize=(7, 4), layout="constrained") for _ in range(2)]
    for (name, scaling), look in zip(SCALINGS.items(), cycle_styles(), strict=False):
        split = vg.experiments.load_data("wine", scaling)
        x, y = split.x_train, split.y_train[:, None].astype("float64")
        bound = vg.theory.find_largest_learning_rate(np.column_stack([x, np.ones(len(x))]))
        model = build(x.shape[1])
        print(f"{name}: the bound is {bound:.3g}; loss of the mean of the labels {y.var():.3f}")
        for multiple, style in zip(MULTIPLES, cycle_styles(), strict=False):
            losses = descend(model, x, y, multiple * bound, epochs)
            print(f"{name}, {multiple:g} times the bound: loss {losses[0]:.3f}, then {losses[-1]:.3g}")
            if name == "standardized":
                figures[0][1].semilogy(losses, label=f"{multiple:g} times the bound", markevery=5, **style)
        rates = bound * np.geomspace(1e-3, 1.15, grid)
        ends = [descend(model, x, y, rate, epochs)[-1] for rate in rates]
        figures[1][1].loglog(rates, ends, label=name, **look)
        figures[1][1].axvline(bound, color=look["color"], linestyle=look["linestyle"], linewidth=1)
    figures[0][1].set(xlabel="step", ylabel="loss")
    figures[1][1].set(xlabel="learning rate (upright lines: the bounds)", ylabel=f"loss after {epochs} steps")
    for (figure, ax), name in zip(figures, ("steps", "features"), strict=True):
        ax.legend(fontsize="small")
        figure.savefig(output / f"learning_rate_{name}.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
