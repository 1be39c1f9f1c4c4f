"""Claims A6 and F2: the gradient of nets with BatchNormalization in every layer, in training and at initialization."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from rich.console import Console
from rich.progress import track

from keras_vg import theory
from keras_vg.reproductions.claims import Verdict, decide, describe, print_table, print_verdicts, show
from keras_vg.reproductions.experiments import BALANCED, Placement, Variant, measure_ratios, read_runs, run_variants
from keras_vg.reproductions.initial_gradients import FIRST_DEPTH, Stack, fit_factors, log_stacks

ACTIVATIONS = ("sigmoid", "tanh", "relu")
PLACEMENTS: tuple[Placement, ...] = (None, "before", "after")
DEPTHS = (5, 11, 20)

STACKS = (
    Stack("relu_normalized_before", "relu", 2.0, normalization="before", batch_size=512, steps=1),
    Stack("tanh_normalized_before", "tanh", 1.0, normalization="before", batch_size=512, steps=1),
    Stack("linear_normalized_before", "linear", 1.0, normalization="before", batch_size=512, steps=1),
    Stack("relu_normalized_after", "relu", 2.0, normalization="after", batch_size=512, steps=1),
)
"""512 units wide and 20 layers deep. One batch of 512 examples, because claim F2 is about large batches."""

CLAIMED_FACTOR = 1.2112
TOLERANCE = 0.01


def reproduce(
    output: Path = Path("runs/batch_normalization"),
    seeds: int = 5,
    epochs: int = 1,
    jobs: int | None = None,
    quick: bool = False,
) -> list[Verdict]:
    """Trains a deep net on the circles with and without BatchNormalization, and measures wide nets at initialization.

    Args:
        output: Folder for the logs, the tables and the plot.
        seeds: Number of seeds, from 0.
        epochs: Number of epochs per run; the verdict uses the first epoch.
        jobs: Number of processes.
        quick: Whether to train sigmoid and ReLU nets of 11 layers only, and to measure one wide net only.

    Returns:
        The verdicts on claims A6 and F2.
    """
    console = Console()
    variants = [
        Variant(f"{activation}_{placement or 'without'}_{depth}", activation, depth, placement)
        for depth in ((11,) if quick else DEPTHS)
        for activation in (ACTIVATIONS[::2] if quick else ACTIVATIONS)
        for placement in PLACEMENTS
    ]
    trainings = run_variants(variants, range(seeds), epochs, output, jobs)
    runs = list(track(trainings, "Training", total=len(variants) * seeds, console=console))
    ratios = measure_ratios(read_runs(runs, "gradients"))
    table = summarize(ratios, variants)
    table.to_csv(output / "batch_normalization.csv", index=False)
    print_table(table, "First layer's gradient norm over the last one's, first epoch", console)
    log = pd.concat(log_stacks(STACKS[:1] if quick else STACKS, seeds, output, jobs), ignore_index=True)
    factors = fit_factors(log, "kernel", FIRST_DEPTH).unstack("stack")
    factors.to_csv(output / "factors.csv")
    print_table(_compare_with_theory(factors), "Factor of the gradient per layer at initialization", console)
    verdicts = [judge_remedy(ratios), judge_factor(factors)]
    print_verdicts(verdicts, console)
    _draw(table, output / "batch_normalization.png")
    return verdicts


def summarize(ratios: pd.DataFrame, variants: list[Variant]) -> pd.DataFrame:
    """One row per variant: its activation, normalization and depth, and the median and range of its ratios."""
    rows = [
        {
            "activation": variant.activation,
            "normalization": variant.normalization or "without",
            "depth": variant.depth,
            "median": ratios[variant.name].median(),
            "lowest": ratios[variant.name].min(),
            "highest": ratios[variant.name].max(),
        }
        for variant in variants
    ]
    return pd.DataFrame(rows)


def _compare_with_theory(factors: pd.DataFrame) -> pd.DataFrame:
    expected = {
        stack.name: theory.predict_normalized_factor(
            stack.activation, stack.normalization or "before", stack.weight_variance
        )
        for stack in STACKS
        if stack.name in factors
    }
    measured = factors.agg(["median", "min", "max"]).T
    return measured.assign(expected=pd.Series(expected)).rename_axis("stack")


def judge_remedy(ratios: pd.DataFrame) -> Verdict:
    """Judges A6: with BatchNormalization in every layer the first layer's gradient is as large as the last one's."""
    medians = ratios.median()
    names = [name for name in ACTIVATIONS if f"{name}_before_11" in ratios]
    balanced = {name: bool(BALANCED[0] < medians[f"{name}_before_11"] < BALANCED[1]) for name in names}
    shown = "; ".join(
        f"{name}: {describe(ratios[f'{name}_without_11'])} without, {describe(ratios[f'{name}_before_11'])} before the "
        f"activation, {describe(ratios[f'{name}_after_11'])} after it"
        for name in names
    )
    deeper = ""
    if "relu_before_20" in medians:
        deeper = f" At 20 layers, before the activation: sigmoid {show(medians['sigmoid_before_20'])}, "
        deeper += f"ReLU {show(medians['relu_before_20'])}."
    return Verdict(
        "A6",
        "BatchNormalization keeps |x| off the sigmoid's edges, and so cures the vanishing gradient.",
        decide(all(balanced.values()), balanced["sigmoid"]),
        f"First layer's gradient over the last one's, 11 layers: {shown}; {len(ratios)} seeds.{deeper}",
        f"holds if the median is between {BALANCED[0]} and {BALANCED[1]} for every activation, with BatchNormalization "
        "before it; in part if for sigmoids.",
    )


def judge_factor(factors: pd.DataFrame) -> Verdict:
    """Judges F2: with BatchNormalization and ReLU the gradient explodes by a factor of 1.2112 per layer."""
    relu = factors["relu_normalized_before"]
    expected = theory.predict_normalized_factor("relu")
    near = abs(relu.median() / CLAIMED_FACTOR - 1) < TOLERANCE
    others = "; ".join(
        f"{str(name).replace('_', ' ')} {describe(factors[name])}"
        for name in factors
        if name != "relu_normalized_before"
    )
    return Verdict(
        "F2",
        "BatchNormalization with ReLU multiplies the gradient by sqrt(pi / (pi - 1)) = 1.2112 per layer towards the "
        "input.",
        decide(near, bool(relu.median() > 1.1)),
        f"{describe(relu)}, {len(relu)} seeds, 512 wide, 20 deep, batch 512; theory: {expected:.4f}. {others}.",
        f"holds if the median is within {TOLERANCE:.0%} of {CLAIMED_FACTOR}; in part if it is above 1.1.",
    )


def _draw(table: pd.DataFrame, picture: Path) -> None:
    activations = list(table["activation"].unique())
    figure, axes = plt.subplots(1, len(activations), figsize=(10, 3.6), sharey=True, layout="constrained")
    styles = {"without": "o-", "before": "s--", "after": "^:"}
    for ax, activation in zip(axes, activations, strict=True):
        for placement, style in styles.items():
            group = table[(table["activation"] == activation) & (table["normalization"] == placement)]
            errors = [group["median"] - group["lowest"], group["highest"] - group["median"]]
            ax.errorbar(group["depth"], group["median"], errors, fmt=style, capsize=3, label=placement)
        ax.axhline(1.0, color="0.4", linewidth=1)
        ax.set(title=activation, xlabel="hidden layers", yscale="log", xticks=sorted(table["depth"].unique()))
    axes[0].set_ylabel("first layer's gradient / last layer's")
    axes[0].legend(title="BatchNormalization", fontsize="small")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
