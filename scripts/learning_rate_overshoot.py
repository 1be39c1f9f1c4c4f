"""Reproduces claim E5: the learning rate above which gradient descent diverges."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import learning_rate_overshoot


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 5,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path(
        "runs/learning_rate_overshoot"
    ),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
) -> None:
    """Fits a linear model at learning rates around the largest stable one and judges claim E5."""
    learning_rate_overshoot.reproduce(seeds=seeds, output=output, jobs=jobs)


if __name__ == "__main__":
    typer.run(main)
