"""Saturation: one sigmoid unit on the wrong side, under squared error and under cross-entropy."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import typer

import keras_vg as vg
from keras_vg.plots.style import cycle_styles

START = -8.0  # the unit's first pre-activation; the label is 1
LOSSES = {"squared error": "mean_squared_error", "cross-entropy": "binary_crossentropy"}


def build(loss: str, weight: float, rate: float) -> keras.Model:
    """Builds one sigmoid unit with one weight and no bias."""
    start = keras.initializers.Constant(weight)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid", kernel_initializer=start)])
    model.compile(keras.optimizers.SGD(rate), loss, jit_compile=False)
    return model


def measure_gradients(loss: str, z: np.ndarray, folder: Path) -> "pd.Series[float]":
    """Logs the gradient by the pre-activation, which is that by the bias, for each pre-activation; nothing moves."""
    logger = vg.GradientLogger(folder / "gradients.csv", every=1)
    build(loss, 1.0, rate=0.0).fit(
        z[:, None], np.ones((len(z), 1)), batch_size=1, shuffle=False, verbose=0, callbacks=[logger]
    )
    log = vg.read_log(folder / "gradients.csv")
    return log.loc[log["weight"] == "bias", "gradient_norm"]


def train(loss: str, steps: int, folder: Path) -> "pd.Series[float]":
    """Trains the unit, one step an epoch, and returns its pre-activation after each."""
    logger = vg.WeightDeltaLogger(folder / "deltas.csv")
    x, y = np.ones((1, 1)), np.ones((1, 1))
    build(loss, START, rate=1.0).fit(x, y, epochs=steps, verbose=0, callbacks=[logger])
    log = vg.read_log(folder / "deltas.csv")
    return log.groupby("epoch")["after"].sum()  # weight and bias; the input is 1


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the gradient over the pre-activation, and the pre-activation over the steps, for both losses."""
    output.mkdir(parents=True, exist_ok=True)
    steps, z = (10, np.arange(-8.0, 9.0, 4.0)) if quick else (40, np.arange(-12.0, 13.0, 1.0))
    a, slope = vg.theory.sigmoid(z), vg.theory.sigmoid_derivative(z)
    closed_forms = {"squared error": 2 * (1 - a) * slope, "cross-entropy": 1 - a}
    figures = [plt.subplots(figsize=(7, 4), layout="constrained") for _ in range(2)]
    for (name, loss), style in zip(LOSSES.items(), cycle_styles(), strict=False):
        with tempfile.TemporaryDirectory() as folder:
            measured, path = measure_gradients(loss, z, Path(folder)), train(loss, steps, Path(folder))
        at_start = closed_forms[name][z == -8.0].item()
        error = np.abs(measured.to_numpy() / closed_forms[name] - 1).max()
        print(
            f"{name}: gradient by z at z = -8: {measured[z == -8.0].item():.3g} measured, {at_start:.3g} in theory; "
            f"largest relative error at {len(z)} points {error:.0e}"
        )
        print(f"{name}: z from {START:g} to {path.iloc[-1]:.2f} in {steps} steps of SGD(1.0)")
        figures[0][1].semilogy(z, closed_forms[name], color=style["color"], label=f"{name}: closed form")
        figures[0][1].semilogy(z, measured, label=f"{name}: Keras", **{**style, "linestyle": "none"})
        figures[1][1].plot([0, *(path.index + 1)], [START, *path], label=name, markevery=4, **style)
    figures[0][1].set(xlabel="pre-activation z of the unit, label 1", ylabel="|gradient by z|")
    figures[1][1].axhline(0, color="0.6", linewidth=1)
    figures[1][1].set(xlabel="step", ylabel="pre-activation z")
    for (figure, ax), name in zip(figures, ("gradient", "training"), strict=True):
        ax.legend(fontsize="small")
        figure.savefig(output / f"saturation_{name}.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
