"""Claims F1, F3, F4 and F6: the effect of the initial weights on the gradient, compared with mean-field theory."""

import itertools
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console

from keras_vg import theory
from keras_vg.reproductions.claims import Verdict, decide, describe, print_table, print_verdicts
from keras_vg.reproductions.initial_gradients import FIRST_DEPTH, Stack, fit_factors, log_stacks

TOLERANCE = 0.05

CLAIMED = {"glorot_2010_standard": 0.577, "glorot_2010_normalized": 1.0, "he_2015": 1.0, "he_2015_half": 0.707}
"""Factor of the gradient's norm per layer that claims F1 and F3 state, by stack."""

NAMED = (
    Stack("glorot_2010_standard", "tanh", 1 / 3, "uniform"),
    Stack("glorot_2010_normalized", "tanh", 1.0, "uniform"),
    Stack("he_2015", "relu", 2.0),
    Stack("he_2015_half", "relu", 1.0),
)

VARIANCES = {
    "tanh": (1 / 3, 1.5, 2.0, 3.0),
    "sigmoid": (1.0, 4.0, 9.0),
    "relu": (0.5, 1.0, 2.0, 3.0),
    "erf": (0.5, 1.5, 3.0),
}
"""Weight variances that are measured, by activation. Variances with chi near 1 are left out: more layers than there are
would be needed to reach the fixed-point variance."""

QUICK_VARIANCES = {"tanh": (1.5,), "sigmoid": (1.0,), "relu": (2.0,), "erf": (1.5,)}

NEAR_ONE = (0.9, 1.1)
"""Range of a factor that counts as near 1: 20 layers multiply the gradient by 0.12 to 6.7 then."""

NARROW = (
    Stack("width_200_depth_10", "relu", 2.0, depth=10, width=200, steps=1),
    Stack("width_50_depth_10", "relu", 2.0, depth=10, width=50, steps=1),
    Stack("width_20_depth_10", "relu", 2.0, depth=10, width=20, steps=1),
    Stack("width_10_depth_10", "relu", 2.0, depth=10, width=10, steps=1),
    Stack("width_20_depth_20", "relu", 2.0, depth=20, width=20, steps=1),
)
"""Nets in which the sum of 1 / width over the layers is 0.05, 0.2, 0.5, 1 and 1."""

SAME_SPREAD = 1.5
"""The spreads of two nets with the same sum of 1 / width count as equal if their quotient is below this; over all five
nets, the quotient of the largest and the smallest spread is about 30."""


def reproduce(
    output: Path = Path("runs/initialization"),
    seeds: int = 5,
    narrow_seeds: int = 300,
    jobs: int | None = None,
    quick: bool = False,
) -> list[Verdict]:
    """Measures the gradients of wide and of narrow nets at initialization.

    Args:
        output: Folder for the gradient logs, the tables and the plot.
        seeds: Number of seeds of the wide nets, from 0.
        narrow_seeds: Number of seeds of the narrow nets; claim F4 is about the spread over them.
        jobs: Number of processes.
        quick: Whether to measure one weight variance per activation only.

    Returns:
        The verdicts on claims F1, F3, F4 and F6.
    """
    console = Console()
    variances = QUICK_VARIANCES if quick else VARIANCES
    grid = [Stack(f"{name}_{variance:.3g}", name, variance) for name, all_ in variances.items() for variance in all_]
    log = pd.concat(log_stacks([*NAMED, *grid], seeds, output, jobs), ignore_index=True)
    factors = fit_factors(log, first=FIRST_DEPTH).unstack("stack")
    factors.to_csv(output / "initialization.csv")
    points = compare_with_theory(factors, grid)
    points.to_csv(output / "mean_field.csv", index=False)
    print_table(points, "Factor of the gradient per layer, 20 layers of 512", console)
    narrow = pd.concat(log_stacks(NARROW, narrow_seeds, output, jobs), ignore_index=True)
    spread = measure_spread(narrow)
    spread.to_csv(output / "spread.csv")
    print_table(spread, "Spread of the first layer's gradient over initializations, ReLU, He", console)
    verdicts = [judge_glorot(factors), judge_he(factors), judge_width(spread), judge_theory(points)]
    print_verdicts(verdicts, console)
    _draw(points, spread, output / "initialization.png")
    return verdicts


def compare_with_theory(factors: pd.DataFrame, stacks: list[Stack]) -> pd.DataFrame:
    """Compares measured factors with those that mean-field theory predicts.

    Args:
        factors: Measured factors, one row per seed, one column per stack.
        stacks: The stacks to compare.

    Returns:
        One row per stack: `activation`, `weight_variance`, the `expected` factor, and the `median`, `lowest` and
        `highest` of the measured factors.
    """
    rows = []
    for stack in stacks:
        measured = factors[stack.name]
        rows.append(
            {
                "activation": stack.activation,
                "weight_variance": stack.weight_variance,
                "expected": theory.predict_factor(stack.activation, stack.weight_variance).factor,
                "median": measured.median(),
                "lowest": measured.min(),
                "highest": measured.max(),
            }
        )
    return pd.DataFrame(rows)


def measure_spread(log: pd.DataFrame) -> pd.DataFrame:
    """Measures how much the first layer's gradient varies over the seeds.

    Args:
        log: Gradient logs of the stacks in `NARROW`, with many seeds.

    Returns:
        One row per stack: `sum_of_1_over_width`, `nets` (the number of seeds), `dead` (the number of nets whose
        gradient is exactly 0), and `variance` of the logarithm of the squared norm over the other nets.
    """
    first = log[(log["weight"] == "bias") & (log["depth"] == 0)].set_index("stack")["gradient_norm"]
    rows = {}
    for stack in NARROW:
        norms = first[stack.name]
        alive = norms[norms > 0]
        rows[stack.name] = {
            "sum_of_1_over_width": stack.depth / stack.width,
            "nets": len(norms),
            "dead": int((norms == 0).sum()),
            "variance": float(np.var(2 * np.log(alive), ddof=1)),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("stack")


def judge_glorot(factors: pd.DataFrame) -> Verdict:
    """Judges F1: the standard initialization shrinks the gradient by 0.577 per layer, the normalized one keeps it."""
    standard, normalized = factors["glorot_2010_standard"], factors["glorot_2010_normalized"]
    shrinks = abs(standard.median() / CLAIMED["glorot_2010_standard"] - 1) < TOLERANCE
    keeps = NEAR_ONE[0] < normalized.median() < NEAR_ONE[1]
    return Verdict(
        "F1",
        "With uniform(-1/sqrt(n), 1/sqrt(n)) a tanh net multiplies the back-propagated gradient by 0.577 per layer; "
        "the normalized (Glorot) initialization keeps it near 1.",
        decide(shrinks and keeps, shrinks or keeps),
        f"standard {describe(standard)}; normalized {describe(normalized)}; {len(factors)} seeds.",
        f"holds if the first median is within {TOLERANCE:.0%} of 0.577 and the second between {NEAR_ONE[0]} and "
        f"{NEAR_ONE[1]}; in part if one is.",
    )


def judge_he(factors: pd.DataFrame) -> Verdict:
    """Judges F3: with ReLU, a weight variance of 2/n keeps the gradient's norm, and 1/n halves its square per layer."""
    names = ("he_2015", "he_2015_half")
    near = [abs(factors[name].median() / CLAIMED[name] - 1) < TOLERANCE for name in names]
    return Verdict(
        "F3",
        "ReLU with weights of variance 2/n keeps the gradient's norm; with 1/n it is multiplied by 0.707 per layer.",
        decide(all(near), any(near)),
        f"2/n {describe(factors['he_2015'])}; 1/n {describe(factors['he_2015_half'])}; {len(factors)} seeds.",
        f"holds if both medians are within {TOLERANCE:.0%}; in part if one is.",
    )


def judge_width(spread: pd.DataFrame) -> Verdict:
    """Judges F4: the spread over the seeds grows with the sum of 1 / width."""
    by_sum = spread.sort_values("sum_of_1_over_width")
    *rising, twin = [by_sum["variance"].loc[stack.name] for stack in NARROW]
    grows = all(a < b for a, b in itertools.pairwise(rising))
    same = max(rising[-1], twin) / min(rising[-1], twin) < SAME_SPREAD
    shown = "; ".join(
        f"{row.sum_of_1_over_width:g}: {row.variance:.2f} ({row.dead} dead)" for row in by_sum.itertuples()
    )
    return Verdict(
        "F4",
        "At He's initialization the spread of a ReLU net's gradient grows with the sum of 1/width over its layers.",
        decide(grows and same, grows),
        f"Variance of ln |g|^2 of the first layer, by that sum: {shown}; {spread['nets'].iloc[0]} nets each.",
        f"holds if it grows from sum to sum, and two nets of one sum are alike within a factor of {SAME_SPREAD}; in "
        "part if it only grows.",
    )


def judge_theory(points: pd.DataFrame) -> Verdict:
    """Judges F6: the factor per layer is the square root of chi_1."""
    distance = (points["median"] / points["expected"] - 1).abs()
    worst = points.iloc[int(distance.argmax())]
    near = distance < TOLERANCE
    return Verdict(
        "F6",
        "The factor per layer is the root of mean-field theory's chi_1, for tanh, sigmoid, ReLU and erf.",
        decide(bool(near.all()), bool(near.any())),
        f"{int(near.sum())} of {len(points)} points within {TOLERANCE:.0%}; the farthest is {worst['activation']} at "
        f"variance {worst['weight_variance']:.3g}: expected {worst['expected']:.4g}, measured {worst['median']:.4g} "
        f"({worst['lowest']:.4g} to {worst['highest']:.4g}).",
        f"holds if the median of every point is within {TOLERANCE:.0%}; in part for some.",
    )


def _draw(points: pd.DataFrame, spread: pd.DataFrame, picture: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    variances = np.geomspace(0.3, 9.5, 60)
    for (activation, group), marker in zip(points.groupby("activation"), "osv^", strict=True):
        expected = [theory.predict_factor(str(activation), variance).factor for variance in variances]
        (line,) = axes[0].semilogx(variances, expected, linewidth=1.2)
        errors = [group["median"] - group["lowest"], group["highest"] - group["median"]]
        axes[0].errorbar(
            group["weight_variance"], group["median"], errors, fmt=marker, color=line.get_color(), label=str(activation)
        )
    axes[0].axhline(1.0, color="0.4", linewidth=1)
    axes[0].set(
        xlabel="weight variance times inputs",
        ylabel="gradient's factor per layer",
        title="512 wide: measured, and mean field (lines)",
    )
    axes[0].set_xticks([0.5, 1, 2, 5], ["0.5", "1", "2", "5"])
    axes[0].minorticks_off()
    axes[0].legend(fontsize="small")
    axes[1].plot(spread["sum_of_1_over_width"], spread["variance"], "o", color="0.2")
    axes[1].set(
        xlabel="sum of 1 / width over the layers",
        ylabel="variance of ln |g|²",
        title="Narrow and deep: a matter of luck (ReLU, He)",
    )
    figure.savefig(picture, dpi=150)
    plt.close(figure)
