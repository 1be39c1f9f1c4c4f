"""Claims A1 to A5: how far one epoch of training moves the first of eleven layers, by activation.

The experiment is that of https://github.com/vedantgoswami/Vanishing-Gradient-Problem: its data, model, optimizer and
printout, over several seeds.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table

from keras_vg.logs.compare import compare
from keras_vg.plots import draw_epochs
from keras_vg.reproductions.claims import Verdict, decide, describe, print_verdicts, show
from keras_vg.reproductions.experiments import BALANCED, SIGMOID_VS_RELU, name_run, read_runs, run_variants
from keras_vg.reproductions.initial_gradients import Stack, log_stacks

UNITS = 10  # units of the first layer, and so values in a row of its kernel

TINY_CHANGE = 0.05
"""A change in weight, divided by the learning rate, counts as tiny below this. Adam moves a weight by at most about
one learning rate per step, so 21 in an epoch of 21 steps; the original prints 2e-5 to 3e-3 with sigmoids."""

THOUSANDS, HUNDREDS = 1000, 100
"""Ratios of the change with ReLU to the change with sigmoid. The original prints changes of 1 to 10 with ReLU, several
thousand times those with sigmoid."""

MIXED_UP = 100
"""If a printed change is more than this many times the true one, it mixes different weights."""

RELU_NET = Stack("relu_net", "relu", 1.0, "uniform", depth=11, width=10, features=2, batch_size=670, steps=1)
"""The ReLU variant at initialization. Whether a ReLU net with zero biases is dead depends only on the directions of
weights and inputs: the scale of the weights does not matter, nor that the inputs are Gaussian instead of circles."""


def reproduce(
    seeds: int = 5,
    epochs: int = 5,
    output: Path = Path("runs/sigmoid_vs_relu"),
    jobs: int | None = None,
    initializations: int = 300,
) -> list[Verdict]:
    """Trains sigmoid, tanh and ReLU variants of one deep net and compares how far the first layer moves.

    Args:
        seeds: Number of seeds per variant, from 0; at least 1.
        epochs: Number of epochs per run, at least 1; the tables and the verdicts use the first, as the original does.
        output: Folder for the logs and the plot.
        jobs: Number of processes.
        initializations: Number of seeds with which the ReLU net is initialized, to count dead nets.

    Returns:
        The verdicts on claims A1 to A5.

    Raises:
        ValueError: If `seeds` or `epochs` is below 1.
    """
    for name, count in {"seeds": seeds, "epochs": epochs}.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={count}.")
    console = Console()
    trainings = run_variants(SIGMOID_VS_RELU, range(seeds), epochs, output, jobs)
    runs = list(track(trainings, "Training", total=len(SIGMOID_VS_RELU) * seeds, console=console))
    log = read_runs(runs)
    kernels = log[log["weight"] == "kernel"]
    for variant in SIGMOID_VS_RELU:
        _print_row(kernels[kernels["run"] == name_run(variant, 0)], variant.name, console)
    changes = measure_changes(log)
    _print_changes(changes, console)
    gradient_log = read_runs(runs, "gradients")
    gradients = measure_gradients(gradient_log)
    _print_gradients(gradients, console)
    (initial,) = log_stacks([RELU_NET], initializations, output, jobs)
    verdicts = [
        judge_sigmoid(changes),
        judge_relu(changes),
        judge_rows(log),
        judge_implied_gradient(gradients),
        judge_remedy(gradients, initial),
    ]
    print_verdicts(verdicts, console)
    picture = output / "sigmoid_vs_relu.png"
    _draw(kernels, gradient_log, picture)
    console.print(
        f"\nLogs: {output}/*_deltas.csv, *_gradients.csv   Picture: {picture}", highlight=False, soft_wrap=True
    )
    return verdicts


def measure_changes(log: pd.DataFrame) -> pd.DataFrame:
    """Averages |implied gradient| over the first layer's kernel in the first epoch of each run.

    Args:
        log: The delta logs, as `read_runs` returned them.

    Returns:
        The means: one row per seed, one column per variant.
    """
    means = compare(log[log["weight"] == "kernel"], by="epoch")["implied_gradient"].iloc[0]
    runs = log[["run", "variant", "seed"]].drop_duplicates()
    return runs.assign(size=runs["run"].astype(object).map(means)).pivot(index="seed", columns="variant", values="size")


def measure_gradients(log: pd.DataFrame) -> pd.DataFrame:
    """Compares the true gradients of the first and last kernel, and the implied gradient, in the first epoch.

    Args:
        log: The gradient logs, as `read_runs` returned them.

    Returns:
        One row per variant and seed. `first_over_last`: the mean gradient norm of the first kernel divided by that of
        the last. `implied_over_true`: the norm of the first kernel's implied gradient divided by the sum of its
        gradient norms over the steps. With plain SGD this is at most 1, by the triangle inequality.
    """
    kernels = log[(log["weight"] == "kernel") & (log["epoch"] == log["epoch"].min())]
    ends = kernels["depth"].isin([0, kernels["depth"].max()])
    norms = kernels[ends].pivot(index=["variant", "seed"], columns="depth", values="gradient_norm")
    first = kernels[kernels["depth"] == 0].set_index(["variant", "seed"])
    implied = first["delta_norm"] / first["learning_rate"]
    return pd.DataFrame(
        {
            "first_over_last": norms.iloc[:, 0] / norms.iloc[:, -1],
            "implied_over_true": implied / (first["steps"] * first["gradient_norm"]),
        }
    )


def judge_sigmoid(changes: pd.DataFrame) -> Verdict:
    """Judges A1: with sigmoids, the first layer's change in weight is tiny."""
    sigmoid = changes["sigmoid"]
    return Verdict(
        "A1",
        "With sigmoids the first layer's change in weight is tiny.",
        decide(sigmoid.max() < TINY_CHANGE, sigmoid.median() < TINY_CHANGE),
        f"mean |change| / learning rate in the first epoch {describe(sigmoid)}, {len(changes)} seeds; Adam moves a "
        "weight by at most about one learning rate per step, which is 21 in the 21 steps of an epoch.",
        f"holds if every seed is below {TINY_CHANGE}, in part if the median is.",
    )


def judge_relu(changes: pd.DataFrame) -> Verdict:
    """Judges A2: with ReLU (and tanh), the change is thousands of times larger."""
    ratios = changes.div(changes["sigmoid"], axis="index")
    relu, tanh = ratios["relu"], ratios["tanh"]
    thousands, hundreds = relu.median() >= THOUSANDS, relu.min() >= HUNDREDS
    return Verdict(
        "A2",
        "With ReLU it is thousands of times larger.",
        decide(thousands and hundreds, hundreds),
        f"ReLU over sigmoid, seed by seed: {describe(relu)}; tanh over sigmoid: {describe(tanh)}. Mean |change| with "
        f"ReLU {describe(changes['relu'])}, with tanh {describe(changes['tanh'])}; {len(changes)} seeds.",
        f"holds if the median ratio reaches {THOUSANDS} and no seed is below {HUNDREDS}; in part if only the latter.",
    )


def judge_rows(log: pd.DataFrame) -> Verdict:
    """Judges A3: the rows that the original prints can be subtracted from one another."""
    first = log[(log["weight"] == "kernel") & (log["epoch"] == log["epoch"].min()) & (log["seed"] == 0)]
    rows = {name: run.set_index("index") for name, run in first.groupby("variant", observed=True)}
    sigmoid, relu = rows["sigmoid"], rows["relu"]
    rate = sigmoid["learning_rate"].iloc[0]
    same_row = (sigmoid["before"] - sigmoid["after"])[:UNITS].abs().mean() / rate
    mixed = abs(sigmoid["before"].to_numpy()[UNITS : 2 * UNITS] - sigmoid["after"].to_numpy()[:UNITS]).mean() / rate
    apart = (sigmoid["after"] - relu["after"]).abs().max()
    inflated = apart > 0 and mixed > MIXED_UP * same_row
    return Verdict(
        "A3",
        "The rows that the original prints show the change: its README has one 'after' row for sigmoid and for ReLU, "
        "and its sigmoid cell takes row 1 before and row 0 after.",
        decide(not inflated),
        f"Row 0 before less row 0 after is a change of {same_row:.2g} (mean, sigmoid, seed 0); row 1 before less "
        f"row 0 after would be {mixed:.3g}. The 'after' rows of sigmoid and ReLU differ by up to {apart:.2g}. "
        "The printed rows cannot be subtracted from one another; those above can.",
        f"does not hold if the two 'after' rows differ and mixing rows inflates the change over {MIXED_UP} times.",
    )


def judge_implied_gradient(gradients: pd.DataFrame) -> Verdict:
    """Judges A4: the change in weight divided by the learning rate is the gradient."""
    excess = gradients["implied_over_true"].groupby("variant", observed=True)
    ratio = gradients["first_over_last"]
    shown = "; ".join(f"{variant} {describe(ratios)}" for variant, ratios in excess)
    return Verdict(
        "A4",
        "The change in weight divided by the learning rate is the gradient.",
        decide(bool((excess.max() <= 1).all()), bool((excess.median() <= 1).any())),
        f"First layer, change over the sum of the true gradients' norms: {shown}; plain SGD cannot exceed 1. Adam "
        "divides each gradient by its own size and so hides how small it is. The true gradient of the first layer "
        f"over the last one's with sigmoids: {describe(ratio['sigmoid'])}; with tanh {describe(ratio['tanh'])}; with "
        f"ReLU {describe(ratio['relu'])}.",
        "holds if no seed of any variant exceeds 1; in part if the median of some variant does not.",
    )


def judge_remedy(gradients: pd.DataFrame, initial: pd.DataFrame) -> Verdict:
    """Judges A5: ReLU cures the vanishing gradient."""
    ratio = gradients["first_over_last"]["relu"]
    first = initial[(initial["weight"] == "kernel") & (initial["depth"] == 0)]["gradient_norm"]
    dead = int((first == 0).sum())
    healthy = ratio.between(*BALANCED)
    return Verdict(
        "A5",
        "ReLU does not cause a small derivative, and so cures the vanishing gradient.",
        decide(bool(healthy.all()) and not dead, BALANCED[0] < ratio.median() < BALANCED[1]),
        f"First layer's true gradient over the last one's: {describe(ratio)}, {len(ratio)} seeds. Of "
        f"{len(first)} initializations {dead} are dead: they pass no gradient at all to the first layer.",
        f"holds if the ratio is between {BALANCED[0]} and {BALANCED[1]} for every seed and no initialization is dead; "
        "in part if the median is.",
    )


def _print_row(kernel: pd.DataFrame, variant: str, console: Console) -> None:
    """Prints the kernel's first row as the original does, which calls the change over the rate `change in weight`."""
    row = kernel[kernel["epoch"] == kernel["epoch"].min()].iloc[:UNITS]
    table = Table(box=None)
    for heading in ("unit", "before", "after", "(before - after) / learning rate", "change in %"):
        table.add_column(heading, justify="right")
    for values in row.itertuples():
        percent = 100 * (values.before - values.after) / values.before
        table.add_row(
            str(values.index),
            f"{values.before:.7f}",
            f"{values.after:.7f}",
            f"{values.implied_gradient:.3e}",
            f"{percent:.2e}",
        )
    console.print(f"[bold]{variant}[/]: row 0 of the first layer's kernel, first epoch, seed 0", highlight=False)
    console.print(table, "", highlight=False)


def _print_changes(changes: pd.DataFrame, console: Console) -> None:
    table = Table()
    for heading in ("variant", "median", "smallest", "largest", "ratio to sigmoid (range)"):
        table.add_column(heading, justify="left" if heading == "variant" else "right")
    ratios = changes.div(changes["sigmoid"], axis="index")
    for variant, values in changes.items():
        summary = (values.median(), values.min(), values.max())
        table.add_row(str(variant), *map(show, summary), describe(ratios[variant]))
    console.print(
        "[bold]Mean |before - after| / learning rate[/] of the first layer's kernel in the first epoch, "
        f"over {len(changes)} seeds (ratios seed by seed)",
        highlight=False,
    )
    console.print(table, "", highlight=False)


def _print_gradients(gradients: pd.DataFrame, console: Console) -> None:
    table = Table()
    for heading in ("variant", "first layer over last (range)", "implied over true gradient (range)"):
        table.add_column(heading, justify="left" if heading == "variant" else "right")
    for variant, ratios in gradients.groupby("variant", observed=True):
        table.add_row(str(variant), describe(ratios["first_over_last"]), describe(ratios["implied_over_true"]))
    console.print("[bold]True gradients[/] of the kernels in the first epoch, medians over the seeds", highlight=False)
    console.print(table, "", highlight=False)


def _draw(kernels: pd.DataFrame, gradient_log: pd.DataFrame, picture: Path) -> None:
    first = gradient_log[(gradient_log["depth"] == 0) & (gradient_log["weight"] == "kernel")]
    panels = [
        (kernels, "delta", "what the original shows: mean |delta|"),
        (kernels, "implied_gradient", "mean |delta| / learning rate"),
        (first, "gradient_rms", "what is true: gradient RMS"),
    ]
    figure, axes = plt.subplots(1, len(panels), figsize=(11, 3.6), layout="constrained")
    for ax, (table, value, title) in zip(axes, panels, strict=True):
        draw_epochs(table, value, by="variant", ax=ax)
        ax.set_title(title, fontsize="medium")
    for ax in axes[1:]:
        ax.get_legend().remove()
    figure.suptitle("First of eleven layers, by activation (median and range over seeds)")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
