"""Claims B1 and B2: one sigmoid neuron with unscaled inputs in the thousands."""

from pathlib import Path
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console

from keras_vg import theory
from keras_vg.reproductions.claims import Verdict, decide, print_table, print_verdicts

X = (1000.0, 2000.0, 3000.0)
W = (0.5390438890427759, -0.40388501506080915, -0.08320392462912277)

PRINTED_Z, PRINTED_A = -518.3379149662107, 7.739337196003053e-226
"""The pre-activation and the prediction that the original notebook prints; for label 0 it also calls the prediction the
gradient, `a - y`."""

LOSSES: tuple[Literal["cross_entropy", "squared_error"], ...] = ("cross_entropy", "squared_error")

SHIFT = 1e-10
"""The sigmoid of z minus this is the printed prediction to its last digit."""

SAME_DIGITS = 1e-9
"""Two numbers agree in nine digits if their relative difference is below this."""


def reproduce(output: Path = Path("runs/saturated_neuron")) -> list[Verdict]:
    """Computes the neuron's prediction and its gradients for two losses and both labels.

    Args:
        output: Folder for the table and the plot.

    Returns:
        The verdicts on claims B1 and B2.
    """
    console = Console()
    output.mkdir(parents=True, exist_ok=True)
    table = measure()
    table.to_csv(output / "saturated_neuron.csv", index=False)
    print_table(table.set_index(["loss", "label"]), "Gradients of the neuron, float64", console)
    verdicts = [judge_digits(table), judge_vanishing(table)]
    print_verdicts(verdicts, console)
    _draw(output / "saturated_neuron.png")
    return verdicts


def measure() -> pd.DataFrame:
    """Computes the neuron's prediction and its gradients.

    Returns:
        One row per loss and label: the pre-activation `z`, the prediction `a` and the same in float32 (`a_float32`),
        `slope` (the sigmoid's derivative), and the gradients `loss_by_z` and `loss_by_w`, the latter of the first
        weight.
    """
    rows = []
    for loss in LOSSES:
        for label in (0, 1):
            gradient = theory.differentiate_neuron(X, W, 0.0, label, loss)
            rows.append(
                {
                    "loss": loss,
                    "label": label,
                    "z": gradient.z,
                    "a": gradient.a,
                    "a_float32": float(np.float32(gradient.a)),
                    "slope": gradient.a_by_z,
                    "loss_by_z": gradient.loss_by_z,
                    "loss_by_w": gradient.loss_by_w[0],
                }
            )
    return pd.DataFrame(rows)


def judge_digits(table: pd.DataFrame) -> Verdict:
    """Judges B1: the printed numbers, digit by digit."""
    z, a = float(table["z"].iloc[0]), float(table["a"].iloc[0])
    label_1 = table[(table["loss"] == "cross_entropy") & (table["label"] == 1)]["loss_by_z"].item()
    shifted = float(theory.sigmoid(z - SHIFT))
    in_part = z == PRINTED_Z and abs(a / PRINTED_A - 1) < SAME_DIGITS and label_1 == -1
    return Verdict(
        "B1",
        f"z = {PRINTED_Z}, a = {PRINTED_A}; the gradient a - y is the same for label 0, and -1 for label 1.",
        decide(in_part and a == PRINTED_A, in_part),
        f"z = {z!r}, equal to the last digit; the sigmoid of it is {a!r}, equal to the printed one in nine digits, not "
        f"in all; the sigmoid of z - {SHIFT:g} is {shifted!r}, "
        f"{'the printed one to the last digit' if shifted == PRINTED_A else 'another one too'}. For label 1 a - y is "
        f"{label_1!r}.",
        "holds if z, a and both gradients are equal to the last digit; in part if a is in nine digits.",
    )


def judge_vanishing(table: pd.DataFrame) -> Verdict:
    """Judges B2: the gradient vanishes."""
    by_w = table.set_index(["loss", "label"])["loss_by_w"].abs()
    vanished = by_w < np.finfo("float32").tiny
    return Verdict(
        "B2",
        "With such inputs the gradient vanishes.",
        decide(bool(vanished.all()), bool(vanished.any())),
        f"The sigmoid's derivative is {table['slope'].iloc[0]:.2g}. Squared error multiplies by it: |dL/dw| is at most "
        f"{by_w['squared_error'].max():.2g}. Cross-entropy does not: for label 1, the wrong side, it is "
        f"{by_w['cross_entropy', 1]:,.0f}; it explodes. In float32 the prediction is "
        f"{table['a_float32'].iloc[0]:g}.",
        "holds if |dL/dw| is below the smallest float32 for both losses and labels; in part for some.",
    )


def _draw(picture: Path) -> None:
    z = np.linspace(-30, 30, 601)
    figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for loss, style in zip(LOSSES, ("-", "--"), strict=True):
        by_z = [abs(theory.differentiate_neuron([1.0], [value], 0.0, 1, loss).loss_by_z) for value in z]
        ax.semilogy(z, by_z, style, label=loss.replace("_", "-"))
    ax.set(xlabel="pre-activation z", ylabel="|dL/dz|, label 1", title="One sigmoid neuron: what the loss decides")
    ax.legend()
    figure.savefig(picture, dpi=150)
    plt.close(figure)
