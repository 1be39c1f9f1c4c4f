"""Reproduces claim F7: how deep narrow ReLU nets can be before they are dead at initialization."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import dead_narrow_nets


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 5,
    nets: Annotated[int, typer.Option(min=2, help="Number of nets per seed.")] = 400,
    output: Annotated[Path, typer.Option(help="Folder for the tables and the plot.")] = Path("runs/dead_narrow_nets"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
    quick: Annotated[bool, typer.Option(help="One seed.")] = False,
) -> None:
    """Counts dead nets, layer by layer, and says what holds of claim F7."""
    dead_narrow_nets.reproduce(seeds=seeds, nets=nets, output=output, jobs=jobs, quick=quick)


if __name__ == "__main__":
    typer.run(main)
