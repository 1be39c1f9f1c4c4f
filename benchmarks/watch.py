"""Measures what `keras-vg watch` costs, and what it saves by reading only what is new.

The logs of a long training are written (gradients of a kernel and a bias per layer, activations, a history), and then
an epoch is appended every second, as a training would, while `keras-vg watch` shows them in a terminal of its own.
"""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import psutil
import typer

from keras_vg.logs.following import FollowedLog
from keras_vg.logs.reader import read_table
from keras_vg.logs.schemas import ACTIVATION, GRADIENT
from keras_vg.logs.writer import CsvLog


class Training:
    """The logs of a training without a training: an epoch is a call of `write`."""

    def __init__(self, folder: Path, layers: int) -> None:
        self.gradients = CsvLog(folder / "run_gradients.csv", GRADIENT)
        self.activations = CsvLog(folder / "run_activations.csv", ACTIVATION)
        self.history = folder / "run_history.csv"
        self.paths = [self.gradients.path, self.activations.path, self.history]
        self._layers = layers
        self._epoch = 0
        self._rng = np.random.default_rng(0)
        self.gradients.open()
        self.activations.open()
        self.history.write_text("epoch,accuracy,loss,val_loss\n")

    def write(self, epochs: int = 1) -> None:
        """Appends epochs to all logs."""
        for _ in range(epochs):
            rms = np.geomspace(0.01, 0.1, self._layers) * np.exp(self._rng.normal(0, 0.1, self._layers))
            self.gradients.write(self._make_rows(depth, value) for depth, value in enumerate(rms))
            self.activations.write(self._make_activations(depth) for depth in range(self._layers))
            loss = 0.7 * np.exp(-self._epoch / 500) + 0.01 * self._rng.random()
            with self.history.open("a") as file:
                file.write(f"{self._epoch},0.5,{loss},{loss + 0.1}\n")
            self._epoch += 1

    def _make_rows(self, depth: int, rms: float) -> dict[str, Any]:
        sizes = np.array([1024, 32])
        return {
            "epoch": self._epoch,
            "step": 100 * self._epoch + 99,
            "depth": depth,
            "layer": f"dense_{depth}",
            "weight": ["kernel", "bias"],
            "size": sizes,
            "steps": 100,
            "gradient_norm": np.float32(rms * np.sqrt(sizes)),
            "gradient_norm_max": np.float32(2 * rms * np.sqrt(sizes)),
            "gradient_rms": np.float32(rms),
            "zero_fraction": np.float32(0.01),
            "nonfinite_steps": 0,
            "weight_norm": np.float32(np.sqrt(sizes)),
            "delta_norm": np.float32(0.01 * np.sqrt(sizes)),
            "update_ratio": np.float32(0.01),
            "learning_rate": np.float32(0.001),
        }

    def _make_activations(self, depth: int) -> dict[str, Any]:
        fractions = self._rng.random(2).astype("float32") / 4
        return {
            "epoch": self._epoch,
            "depth": depth,
            "layer": f"dense_{depth}",
            "activation": "relu",
            "units": 32,
            "mean": [np.float32(0.5)],
            "std": np.float32(1.0),
            "abs_max": np.float32(4.0),
            "saturated_fraction": fractions[0],
            "dead_fraction": fractions[1],
        }


def main(
    layers: Annotated[int, typer.Option(min=1, help="Layers.")] = 100,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs that are in the logs at the start.")] = 1000,
    seconds: Annotated[int, typer.Option(min=1, help="How long the view is measured, at each size.")] = 30,
    sizes: Annotated[
        str, typer.Option(help="Columns and lines of the terminal, separated by commas.")
    ] = "80x24,200x60",
) -> None:
    """Prints the processor's time of the view over the time that passed, and that of reading an epoch."""
    with tempfile.TemporaryDirectory() as folder:
        training = Training(Path(folder), layers)
        training.write(epochs)
        size = sum(path.stat().st_size for path in training.paths) / 1e6
        print(f"{layers} layers, {epochs} epochs in three logs of {size:.0f} MB; then an epoch a second")
        _compare_reading(training)
        for terminal in sizes.split(","):
            columns, lines = map(int, terminal.split("x"))
            print(f"keras-vg watch at {terminal}: {_measure_view(training, columns, lines, seconds)}")


def _compare_reading(training: Training, repeats: int = 5) -> None:
    """Prints the time of reading one more epoch, and of reading all anew."""
    logs = [FollowedLog(path) for path in training.paths]
    for log in logs:
        log.read()
        while log.is_behind:
            log.read()
    times: dict[str, list[float]] = {"only what is new": [], "all anew": []}
    for _ in range(repeats):
        training.write()
        start = time.process_time()
        for log in logs:
            assert log.read() is not None
        middle = time.process_time()
        for path in training.paths:
            read_table(path)
        times["only what is new"].append(middle - start)
        times["all anew"].append(time.process_time() - middle)
    new, anew = (1e3 * float(np.median(values)) for values in times.values())
    print(
        f"reading an epoch more, processor time: {new:.1f} ms of what is new, {anew:.0f} ms of all ({anew / new:.0f} x)"
    )


def _measure_view(training: Training, columns: int, lines: int, seconds: int) -> str:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    command = [sys.executable, "-m", "keras_vg", "watch", *map(str, training.paths)]
    with subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env={**os.environ, "TERM": "xterm-256color"}
    ) as view:
        os.close(follower)
        threading.Thread(target=_drain, args=(leader,), daemon=True).start()
        watched = psutil.Process(view.pid)
        _append(training, 10)  # it starts, reads the logs and diagnoses them for the first time
        at_start = sum(watched.cpu_times()[:2])
        start, before = time.perf_counter(), at_start
        _append(training, seconds)
        spent = sum(watched.cpu_times()[:2]) - before
        passed = time.perf_counter() - start
        memory = watched.memory_info().rss / 2**20
        os.write(leader, b"q")
        view.wait(10)
    return (
        f"{100 * spent / passed:.1f} % of a core over {passed:.0f} s, after {at_start:.1f} s of processor time "
        f"to start; {memory:.0f} MiB"
    )


def _append(training: Training, seconds: int) -> None:
    for _ in range(seconds):
        training.write()
        time.sleep(1)


def _drain(leader: int) -> None:
    """Takes what the view draws, as a terminal does."""
    with contextlib.suppress(OSError):  # how a terminal whose last process has ended is read
        while os.read(leader, 1 << 16):
            pass


if __name__ == "__main__":
    typer.run(main)
