"""Reproduces claim F8: by how much residual blocks multiply the gradient."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import residual_blocks


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 5,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/residual_blocks"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
    quick: Annotated[bool, typer.Option(help="Two examples per seed.")] = False,
) -> None:
    """Measures residual blocks with fresh weights and says what holds of claim F8."""
    residual_blocks.reproduce(seeds=seeds, output=output, jobs=jobs, quick=quick)


if __name__ == "__main__":
    typer.run(main)
