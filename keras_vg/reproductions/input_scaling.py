"""Claims A7 and B3: what scaling the inputs cures, and what it does not cure."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from keras_vg import theory
from keras_vg.reproductions.claims import Verdict, decide, describe, print_table, print_verdicts
from keras_vg.reproductions.experiments import (
    Data,
    Run,
    Scaling,
    Variant,
    measure_ratios,
    read_histories,
    read_runs,
    run_variants,
)
from keras_vg.reproductions.saturated_neuron import X

CIRCLES = (
    Variant("circles_sigmoid_11", "sigmoid"),
    Variant("circles_sigmoid_11_standard", "sigmoid", scaling="standard"),
    Variant("circles_sigmoid_11_min_max", "sigmoid", scaling="min_max"),
    Variant("circles_sigmoid_11_times_1000", "sigmoid", input_scale=1e3),
    Variant("circles_sigmoid_11_times_1000_standard", "sigmoid", input_scale=1e3, scaling="standard"),
    Variant("circles_relu_11", "relu"),
    Variant("circles_relu_11_times_1000", "relu", input_scale=1e3),
    Variant("circles_relu_11_times_1000_standard", "relu", input_scale=1e3, scaling="standard"),
)
"""The net of the sigmoid-versus-ReLU experiment, with eleven hidden layers."""

REAL: tuple[Data, ...] = ("breast_cancer", "wine")
SCALINGS: tuple[Scaling, ...] = (None, "standard", "min_max", "layer")
HIDDEN = 1
"""Number of hidden layers for the real data sets: with one, the gradient cannot vanish with depth."""

CURED = 0.1
"""Ratio of the first layer's gradient norm to the last one's above which the vanishing gradient counts as cured."""

SATURATED = 0.01
"""A sigmoid counts as saturated if its derivative is below this fraction of its maximum."""

DRAWS = 1000


def reproduce(
    output: Path = Path("runs/input_scaling"),
    seeds: int = 5,
    epochs: int = 20,
    jobs: int | None = None,
    quick: bool = False,
) -> list[Verdict]:
    """Trains on the circles, breast cancer and wine data, with raw inputs and with inputs scaled in several ways.

    Args:
        output: Folder for the logs, the tables and the plot.
        seeds: Number of seeds, from 0.
        epochs: Number of epochs per run on the real data; the deep net on the circles trains for one.
        jobs: Number of processes.
        quick: Whether to train sigmoid nets on one real data set only.

    Returns:
        The verdicts on claims A7 and B3.
    """
    console = Console()
    circles = CIRCLES[:5] if quick else CIRCLES
    real = list_real_variants(REAL[:1] if quick else REAL, ("sigmoid",) if quick else ("sigmoid", "relu"))
    total = (len(circles) + len(real)) * seeds

    def train() -> "list[Run]":
        runs = [*run_variants(circles, range(seeds), 1, output, jobs)]
        return [*runs, *run_variants(real, range(seeds), epochs, output, jobs)]

    runs = list(track(train(), "Training", total=total, console=console))
    deep = [run for run in runs if run.variant in circles]
    ratios = measure_ratios(read_runs(deep, "gradients"))
    print_table(ratios.agg(["median", "min", "max"]).T, "First layer's gradient over the last one's", console)
    ratios.to_csv(output / "circles.csv")
    histories = read_histories([run for run in runs if run.variant in real])
    last = histories[histories["epoch"] == histories["epoch"].max()]
    results = last.groupby("variant", observed=True)[["loss", "val_accuracy"]].median()
    results.to_csv(output / "input_scaling.csv")
    print_table(results, f"After {epochs} epochs, medians over {seeds} seeds", console)
    neuron = measure_neuron(DRAWS)
    print_table(neuron, "The neuron of B1 with Glorot's weights", console)
    verdicts = [judge_restricted_input(ratios), judge_scaling(last, neuron)]
    print_verdicts(verdicts, console)
    _draw(histories, output / "input_scaling.png")
    return verdicts


def list_real_variants(data: tuple[Data, ...], activations: tuple[str, ...]) -> list[Variant]:
    """One variant with one hidden layer per data set, activation and way of scaling."""
    return [
        Variant(f"{name}_{activation}_{scaling or 'raw'}", activation, HIDDEN, data=name, scaling=scaling)
        for name in data
        for activation in activations
        for scaling in SCALINGS
    ]


def measure_neuron(draws: int) -> pd.DataFrame:
    """Draws Glorot-uniform weights for the neuron of claim B1, with its inputs raw and divided by 1,000.

    Args:
        draws: Number of draws.

    Returns:
        One row for raw and one for divided inputs: `saturated`, the fraction of draws that saturate the sigmoid, and
        `slope`, the median of its derivative.
    """
    limit = np.sqrt(6 / (len(X) + 1))
    weights = np.random.default_rng(0).uniform(-limit, limit, size=(draws, len(X)))
    rows = {}
    for name, scale in {"raw": 1.0, "divided by 1,000": 1e-3}.items():
        slopes = theory.sigmoid_derivative(weights @ np.array(X) * scale)
        rows[name] = {"saturated": float(np.mean(slopes < SATURATED * 0.25)), "slope": float(np.median(slopes))}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("inputs")


def judge_restricted_input(ratios: pd.DataFrame) -> Verdict:
    """Judges A7: inputs in the range where the sigmoid is steep cure the vanishing gradient."""
    scaled = ["circles_sigmoid_11_standard", "circles_sigmoid_11_min_max", "circles_sigmoid_11_times_1000_standard"]
    cured = ratios[scaled].median() > CURED
    shown = "; ".join(
        f"{str(name).removeprefix('circles_').replace('_', ' ')} {describe(ratios[name])}" for name in ratios
    )
    return Verdict(
        "A7",
        "Inputs that fall where the sigmoid's derivative is not small cure the vanishing gradient.",
        decide(bool(cured.all()), bool(cured.any())),
        f"First layer's gradient over the last one's, circles, first epoch: {shown}; {len(ratios)} seeds. The input "
        "reaches the first layer alone; ten sigmoids more still pass on a quarter each, at most.",
        f"holds if the median with scaled inputs is above {CURED} for every way of scaling; in part for some.",
    )


def judge_scaling(last: pd.DataFrame, neuron: pd.DataFrame) -> Verdict:
    """Judges B3: Xavier's initialization does not save a neuron with raw inputs, scaling the inputs does."""
    medians = last.groupby("variant", observed=True)["val_accuracy"].median()
    prefixes = list(
        dict.fromkeys(str(name).removesuffix("_raw") for name in medians.index if str(name).endswith("_raw"))
    )
    better = [
        medians[f"{prefix}_{scaling}"] > medians[f"{prefix}_raw"]
        for prefix in prefixes
        for scaling in SCALINGS
        if scaling
    ]
    saturated = neuron["saturated"]
    unsaved = saturated["raw"] > 0.5 > saturated["divided by 1,000"]
    shown = "; ".join(
        f"{prefix.replace('_', ' ')} raw {medians[f'{prefix}_raw']:.3f}, "
        + ", ".join(f"{scaling} {medians[f'{prefix}_{scaling}']:.3f}" for scaling in SCALINGS if scaling)
        for prefix in prefixes
    )
    return Verdict(
        "B3",
        "Xavier initialization does not save a neuron with raw inputs in the thousands; scaling the inputs does.",
        decide(unsaved and all(better), unsaved and any(better)),
        f"The neuron of B1 with {DRAWS:,} draws of Glorot's weights: {saturated['raw']:.1%} saturated raw, "
        f"{saturated['divided by 1,000']:.1%} with inputs divided by 1,000. Accuracy on unseen data (median): {shown}.",
        "holds if most draws saturate raw and few scaled, and every way of scaling raises the accuracy on every data "
        "set; in part if some do.",
    )


def _draw(histories: pd.DataFrame, picture: Path) -> None:
    names = [str(name) for name in histories["variant"].cat.categories]
    groups = list(dict.fromkeys(name.removesuffix("_raw") for name in names if name.endswith("_raw")))
    figure, axes = plt.subplots(1, len(groups), figsize=(3.3 * len(groups) + 1, 3.5), sharey=True, layout="constrained")
    styles = dict(zip(SCALINGS, ("-", "--", ":", "-."), strict=True))
    for ax, group in zip(np.atleast_1d(axes), groups, strict=True):
        for scaling, style in styles.items():
            runs = histories[histories["variant"] == f"{group}_{scaling or 'raw'}"]
            by_epoch = runs.groupby("epoch")["val_accuracy"].agg(["median", "min", "max"])
            (line,) = ax.plot(by_epoch.index, by_epoch["median"], style, label=scaling or "raw")
            ax.fill_between(by_epoch.index, by_epoch["min"], by_epoch["max"], alpha=0.15, color=line.get_color())
        ax.set(title=group.replace("_", " "), xlabel="epoch")
    np.atleast_1d(axes)[0].set_ylabel("accuracy on unseen data")
    np.atleast_1d(axes)[0].legend(title="inputs", fontsize="small")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
