"""Vanishing gradients: eleven hidden layers of sigmoids, beside tanh and ReLU; and what Adam makes of them."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import typer

import keras_vg as vg

ACTIVATIONS = ("sigmoid", "tanh", "relu")


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Trains a deep net of each activation; draws the gradient over the depth, and the first layer over the epochs."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, epochs = (1, 1) if quick else (5, 30)
    variants = [vg.experiments.Variant(name, name, depth=11) for name in ACTIVATIONS]
    with tempfile.TemporaryDirectory() as folder:
        runs = list(vg.experiments.run_variants(variants, range(seeds), epochs, folder))
        log, histories = vg.experiments.read_runs(runs, "gradients"), vg.experiments.read_histories(runs)
    first = log[(log["depth"] == 0) & (log["weight"] == "kernel")]
    ratios = vg.experiments.measure_ratios(log)
    accuracy = histories.groupby(["variant", "seed"], observed=True)["val_accuracy"].last()
    print(f"Median (range) over seeds, seeds: {seeds}, epochs: {epochs}")
    for name in ACTIVATIONS:
        moved = first.loc[(first["variant"] == name) & (first["epoch"] == 0), "update_ratio"]
        print(f"{name}, epoch 0, gradient of the first layer / of the last: {vg.claims.describe(ratios[name])}")
        print(f"{name}, epoch 0, change of the first layer / its size: {vg.claims.describe(moved)}")
        print(f"{name}, accuracy at the end: {vg.claims.describe(accuracy[name])}")
    factor = vg.theory.predict_factor("sigmoid", weight_variance=1.0).factor
    print(f"mean-field theory, sigmoid: {factor:.3f} per layer, {factor**11:.1e} over 11 layers")

    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    vg.plots.draw_depth(log[log["seed"] == 0].assign(run=log["variant"]), epochs=[0], decay=factor, ax=ax)
    figure.savefig(output / "vanishing_depth.png", dpi=100)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    vg.plots.draw_epochs(first, "update_ratio", by="variant", ax=axes[0])
    vg.plots.draw_epochs(first, "gradient_rms", by="variant", ax=axes[1])
    axes[0].set_title("First layer: what Adam makes of it", fontsize="medium")
    axes[1].set_title("First layer: the true gradient", fontsize="medium")
    figure.savefig(output / "vanishing_adam.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
