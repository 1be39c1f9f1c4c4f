"""Reproduces claims A7 and B3: what scaling the inputs cures, and what it does not cure."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import input_scaling


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds per variant.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs per run.")] = 20,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/input_scaling"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
    quick: Annotated[bool, typer.Option(help="Only one real data set, with sigmoids.")] = False,
) -> None:
    """Trains on raw and scaled inputs and judges claims A7 and B3."""
    input_scaling.reproduce(seeds=seeds, epochs=epochs, output=output, jobs=jobs, quick=quick)


if __name__ == "__main__":
    typer.run(main)
