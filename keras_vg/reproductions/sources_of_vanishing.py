"""Claim E6: initial weights are one of several sources of vanishing gradients; each source is varied on its own."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from rich.console import Console
from rich.progress import track

from keras_vg.reproductions.claims import Verdict, decide, describe, print_table, print_verdicts
from keras_vg.reproductions.experiments import Variant, measure_ratios, read_runs, run_variants

BASE = Variant("base", "tanh", depth=5)
"""A net in which the gradient does not vanish."""

SOURCES = (
    Variant("depth_40", "tanh", depth=40),
    Variant("sigmoids", "sigmoid", depth=5),
    Variant("weights_times_0.1", "tanh", depth=5, weight_scale=0.1),
    Variant("inputs_times_1000", "tanh", depth=5, input_scale=1e3),
    Variant("learning_rate_1", "tanh", depth=5, learning_rate=1.0),
)
"""The same net with one hyperparameter changed."""

WEIGHTS = "weights_times_0.1"

EFFECT = 10
"""A change is a source of vanishing gradients if it divides the median ratio of the base by more than this."""


def reproduce(
    output: Path = Path("runs/sources_of_vanishing"), seeds: int = 5, epochs: int = 5, jobs: int | None = None
) -> list[Verdict]:
    """Trains a net in which the gradient does not vanish, and variants of it with one hyperparameter changed.

    The changes are of depth, activation, scale of the weights, scale of the inputs, and learning rate.

    Args:
        output: Folder for the logs, the table and the plot.
        seeds: Number of seeds, from 0.
        epochs: Number of epochs per run; the last one is judged, so that the learning rate has had its effect.
        jobs: Number of processes.

    Returns:
        The verdict on claim E6.
    """
    console = Console()
    trainings = run_variants([BASE, *SOURCES], range(seeds), epochs, output, jobs)
    runs = list(track(trainings, "Training", total=(1 + len(SOURCES)) * seeds, console=console))
    ratios = measure_ratios(read_runs(runs, "gradients"), epoch=epochs - 1)
    ratios.to_csv(output / "sources_of_vanishing.csv")
    print_table(ratios.agg(["median", "min", "max"]).T, "First layer's gradient over the last one's", console)
    verdicts = [judge_sources(ratios)]
    print_verdicts(verdicts, console)
    _draw(ratios, output / "sources_of_vanishing.png")
    return verdicts


def judge_sources(ratios: pd.DataFrame) -> Verdict:
    """Judges E6: initial weights are a source, and not the only one."""
    effects = ratios["base"].median() / ratios.drop(columns="base").median()
    sources = list(effects[effects > EFFECT].index)
    others = [name for name in effects.index if name not in sources]
    shown = "; ".join(f"{str(name).replace('_', ' ')} {describe(ratios[name])}" for name in ratios)
    exception = f" No source of vanishing here: {', '.join(others).replace('_', ' ')}." if others else ""
    return Verdict(
        "E6",
        "Initial weights are one source of the problem, not the only one; to be separated are depth, activation, "
        "weight scale, input scale and learning rate.",
        decide(WEIGHTS in sources and len(sources) > 1, bool(sources)),
        f"First layer's gradient over the last one's: {shown}; {len(ratios)} seeds.{exception}",
        f"a change is a source if it alone divides the median by more than {EFFECT}; holds if smaller weights are one "
        "and another change is too; in part if any is.",
    )


def _draw(ratios: pd.DataFrame, picture: Path) -> None:
    figure, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    for row, name in enumerate(ratios):
        positive = ratios[name][ratios[name] > 0]
        ax.plot(positive, [row] * len(positive), "o", color="0.55", markersize=4)
        ax.plot(ratios[name].median(), row, "D", color="C0" if name == "base" else "C3")
    ax.set(xscale="log", xlabel="first layer's gradient / last layer's (diamond: median)")
    ax.set_yticks(range(ratios.shape[1]), [str(name).replace("_", " ") for name in ratios])
    ax.invert_yaxis()
    ax.set_title("One thing changed at a time")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
