"""Reproduces claims E1 to E4 and F5: activations and gradients in products of many matrices."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import deep_linear_chain


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 5,
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/deep_linear_chain"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
) -> None:
    """Computes gradients in chains of layers and judges claims E1 to E4 and F5."""
    deep_linear_chain.reproduce(seeds=seeds, output=output, jobs=jobs)


if __name__ == "__main__":
    typer.run(main)
