"""Reproduces claims F1, F3, F4 and F6: the effect of the initial weights on the gradient, compared with theory."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import initialization


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds of the wide nets.")] = 5,
    narrow_seeds: Annotated[int, typer.Option(min=2, help="Number of seeds of the narrow nets.")] = 300,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/initialization"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
    quick: Annotated[bool, typer.Option(help="One weight variance per activation.")] = False,
) -> None:
    """Measures nets at initialization and judges claims F1, F3, F4 and F6."""
    initialization.reproduce(seeds=seeds, narrow_seeds=narrow_seeds, output=output, jobs=jobs, quick=quick)


if __name__ == "__main__":
    typer.run(main)
