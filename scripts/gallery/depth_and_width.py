"""Depth and width: in narrow ReLU nets the first layer's gradient is a matter of luck, and some nets are dead."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import typer

import keras_vg as vg
from keras_vg.plots.style import cycle_styles

DEPTH = 10
WIDTHS = (100, 30, 10, 3)


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the first layer's gradient by width, a dot per initialization, and the part of nets that is alive."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, widths = (10, WIDTHS[-1:]) if quick else (100, WIDTHS)
    stacks = [vg.initial_gradients.Stack(f"{n}", "relu", 2.0, depth=DEPTH, width=n, steps=1) for n in widths]
    with tempfile.TemporaryDirectory() as folder:
        log = pd.concat(vg.initial_gradients.log_stacks(stacks, seeds, folder))
    first = log[(log["depth"] == 0) & (log["weight"] == "bias")].set_index("stack")["gradient_norm"]
    print(f"He's initialization, {DEPTH} ReLU layers, {seeds} initializations of each width")
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    measured = {}
    for row, (width, style) in enumerate(zip(widths, cycle_styles(), strict=False)):
        norms = first[str(width)]
        alive = norms[norms > 0]
        measured[width] = len(alive) / seeds
        expected = seeds * (1 - vg.theory.predict_survival(width, DEPTH)[-1])
        if not len(alive):
            print(f"{width} units: all are dead, expected {expected:.1f}")
            continue
        low, median, high = np.quantile(alive, (0.05, 0.5, 0.95))
        print(f"{width} units: 9 of 10 living nets from {low:.2g} to {high:.2g}, {high / low:,.0f} times as large")
        print(f"{width} units: dead {seeds - len(alive)}, expected {expected:.1f}; median of the others {median:.2g}")
        jitter = np.random.default_rng(0).uniform(-0.25, 0.25, len(alive))
        ax.semilogx(alive, row + jitter, **{**style, "linestyle": "none", "markersize": 3})
        ax.semilogx([low, high], [row, row], color="black", linewidth=2)
    ax.set_yticks(range(len(widths)), [f"{width} wide" for width in widths])
    ax.set(xlabel="gradient norm of the first layer [loss / bias]")
    ax.invert_yaxis()
    figure.savefig(output / "depth_and_width_luck.png", dpi=100)

    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    depths = np.arange(1, 51)
    for width, style in zip((2, 3, 5, 10), cycle_styles(), strict=False):
        alive = vg.theory.predict_survival(width, 50)
        print(f"{width} units: in theory {100 * alive[9]:.1f} % live after 10 layers, {100 * alive[-1]:.1f} % after 50")
        ax.plot(depths, 100 * alive, label=f"{width} wide, theory", markevery=7, **style)
    ax.plot(DEPTH, 100 * measured[widths[-1]], "k*", markersize=13, label=f"{widths[-1]} wide, measured")
    ax.set(xlabel="hidden layers", ylabel="nets that are alive [%]", ylim=(0, 102))
    ax.legend(fontsize="small")
    figure.savefig(output / "depth_and_width_dead.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
