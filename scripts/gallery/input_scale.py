"""Scale of the inputs: raw features fill a sigmoid layer to its edges, and standardized ones do not."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import typer

import keras_vg as vg
from keras_vg.plots.style import cycle_styles

SCALINGS: dict[str, vg.experiments.Scaling] = {"raw": None, "standardized": "standard"}
FACTORS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # the raw features are multiplied by them


def inspect_layers(activation: str, factor: float, seed: int, scaling: vg.experiments.Scaling = None) -> pd.DataFrame:
    """Inspects an untrained net of three hidden layers on the data of breast cancer; returns its activations."""
    split = vg.experiments.load_data("breast_cancer", scaling, factor)
    model = vg.experiments.build_model(activation, depth=3, features=30, seed=seed)
    return vg.inspect(model, split.x_train, split.y_train).activations.set_index("layer")


def main(output: Path = Path("runs/gallery"), quick: bool = False) -> None:
    """Draws the saturated part by the scale of the inputs, and the accuracy of raw and standardized inputs."""
    output.mkdir(parents=True, exist_ok=True)
    seeds, epochs, factors = (1, 1, FACTORS[-1:]) if quick else (3, 20, FACTORS)
    print(f"Median (range) over seeds, seeds: {seeds}, epochs: {epochs}")
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    table = pd.DataFrame(
        {f: [inspect_layers("sigmoid", f, s)["saturated_fraction"] for s in range(seeds)] for f in factors}
    )
    for layer, style in zip(("hidden_0", "hidden_1", "hidden_2"), cycle_styles(), strict=False):
        values = 100 * table.map(lambda fractions, layer=layer: fractions[layer])
        ax.semilogx(factors, values.median(), label=layer, **style)
        ax.fill_between(factors, values.min(), values.max(), color=style["color"], alpha=0.2, linewidth=0)
        print(f"raw, {layer}: saturated {vg.claims.describe(values[1.0])} % of the values")
    standard = pd.Series(
        [
            100 * inspect_layers("sigmoid", 1.0, s, SCALINGS["standardized"])["saturated_fraction"]["hidden_0"]
            for s in range(seeds)
        ]
    )
    print(f"standardized, hidden_0: saturated {vg.claims.describe(standard)} % of the values")
    ax.set(xlabel="factor of the raw inputs (1: as they are)", ylabel="saturated values [%]")
    ax.legend(fontsize="small")
    figure.savefig(output / "input_scale_saturation.png", dpi=100)

    variants = [
        vg.experiments.Variant(f"{activation}, {name}", activation, depth=3, data="breast_cancer", scaling=scaling)
        for activation in ("sigmoid", "relu")
        for name, scaling in SCALINGS.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        runs = list(vg.experiments.run_variants(variants, range(seeds), epochs, folder))
        histories = vg.experiments.read_histories(runs)
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for (name, rows), style in zip(histories.groupby("variant", observed=True), cycle_styles(), strict=False):
        curves = rows.pivot(index="epoch", columns="seed", values="val_accuracy")
        ax.plot(curves.index, curves.median(axis="columns"), label=name, markevery=2, **style)
        ax.fill_between(curves.index, curves.min(axis=1), curves.max(axis=1), color=style["color"], alpha=0.2, lw=0)
        print(f"{name}: accuracy on unseen data {vg.claims.describe(curves.iloc[-1])}")
    ax.set(xlabel="epoch", ylabel="accuracy on unseen data")
    ax.legend(fontsize="small")
    figure.savefig(output / "input_scale_accuracy.png", dpi=100)
    plt.close("all")


if __name__ == "__main__":
    typer.run(main)
