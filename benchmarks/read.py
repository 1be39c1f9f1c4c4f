"""Measures the speed of `read_log` against that of the engines of `pandas.read_csv`."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import typer

import keras_vg as vg
from keras_vg.logs.schemas import DELTA
from keras_vg.logs.writer import CsvLog


def write_log(path: Path, epochs: int, layers: int, values: int) -> None:
    rng = np.random.default_rng(0)
    log = CsvLog(path, DELTA)
    log.open()
    for epoch in range(epochs):
        before = rng.normal(size=(layers, values)).astype("float32")
        delta = rng.normal(scale=1e-3, size=before.shape).astype("float32")
        log.write(
            {
                "epoch": epoch,
                "depth": depth,
                "layer": f"dense_{depth}",
                "weight": "kernel",
                "index": np.arange(values),
                "before": before[depth],
                "after": before[depth] + delta[depth],
                "delta": delta[depth],
                "learning_rate": np.float32(0.001),
                "implied_gradient": -delta[depth] / np.float32(0.001),
            }
            for depth in range(layers)
        )
    log.close()


def main(repeats: int = 9, epochs: int = 20, layers: int = 10, values: int = 10_000) -> None:
    """Reads one log in turn with each, prints medians and the ratio to `read_log`, turn by turn."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        write_log(path, epochs, layers, values)
        readers: dict[str, Callable[[], pd.DataFrame]] = {
            "read_log": lambda: vg.read_log(path),
            "pandas, engine='pyarrow'": lambda: pd.read_csv(path, engine="pyarrow"),
            "pandas, engine='c'": lambda: pd.read_csv(path, engine="c"),
        }
        times: dict[str, list[float]] = {name: [] for name in readers}
        for _ in range(1 + repeats):
            for name, read in readers.items():
                start = time.perf_counter()
                table = read()
                times[name].append(time.perf_counter() - start)
                assert len(table) == epochs * layers * values
                del table
        size = path.stat().st_size / 1e6
    print(f"{epochs * layers * values:,} rows, {size:,.0f} MB")
    for name, seconds in times.items():
        ratios = sorted(other / own for other, own in zip(seconds[1:], times["read_log"][1:], strict=True))
        print(
            f"{name:25} {statistics.median(seconds[1:]):6.2f} s (median of {repeats}), {statistics.median(ratios):.2f} "
            f"times the time of read_log ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    typer.run(main)
