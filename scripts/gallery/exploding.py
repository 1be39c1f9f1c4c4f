"""Exploding gradients: ReLU layers whose initial weights are too large, and what clipping does about it."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import pandas as pd
import typer

import keras_vg as vg
from keras_vg.plots.style import cycle_styles

VARIANCES = (1.0, 2.0, 4.0)  # of the initial weights, times the number of inputs; He's initialization is 2
TRAININGS = {"variance 4": (4.0, None), "variance 4, clipnorm=1": (4.0, 1.0), "variance 2": (2.0, None)}


def train(variance: float, clipnorm: float | None, seed: int, epochs: int, path: Path) -> pd.DataFrame:
    """Trains ten hidden layers on the two circles with SGD; returns the loss of each epoch, and logs the gradients."""
    keras.utils.set_random_seed(seed)
    circles = vg.experiments.load_data("circles", scaling="standard")
    kernel = keras.initializers.VarianceScaling(variance, "fan_in", "untruncated_normal")
    hidden = [keras.layers.Dense(64, "relu", kernel_initializer=kernel) for _ in range(10)]
    model = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(0.05, clipnorm=clipnorm), "binary_crossentropy", jit_compile=False)
    logger = vg.GradientLogger(path)
    history = model.fit(circles.x_train, circles.y_train, epochs=epochs, verbose=0, callbacks=[logger])
    return pd.DataFrame({"epoch": history.epoch, "loss": history.history["loss"]})


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the gradient over the depth by the size of the weights, and a training without and with clipping."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, epochs, width = (1, 2, 32) if quick else (3, 20, 256)
    stacks = [vg.initial_gradients.Stack(f"{v:g}", "relu", v, width=width) for v in VARIANCES]
    losses, logs = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        log = pd.concat(vg.initial_gradients.log_stacks(stacks, seeds, folder))
        for name, options in TRAININGS.items():
            for seed in range(seeds):
                path = Path(folder) / f"{name}_{seed}.csv"
                losses[name, seed] = train(*options, seed, epochs, path).assign(run=name)
                logs[name, seed] = vg.read_log(path).assign(run=name)
    factors = vg.initial_gradients.fit_factors(log).unstack("stack")
    print(f"Median (range) over seeds, seeds: {seeds}, units a layer: {width}")
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for stack, style in zip(stacks, cycle_styles(), strict=False):
        expected = vg.theory.predict_factor("relu", stack.weight_variance).factor
        print(
            f"variance {stack.name}: factor per layer {vg.claims.describe(factors[stack.name])}, theory {expected:.3f}"
        )
        rows = log[(log["stack"] == stack.name) & (log["weight"] == "bias") & (log["depth"] < stack.depth)]
        norms = rows.groupby("depth")["gradient_norm"].median()
        ax.semilogy(norms.index, norms, label=f"variance {stack.name}: theory {expected:.3g} per layer", **style)
    ax.set(xlabel="depth [layers from the input]", ylabel="gradient norm [loss / bias]", xticks=range(0, 20, 2))
    ax.legend(fontsize="small")
    figure.savefig(output / "exploding_depth.png", dpi=100)

    for name in TRAININGS:
        ends = pd.Series([losses[name, seed]["loss"].iloc[-1] for seed in range(seeds)])
        largest = pd.Series([logs[name, s].query("epoch == 0")["gradient_norm_max"].max() for s in range(seeds)])
        print(f"{name}: largest gradient in epoch 0 {vg.claims.describe(largest)}")
        print(f"{name}: NaN in {ends.isna().sum()} of {seeds} trainings; loss at the end {vg.claims.describe(ends)}")
    findings = vg.diagnose(logs["variance 4", 0])
    print(findings[0] if findings else findings)
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    vg.plots.draw_losses(pd.concat([losses[name, 0] for name in TRAININGS]), ax=axes[0])
    vg.plots.draw_layer(pd.concat([logs[name, 0] for name in TRAININGS]), 0, "gradient_norm", ax=axes[1])
    axes[0].set_yscale("log")
    axes[1].set_title("First layer", fontsize="medium")
    figure.savefig(output / "exploding_training.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
