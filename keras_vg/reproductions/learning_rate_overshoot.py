"""Claim E5: the learning rate above which gradient descent diverges, with raw and with standardized features."""

import itertools
import math
from collections.abc import Iterable
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console

from keras_vg import theory
from keras_vg.callbacks.weight_delta_logger import WeightDeltaLogger
from keras_vg.grids import run_grid
from keras_vg.logs.reader import read_log
from keras_vg.reproductions.claims import Verdict, decide, describe, print_table, print_verdicts
from keras_vg.reproductions.experiments import Data, Scaling, load_data

DATA: tuple[Data, ...] = ("breast_cancer", "wine")
SCALINGS: dict[str, Scaling] = {"raw": None, "standard": "standard"}

MULTIPLES = (0.6, 0.9, 0.98, 1.02, 1.1, 1.5)
"""Learning rates, as multiples of the largest stable one."""

QUICK_MULTIPLES = (0.98, 1.02)

TOLERANCE = 0.01
"""Absolute tolerance within which the measured growth per step equals the expected one."""


def reproduce(
    output: Path = Path("runs/learning_rate_overshoot"),
    seeds: int = 5,
    jobs: int | None = None,
    quick: bool = False,
) -> list[Verdict]:
    """Fits a linear model by gradient descent at learning rates around the largest stable one.

    Args:
        output: Folder for the delta logs, the table and the plot.
        seeds: Number of seeds of the initial weights, from 0.
        jobs: Number of processes.
        quick: Whether to use only the two learning rates nearest to the largest stable one.

    Returns:
        The verdict on claim E5.
    """
    console = Console()
    output.mkdir(parents=True, exist_ok=True)
    multiples = QUICK_MULTIPLES if quick else MULTIPLES
    tasks = [(data, features, range(seeds), multiples, output) for data in DATA for features in SCALINGS]
    table = pd.concat(run_grid(measure_growth, tasks, jobs), ignore_index=True)
    table.to_csv(output / "learning_rate_overshoot.csv", index=False)
    shown = table.pivot_table(
        index=["data", "features", "bound"], columns="multiple", values="growth", aggfunc="median"
    )
    print_table(shown, "Growth of the weights' change per step, by learning rate over bound", console)
    verdicts = [judge_bound(table)]
    print_verdicts(verdicts, console)
    _draw(table, output / "learning_rate_overshoot.png")
    return verdicts


def measure_growth(
    data: Data, features: str, seeds: Iterable[int], multiples: Iterable[float], output: Path
) -> pd.DataFrame:
    r"""Measures the factor by which the change of the weights grows from step to step.

    Along the eigenvector of the Hessian's largest eigenvalue, a step multiplies the error, and so the next change, by
    $1 - \eta \lambda_{max}$. The absolute value of this exceeds 1 for a learning rate above the bound
    $2 / \lambda_{max}$.

    Args:
        data: Name of the data set.
        features: `"raw"` or `"standard"`.
        seeds: Seeds of the initial weights.
        multiples: Learning rates, as multiples of the bound.
        output: Folder for the delta logs.

    Returns:
        One row per seed and learning rate: the `bound`, the learning rate as a `multiple` of it, and the factor,
        measured (`growth`) and `expected`.
    """
    split = load_data(data, SCALINGS[features])
    x, y = split.x_train, split.y_train.astype("float64")
    inputs = np.column_stack([x, np.ones(len(x))])  # the column of ones is the bias's input
    bound = theory.find_largest_learning_rate(inputs)
    steepest = np.linalg.svd(inputs)[2][0]
    rows = []
    layer = keras.layers.Dense(1, dtype="float64", name="linear")
    model = keras.Sequential([keras.Input(x.shape[1:], dtype="float64"), layer])
    model.compile(keras.optimizers.SGD(0.0), keras.losses.MeanSquaredError(dtype="float64"), jit_compile=False)
    for seed, multiple in itertools.product(seeds, multiples):
        model.optimizer.learning_rate = multiple * bound
        model.set_weights([0.01 * np.random.default_rng(seed).normal(size=(x.shape[1], 1)), np.zeros(1)])
        path = output / f"{data}_{features}_{multiple:g}_seed{seed}_deltas.csv"
        # One step per epoch, on all examples: the deltas of the log are the steps of gradient descent.
        model.fit(x, y, batch_size=len(x), epochs=12, shuffle=False, verbose=0, callbacks=[WeightDeltaLogger(path)])
        log = read_log(path)
        steps = log.pivot_table(index="epoch", columns=["weight", "index"], values="delta", sort=False).to_numpy()
        along = np.abs(steps @ steepest)
        rows.append(
            {
                "data": data,
                "features": features,
                "seed": seed,
                "bound": bound,
                "multiple": multiple,
                "growth": float((along[-1] / along[0]) ** (1 / (len(along) - 1))),
                "expected": abs(1 - 2 * multiple),
            }
        )
    return pd.DataFrame(rows)


def judge_bound(table: pd.DataFrame) -> Verdict:
    """Judges E5: above 2 / (largest eigenvalue) gradient descent diverges; unnormalized features lower this bound."""
    above = table["multiple"] > 1
    diverges = (table["growth"] > 1) == above
    bounds = table.groupby(["data", "features"])["bound"].first().unstack()
    lower = bounds["standard"] / bounds["raw"]
    distance = (table["growth"] - table["expected"]).abs().max()
    shown = "; ".join(
        f"{name}: {_show(raw)} raw, {_show(standard)} standardized, {standard / raw:,.0f} times as large"
        for name, raw, standard in bounds[["raw", "standard"]].itertuples()
    )
    return Verdict(
        "E5",
        "Too large a learning rate drives the weights away from the minimum, above 2 / largest eigenvalue of the "
        "Hessian; unnormalized features make it worse.",
        decide(bool(diverges.all()) and distance < TOLERANCE and bool((lower > 1).all()), bool((lower > 1).all())),
        f"The bound is {shown}. Along the steepest direction the steps grow at 1.02 times the bound, by "
        f"{describe(table[table['multiple'] == 1.02]['growth'])} a step, and shrink at 0.98, by "
        f"{describe(table[table['multiple'] == 0.98]['growth'])}; farthest from theory: {distance:.1g}.",
        f"holds if every run above the bound grows and none below, each within {TOLERANCE:g} of |1 - rate times "
        "eigenvalue|, and standardizing raises the bound; in part if it only does that.",
    )


def _show(bound: float) -> str:
    """Formats a learning rate with three digits."""
    return f"{bound:.{max(0, 2 - math.floor(math.log10(bound)))}f}" if bound > 1e-3 else f"{bound:.2e}"


def _draw(table: pd.DataFrame, picture: Path) -> None:
    figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
    styles = iter(("o", "s", "^", "v"))
    for (data, features), group in table.groupby(["data", "features"]):
        median = group.assign(rate=group["multiple"] * group["bound"]).groupby("rate")["growth"].median()
        ax.semilogx(median.index, median, next(styles), linestyle="-", label=f"{data}, {features}")
    ax.axhline(1.0, color="0.4", linewidth=1)
    ax.set(xlabel="learning rate", ylabel="growth per step", title="Above 1, gradient descent runs away")
    ax.legend(fontsize="small")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
