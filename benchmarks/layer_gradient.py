"""Compares definitions of a layer's gradient: how well the ratio of the first to the last layer tells vanishing apart.

Trains the labelled programs that are healthy or have vanishing gradients, and that have at least three layers that can
be compared. Of each, the smallest ratio over the epochs counts. See docs/decisions/0006-a-layers-gradient.md.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import pandas as pd
import typer
from rich.console import Console
from rich.progress import track

import keras_vg as vg
from keras_vg.logs.layers import measure_layers
from labelled_programs import PROGRAMS, Program

RULE = "vanishing_gradient"


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Seeds per program.")] = 2,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of training.")] = 3,
    match: Annotated[str, typer.Option(help="Only programs whose name holds this.")] = "",
) -> None:
    """Prints for each definition how far apart the programs with and without vanishing gradients are."""
    warnings.simplefilter("ignore")  # what Keras says of faulty programs
    programs = [p for p in PROGRAMS if match in p.name and not p.theme and (not p.is_sick or RULE in p.label)]
    chosen = [(program, first_seed + number) for program in programs for number in range(seeds)]
    rows = []
    for program, seed in track(chosen, "Training", console=Console(stderr=True)):
        log = _train(program, seed, epochs)
        if measure_layers(log).is_comparable.sum() >= 3:
            ratios = {name: _find_smallest_ratio(log, define) for name, define in DEFINITIONS.items()}
            rows.append({"program": program.name, "is_sick": bool(program.label), **ratios})
    table = pd.DataFrame(rows)
    sick, healthy = table[table["is_sick"]], table[~table["is_sick"]]
    console = Console(width=160)
    console.rule(f"log10 of the ratio: {len(sick)} runs with vanishing gradients, {len(healthy)} healthy ones")
    console.print(
        pd.DataFrame({name: _compare(healthy[name], sick[name]) for name in DEFINITIONS}).T.round(3).to_string()
    )


def _train(program: Program, seed: int, epochs: int) -> pd.DataFrame:
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model, x, y = program.make()
    model.jit_compile = False  # compiling would take longer than the training
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gradients.csv"
        model.fit(x, y, epochs=epochs, verbose=0, callbacks=[vg.GradientLogger(path)], **program.fit_options)
        return vg.read_log(path)


def _find_smallest_ratio(log: pd.DataFrame, define: Callable[[pd.DataFrame], float]) -> float:
    layers = measure_layers(log)
    rows = log[log["depth"].isin(layers.depths[layers.is_comparable]) & (log["steps"] > 0)]
    gradients = rows.groupby(["epoch", "depth"])[list(rows.columns)].apply(define).unstack().to_numpy("float64")
    ratios = []
    for values in gradients:
        known = values[np.isfinite(values) & (values > 0)]
        if len(known) >= 3:
            ratios.append(np.log10(known[0] / known[-1]))
    return min(ratios, default=np.nan)


def _take_kernels(layer: pd.DataFrame) -> pd.DataFrame:
    kernels = layer[layer["weight"].astype(str).str.contains("kernel")]
    return layer if kernels.empty else kernels


def _join(layer: pd.DataFrame) -> float:
    """The root mean square over all values of all weights."""
    values = layer["size"] * (layer["steps"] - layer["nonfinite_steps"])
    return float(np.sqrt((layer["gradient_rms"] ** 2 * values).sum() / values.sum()))


def _take_largest_nonzero(layer: pd.DataFrame) -> float:
    """The largest root mean square over the values that are not 0."""
    nonzero = 1 - layer["zero_fraction"]
    return float((layer["gradient_rms"] / np.sqrt(nonzero.mask(nonzero == 0, 1.0))).max())


DEFINITIONS: dict[str, Callable[[pd.DataFrame], float]] = {
    "largest weight": lambda layer: float(layer["gradient_rms"].max()),
    "all weights": _join,
    "kernels": lambda layer: _join(_take_kernels(layer)),
    "largest kernel, nonzero values": lambda layer: _take_largest_nonzero(_take_kernels(layer)),
    "norm of all weights": lambda layer: _join(layer) * float(np.sqrt(layer["size"].sum())),
    "norm of all weights / weight norm": lambda layer: (
        _join(layer) * float(np.sqrt(layer["size"].sum()) / np.sqrt((layer["weight_norm"] ** 2).sum()))
    ),
}


def _compare(healthy: "pd.Series[float]", sick: "pd.Series[float]") -> dict[str, float]:
    healthy, sick = healthy.dropna(), sick.dropna()
    above = np.subtract.outer(healthy.to_numpy(), sick.to_numpy())
    return {
        "area under the curve": float((above > 0).mean() + (above == 0).mean() / 2),
        "smallest healthy": float(healthy.min()),
        "largest sick": float(sick.max()),
        "margin": float(healthy.min() - sick.max()),
        "found without false alarm": float((sick < healthy.min()).mean()),
    }


if __name__ == "__main__":
    typer.run(main)
