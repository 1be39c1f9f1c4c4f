"""From which time steps does a recurrent layer learn? Sequences of noise with the answer at one step.

Each line is one training: the class is the token at one position among tokens that say nothing. `ratio` is the gradient
with respect to that step before the training over the largest of all steps, as `vanishing_in_time` judges it; `steps`
is after how many steps of Adam 95 % of the examples of the last hundred were right, a dash if never.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")  # which compiles loops over time into one function
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Annotated, Any

import keras
import numpy as np
import typer
from keras import layers

import keras_vg as vg

CLASSES, TOKENS, BATCH = 2, 8, 32
CELLS: dict[str, Any] = {"simple_rnn": layers.SimpleRNN, "gru": layers.GRU, "lstm": layers.LSTM}


def main(
    cells: Annotated[str, typer.Option(help="Of simple_rnn, gru, lstm, with commas.")] = "simple_rnn,gru,lstm",
    lengths: Annotated[str, typer.Option(help="Numbers of time steps, with commas.")] = "20,40,80,160",
    padding: Annotated[float, typer.Option(help="Part of each sequence, at its end, that is padding.")] = 0.0,
    position: Annotated[
        str, typer.Option(help="Where the answer stands: first, or last before the padding.")
    ] = "first",
    readout: Annotated[str, typer.Option(help="What the head is given: last, mean, or both (sides).")] = "last",
    units: Annotated[int, typer.Option(help="Units of the layer.")] = 32,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each.")] = 2,
    steps: Annotated[int, typer.Option(help="Steps of Adam at most, at 0.003 and clipnorm=1.")] = 1500,
) -> None:
    """Trains, and prints who learned."""
    for length in map(int, lengths.split(",")):
        for cell in cells.split(","):
            for seed in range(seeds):
                ratio, lost, rules, taken = train(cell, length, padding, position, readout, units, seed, steps)
                print(
                    f"{cell:10} {length:4} steps, {padding:.0%} padding, answer {position}, {readout}, seed {seed}: "
                    f"ratio {ratio:.1e}, lost {lost:.0%}, {rules or '-':26} steps {taken or '-'}",
                    flush=True,
                )


def make_batches(length: int, padding: float, position: str, seed: int) -> Any:
    """Yields batches of one-hot tokens and their classes for ever; padding is a vector of zeros."""
    rng = np.random.default_rng(seed)
    content = length - round(padding * length)
    place = 0 if position == "first" else content - 1
    table = np.eye(TOKENS, dtype="float32")
    while True:
        tokens, labels = rng.integers(CLASSES, TOKENS, (BATCH, length)), rng.integers(0, CLASSES, BATCH)
        tokens[:, place] = labels
        x = table[tokens]
        x[:, content:] = 0.0
        yield x, labels


def build(cell: str, length: int, readout: str, units: int) -> keras.Model:
    """Builds a recurrent layer with a head."""
    layer = CELLS[cell](units, return_sequences=readout == "mean", name="recurrent")
    parts = [layers.Bidirectional(layer, name="recurrent")] if readout == "both" else [layer]
    if readout == "mean":
        parts.append(layers.GlobalAveragePooling1D())
    model = keras.Sequential([keras.Input((length, TOKENS)), *parts, layers.Dense(CLASSES, "softmax")])
    model.compile(keras.optimizers.Adam(3e-3, clipnorm=1.0), "sparse_categorical_crossentropy")
    return model


def train(
    cell: str, length: int, padding: float, position: str, readout: str, units: int, seed: int, steps: int
) -> tuple[float, float, str, int]:
    """Trains one.

    Returns:
        The gradient at the answer's step over the largest, the part of the steps that are lost, the rules about time
        that speak, and the steps until it has learned (0: never).
    """
    keras.utils.set_random_seed(seed)
    model = build(cell, length, readout, units)
    batches = make_batches(length, padding, position, seed)
    inspection = vg.inspect(model, *next(batches))
    values = inspection.time["gradient_rms"].to_numpy("float64")
    place = 0 if position == "first" else length - round(padding * length) - 1
    limit = vg.rules.Thresholds().vanishing_time
    found = [f for f in vg.diagnose(inspection) if f.rule.endswith("in_time")]
    rules = ", ".join(f"{f.rule} ({f.severity})" for f in found)
    taken, right = 0, []
    model.compile(model.optimizer, model.loss, metrics=["accuracy"])
    for step in range(1, steps + 1):
        logs = model.train_on_batch(*next(batches), return_dict=True)
        right.append(float(logs["accuracy"]))
        model.reset_metrics()
        if step % 100 == 0 and np.mean(right[-100:]) > 0.95:
            taken = step
            break
    return float(values[place] / values.max()), float(np.mean(values < limit * values.max())), rules, taken


if __name__ == "__main__":
    typer.run(main)
