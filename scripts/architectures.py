"""Reproduces claim F9: what gradients real architectures start with."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import architectures


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Functions of keras.applications; all by default.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Number of initializations.")] = 3,
    output: Annotated[Path, typer.Option(help="Folder for the table and the plot.")] = Path("runs/architectures"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
    quick: Annotated[bool, typer.Option(help="Two architectures, one seed.")] = False,
) -> None:
    """Measures architectures of keras.applications with fresh weights and says what holds of claim F9."""
    architectures.reproduce(seeds=seeds, output=output, jobs=jobs, quick=quick, names=names or ())


if __name__ == "__main__":
    typer.run(main)
