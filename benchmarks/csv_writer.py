"""Measures the speed of writing a delta log against pandas, and the time of `import keras_vg`."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import typer

from keras_vg.logs.schemas import DELTA
from keras_vg.logs.writer import CsvLog


def measure(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(repeats: int = 9, rows: int = 784, columns: int = 512) -> None:
    """Writes one epoch of a layer of `rows` x `columns` weights with both, in turn, and prints the medians."""
    rng = np.random.default_rng(0)
    before = rng.normal(size=rows * columns).astype("float32")
    after = before + rng.normal(scale=1e-3, size=before.size).astype("float32")
    block = {
        "epoch": 0,
        "depth": 0,
        "layer": "dense",
        "weight": "kernel",
        "index": np.arange(before.size),
        "before": before,
        "after": after,
        "delta": after - before,
        "learning_rate": np.float32(0.001),
        "implied_gradient": (before - after) / np.float32(0.001),
    }
    with tempfile.TemporaryDirectory() as folder:
        log = CsvLog(Path(folder) / "log.csv", DELTA)

        def write_log() -> None:
            log.open()
            log.write([block])

        def write_with_pandas() -> None:
            frame = pd.DataFrame(block)
            frame.to_csv(Path(folder) / "pandas.csv", index=False)

        # The first of each is not counted: both load code at their first use.
        pairs = [(measure(write_log), measure(write_with_pandas)) for _ in range(1 + repeats)][1:]
        log.close()
    for name, times in zip(("keras_vg", "pandas"), zip(*pairs, strict=True), strict=True):
        print(f"{name:9} {before.size / statistics.median(times):12,.0f} rows/s (median of {repeats})")
    ratios = sorted(theirs / ours for ours, theirs in pairs)
    print(f"ratio     {statistics.median(ratios):12.1f} (pair by pair: {ratios[0]:.1f} to {ratios[-1]:.1f})")
    program = "import time; t = time.perf_counter(); import keras_vg; print(time.perf_counter() - t)"
    imports = [float(subprocess.check_output([sys.executable, "-c", program])) for _ in range(repeats)]
    print(f"import keras_vg {statistics.median(imports):.3f} s (median of {repeats}, most {max(imports):.3f} s)")


if __name__ == "__main__":
    typer.run(main)
