"""Reproduces claims A1 to A5: the first layer of a deep net moves with ReLU and tanh, hardly with sigmoid."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import sigmoid_vs_relu


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds per variant.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs per run.")] = 5,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/sigmoid_vs_relu"),
    initializations: Annotated[
        int, typer.Option(min=1, help="Number of initializations of the ReLU net, to count dead ones.")
    ] = 300,
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
) -> None:
    """Trains the sigmoid, tanh and ReLU variants and judges claims A1 to A5."""
    sigmoid_vs_relu.reproduce(seeds=seeds, epochs=epochs, output=output, jobs=jobs, initializations=initializations)


if __name__ == "__main__":
    typer.run(main)
