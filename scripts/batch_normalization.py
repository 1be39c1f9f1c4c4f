"""Reproduces claims A6 and F2: BatchNormalization cures vanishing with sigmoid, and makes ReLU's gradient explode."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import batch_normalization


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds per variant.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs per run.")] = 1,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/batch_normalization"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
    quick: Annotated[bool, typer.Option(help="Only sigmoid and ReLU nets of 11 layers.")] = False,
) -> None:
    """Trains with and without BatchNormalization and judges claims A6 and F2."""
    batch_normalization.reproduce(seeds=seeds, epochs=epochs, output=output, jobs=jobs, quick=quick)


if __name__ == "__main__":
    typer.run(main)
