"""What does a softmax between layers cost? Digits told apart behind one hidden layer, by its width and activation.

Each line is the median over seeds (with the range) of the last loss, as part of that of the best constant answer.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Annotated

import keras
import numpy as np
import typer
from keras import layers
from sklearn.datasets import load_digits

OPTIMIZERS = {"adam 0.001": lambda: keras.optimizers.Adam(0.001), "sgd 0.05": lambda: keras.optimizers.SGD(0.05)}


def main(
    units: Annotated[str, typer.Option(help="Widths, with commas.")] = "16,128",
    activations: Annotated[str, typer.Option(help="Activations, with commas.")] = "softmax,sigmoid,relu",
    epochs: Annotated[int, typer.Option(min=1)] = 15,
    seeds: Annotated[int, typer.Option(min=1)] = 3,
) -> None:
    """Trains, and prints what is left of the loss."""
    for optimizer in OPTIMIZERS:
        for width in map(int, units.split(",")):
            for activation in activations.split(","):
                left = [train(width, activation, optimizer, epochs, seed) for seed in range(seeds)]
                print(
                    f"{optimizer:10} {width:4} units of {activation:8} {np.median(left):.2f} "
                    f"({min(left):.2f} to {max(left):.2f})",
                    flush=True,
                )


def train(width: int, activation: str, optimizer: str, epochs: int, seed: int) -> float:
    """Trains one; returns its last loss, as part of that of the best constant answer."""
    images, digits = load_digits(return_X_y=True)
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((64,)), layers.Dense(width, activation), layers.Dense(10, "softmax")])
    model.compile(OPTIMIZERS[optimizer](), "sparse_categorical_crossentropy")
    history = model.fit((images / 16).astype("float32"), digits, epochs=epochs, verbose=0)
    frequencies = np.bincount(digits) / len(digits)
    return float(history.history["loss"][-1] / -(frequencies * np.log(frequencies)).sum())


if __name__ == "__main__":
    typer.run(main)
