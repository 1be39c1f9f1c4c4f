"""Reproduces claims B1 and B2: one sigmoid neuron with unscaled inputs in the thousands."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import saturated_neuron


def main(
    output: Annotated[Path, typer.Option(help="Folder for the table and the plot.")] = Path("runs/saturated_neuron"),
) -> None:
    """Computes the gradients of the neuron and judges claims B1 and B2."""
    saturated_neuron.reproduce(output=output)


if __name__ == "__main__":
    typer.run(main)
