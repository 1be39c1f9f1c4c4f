"""Attention and small transformers."""

from functools import partial
from typing import Any

import keras
from keras import layers, ops
from keras.initializers import RandomNormal
from keras.losses import SparseCategoricalCrossentropy
from keras.optimizers import SGD, Adam, AdamW

from labelled_programs import labels
from labelled_programs.data import make_digits, make_tokens, scale_inputs
from labelled_programs.program import STRENGTHS, Program
from labelled_programs.sequence_data import make_next_tokens, make_padded_tokens, make_series_classes

NEXT_TOKEN = SparseCategoricalCrossentropy(from_logits=True)


class AddPositions(layers.Layer):
    """Adds a learned vector to each position."""

    def build(self, input_shape: Any) -> None:
        """Makes the vectors."""
        self.positions = self.add_weight(shape=input_shape[1:], initializer="random_normal", name="positions")

    def call(self, x: Any) -> Any:
        """Adds them."""
        return x + self.positions


def add_block(
    h: Any,
    *,
    width: int,
    heads: int = 2,
    norm: str = "pre",
    causal: bool = False,
    attention_mask: Any = None,
    gain: float = 1.0,
    **kernels: Any,
) -> Any:
    """A block of a transformer, normalized before, after or not at all; `kernels` as Dense and attention take them.

    What attention and Dense layers put out is multiplied by `gain` before it is added.
    """

    def normalize(value: Any, when: str) -> Any:
        return layers.LayerNormalization()(value) if norm == when else value

    attend = layers.MultiHeadAttention(heads, width // heads, **kernels)
    value = normalize(h, "pre")
    attended = attend(value, value, attention_mask=attention_mask, use_causal_mask=causal)
    h = normalize(h + (attended if gain == 1 else gain * attended), "post")
    value = layers.Dense(2 * width, "gelu", **kernels)(normalize(h, "pre"))
    value = layers.Dense(width, **kernels)(value)
    return normalize(h + (value if gain == 1 else gain * value), "post")


def build_encoder(
    x: Any, *, vocabulary: int = 50, blocks: int = 2, stddev: float | None = None, mask: bool = False, **options: Any
) -> keras.Model:
    """Token ids, an embedding with positions, blocks, the mean, and one sigmoid."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    words = ops.not_equal(inputs, 0) if mask else None
    h = AddPositions()(layers.Embedding(vocabulary, 16)(inputs))
    for _ in range(blocks):
        if stddev is not None:
            options["kernel_initializer"] = RandomNormal(stddev=stddev)
        h = add_block(h, width=16, attention_mask=None if words is None else words[:, None], **options)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h, mask=words)))


def build_decoder(
    x: Any,
    *,
    blocks: int = 1,
    norm: str = "pre",
    causal: bool = True,
    size: float = 1.0,
    gain: float = 1.0,
    final: bool = False,
) -> keras.Model:
    """Token ids, causal blocks, and logits of the token that follows; embeddings are multiplied by `size`."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = AddPositions()(layers.Embedding(20, 16)(inputs))
    h = h if size == 1 else layers.Rescaling(size)(h)
    for _ in range(blocks):
        h = add_block(h, width=16, norm=norm, causal=causal, gain=gain)
    return keras.Model(inputs, layers.Dense(20)(layers.LayerNormalization()(h) if final else h))


def build_image_transformer(x: Any, *, head: str = "softmax", scale: float = 1.0) -> keras.Model:
    """Rows of an image as tokens."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Rescaling(scale)(inputs) if scale != 1 else inputs
    h = AddPositions()(layers.Dense(24)(layers.Reshape((8, 8))(h)))
    for _ in range(2):
        h = add_block(h, width=24)
    h = layers.Flatten()(layers.LayerNormalization()(h))
    return keras.Model(inputs, layers.Dense(10, head)(h))


def build_series_transformer(x: Any, *, width: int = 16, pool: int = 4) -> keras.Model:
    """Patches of a time series as tokens."""
    inputs = keras.Input(x.shape[1:])
    h = AddPositions()(layers.Dense(width)(layers.Reshape((x.shape[1] // pool, pool))(inputs)))
    for _ in range(2):
        h = add_block(h, width=width)
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.GlobalAveragePooling1D()(h)))


def build_pooled_attention(x: Any, *, temperature: float = 1.0) -> keras.Model:
    """Scores of the steps, a softmax over them, and the mean of the steps that they weigh."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(40, 16)(inputs)
    scores = ops.softmax(layers.Dense(1)(layers.Dense(16, "tanh")(h)) * temperature, axis=1)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Flatten()(ops.sum(scores * h, axis=1))))


def build_constant_encoder(initializer: str, x: Any) -> keras.Model:
    """A block of attention between kernels that all start as the same number."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(50, 16, embeddings_initializer=initializer)(inputs)
    h = add_block(h, width=16, norm="none", kernel_initializer=initializer)
    h = layers.Dense(16, "tanh", kernel_initializer=initializer)(layers.GlobalAveragePooling1D()(h))
    return keras.Model(inputs, layers.Dense(1, "sigmoid", kernel_initializer=initializer)(h))


def build_float_ids(x: Any) -> keras.Model:
    """Token ids given to a Dense layer as if they were measurements."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Dense(16)(layers.Reshape((x.shape[1], 1))(ops.cast(inputs, "float32") * 100.0))
    for _ in range(2):
        h = add_block(h, width=16, norm="none")
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))


ENCODER = Program(
    name="pre-norm encoder",
    theme="attention",
    data=make_tokens,
    build=build_encoder,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
)
POST_NORM = ENCODER.vary("post-norm encoder", build=partial(build_encoder, norm="post"))
DECODER = Program(
    name="causal decoder",
    theme="attention",
    data=make_next_tokens,
    build=build_decoder,
    loss=NEXT_TOKEN,
    optimizer=partial(AdamW, 0.003),
)
IMAGES = Program(
    name="transformer of image rows",
    theme="attention",
    data=make_digits,
    build=build_image_transformer,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
)
SERIES = Program(
    name="transformer of patches",
    theme="attention",
    data=make_series_classes,
    build=build_series_transformer,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
)
POOLED = Program(
    name="attention pooling",
    theme="attention",
    data=make_padded_tokens,
    build=build_pooled_attention,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
)

HEALTHY = [
    ENCODER,
    POST_NORM,
    DECODER,
    IMAGES,
    SERIES,
    POOLED,
    ENCODER.vary(
        "masked encoder",
        data=make_padded_tokens,
        build=partial(build_encoder, mask=True, blocks=1),
    ),
    POST_NORM.vary("post-norm encoder of 4 blocks", build=partial(build_encoder, norm="post", blocks=4)),
    DECODER.vary("post-norm decoder", build=partial(build_decoder, norm="post", blocks=2)),
    IMAGES.vary(
        "transformer of raw image rows that rescales",
        data=partial(scale_inputs, make_digits, 255),
        build=partial(build_image_transformer, scale=1 / 255),
    ),
    ENCODER.vary("encoder under sgd", optimizer=partial(SGD, 0.05, momentum=0.9)),
    DECODER.vary("post-norm decoder of 4 blocks", build=partial(build_decoder, norm="post", blocks=4)),
    DECODER.vary("decoder of embeddings of unit size", build=partial(build_decoder, blocks=2, size=20.0, final=True)),
    DECODER.vary("decoder whose blocks begin near 0", build=partial(build_decoder, blocks=2, gain=0.01, final=True)),
    ENCODER.vary("one block without normalization", build=partial(build_encoder, norm="none", blocks=1)),
]

SICK = [
    ENCODER.vary(
        "pre-norm encoder, sgd 0.0003", label=labels.TOO_SMALL_STEPS, strength="clear", optimizer=partial(SGD, 3e-4)
    ),
    *(
        POST_NORM.vary(
            f"post-norm encoder, adam {rate}",
            label=labels.TOO_LARGE_STEPS,
            strength=strength,
            optimizer=partial(Adam, rate),
        )
        for strength, rate in zip(STRENGTHS, (0.1, 0.5, 5.0), strict=True)
    ),
    DECODER.vary(
        "causal decoder, sgd at its default rate",
        label=labels.TOO_SMALL_STEPS,
        strength="mild",
        optimizer=SGD,
    ),
    *(
        DECODER.vary(
            f"decoder of embeddings times {size:,.0f}",
            label=labels.RESIDUAL_IMBALANCE,
            strength=strength,
            build=partial(build_decoder, blocks=2, size=size, final=True),
        )
        for strength, size in (("clear", 1e5), ("extreme", 1e6))
    ),
    DECODER.vary(
        "post-norm decoder, 4 blocks times 100",
        label=labels.RESIDUAL_IMBALANCE,
        strength="clear",
        build=partial(build_decoder, blocks=4, norm="post", gain=100.0),
    ),
    DECODER.vary(
        "causal decoder, softmax without from_logits",
        label=labels.WRONG_HEAD,
        strength="clear",
        loss="sparse_categorical_crossentropy",
    ),
    *(
        ENCODER.vary(
            f"encoder without normalization, weights of {stddev}",
            label=(*labels.EXPLODING, *labels.TOO_LARGE_STEPS),
            strength=strength,
            build=partial(build_encoder, norm="none", blocks=3, stddev=stddev),
        )
        for strength, stddev in (("clear", 1.0), ("extreme", 3.0))
    ),
    ENCODER.vary(
        "pooled embeddings of ones",
        label=labels.SYMMETRIC,
        strength="clear",
        build=partial(build_constant_encoder, "ones"),
    ),
    ENCODER.vary(
        "pooled embeddings of zeros",
        label=labels.SYMMETRIC,
        strength="extreme",
        build=partial(build_constant_encoder, "zeros"),
    ),
    IMAGES.vary(
        "transformer with a relu head",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_image_transformer, head="relu"),
    ),
    ENCODER.vary(
        "ids as measurements",
        label=labels.LARGE_INPUTS,
        strength="clear",
        build=build_float_ids,
    ),
    SERIES.vary(
        "transformer of patches, adam 1e-06",
        label=labels.TOO_SMALL_STEPS,
        strength="extreme",
        optimizer=partial(Adam, 1e-6),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
