"""Reproduces claim E6: what makes gradients vanish, with one hyperparameter changed at a time."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import sources_of_vanishing


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds per variant.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs per run.")] = 5,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/sources_of_vanishing"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
) -> None:
    """Trains variants of a net with one hyperparameter changed each and judges claim E6."""
    sources_of_vanishing.reproduce(seeds=seeds, epochs=epochs, output=output, jobs=jobs)


if __name__ == "__main__":
    typer.run(main)
