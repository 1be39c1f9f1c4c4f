"""Reproduces every claim, writes RESULTS.md, and fails where a verdict is not the expected one."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

from pathlib import Path
from typing import Annotated

import typer

from keras_vg.reproductions import run_all


def main(
    claims: Annotated[
        list[str] | None, typer.Argument(help="Ids of claims, or names of scripts; all by default.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Number of seeds; by default that of each script.")] = None,
    output: Annotated[Path, typer.Option(help="Folder for logs, pictures and RESULTS.md.")] = Path("runs/results"),
    jobs: Annotated[int | None, typer.Option(help="Number of processes, -1 for one per core.")] = None,
    quick: Annotated[
        bool, typer.Option(help="Leave out measurements that take long and that no verdict needs.")
    ] = False,
) -> None:
    """Runs all reproductions; exits with 1, naming the claim, where a verdict differs from the expected one."""
    surprises = [
        line
        for result in run_all.reproduce(claims or (), output, seeds, jobs, quick)
        for line in result.list_surprises()
    ]
    for line in surprises:
        typer.echo(line, err=True)
    raise typer.Exit(1 if surprises else 0)


if __name__ == "__main__":
    typer.run(main)
