"""Claims C1 to C3: the sigmoid's derivative, its powers, and the factor of the gradient per layer in a real net."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console

from keras_vg import theory
from keras_vg.reproductions.claims import Verdict, decide, describe, print_table, print_verdicts
from keras_vg.reproductions.initial_gradients import FIRST_DEPTH, Stack, fit_factors, log_stacks

CLAIMED_RANGES = {"x": 10.0, "sigmoid": 1.0, "derivative": 0.25}
CLAIMED_POWERS = {5: 9.8e-4, 10: 9.5e-7, 11: 2.4e-7}
CLAIMED_FACTOR = 0.237

DIGITS_12 = 1e-12
RANGE_TOLERANCE = 0.03
"""Relative tolerance of the ranges: the claim rounds them. Over 100 points they are 0.987 and 0.243 instead of 1 and
0.25."""
FACTOR_TOLERANCE = 0.05


def reproduce(output: Path = Path("runs/sigmoid_gradient"), seeds: int = 5, jobs: int | None = None) -> list[Verdict]:
    """Computes the sigmoid's ranges and powers, and measures a wide sigmoid net at initialization.

    Args:
        output: Folder for the logs, the table and the plot.
        seeds: Number of seeds of the wide net, from 0.
        jobs: Number of processes.

    Returns:
        The verdicts on claims C1 to C3.
    """
    console = Console()
    stack = Stack("sigmoid_glorot_uniform", "sigmoid", distribution="uniform")
    (log,) = log_stacks([stack], seeds, output, jobs)
    factors = fit_factors(log, first=FIRST_DEPTH)
    factors.rename("factor").to_csv(output / "sigmoid_gradient.csv")
    ranges, powers = measure_ranges(), measure_powers(max(CLAIMED_POWERS))
    print_table(ranges.rename("range").rename_axis("of").to_frame(), "Over 100 points of [-5, 5]", console)
    print_table(powers.rename("norm").rename_axis("layers").to_frame(), "Derivatives only, at best", console)
    verdicts = [judge_ranges(ranges), judge_powers(powers), judge_factor(factors)]
    print_verdicts(verdicts, console)
    _draw(log, output / "sigmoid_gradient.png")
    return verdicts


def measure_ranges() -> "pd.Series[float]":
    """The ranges (largest minus smallest value) of 100 points in [-5, 5], of their sigmoid and of its derivative."""
    x = np.linspace(-5, 5, 100)
    values = {"x": x, "sigmoid": theory.sigmoid(x), "derivative": theory.sigmoid_derivative(x)}
    return pd.Series({name: float(np.ptp(value)) for name, value in values.items()})


def measure_powers(layers: int) -> "pd.Series[float]":
    """The product of the sigmoid's largest derivative over 1, 2, ... layers, indexed by the number of layers."""
    steepest = float(theory.sigmoid_derivative(np.linspace(-5, 5, 1001)).max())
    products = np.cumprod(np.full(layers, steepest))
    return pd.Series(products, index=range(1, layers + 1))


def judge_ranges(ranges: "pd.Series[float]") -> Verdict:
    """Judges C1: the range shrinks from 10 to 1 to 0.25, and the tangent at 0 is the steepest."""
    x = np.linspace(-5, 5, 1001)
    steepest, _ = theory.tangent_line("sigmoid", 0.0)
    is_steepest = steepest == theory.sigmoid_derivative(x).max() == 0.25
    is_near = all(abs(ranges[name] / claimed - 1) < RANGE_TOLERANCE for name, claimed in CLAIMED_RANGES.items())
    return Verdict(
        "C1",
        "Over [-5, 5] the range goes from 10 to 1 (sigmoid) to 0.25 (derivative); the tangent at 0, of slope 0.25, is "
        "the steepest.",
        decide(is_steepest and is_near, is_steepest),
        f"{ranges['x']:.4g}, {ranges['sigmoid']:.4g}, {ranges['derivative']:.4g}; slope at 0: {steepest}.",
        f"holds if the ranges are within {RANGE_TOLERANCE:.0%} of the claimed ones and no slope exceeds 0.25; in part "
        "if only the latter.",
    )


def judge_powers(powers: "pd.Series[float]") -> Verdict:
    """Judges C2: the product of derivatives decays as 0.25 to the power of the number of layers."""
    exact = np.abs(powers / 0.25 ** powers.index.to_numpy() - 1).max() < DIGITS_12
    printed = all(float(f"{powers[layers]:.1e}") == claimed for layers, claimed in CLAIMED_POWERS.items())
    return Verdict(
        "C2",
        "The product of the derivatives decays exponentially, at best as 0.25^n: 9.8e-4 at 5 layers, 9.5e-7 at 10, "
        "2.4e-7 at 11.",
        decide(exact and printed),
        "; ".join(f"{layers} layers: {powers[layers]:.12g}" for layers in CLAIMED_POWERS) + ".",
        "holds if the product equals 0.25^n to 12 digits and rounds to the printed figures.",
    )


def judge_factor(factors: "pd.Series[float]") -> Verdict:
    """Judges C3: in a real net the factor per layer is the product of weights and derivative."""
    expected = theory.predict_factor("sigmoid", 1.0).factor
    distance = abs(factors.median() / CLAIMED_FACTOR - 1)
    return Verdict(
        "C3",
        f"In a real net the factor per layer is |W| times the derivative: {CLAIMED_FACTOR} for 512-wide sigmoids, "
        "Glorot uniform.",
        decide(distance < FACTOR_TOLERANCE),
        f"measured {describe(factors)}, {len(factors)} seeds; mean-field theory expects {expected:.4f}; the derivative "
        "alone would be 0.25 at most.",
        f"holds if the median is within {FACTOR_TOLERANCE:.0%} of the claimed factor.",
    )


def _draw(log: pd.DataFrame, picture: Path) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    x = np.linspace(-5, 5, 100)
    axes[0].plot(x, theory.sigmoid(x), label="sigmoid")
    for at in (0.0, 2.0):
        slope, intercept = theory.tangent_line("sigmoid", at)
        near = np.linspace(at - 2, at + 2, 2)
        axes[0].plot(near, slope * near + intercept, "--", label=f"tangent at {at:g}: slope {slope:.3f}")
    axes[1].plot(x, theory.sigmoid_derivative(x))
    axes[0].set(title="Range 10 becomes 1 ...", xlabel="x", ylim=(-0.1, 1.1))
    axes[1].set(title="... becomes 0.25 (derivative)", xlabel="x", ylim=(-0.1, 1.1))
    axes[0].legend(fontsize="small")
    biases = log[log["weight"] == "bias"]
    hidden = biases[biases["depth"] < biases["depth"].max()]
    median = hidden.groupby("depth")["gradient_rms"].median()
    axes[2].semilogy(median.index, median, "o", label="measured, 512 wide")
    factor = theory.predict_factor("sigmoid", 1.0).factor
    axes[2].semilogy(median.index, median.iloc[-1] * factor ** (median.index[-1] - median.index), label="mean field")
    axes[2].set(title="Twenty layers", xlabel="depth (0: first layer)", ylabel="gradient RMS")
    axes[2].legend(fontsize="small")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
