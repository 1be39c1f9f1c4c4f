"""Attention and small transformers."""

from functools import partial
from typing import Any

import keras
from keras import layers, ops
from keras.initializers import TruncatedNormal
from keras.optimizers import SGD, Adam, AdamW, RMSprop

from labelled_programs import labels
from labelled_programs.held_out.data import make_first_token, make_reversal, make_reviews, make_sales
from labelled_programs.program import Program


class Block(layers.Layer):
    """A layer of attention and two Dense layers, in one layer of the user's own."""

    def __init__(
        self, width: int, heads: int, norm_first: bool, stddev: float | None = None, skip: bool = True
    ) -> None:
        super().__init__()
        kernel = "glorot_uniform" if stddev is None else TruncatedNormal(stddev=stddev)
        self.attend = layers.MultiHeadAttention(heads, width // heads, kernel_initializer=kernel)
        self.grow, self.shrink = (layers.Dense(n, a) for n, a in ((3 * width, "relu"), (width, None)))
        self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.norm_first, self.skip = norm_first, skip

    def call(self, h: Any, mask: Any = None) -> Any:
        """Attends, then looks at each position alone."""
        parts: list[Any] = [lambda v: self.attend(v, v), lambda v: self.shrink(self.grow(v))]
        for norm, part in zip(self.norms, parts, strict=True):
            if self.norm_first:
                h = h + part(norm(h)) if self.skip else part(norm(h))
            else:
                h = norm(h + part(h)) if self.skip else norm(part(h))
        return h


class Positions(layers.Layer):
    """Token and position embeddings, as in many examples."""

    def __init__(self, vocabulary: int, length: int, width: int, scale: float = 1.0) -> None:
        super().__init__()
        self.tokens, self.places = layers.Embedding(vocabulary, width), layers.Embedding(length, width)
        self.length, self.scale = length, scale

    def call(self, ids: Any) -> Any:
        """The sum of both."""
        return self.scale * (self.tokens(ids) + self.places(ops.arange(self.length)))


def build_classifier(
    x: Any,
    *,
    blocks: int = 1,
    norm_first: bool = False,
    scale: float = 1.0,
    head: tuple[int, str | None] = (1, "sigmoid"),
    vocabulary: int = 80,
    pool: bool = True,
    **options: Any,
) -> keras.Model:
    """Ids, blocks, pooling, and two Dense layers."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = Positions(vocabulary, x.shape[1], 24, scale)(inputs)
    for _ in range(blocks):
        h = Block(24, 3, norm_first, **options)(h)
    h = layers.GlobalAveragePooling1D()(h) if pool else h[:, 0]
    return keras.Model(inputs, layers.Dense(*head)(layers.Dense(16, "relu")(h)))


def build_reversal(x: Any, *, head: str = "softmax", blocks: int = 2) -> keras.Model:
    """A distribution over tokens at each position."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = Positions(12, x.shape[1], 32)(inputs)
    for _ in range(blocks):
        h = Block(32, 4, True)(h)
    return keras.Model(inputs, layers.Dense(12, head)(h))


def build_series(x: Any, *, project: bool = True, scale: float = 1.0) -> keras.Model:
    """A transformer of days; without a projection its blocks normalize over the two products alone."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(16)(inputs * scale) if project else inputs * scale
    for _ in range(2):
        h = Block(16 if project else 2, 1, True)(h)
    return keras.Model(inputs, layers.Dense(2)(layers.Flatten()(h)))


def build_crossed(x: Any, *, kernel: str = "glorot_uniform") -> keras.Model:
    """Two learned queries that attend to the sequence."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = Positions(80, x.shape[1], 16)(inputs)
    query = layers.Embedding(2, 16)(ops.zeros_like(inputs[:, :2]) + ops.arange(2))
    h = layers.MultiHeadAttention(2, 8, kernel_initializer=kernel)(query, h)
    return keras.Model(inputs, layers.Dense(1, "sigmoid", kernel_initializer=kernel)(layers.Flatten()(h)))


REVIEWS = Program(
    name="reviews, post-norm block",
    theme="attention",
    data=make_reviews,
    build=build_classifier,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
)
FIRST = Program(
    name="first token, pre-norm blocks",
    theme="attention",
    data=make_first_token,
    build=partial(build_classifier, blocks=2, norm_first=True, head=(3, "softmax"), vocabulary=30, pool=False),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(AdamW, 0.003),
)
REVERSAL = Program(
    name="reversal of tokens",
    theme="attention",
    data=make_reversal,
    build=build_reversal,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
)
SALES = Program(
    name="transformer of days",
    theme="attention",
    data=make_sales,
    build=build_series,
    loss="mse",
    optimizer=partial(Adam, 0.005),
)
CROSSED = REVIEWS.vary("two learned queries", build=build_crossed, optimizer=partial(Adam, 0.01))

HEALTHY = [
    REVIEWS,
    FIRST,
    REVERSAL,
    SALES,
    CROSSED,
    REVIEWS.vary(
        "reviews, pre-norm under rmsprop",
        build=partial(build_classifier, norm_first=True),
        optimizer=partial(RMSprop, 0.003),
    ),
    FIRST.vary(
        "first token, four post-norm blocks",
        build=partial(build_classifier, blocks=4, head=(3, "softmax"), vocabulary=30, pool=False),
        optimizer=partial(Adam, 0.001),
    ),
    FIRST.vary("first token under sgd", optimizer=partial(SGD, 0.02, momentum=0.9)),
]

SICK = [
    *(
        REVIEWS.vary(
            f"reviews, adam {rate}", label=labels.TOO_LARGE_STEPS, strength=strength, optimizer=partial(Adam, rate)
        )
        for strength, rate in (("mild", 0.2), ("extreme", 10.0))
    ),
    REVIEWS.vary("reviews, sgd", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer="sgd"),
    REVIEWS.vary("reviews, adam 3e-7", label=labels.TOO_SMALL_STEPS, strength="extreme", optimizer=partial(Adam, 3e-7)),
    REVIEWS.vary(
        "reviews under one unit of softmax",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_classifier, head=(1, "softmax")),
    ),
    FIRST.vary(
        "first token, sgd 0.0003", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.0003)
    ),
    FIRST.vary(
        "first token with logits for probabilities",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_classifier, blocks=2, norm_first=True, head=(3, None), vocabulary=30, pool=False),
    ),
    REVERSAL.vary(
        "reversal through relu", label=labels.WRONG_HEAD, strength="clear", build=partial(build_reversal, head="relu")
    ),
    *(
        FIRST.vary(
            f"six blocks without skips, weights near {stddev}",
            label=labels.VANISHING,
            strength=strength,
            build=partial(
                build_classifier,
                blocks=6,
                norm_first=True,
                head=(3, "softmax"),
                vocabulary=30,
                pool=False,
                skip=False,
                stddev=stddev,
                scale=1.0,
            ),
            optimizer=partial(SGD, 0.05),
        )
        for strength, stddev in (("clear", 0.002),)
    ),
    SALES.vary(
        "transformer of days in thousands",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(make_sales, scale=3000.0, shift=10000.0),
        build=partial(build_series, scale=1e-4),
    ),
    CROSSED.vary(
        "two learned queries of zeros",
        label=labels.SYMMETRIC,
        strength="extreme",
        build=partial(build_crossed, kernel="zeros"),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
