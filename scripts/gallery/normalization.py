"""Batch normalization: it saves deep sigmoids, and makes the gradient of deep ReLU nets explode at the start."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path
from typing import Literal

import matplotlib.pyplot as plt
import pandas as pd
import typer

import keras_vg as vg
from keras_vg.plots.style import cycle_styles

NORMALIZATION: Literal["before", "after"] = "before"  # the activation
STACKS: dict[str, vg.experiments.Placement] = {"relu, He": None, "relu, normalized": NORMALIZATION}


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the gradient over the depth at initialization, and the ratio of first to last layer in a training."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, epochs, width = (1, 1, 32) if quick else (3, 5, 128)
    stacks = [
        vg.initial_gradients.Stack(name, "relu", 2.0, normalization=where, width=width, batch_size=128, steps=1)
        for name, where in STACKS.items()
    ]
    variants = [
        vg.experiments.Variant(f"{name}{' normalized' if where else ''}", name, normalization=where)
        for name, where in (("sigmoid", None), ("sigmoid", NORMALIZATION), ("relu", NORMALIZATION))
    ]
    with tempfile.TemporaryDirectory() as folder:
        log = pd.concat(vg.initial_gradients.log_stacks(stacks, seeds, folder))
        runs = list(vg.experiments.run_variants(variants, range(seeds), epochs, folder))
        trained, histories = vg.experiments.read_runs(runs, "gradients"), vg.experiments.read_histories(runs)
    print(f"Median (range) over seeds, seeds: {seeds}, units a layer: {width}")
    factors = vg.initial_gradients.fit_factors(log, "kernel").unstack("stack")
    theory = {"relu, He": vg.theory.predict_factor("relu", 2.0).factor}
    theory["relu, normalized"] = vg.theory.predict_normalized_factor("relu", NORMALIZATION)
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, style in zip(STACKS, cycle_styles(), strict=False):
        expected = theory[name]
        print(
            f"{name}: factor per layer {vg.claims.describe(factors[name])}, theory {expected:.4f}, "
            f"over 20 layers {expected**20:.3g}"
        )
        rows = log[(log["stack"] == name) & (log["weight"] == "kernel") & (log["depth"] < 20)]
        norms = rows.groupby("depth")["gradient_norm"].median()
        ax.semilogy(norms.index, norms, label=f"{name}: theory {expected:.4g} per layer", **style)
    ax.set(xlabel="depth [layers from the input]", ylabel="gradient norm [loss / weight]", xticks=range(0, 20, 2))
    ax.legend(fontsize="small")
    figure.savefig(output / "normalization_depth.png", dpi=100)

    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    ratios = {epoch: vg.experiments.measure_ratios(trained, epoch) for epoch in range(epochs)}
    accuracy = histories.groupby(["variant", "seed"], observed=True)["val_accuracy"].last()
    for variant, style in zip(variants, cycle_styles(), strict=False):
        curves = pd.DataFrame({epoch: table[variant.name] for epoch, table in ratios.items()})
        ax.semilogy(curves.columns, curves.median(), label=variant.name, **style)
        ax.fill_between(curves.columns, curves.min(), curves.max(), color=style["color"], alpha=0.2, linewidth=0)
        print(f"{variant.name}: first / last layer's gradient, epoch 0: {vg.claims.describe(curves[0])}")
        print(
            f"{variant.name}: at the end {vg.claims.describe(curves[epochs - 1])}, "
            f"accuracy on unseen data {vg.claims.describe(accuracy[variant.name])}"
        )
    ax.axhline(1.0, color="0.6", linewidth=1)
    ax.set(xlabel="epoch", ylabel="gradient of the first layer / of the last", xticks=range(epochs))
    ax.legend(fontsize="small")
    figure.savefig(output / "normalization_training.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
