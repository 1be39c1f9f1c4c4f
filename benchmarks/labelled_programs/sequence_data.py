"""Sequences and tokens for the labelled programs."""

import numpy as np

from labelled_programs.data import Data


def make_recall(length: int, at: int, examples: int = 320, channels: int = 1) -> Data:
    """Noise; the label is the sign of the first channel at one time step."""
    x = np.random.default_rng(1).normal(size=(examples, length, channels)).astype("float32")
    return x, (x[:, at, :1] > 0).astype("float32")


def make_recall_flag(length: int, examples: int = 320) -> Data:
    """Weak noise behind a flag of -1 or 1 at the first step, which is the answer."""
    generator = np.random.default_rng(2)
    x = 0.3 * generator.normal(size=(examples, length, 1))
    y = generator.integers(0, 2, size=(examples, 1))
    x[:, 0, 0] = 2 * y[:, 0] - 1
    return x.astype("float32"), y.astype("float32")


def make_waves(length: int = 24, examples: int = 320, scale: float = 1.0, shift: float = 0.0) -> Data:
    """Windows of a noisy sum of two waves, with the value that follows."""
    generator = np.random.default_rng(3)
    time = np.arange(examples + length)
    wave = np.sin(time / 5) + 0.5 * np.sin(time / 17) + 0.05 * generator.normal(size=len(time))
    wave = (wave * scale + shift).astype("float32")
    windows = np.lib.stride_tricks.sliding_window_view(wave, length)[:examples]
    order = generator.permutation(examples)
    return np.ascontiguousarray(windows[order, :, None]), wave[length : length + examples, None][order]


def make_ragged(length: int = 16, examples: int = 400) -> Data:
    """Sequences of different length, padded by zeros; the label says whether their sum is positive."""
    generator = np.random.default_rng(4)
    x = generator.normal(size=(examples, length, 2)).astype("float32")
    lengths = generator.integers(3, length + 1, size=examples)
    x[np.arange(length)[None] >= lengths[:, None]] = 0.0
    return x, (x[:, :, :1].sum(axis=1) > 0).astype("float32")


def make_tags(length: int = 12, examples: int = 320) -> Data:
    """Noise with one of three labels at each step: which third of the line the running mean of two steps is in."""
    x = np.random.default_rng(5).normal(size=(examples, length, 1)).astype("float32")
    mean = x[:, :, 0] + np.roll(x[:, :, 0], 1, axis=1)
    return x, np.digitize(mean, (-0.6, 0.6)).astype("int32")


def make_next_tokens(length: int = 12, vocabulary: int = 20, examples: int = 320) -> Data:
    """Walks on a ring of tokens, forwards or backwards by steps of three, with the token that follows each."""
    generator = np.random.default_rng(6)
    start = generator.integers(0, vocabulary, size=(examples, 1))
    direction = 3 * generator.choice((-1, 1), size=(examples, 1))
    walk = (start + direction * np.arange(length + 1)) % vocabulary
    return walk[:, :-1].astype("int32"), walk[:, 1:].astype("int32")


def make_padded_tokens(length: int = 20, vocabulary: int = 40, examples: int = 400) -> Data:
    """Token ids from 1, padded by 0; the label says whether more of them are in the vocabulary's upper half."""
    generator = np.random.default_rng(7)
    x = generator.integers(1, vocabulary, size=(examples, length))
    x[np.arange(length)[None] >= generator.integers(4, length + 1, size=(examples, 1))] = 0
    upper = (x >= vocabulary // 2).sum(axis=1, keepdims=True)
    return x.astype("int32"), (2 * upper > (x > 0).sum(axis=1, keepdims=True)).astype("float32")


def make_topics(length: int = 16, vocabulary: int = 60, examples: int = 400) -> Data:
    """Token ids of four topics, each with words of its own among common ones; integer labels."""
    generator = np.random.default_rng(8)
    y = generator.integers(0, 4, size=examples)
    common = generator.integers(0, 20, size=(examples, length))
    own = 20 + 10 * y[:, None] + generator.integers(0, 10, size=(examples, length))
    return np.where(generator.random((examples, length)) < 0.25, own, common).astype("int32"), y.astype("int32")


def make_series_classes(length: int = 64, examples: int = 320) -> Data:
    """Noisy waves of three frequencies; integer labels."""
    generator = np.random.default_rng(9)
    y = generator.integers(0, 3, size=examples)
    phase = generator.uniform(0, 2 * np.pi, size=(examples, 1))
    wave = np.sin(np.arange(length) * np.array([0.15, 0.3, 0.6])[y][:, None] + phase)
    x = wave + 0.5 * generator.normal(size=(examples, length))
    return x[:, :, None].astype("float32"), y.astype("int32")
