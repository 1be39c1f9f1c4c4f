"""Trains one model on command, with and without callbacks, and says how long it took.

Reads a line of JSON per task from standard input and answers with one. It runs with whatever version of `keras_vg` its
process imports, so nothing here may need a newer one than that.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

import keras_vg as vg
from costs.models import DEEP_MODELS, MODELS
from costs.second_pass import SecondPass

EPOCHS_OF_DEEP = 8


class Clock(keras.callbacks.Callback):
    """Notes when epochs begin and end: seconds, and seconds of the processor."""

    def __init__(self) -> None:
        super().__init__()
        self.begins: list[tuple[float, float]] = []
        self.ends: list[tuple[float, float]] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes it."""
        self.begins.append(read_clocks())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes it."""
        self.ends.append(read_clocks())


def read_clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


class Trainer:
    """Has a model and its data.

    Args:
        name: Which model.
        steps: Steps of an epoch.
        folder: Where the callbacks write.
    """

    def __init__(self, name: str, steps: int, folder: Path) -> None:
        self.make, shape, self.batch_size, classes = {**MODELS, **DEEP_MODELS}[name]
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(steps * self.batch_size, *shape)).astype("float32")
        self.y = rng.integers(0, classes, (len(self.x), 1))
        self.callbacks: dict[str, keras.callbacks.Callback | None] = {
            "plain": None,
            "plain again": None,
            "GradientLogger": vg.GradientLogger(folder / "gradients.csv"),
            "WeightDeltaLogger": vg.WeightDeltaLogger(folder / "deltas.csv"),
            "second pass": SecondPass(self.x, self.y, self.batch_size),
        }
        if keras.backend.backend() == "tensorflow":
            self.callbacks["TensorBoard"] = keras.callbacks.TensorBoard(str(folder), histogram_freq=1)
        # One model for all, so that chance of memory and cache is the same for each.
        self.model = self.make() if name in MODELS else None

    def train_epoch(self, contender: str) -> list[float]:
        """Trains an epoch; its time has in it what the callback does before its first and after its last step."""
        begins, ends = self._fit(self.model, contender, 1)
        return list((ends - begins)[0])

    def train_fresh(self, contender: str) -> list[float]:
        """Trains a fresh model; the times are those of its whole first fit, of an epoch, and of the later epochs."""
        keras.backend.clear_session()
        model = self.make()
        start = read_clocks()
        self._fit(model, contender, 1)
        first = np.subtract(read_clocks(), start)
        begins, ends = self._fit(model, contender, EPOCHS_OF_DEEP)
        return [*first, *np.median(ends - begins, axis=0)]

    def _fit(self, model: Any, contender: str, epochs: int) -> tuple[np.ndarray, np.ndarray]:
        first, last, callback = Clock(), Clock(), self.callbacks[contender]
        callbacks = [first, *([callback] if callback else []), last]
        options = {"batch_size": self.batch_size, "epochs": epochs, "verbose": 0, "shuffle": False}
        model.fit(self.x, self.y, callbacks=callbacks, **options)
        return np.array(first.begins), np.array(last.ends)


def main() -> None:
    """Answers until standard input ends."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever else is printed is no answer
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(sys.argv[1], int(sys.argv[2]), Path(folder))
        for line in sys.stdin:
            task, contender = json.loads(line)
            train = trainer.train_fresh if task == "fresh" else trainer.train_epoch
            print(json.dumps([float(value) for value in train(contender)]), file=answers, flush=True)


if __name__ == "__main__":
    main()
