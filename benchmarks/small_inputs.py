"""How small may inputs be? Classifiers trained on the same data at several scales, by what they learn of it.

Each line is one training of 600 steps: the part of the fall of the loss that unscaled data give which is reached, the
spread of the first predictions, and what the rules say.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Annotated, Any

import keras
import numpy as np
import typer
from keras import layers

import keras_vg as vg
from labelled_programs.data import make_blobs

NETS: dict[str, list[Any]] = {
    "relu": [lambda: layers.Dense(32, "relu"), lambda: layers.Dense(32, "relu")],
    "tanh, wide": [lambda: layers.Dense(256, "tanh")],
    "sigmoid": [lambda: layers.Dense(32, "sigmoid")],
    "linear": [],
    "normalized": [lambda: layers.Dense(32), layers.BatchNormalization, lambda: layers.Activation("relu")],
    "adapted": [layers.Normalization, lambda: layers.Dense(32, "relu")],
}
RATES = {"adam": 1e-3, "sgd": 1e-1, "rmsprop": 1e-3}


def main(
    scales: Annotated[str, typer.Option(help="Factors of the data, with commas.")] = "1,0.1,0.01,0.001,0.0001,0.000001",
    nets: Annotated[str, typer.Option(help="Names of nets, with semicolons.")] = ";".join(NETS),
    optimizers: Annotated[str, typer.Option(help="Names of optimizers, with commas.")] = "adam,sgd",
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each.")] = 1,
) -> None:
    """Trains, and prints what was learned."""
    x, y = make_blobs()
    for net in nets.split(";"):
        for optimizer in optimizers.split(","):
            for seed in range(seeds):
                for scale in map(float, scales.split(",")):
                    loss, accuracy, said = train(net, optimizer, scale * x, y, seed)
                    print(
                        f"{net:10} {optimizer:8} seed {seed}, inputs times {scale:<8g} loss {loss:.3f}, "
                        f"accuracy {accuracy:.2f}: {said}",
                        flush=True,
                    )


def train(net: str, optimizer: str, x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float, str]:
    """Trains one; returns its last loss and accuracy, and the findings before it."""
    keras.utils.set_random_seed(seed)
    parts = [make() for make in NETS[net]]
    if net == "adapted":
        parts[0].adapt(x)
    model = keras.Sequential([keras.Input(x.shape[1:]), *parts, layers.Dense(3, "softmax")])
    chosen = keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": RATES[optimizer]}})
    model.compile(chosen, "sparse_categorical_crossentropy", metrics=["accuracy"])
    found = vg.diagnose(vg.inspect(model, x[:128], y[:128]))
    said = ", ".join(f"{f.rule} ({f.severity})" for f in found if f.severity != "info")
    history = model.fit(x, y, batch_size=32, epochs=30, verbose=0).history
    return history["loss"][-1], history["accuracy"][-1], said or "nothing"


if __name__ == "__main__":
    typer.run(main)
