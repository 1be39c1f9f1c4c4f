"""Claim F9: the first and last gradients of real architectures as Keras initializes them, in both modes."""

import contextlib
import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import ops
from rich.console import Console
from rich.progress import track

from keras_vg.grids import run_grid
from keras_vg.inspection import stateless
from keras_vg.inspection.training_step import TrainingStep
from keras_vg.plots.style import cycle_styles
from keras_vg.reproductions.claims import Verdict, decide, print_table, print_verdicts, show
from keras_vg.reproductions.experiments import BALANCED

CLASSES = 10
BATCH_SIZE = 8
MODES = ("training", "inference")


@dataclass(frozen=True)
class Architecture:
    """A function of `keras.applications` and the size of the images that it is given.

    Attributes:
        name: Of the function.
        size: Height and width of the images.
    """

    name: str
    size: int = 96


ARCHITECTURES = (
    Architecture("VGG16", 64),
    Architecture("VGG19", 64),
    *map(
        Architecture,
        (
            *("ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2"),
            *("InceptionV3", "InceptionResNetV2", "Xception"),
            *("MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large"),
            *("DenseNet121", "DenseNet169", "DenseNet201", "NASNetMobile", "NASNetLarge"),
            *(f"EfficientNetB{number}" for number in range(8)),
            *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
            *(f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")),
        ),
    ),
)
"""All of `keras.applications`."""

QUICK = ("VGG16", "MobileNetV2")


def reproduce(
    output: Path = Path("runs/architectures"),
    seeds: int = 3,
    jobs: int | None = None,
    quick: bool = False,
    names: Sequence[str] = (),
) -> list[Verdict]:
    """Measures the gradients of architectures with fresh weights, on normal inputs and random labels.

    Args:
        output: Folder for the table and the plot.
        seeds: Number of initializations, from seed 0. The inputs are the same for all of one size.
        jobs: Number of processes.
        quick: Whether two architectures with one seed are enough.
        names: Which architectures; none for all.

    Returns:
        The verdict on claim F9.

    Raises:
        ValueError: If a name is none of `ARCHITECTURES`.
    """
    console = Console()
    output.mkdir(parents=True, exist_ok=True)
    chosen = find_architectures(QUICK if quick and not names else names)
    tables = []
    seeds = 1 if quick else seeds
    runs = measure_architectures(chosen, seeds, jobs)
    for table in track(runs, "Measuring", total=len(chosen) * seeds, console=console):
        tables.append(table)
        # After each one: all of them take an hour.
        pd.concat(tables, ignore_index=True).to_csv(output / "architectures.csv", index=False)
    return report(pd.concat(tables, ignore_index=True), output, console)


def report(measured: pd.DataFrame, output: Path, console: Console) -> list[Verdict]:
    """Writes and prints what was measured, and judges it.

    Args:
        measured: What `measure_architectures` yielded.
        output: Folder for the table and the plot.
        console: Where to print.

    Returns:
        The verdict on claim F9.
    """
    (output / "architectures").with_suffix(".md").write_text(write_table(measured), encoding="utf-8")
    print_table(summarize(measured), "First over last kernel's gradient RMS (median), and the logits' spread", console)
    verdicts = [judge_balance(measured)]
    print_verdicts(verdicts, console)
    _draw(measured, output / "architectures.png")
    return verdicts


def find_architectures(names: Sequence[str]) -> list[Architecture]:
    """Finds architectures by name.

    Args:
        names: Names of functions of `keras.applications`; none for all.

    Returns:
        The architectures, in the order of `ARCHITECTURES`.

    Raises:
        ValueError: If a name is none of `ARCHITECTURES`.

    Example:
        >>> from keras_vg.reproductions.architectures import find_architectures
        >>> find_architectures(["VGG16"])
        [Architecture(name='VGG16', size=64)]
    """
    known = [architecture.name for architecture in ARCHITECTURES]
    for name in names:
        if name not in known:
            raise ValueError(f"`names` must be of {', '.join(known)}. Received: {name!r}.")
    return [architecture for architecture in ARCHITECTURES if not names or architecture.name in names]


def measure_architectures(
    architectures: Sequence[Architecture], seeds: int, jobs: int | None = None
) -> Iterator[pd.DataFrame]:
    """Measures architectures, each with several initializations.

    Args:
        architectures: Which.
        seeds: Number of seeds, from 0.
        jobs: Number of processes; see `run_grid`.

    Yields:
        Per seed and architecture a table with one row per mode: `architecture`, `size`, `parameters`, `seed`, `mode`,
        `first` and `last` (the RMS of the loss's gradient by the first and the last kernel), `ratio` (one over the
        other; NaN where the last one is 0) and `logits` (the standard deviation of all logits of the batch).
    """
    tasks = [(architecture, seed) for seed in range(seeds) for architecture in architectures]
    yield from run_grid(_measure, tasks, jobs)


def _measure(architecture: Architecture, seed: int) -> pd.DataFrame:
    gc.collect()  # the model before: its parts hold one another
    keras.utils.set_random_seed(seed)
    network = build_architecture(architecture)
    about = {"architecture": architecture.name, "size": architecture.size, "parameters": network.count_params()}
    return pd.DataFrame([about | {"seed": seed, "mode": mode} | measure_gradients(network, mode) for mode in MODES])


def build_architecture(architecture: Architecture) -> keras.Model:
    """Builds an architecture with fresh weights and logits of `CLASSES` classes as its output."""
    shape = (architecture.size, architecture.size, 3)
    build = getattr(keras.applications, architecture.name)
    return build(weights=None, input_shape=shape, classes=CLASSES, classifier_activation=None)


class _Mode(keras.Model):
    """A network in one mode, whatever the mode of the step.

    A functional model around it would not do: there, the step's mode replaces the one it was called with.
    """

    def __init__(self, network: keras.Model, mode: str) -> None:
        super().__init__()
        self.network, self.mode = network, mode

    def call(self, inputs: Any) -> Any:
        return self.network(inputs, training=self.mode == "training")


class _NoRecorder:
    """Records nothing of a training step but its gradients, which the step returns."""

    record = staticmethod(contextlib.nullcontext)

    def finish(self, predictions: Sequence[Any]) -> None:
        """Ends nothing."""


def measure_gradients(network: keras.Model, mode: str) -> dict[str, float]:
    """Takes the gradient of the cross-entropy of random labels on one batch of normal inputs.

    Args:
        network: An image classifier with logits as its output; it stays as it is.
        mode: `"training"` (batch normalization by the batch, with dropout) or `"inference"` (by the moving
            statistics, which are 0 and 1 at first).

    Returns:
        `first`, `last`, `ratio` and `logits`, as in `measure_architectures`.

    Example:
        >>> from keras_vg.reproductions.architectures import measure_gradients
        >>> network = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(2, 3), keras.layers.Flatten()])
        >>> measure_gradients(network, "inference")["ratio"]  # the first kernel is also the last
        1.0
    """
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH_SIZE, *network.input_shape[1:])).astype("float32")
    y = rng.integers(network.output_shape[-1], size=BATCH_SIZE)
    model = _Mode(network, mode)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), loss, jit_compile=False)
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    # It also builds the model. A plain call would move the moving statistics, which the other mode takes.
    logits = stateless.ForwardPass(model, model).run(x)
    gradients = TrainingStep(model, _NoRecorder()).run(x, y).gradients
    assert gradients is not None  # the step is Keras's own
    kernels = [
        float(ops.sqrt(ops.mean(ops.square(gradient))))
        for weight, gradient in zip(model.trainable_weights, gradients, strict=True)
        if weight.name.endswith("kernel")
    ]
    first, last = kernels[0], kernels[-1]
    return {"first": first, "last": last, "ratio": first / last if last else np.nan, "logits": float(np.std(logits))}


def summarize(measured: pd.DataFrame) -> pd.DataFrame:
    """One row per architecture, with the medians over the seeds.

    Args:
        measured: What `measure_architectures` yielded.

    Returns:
        Indexed by `architecture`: `size`, `parameters` (millions), `seeds`, and per mode the ratio's median, lowest and
        highest and the median of the logits' spread.
    """
    grouped = measured.groupby("architecture", sort=False)
    table = grouped[["size", "parameters"]].first()
    table["parameters"] = (table["parameters"] / 1e6).round(1)
    table["seeds"] = grouped["seed"].nunique()
    for mode in MODES:
        group = measured[measured["mode"] == mode].groupby("architecture", sort=False)
        ratios = group["ratio"].agg(["median", "min", "max"])
        table[[f"{mode}_ratio", f"{mode}_lowest", f"{mode}_highest"]] = ratios
        table[f"{mode}_logits"] = group["logits"].median()
    return table


def write_table(measured: pd.DataFrame) -> str:
    """Formats what was measured as a page in Markdown.

    Args:
        measured: What `measure_architectures` yielded.

    Returns:
        The page's text: one row per architecture, and which of `ARCHITECTURES` are missing.
    """
    lines = [
        "# Real architectures at initialization",
        "",
        "Written by `python scripts/architectures.py`: every function of `keras.applications` with `weights=None`, "
        f"{CLASSES} classes and logits as its output; one batch of {BATCH_SIZE} standard normal images of the size "
        "given, random labels, cross-entropy. First / last: the gradient RMS of the first kernel over that of the last "
        "one, median (smallest to largest of the seeds). Training mode normalizes by the batch and uses dropout, "
        "inference mode normalizes by the moving statistics, which are 0 and 1 at first. Logits: the standard "
        "deviation of all logits of the batch. `0 / 0`: the gradient of both kernels is 0 in float32.",
        "",
        "| architecture | size | parameters [million] | seeds | first / last, training | first / last, inference "
        "| logits, training | logits, inference |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in summarize(measured).reset_index().to_dict("records"):
        cells = [str(row["architecture"]), str(row["size"]), f"{row['parameters']:.1f}", str(row["seeds"])]
        for mode in MODES:
            median, low, high = (row[f"{mode}_{name}"] for name in ("ratio", "lowest", "highest"))
            span = f" ({show(low)} to {show(high)})" if row["seeds"] > 1 else ""
            cells.append("0 / 0" if np.isnan(median) else f"{show(median)}{span}")
        cells += [show(row[f"{mode}_logits"]) for mode in MODES]
        lines.append(f"| {' | '.join(cells)} |")
    present = set(measured["architecture"])
    missing = [architecture.name for architecture in ARCHITECTURES if architecture.name not in present]
    if missing:
        lines += ["", f"Not measured: {', '.join(missing)}."]
    return "\n".join([*lines, ""])


def judge_balance(measured: pd.DataFrame) -> Verdict:
    """Judges F9: as initialized, real architectures give their first kernel a gradient like the last one's."""
    medians = measured.groupby(["mode", "architecture"], sort=False)["ratio"].median()
    parts, counts = [], []
    for mode in MODES:
        ratios = medians[mode]
        near = ratios.between(*BALANCED)
        counts.append((int(near.sum()), len(near)))
        extremes = [ratios.dropna().sort_values().index[place] for place in (0, -1)]
        parts.append(
            f"in {mode} mode {near.sum()} of {len(near)}, from {extremes[0]} {show(ratios[extremes[0]])} to "
            f"{extremes[1]} {show(ratios[extremes[1]])}"
        )
    named = [
        f"{name} {show(medians['training', name])} and {show(medians['inference', name])}"
        for name in ("VGG16", "ResNet50", "EfficientNetB0", "ConvNeXtTiny")
        if ("training", name) in medians
    ]
    return Verdict(
        "F9",
        "With Keras's initial weights, the first kernel of an architecture of keras.applications gets a gradient of "
        "the last one's size.",
        decide(all(near == count for near, count in counts), any(near for near, _ in counts)),
        f"First over last kernel's gradient RMS between {BALANCED[0]:g} and {BALANCED[1]:g}: {'; '.join(parts)}. "
        f"Training and inference: {'; '.join(named)}. {_count_seeds(measured)}, normal inputs, batch {BATCH_SIZE}, "
        f"{CLASSES} classes. The table is architectures/architectures.md.",
        "holds if the median ratio of every architecture is between these in both modes; in part if of some.",
    )


def _count_seeds(measured: pd.DataFrame) -> str:
    """E.g. `"1 to 3 seeds"`."""
    counts = measured.groupby("architecture")["seed"].nunique()
    low, high = counts.min(), counts.max()
    return f"{low} to {high} seeds" if low < high else f"{high} seed{'s' if high > 1 else ''}"


def _draw(measured: pd.DataFrame, picture: Path) -> None:
    names = list(measured["architecture"].unique())
    figure, ax = plt.subplots(figsize=(8, 1.2 + 0.22 * len(names)), layout="constrained")
    ax.axvspan(*BALANCED, color="0.9")
    lowest = min(measured.loc[measured["ratio"] > 0, "ratio"].min(), BALANCED[0]) / 10
    for mode, style in zip(MODES, cycle_styles(), strict=False):
        group = measured[measured["mode"] == mode]
        positions = [names.index(name) for name in group["architecture"]]
        # A gradient of 0 has no place on a log scale: it stands at its left end.
        ax.plot(
            group["ratio"].clip(lower=lowest),
            positions,
            style["marker"],
            color=style["color"],
            markersize=5,
            label=f"{mode} mode",
        )
    ax.set(
        xscale="log",
        xlabel="first kernel's gradient RMS / last kernel's, at initialization (grey: 0.1 to 10; left end: 0)",
    )
    ax.set_yticks(range(len(names)), names, fontsize="small")
    ax.invert_yaxis()
    ax.legend(fontsize="small")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
