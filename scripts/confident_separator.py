"""Reproduces claims D1 and D2: two linear classifiers with the same decision boundary, one of them over-confident."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import confident_separator


def main(
    output: Annotated[Path, typer.Option(help="Folder for the logs and the plot.")] = Path("runs/confident_separator"),
) -> None:
    """Computes the gradients of both classifiers term by term and judges claims D1 and D2."""
    confident_separator.reproduce(output=output)


if __name__ == "__main__":
    typer.run(main)
