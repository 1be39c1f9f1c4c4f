"""Reproduces claims C1 to C3: the sigmoid's derivative, its powers, and the factor per layer in a real net."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import sigmoid_gradient


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 5,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/sigmoid_gradient"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
) -> None:
    """Measures a wide sigmoid net and judges claims C1 to C3."""
    sigmoid_gradient.reproduce(seeds=seeds, output=output, jobs=jobs)


if __name__ == "__main__":
    typer.run(main)
