"""Claim F8: by how much residual blocks, with and without normalization, multiply the gradient at initialization."""

import gc
from pathlib import Path
from typing import Any

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import layers
from rich.console import Console

from keras_vg import theory
from keras_vg.grids import run_grid
from keras_vg.plots.style import cycle_styles
from keras_vg.reproductions.claims import Verdict, decide, print_table, print_verdicts
from keras_vg.reproductions.fresh_models import Shift, log_fresh_model

BLOCKS: tuple[theory.Block, ...] = ("one_layer", "two_layers", "pre_norm", "post_norm")
WIDTH = 512
DEPTH = 20
TOLERANCE = 0.05

EXTRA_SEEDS = 4
"""So many times the seeds for blocks of one layer, whose first factors depend on how large the output happens to be."""

CLAIMED = (
    ("one_layer", slice(-3, None), 1.41, "h + relu(W h), last blocks"),
    ("one_layer", slice(0, 5), 1.57, "h + relu(W h), first blocks"),
    ("two_layers", slice(None), 1.73, "h + W2 relu(W1 h)"),
    ("pre_norm", slice(0, 1), 1.72, "pre-norm, first block"),
    ("pre_norm", slice(1, 2), 1.29, "pre-norm, second block"),
    ("pre_norm", slice(-1, None), 1.03, "pre-norm, last block"),
)
"""Which block, which of its factors, the claimed mean of them, and what it is called."""


def reproduce(
    output: Path = Path("runs/residual_blocks"), seeds: int = 5, jobs: int | None = None, quick: bool = False
) -> list[Verdict]:
    """Measures the gradients of the states between the blocks of freshly initialized nets.

    Args:
        output: Folder for the logs, the tables and the plot.
        seeds: Number of seeds, from 0; `EXTRA_SEEDS` times as many for blocks of one layer.
        jobs: Number of processes.
        quick: Whether two examples per seed are enough.

    Returns:
        The verdict on claim F8.
    """
    console = Console()
    output.mkdir(parents=True, exist_ok=True)
    tasks = [
        (block, seeds * EXTRA_SEEDS if block == "one_layer" else seeds, output, 2 if quick else 8) for block in BLOCKS
    ]
    factors = pd.concat(run_grid(measure_block, tasks, jobs), ignore_index=True)
    factors.to_csv(output / "factors.csv", index=False)
    table = compare_with_theory(factors)
    table.to_csv(output / "residual_blocks.csv")
    print_table(table, f"Factor of the gradient per block, {DEPTH} blocks of {WIDTH}", console)
    verdicts = [judge_blocks(table, factors)]
    print_verdicts(verdicts, console)
    _draw(factors, output / "residual_blocks.png")
    return verdicts


def build_blocks(block: theory.Block, depth: int = DEPTH, width: int = WIDTH) -> keras.Model:
    """Builds a net of residual blocks with one linear output; the states between the blocks are named `state_0`, ...

    Args:
        block: Which blocks.
        depth: Their number.
        width: Their number of units.

    Returns:
        The model. Only the states have biases, so that in its log they are the states' gradients.
    """
    inputs = keras.Input((width,))
    state: Any = Shift(name="state_0")(inputs)

    def normalize(values: Any) -> Any:
        return layers.LayerNormalization(center=False, scale=False)(values)

    for i in range(depth):
        branch = normalize(state) if block == "pre_norm" else state
        branch = layers.Dense(width, "relu", use_bias=False, name=f"block_{i}_1")(branch)
        if block != "one_layer":
            branch = layers.Dense(width, use_bias=False, name=f"block_{i}_2")(branch)
        state = layers.add([state, branch])
        if block == "post_norm":
            state = normalize(state)
        state = Shift(name=f"state_{i + 1}")(state)
    return keras.Model(inputs, layers.Dense(1, use_bias=False, name="output")(state))


def measure_block(block: theory.Block, seeds: int, folder: Path, steps: int = 8) -> pd.DataFrame:
    """Measures the factor of each block: the gradient of the state before it over that of the state behind it.

    Args:
        block: Which blocks.
        seeds: Number of seeds, from 0.
        folder: For the gradient log.
        steps: Number of examples per seed.

    Returns:
        One row per seed and block: `block`, `seed`, `position` (0 at the input), `before` and `behind` (RMS over the
        examples).
    """
    gc.collect()  # the model before: it and its train function hold one another
    model = build_blocks(block)
    output = model.get_layer("output").kernel

    def draw(seed: int, place: int, weight: keras.Variable) -> keras.initializers.Initializer | None:
        if weight.name != "kernel":
            return None
        variance = 1.0 if weight is output else 2.0
        return keras.initializers.VarianceScaling(variance, "fan_in", "untruncated_normal", seed)

    log = log_fresh_model(model, folder / f"{block}_gradients.csv", seeds, draw, steps)
    states = log[log["layer"].astype(str).str.startswith("state_")]
    states = states.assign(position=states["layer"].astype(str).str.removeprefix("state_").astype(int))
    norms = states.pivot(index="seed", columns="position", values="gradient_rms").sort_index(axis=1)
    tables = [
        pd.DataFrame({"seed": norms.index, "position": i, "before": norms[i], "behind": norms[i + 1]})
        for i in range(DEPTH)
    ]
    return pd.concat(tables, ignore_index=True).assign(block=block)


def average_factors(factors: pd.DataFrame, block: str) -> np.ndarray:
    """The factor of each block of one kind, of the gradient's root mean square over all seeds."""
    chosen = factors[factors["block"] == block]
    means = (chosen[["before", "behind"]] ** 2).groupby(chosen["position"]).mean()
    return np.sqrt((means["before"] / means["behind"]).to_numpy())


def predict(block: theory.Block) -> np.ndarray:
    """What theory predicts of the measured nets."""
    return theory.predict_residual_factors(block, DEPTH, width=WIDTH if block == "one_layer" else None)


def compare_with_theory(factors: pd.DataFrame) -> pd.DataFrame:
    """Sets the claimed means of factors beside the predicted and the measured ones.

    Args:
        factors: What `measure_block` returned, of all blocks.

    Returns:
        Indexed by what is claimed: `claimed`, `predicted`, `measured`.
    """
    rows = []
    for block, chosen, claimed, name in CLAIMED:
        predicted, measured = predict(block), average_factors(factors, block)  # type: ignore[arg-type]
        geometric = [float(np.exp(np.log(values[chosen]).mean())) for values in (predicted, measured)]
        rows.append({"factor": name, "claimed": claimed, "predicted": geometric[0], "measured": geometric[1]})
    return pd.DataFrame(rows).set_index("factor")


def judge_blocks(table: pd.DataFrame, factors: pd.DataFrame) -> Verdict:
    """Judges F8: residual blocks multiply the gradient as theory predicts, with and without normalization."""
    near = (table["measured"] / table["claimed"] - 1).abs() < TOLERANCE
    shown = "; ".join(f"{row.Index} {row.measured:.3f} (theory {row.predicted:.3f})" for row in table.itertuples())
    after = average_factors(factors, "post_norm")
    distances = [np.abs(average_factors(factors, block) / predict(block) - 1).max() for block in BLOCKS[1:]]
    return Verdict(
        "F8",
        "Per block h + relu(W h) multiplies the gradient by 1.41 at the output's end and 1.57 at the input's, "
        "h + W2 relu(W1 h) by 1.73; pre-norm blocks by 1.72 and 1.29 in the first two and 1.03 in the last.",
        decide(bool(near.all()), bool(near.any())),
        f"{shown}; post-norm {after.min():.3f} to {after.max():.3f} (theory 1). {DEPTH} blocks of {WIDTH}, "
        f"{factors.loc[factors['block'] == 'two_layers', 'seed'].nunique()} seeds; farthest single block of two layers "
        f"from theory: {max(distances):.1%}.",
        f"holds if every mean is within {TOLERANCE:.0%} of the claimed one; in part if one is.",
    )


def _draw(factors: pd.DataFrame, picture: Path) -> None:
    names = {
        "one_layer": "h + relu(W h)",
        "two_layers": "h + W2 relu(W1 h)",
        "pre_norm": "h + W2 relu(W1 N(h))",
        "post_norm": "N(h + W2 relu(W1 h))",
    }
    figure, ax = plt.subplots(figsize=(7.5, 4.0), layout="constrained")
    positions = range(1, DEPTH + 1)
    for block, style in zip(BLOCKS, cycle_styles(), strict=False):
        ax.plot(positions, predict(block), style["linestyle"], color=style["color"], linewidth=1.2)
        ax.plot(
            positions,
            average_factors(factors, block),
            style["marker"],
            color=style["color"],
            markersize=5,
            label=names[block],
        )
    ax.set(
        xlabel="block (1 at the input)",
        ylabel="gradient's factor per block",
        title=f"{WIDTH} wide, ReLU, He: measured, and theory (lines)",
    )
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.legend(fontsize="small", loc="center right", bbox_to_anchor=(1.0, 0.36))
    figure.savefig(picture, dpi=150)
    plt.close(figure)
