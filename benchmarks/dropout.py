"""How few values may dropout keep? Digits told apart behind one layer of units with dropout, by width and rate.

Each line is the median accuracy on digits not trained on, over seeds, with the deviation that dropout gives a sum of
like values (`keras_vg.diagnosis.dropout.measure_noise`).
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Annotated

import keras
import numpy as np
import typer
from keras import layers
from sklearn.datasets import load_digits

from keras_vg.diagnosis.dropout import measure_noise


def main(
    units: Annotated[str, typer.Option(help="Widths, with commas.")] = "4,16,64,256",
    rates: Annotated[str, typer.Option(help="Rates, with commas.")] = "0,0.5,0.8,0.9,0.95,0.98,0.99",
    epochs: Annotated[int, typer.Option(min=1)] = 20,
    seeds: Annotated[int, typer.Option(min=1)] = 3,
) -> None:
    """Trains, and prints what was learned."""
    images, digits = load_digits(return_X_y=True)
    images = (images / 16).astype("float32")
    for width in map(int, units.split(",")):
        for rate in map(float, rates.split(",")):
            scores = [train(width, rate, epochs, seed, images, digits) for seed in range(seeds)]
            accuracy, training_loss = np.median(scores, axis=0)
            print(
                f"{width:4} units, rate {rate:<4g} noise {measure_noise(rate, width):6.2f}: accuracy {accuracy:.2f} "
                f"({min(s[0] for s in scores):.2f} to {max(s[0] for s in scores):.2f}), last loss {training_loss:.2f}",
                flush=True,
            )


def train(width: int, rate: float, epochs: int, seed: int, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Trains one; returns its accuracy on the last 400 digits and the last loss of the training."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(width, "relu", kernel_initializer="he_normal"),
            layers.Dropout(rate),
            layers.Dense(10, "softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:-400], y[:-400], epochs=epochs, verbose=0)
    return float(model.evaluate(x[-400:], y[-400:], verbose=0)[1]), float(history.history["loss"][-1])


if __name__ == "__main__":
    typer.run(main)
