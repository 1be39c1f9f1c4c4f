"""The residual stream over depth in small transformers and residual networks, and what each learns.

Decoders continue a sequence that repeats itself, networks of dense blocks tell digits apart. `gain` multiplies the
kernel that each block ends in, `stream` what the first block is given. Printed of the inspection before training:
`growth`, the size of the stream after the last addition over that after the middle one, beside that which the largest
of the amounts before would make; `share`, the size of what a block adds over that of the stream; `stream`, its size.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Annotated, Any

import keras
import numpy as np
import typer
from keras import layers

import keras_vg as vg
from keras_vg.diagnosis.residual import measure_growth
from labelled_programs.data import make_digits

TOKENS, STEPS, WIDTH = 16, 24, 32


def main(
    kinds: Annotated[str, typer.Option(help="pre-norm, post-norm, plain or batch-norm.")] = "pre-norm,post-norm",
    depths: Annotated[str, typer.Option(help="Numbers of blocks, with commas.")] = "2,6,12",
    gains: Annotated[str, typer.Option(help="Factors of the kernels that blocks end in.")] = "1",
    streams: Annotated[str, typer.Option(help="Factors of what the first block is given.")] = "1",
    rates: Annotated[str, typer.Option(help="Learning rates of Adam.")] = "0.001",
    epochs: Annotated[int, typer.Option(help="Of 32 steps.")] = 15,
    seed: int = 0,
) -> None:
    """Trains, and prints the stream before and the accuracy after."""
    for kind in kinds.split(","):
        for depth in map(int, depths.split(",")):
            for gain in map(float, gains.split(",")):
                for stream in map(float, streams.split(",")):
                    for rate in map(float, rates.split(",")):
                        train(kind, depth, gain, stream, rate, epochs, seed)


def train(kind: str, depth: int, gain: float, stream: float, rate: float, epochs: int, seed: int) -> None:
    """Trains one, and prints what was seen of it."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    is_decoder = kind.endswith("-norm") and kind != "batch-norm"
    x, y = make_sequences() if is_decoder else make_images()
    model = build_decoder(kind, depth, stream) if is_decoder else build_network(kind, depth, stream)
    for layer in model.layers:
        if isinstance(layer, layers.MultiHeadAttention):
            scale(layer.output_dense, gain)
        elif layer.name.startswith("ends_block"):
            scale(layer, gain)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    before = vg.inspect(model, x[:64], y[:64])
    history = model.fit(x, y, batch_size=32, epochs=epochs, verbose=0).history
    said = ", ".join(f.rule for f in vg.diagnose(before) if f.severity != "info")
    print(
        f"{kind:10} {depth:3} blocks, gain {gain:<5g} stream {stream:<5g} rate {rate:<6g} accuracy "
        f"{history['accuracy'][-1]:.2f}; {describe(before.residual)} ({said or 'nothing'})",
        flush=True,
    )


def scale(layer: Any, gain: float) -> None:
    """Multiplies a kernel."""
    layer.kernel.assign(gain * layer.kernel)


def describe(table: Any) -> str:
    """What the rules look at."""
    growth, expected, _ = measure_growth(table)
    share = (table["added_rms"] / table["stream_rms"]).to_numpy()
    return (
        f"growth {growth:.3g} (of like amounts {expected:.3g}), share {share.min():.2g} to {share.max():.2g}, "
        f"stream {table['stream_rms'].min():.3g} to {table['stream_rms'].max():.3g}"
    )


def make_sequences() -> tuple[np.ndarray, np.ndarray]:
    """Token numbers, and those that follow."""
    x = np.tile(np.random.default_rng(0).integers(1, TOKENS, (1024, 6)), (1, 5))[:, : STEPS + 1]
    return x[:, :-1], x[:, 1:]


def make_images() -> tuple[np.ndarray, np.ndarray]:
    """Digits of unit scale."""
    x, y = make_digits()
    x = x.reshape(len(x), -1)
    return (x - x.mean()) / x.std(), y


def build_decoder(kind: str, depth: int, stream: float) -> keras.Model:
    """A transformer whose blocks are normalized before or after."""
    inputs = keras.Input((STEPS,), dtype="int32")
    places = layers.Embedding(STEPS, WIDTH)(keras.ops.arange(STEPS))
    hidden = (layers.Embedding(TOKENS, WIDTH)(inputs) + places) * stream

    def add(hidden: Any, block: Any) -> Any:
        if kind == "pre-norm":
            return hidden + block(layers.LayerNormalization()(hidden))
        return layers.LayerNormalization()(hidden + block(hidden))

    for number in range(depth):
        attention = layers.MultiHeadAttention(4, WIDTH // 4)
        hidden = add(hidden, lambda given, attend=attention: attend(given, given, use_causal_mask=True))
        inner = layers.Dense(2 * WIDTH, "gelu")
        outer = layers.Dense(WIDTH, name=f"ends_block_{number}")
        hidden = add(hidden, lambda given, inner=inner, outer=outer: outer(inner(given)))
    return keras.Model(inputs, layers.Dense(TOKENS, "softmax")(layers.LayerNormalization()(hidden)))


def build_network(kind: str, depth: int, stream: float) -> keras.Model:
    """Blocks of two dense layers, without normalization or with it before each activation."""
    inputs = keras.Input((64,))
    hidden = layers.Dense(WIDTH)(inputs) * stream
    for number in range(depth):
        given = layers.BatchNormalization()(hidden) if kind == "batch-norm" else hidden
        given = layers.Dense(WIDTH, kernel_initializer="he_normal")(layers.ReLU()(given))
        given = layers.BatchNormalization()(given) if kind == "batch-norm" else given
        outer = layers.Dense(WIDTH, kernel_initializer="he_normal", name=f"ends_block_{number}")
        hidden = hidden + outer(layers.ReLU()(given))
    return keras.Model(inputs, layers.Dense(10, "softmax")(hidden))


if __name__ == "__main__":
    typer.run(main)
