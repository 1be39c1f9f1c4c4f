"""Claim F10: by how much SimpleRNN, GRU and LSTM multiply the gradient per time step at initialization."""

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import layers
from rich.console import Console

from keras_vg import theory
from keras_vg.grids import run_grid
from keras_vg.reproductions.claims import Verdict, decide, describe, print_table, print_verdicts
from keras_vg.reproductions.fresh_models import Shift, log_fresh_model

UNITS = 256
FEATURES = 256
STEPS = 24
FIRST, LAST = 4, 18
"""The time steps that are fitted: before them the state is still settling, behind them its gradient is."""

TOLERANCE = 0.05

LAYERS = {"simple_rnn": layers.SimpleRNN, "gru": layers.GRU, "lstm": layers.LSTM}
GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}


@dataclass(frozen=True)
class Case:
    """A recurrent layer with Keras's defaults but for what is named here.

    Attributes:
        cell: Which layer.
        activation: Of its candidate state.
        recurrent: The initializer of its recurrent kernel.
    """

    cell: theory.Cell
    activation: Literal["tanh", "relu"]
    recurrent: Literal["orthogonal", "glorot_uniform"]

    @property
    def name(self) -> str:
        """E.g. `"simple_rnn_tanh_orthogonal"`."""
        return f"{self.cell}_{self.activation}_{self.recurrent}"

    @property
    def recurrent_variance(self) -> float:
        """The variance of the recurrent kernel, of shape `(units, gates * units)`, times the units."""
        gates = GATES[self.cell]
        return 1 / gates if self.recurrent == "orthogonal" else 2 / (1 + gates)

    @property
    def input_variance(self) -> float:
        """The variance of Glorot's kernel, of shape `(features, gates * units)`, times the features: inputs have 1."""
        return 2 * FEATURES / (FEATURES + GATES[self.cell] * UNITS)


CELLS: tuple[tuple[theory.Cell, Literal["tanh", "relu"]], ...] = (
    ("simple_rnn", "tanh"),
    ("simple_rnn", "relu"),
    ("gru", "tanh"),
    ("lstm", "tanh"),
)
RECURRENT: tuple[Literal["orthogonal", "glorot_uniform"], ...] = ("orthogonal", "glorot_uniform")
CASES = tuple(Case(cell, activation, recurrent) for cell, activation in CELLS for recurrent in RECURRENT)


def reproduce(
    output: Path = Path("runs/recurrence"), seeds: int = 5, jobs: int | None = None, quick: bool = False
) -> list[Verdict]:
    """Measures the gradient of the inputs at every time step of freshly initialized recurrent layers.

    Args:
        output: Folder for the logs, the table and the plot.
        seeds: Number of seeds, from 0.
        jobs: Number of processes.
        quick: Whether one recurrent layer of each kind is enough, with Keras's default weights.

    Returns:
        The verdict on claim F10.
    """
    console = Console()
    output.mkdir(parents=True, exist_ok=True)
    cases = [case for case in CASES if not quick or (case.activation, case.recurrent) == ("tanh", "orthogonal")]
    log = pd.concat(run_grid(measure_case, [(case, seeds, output) for case in cases], jobs), ignore_index=True)
    factors = fit_steps(log)
    factors.to_csv(output / "factors.csv")
    table = compare_with_theory(factors, cases)
    table.to_csv(output / "recurrence.csv")
    print_table(table, f"Factor of the gradient per time step, {UNITS} units", console)
    verdicts = [judge_steps(table, factors)]
    print_verdicts(verdicts, console)
    _draw(log, cases, output / "recurrence.png")
    return verdicts


def build_sequence(case: Case, units: int = UNITS, features: int = FEATURES, steps: int = STEPS) -> keras.Model:
    """Builds a recurrent layer behind a bias of its own for each time step, with one linear output unit.

    Args:
        case: Which layer.
        units: Its number of units.
        features: Number of input features.
        steps: Number of time steps.

    Returns:
        The model; the biases' layers are named `step_0`, `step_1`, ..., and their gradients are those of the inputs.
    """
    inputs = keras.Input((steps, features))
    shifted: list[Any] = [Shift(name=f"step_{t}")(inputs[:, t]) for t in range(steps)]
    build: Any = LAYERS[case.cell]
    recurrent = build(units, case.activation, recurrent_initializer=case.recurrent, name="recurrent")
    hidden = recurrent(keras.ops.stack(shifted, axis=1))
    return keras.Model(inputs, layers.Dense(1, use_bias=False, name="output")(hidden))


def measure_case(case: Case, seeds: int, folder: Path) -> pd.DataFrame:
    """Measures the gradients of the inputs at each time step.

    Args:
        case: Which layer.
        seeds: Number of seeds, from 0.
        folder: For the gradient log.

    Returns:
        One row per seed and time step: `case`, `seed`, `step` and `gradient_rms`.
    """
    gc.collect()  # the model before: it and its train function hold one another
    model = build_sequence(case)

    def draw(seed: int, place: int, weight: keras.Variable) -> keras.initializers.Initializer | None:
        if weight.name == "recurrent_kernel" and case.recurrent == "orthogonal":
            return keras.initializers.Orthogonal(seed=seed)
        return keras.initializers.GlorotUniform(seed) if "kernel" in weight.name else None

    log = log_fresh_model(model, folder / f"{case.name}_gradients.csv", seeds, draw)
    steps = log[log["layer"].astype(str).str.startswith("step_")]
    return pd.DataFrame(
        {
            "case": case.name,
            "seed": steps["seed"],
            "step": steps["layer"].astype(str).str.removeprefix("step_").astype(int),
            "gradient_rms": steps["gradient_rms"],
        }
    )


def fit_steps(log: pd.DataFrame) -> pd.DataFrame:
    r"""Fits the factor per time step: the slope of $\ln \lVert g \rVert$ over the steps, by least squares.

    Args:
        log: `case`, `seed`, `step` and `gradient_rms`.

    Returns:
        One row per seed, one column per case.
    """
    chosen = log[log["step"].between(FIRST, LAST)]

    def fit(run: pd.DataFrame) -> float:
        return float(np.exp(-np.polyfit(run["step"], np.log(run["gradient_rms"]), 1)[0]))

    fitted = chosen.groupby(["case", "seed"], sort=False)[["step", "gradient_rms"]].apply(fit)
    return fitted.unstack("case")[list(dict.fromkeys(log["case"]))]


def compare_with_theory(factors: pd.DataFrame, cases: "list[Case]") -> pd.DataFrame:
    """Sets the measured factors beside those of mean-field theory.

    Args:
        factors: One row per seed, one column per case.
        cases: Which cases.

    Returns:
        Indexed by `case`: `expected`, and of the measured ones `median`, `lowest` and `highest`.
    """
    rows = [
        {
            "case": case.name,
            "expected": theory.predict_recurrent_factor(
                case.cell, case.recurrent_variance, case.input_variance, case.activation
            ),
            "median": factors[case.name].median(),
            "lowest": factors[case.name].min(),
            "highest": factors[case.name].max(),
        }
        for case in cases
    ]
    return pd.DataFrame(rows).set_index("case")


def judge_steps(table: pd.DataFrame, factors: pd.DataFrame) -> Verdict:
    """Judges F10: theory predicts the factor per time step."""
    near = (table["median"] / table["expected"] - 1).abs() < TOLERANCE
    shown = "; ".join(
        f"{str(row.Index).replace('_', ' ')} {describe(factors[row.Index])}, theory {row.expected:.3f}"
        for row in table.itertuples()
    )
    return Verdict(
        "F10",
        "Mean-field theory predicts the factor of the gradient per time step of SimpleRNN, GRU and LSTM with Keras's "
        "initial weights, and it is below 1: as initialized, gates do not keep the gradient.",
        decide(bool(near.all() and (table["median"] < 1).all()), bool(near.any())),
        f"{shown}. {UNITS} units, {len(factors)} seeds, normal inputs.",
        f"holds if the median of every layer is below 1 and within {TOLERANCE:.0%} of theory; in part if some are "
        "within.",
    )


def _draw(log: pd.DataFrame, cases: "list[Case]", picture: Path) -> None:
    chosen = [case for case in cases if case.recurrent == "orthogonal"]
    figure, ax = plt.subplots(figsize=(7.5, 4.0), layout="constrained")
    for (place, case), marker in zip(enumerate(chosen), "os^D", strict=False):
        norms = log[log["case"] == case.name].groupby("step")["gradient_rms"].median()
        past = STEPS - 1 - norms.index
        color = f"C{place}"
        label = f"{LAYERS[case.cell].__name__}, {case.activation}"
        ax.semilogy(past, norms, marker, color=color, markersize=5, label=label)
        factor = theory.predict_recurrent_factor(
            case.cell, case.recurrent_variance, case.input_variance, case.activation
        )
        anchor = (FIRST + LAST) // 2
        ax.semilogy(past, norms[anchor] * factor ** (anchor - norms.index).to_numpy(), "-", color=color, linewidth=1)
    ax.set(
        xlabel="time steps before the last",
        ylabel="gradient RMS of the inputs",
        title=f"{UNITS} units, orthogonal recurrent weights: measured, and theory (lines)",
    )
    ax.legend(fontsize="small")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
