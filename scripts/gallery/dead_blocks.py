"""Dead blocks: a transformer for time series with one feature, whose LayerNormalization gives back a constant."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import typer
from keras import layers

import keras_vg as vg
from keras_vg.plots.style import cycle_styles

FEATURES = 1  # what each LayerNormalization normalizes over


def build(features: int, blocks: int = 2) -> keras.Model:
    """Builds attention and convolutions, each behind a LayerNormalization and beside a skip connection."""
    inputs = keras.Input((60, 1))
    h = layers.Dense(features)(inputs) if features > 1 else inputs
    for i in range(blocks):
        attended = layers.MultiHeadAttention(2, 8, name=f"attention_{i}")(h, h)
        h = layers.Add()([layers.LayerNormalization(epsilon=1e-6)(attended), h])
        filtered = layers.Conv1D(4, 1, activation="relu", name=f"filter_{i}")(h)
        filtered = layers.Conv1D(features, 1, name=f"project_{i}")(filtered)
        h = layers.Add()([layers.LayerNormalization(epsilon=1e-6)(filtered), h])
    hidden = layers.Dense(16, "relu", name="head")(layers.Flatten()(h))
    model = keras.Model(inputs, layers.Dense(2, "softmax", name="output")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def make_waves(examples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Makes noisy sine waves of two frequencies, of shape (examples, 60, 1), and their classes."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, examples)
    waves = np.sin(np.linspace(0, 9, 60)[None, :, None] * (1 + y[:, None, None]))
    return (waves + rng.normal(size=waves.shape)).astype("float32"), y


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the gradient of every layer, and the accuracy with the blocks, without them, and with more features."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, epochs = (1, 1) if quick else (3, 10)
    nets = {f"2 blocks, features: {FEATURES}": (FEATURES, 2), "no blocks": (1, 0), "2 blocks, features: 4": (4, 2)}
    x, y = make_waves(512, seed=0)
    unseen = make_waves(512, seed=1)
    rows, logs = [], {}
    for name, (features, blocks) in nets.items():
        for seed in range(seeds):
            keras.utils.set_random_seed(seed)
            model = build(features, blocks)
            with tempfile.TemporaryDirectory() as folder:
                logger = vg.GradientLogger(f"{folder}/gradients.csv")
                history = model.fit(x, y, epochs=epochs, validation_data=unseen, verbose=0, callbacks=[logger])
                logs[name, seed] = vg.read_log(f"{folder}/gradients.csv")
            rows += [(name, seed, epoch, value) for epoch, value in enumerate(history.history["val_accuracy"])]
        log = logs[name, 0]
        still = log.groupby("layer", observed=True)["gradient_norm_max"].max() == 0
        print(f"{name}: layers without any gradient in {epochs} epochs: {int(still.sum())} of {len(still)}")
    table = pd.DataFrame(rows, columns=["net", "seed", "epoch", "accuracy"])
    keras.utils.set_random_seed(0)
    findings = vg.diagnose(vg.inspect(build(FEATURES), x, y))
    print(findings[0] if findings else findings)

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for ax, name in zip(axes, (next(iter(nets)), "2 blocks, features: 4"), strict=True):
        vg.plots.draw_heatmap(logs[name, 0], ax=ax)
        ax.set_title(name, fontsize="medium", loc="right")
    figure.savefig(output / "dead_blocks_gradient.png", dpi=100)
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, style in zip(nets, cycle_styles(), strict=False):
        curves = table[table["net"] == name].pivot(index="epoch", columns="seed", values="accuracy")
        print(
            f"{name}: accuracy on unseen data, median (range) of {seeds} seeds: {vg.claims.describe(curves.iloc[-1])}"
        )
        ax.plot(curves.index, curves.median(axis="columns"), label=name, **style)
        ax.fill_between(curves.index, curves.min(axis=1), curves.max(axis=1), color=style["color"], alpha=0.2, lw=0)
    ax.set(xlabel="epoch", ylabel="accuracy on unseen data", xticks=range(epochs))
    ax.legend(fontsize="small")
    figure.savefig(output / "dead_blocks_accuracy.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
