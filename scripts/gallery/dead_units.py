"""Dead units: ReLUs that are 0 for every example, by learning rate, and how many of them a net bears."""

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

ACTIVATION = "relu"
RATES = (0.001, 0.01, 0.1)


def train(rate: float, seed: int, epochs: int, path: Path) -> float:
    """Trains three hidden layers on the two circles, logs their activations, and returns the accuracy at the end."""
    keras.utils.set_random_seed(seed)
    circles = vg.experiments.load_data("circles", scaling="standard")
    hidden = [keras.layers.Dense(32, ACTIVATION, name=f"hidden_{i}") for i in range(3)]
    model = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(1, "sigmoid", name="output")])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    logger = vg.ActivationLogger(path, circles.x_train)
    history = model.fit(circles.x_train, circles.y_train, epochs=epochs, verbose=0, callbacks=[logger]).history
    return float(history["accuracy"][-1])


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws where the dead units are, epoch by epoch, and the accuracy over the part of dead units."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, epochs = (1, 2) if quick else (5, 20)
    rows, logs = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for rate in RATES:
            for seed in range(seeds):
                path = Path(folder) / f"{rate}_{seed}.csv"
                accuracy = train(rate, seed, epochs, path)
                logs[rate, seed] = log = vg.read_log(path)
                # NaN: the layer's units cannot die
                dead = log.loc[log["epoch"] == epochs - 1].set_index("layer")["dead_fraction"].fillna(0.0)
                rows.append({"rate": rate, "worst": 100 * dead.max(), "accuracy": accuracy})
    table = pd.DataFrame(rows)
    print(f"Median (range) over seeds, seeds: {seeds}, epochs: {epochs}")
    for rate, group in table.groupby("rate"):
        print(
            f"rate {rate:g}: dead in the worst layer {vg.claims.describe(group['worst'])} %, "
            f"accuracy {vg.claims.describe(group['accuracy'])}"
        )
    print(f"nets with a layer wholly dead: {(table['worst'] == 100).sum()} of {len(table)}")
    most = table[table["worst"] < 100].nlargest(1, "worst").iloc[0]
    print(f"of the others, the one with most dead units: {most['worst']:.1f} % dead, accuracy {most['accuracy']:.3f}")

    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    log = logs[RATES[-1], 0]
    vg.plots.draw_heatmap(log[log["layer"].astype(str).str.startswith("hidden")], "dead_fraction", ax=ax)
    figure.savefig(output / "dead_units_layers.png", dpi=100)
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for (rate, group), style in zip(table.groupby("rate"), cycle_styles(), strict=False):
        ax.plot(group["worst"], group["accuracy"], label=f"Adam({rate:g})", **{**style, "linestyle": "none"})
    ax.axhline(0.5, color="0.6", linewidth=1)
    ax.set(xlabel="dead units in the worst layer [%]", ylabel="accuracy", xlim=(-4, 104), ylim=(0.4, 1))
    ax.legend(fontsize="small")
    figure.savefig(output / "dead_units_accuracy.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
