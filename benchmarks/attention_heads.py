"""Entropy and logits of attention heads in small transformers, before and after a training that goes well or badly.

Encoders say which of two tokens is the more frequent; decoders continue a sequence that repeats itself. `gain`
multiplies the initial kernels of queries and keys.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Annotated, Any

import keras
import numpy as np
import typer
from keras import layers

import keras_vg as vg

TOKENS, STEPS = 16, 24


def main(
    gains: Annotated[str, typer.Option(help="Factors of the initial weights of queries and keys.")] = "1,4,10",
    widths: Annotated[str, typer.Option(help="Widths, with commas.")] = "32,128",
    depths: Annotated[str, typer.Option(help="Numbers of blocks, with commas.")] = "2,6",
    epochs: Annotated[int, typer.Option(help="Of 32 steps.")] = 15,
) -> None:
    """Trains, and prints the heads."""
    for kind in ("encoder", "decoder"):
        for width in map(int, widths.split(",")):
            for depth in map(int, depths.split(",")):
                for gain in map(float, gains.split(",")):
                    train(kind, width, depth, gain, epochs)


def train(kind: str, width: int, depth: int, gain: float, epochs: int) -> None:
    """Trains one, and prints its heads before and after."""
    keras.utils.set_random_seed(0)
    x, y = make_data(kind)
    model = build(kind, width, depth)
    for layer in model.layers:
        if isinstance(layer, keras.layers.MultiHeadAttention):
            for part in (layer.query_dense, layer.key_dense):
                part.kernel.assign(gain * part.kernel)
    before = vg.inspect(model, x[:64], y[:64])
    history = model.fit(x, y, batch_size=32, epochs=epochs, verbose=0).history
    after = vg.inspect(model, x[:64], y[:64])
    print(
        f"{kind} {width:4} wide, {depth} blocks, gain {gain:<4g} accuracy {history['accuracy'][-1]:.2f}; "
        f"before {describe(before)}; after {describe(after)}",
        flush=True,
    )


def describe(inspection: Any) -> str:
    """The layer with the smallest mean entropy, and what the rules say."""
    table = inspection.attention.groupby("layer", sort=False)[["entropy", "largest_logit"]].agg(["mean", "max", "min"])
    worst = table.loc[table[("entropy", "mean")].idxmin()]
    said = ", ".join(f.rule for f in vg.diagnose(inspection) if f.severity != "info")
    return (
        f"entropy {worst[('entropy', 'mean')]:.3f} (least head {table[('entropy', 'min')].min():.3f}), "
        f"logit {worst[('largest_logit', 'max')]:.3g} ({said or 'nothing'})"
    )


def make_data(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Token numbers and what is to be said of them."""
    rng = np.random.default_rng(0)
    if kind == "encoder":
        x = rng.integers(1, TOKENS, (1024, STEPS))
        return x, ((x == 1).sum(axis=1) > (x == 2).sum(axis=1)).astype("int64")
    x = np.tile(rng.integers(1, TOKENS, (1024, 6)), (1, 5))[:, : STEPS + 1]
    return x[:, :-1], x[:, 1:]


def build(kind: str, width: int, depth: int) -> keras.Model:
    """Builds a pre-norm transformer."""
    inputs = keras.Input((STEPS,), dtype="int32")
    places = layers.Embedding(STEPS, width)(keras.ops.arange(STEPS))
    hidden = layers.Embedding(TOKENS, width)(inputs) + places
    for _ in range(depth):
        given = layers.LayerNormalization()(hidden)
        attention = layers.MultiHeadAttention(4, width // 4)
        hidden = hidden + attention(given, given, use_causal_mask=kind == "decoder")
        inner = layers.Dense(2 * width, "gelu")(layers.LayerNormalization()(hidden))
        hidden = hidden + layers.Dense(width)(inner)
    hidden = layers.LayerNormalization()(hidden)
    if kind == "encoder":
        hidden = layers.GlobalAveragePooling1D()(hidden)
    model = keras.Model(inputs, layers.Dense(TOKENS if kind == "decoder" else 2, "softmax")(hidden))
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    typer.run(main)
