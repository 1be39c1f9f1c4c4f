"""Inputs and labels of the programs that are kept out of sight."""

from typing import Any

import numpy as np
from sklearn import datasets

Data = tuple[Any, Any]


def make_moons(examples: int = 400, scale: float = 1.0) -> Data:
    """Two half moons; labels of shape `(examples, 1)`."""
    x, y = datasets.make_moons(examples, noise=0.15, random_state=3)
    return (scale * (x - x.mean(0)) / x.std(0)).astype("float32"), y[:, None].astype("float32")


def make_iris(standard: bool = True, first: int = 0) -> Data:
    """Four measures of flowers of three kinds, numbered from `first`, in random order."""
    x, y = datasets.load_iris(return_X_y=True)
    order = np.random.default_rng(21).permutation(len(y))
    x = (x - x.mean(0)) / x.std(0) if standard else x
    return x[order].astype("float32"), (y[order] + first).astype("int32")


def make_spiral(examples: int = 450) -> Data:
    """Three arms of a spiral; integer labels."""
    generator = np.random.default_rng(22)
    y = generator.integers(0, 3, size=examples)
    radius = generator.uniform(0.1, 1, size=examples)
    angle = 4 * radius + y * 2 * np.pi / 3 + 0.1 * generator.normal(size=examples)
    return (2 * np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)).astype("float32"), y.astype("int32")


def make_curve(examples: int = 400, scale: float = 1.0, shift: float = 0.0, outputs: int = 1) -> Data:
    """Six features, and numbers that are sums of their waves and products."""
    generator = np.random.default_rng(23)
    x = generator.normal(size=(examples, 6))
    y = np.stack([np.sin(2 * x[:, k]) + x[:, k + 1] * x[:, k + 2] for k in range(outputs)], axis=1)
    return x.astype("float32"), (scale * y / y.std(0) + shift).astype("float32")


def make_tags(examples: int = 400, tags: int = 6) -> Data:
    """Sixteen features and several labels each, of which any number may be set."""
    generator = np.random.default_rng(24)
    x = generator.normal(size=(examples, 16))
    return x.astype("float32"), (x @ generator.normal(size=(16, tags)) > 2).astype("float32")


def make_shapes(examples: int = 300, size: int = 14, channels: int = 1) -> Data:
    """Discs, squares and crosses in noise; integer labels."""
    generator = np.random.default_rng(25)
    y = generator.integers(0, 3, size=examples)
    row, column = np.mgrid[:size, :size]
    images = []
    for shape in y:
        down, across = (np.abs(grid - generator.integers(4, size - 4)) for grid in (row, column))
        disc, square, cross = down**2 + across**2 <= 9, np.maximum(down, across) <= 3, np.minimum(down, across) <= 0
        images.append((disc, square, cross & (np.maximum(down, across) <= 3))[shape])
    x = np.stack(images)[..., None] + 0.15 * generator.normal(size=(examples, size, size, channels))
    return x.astype("float32"), y.astype("int32")


def make_lesions(examples: int = 160, size: int = 16, high: float = 1.0) -> Data:
    """Noisy images with two bright discs, and the discs' mask of 0 and `high`."""
    generator = np.random.default_rng(26)
    row, column = np.mgrid[:size, :size]
    masks = np.zeros((examples, size, size, 1))
    for mask in masks:
        for _ in range(2):
            down, across = generator.integers(3, size - 3, size=2)
            mask[(row - down) ** 2 + (column - across) ** 2 <= 5] = 1
    x = masks + 0.4 * generator.normal(size=masks.shape)
    return x.astype("float32"), (high * masks).astype("float32")


def make_pulses(length: int, window: tuple[int, int], examples: int = 320) -> Data:
    """A pulse up or down somewhere in a window of a noisy sequence of two channels; the label is its direction."""
    generator = np.random.default_rng(27)
    x = 0.2 * generator.normal(size=(examples, length, 2))
    y = generator.integers(0, 2, size=examples)
    x[np.arange(examples), generator.integers(*window, size=examples), 0] += 3.0 * (2 * y - 1)
    return x.astype("float32"), y[:, None].astype("float32")


def make_sales(length: int = 14, examples: int = 300, scale: float = 1.0, shift: float = 0.0) -> Data:
    """Two weeks of two products with a weekly rhythm, and what is sold of both on the next day."""
    generator = np.random.default_rng(28)
    days = np.arange(examples + length)
    sold = np.stack([np.sin(2 * np.pi * days / 7), np.cos(2 * np.pi * days / 7) + 0.5 * np.sin(days / 20)], axis=1)
    sold = (scale * (sold + 0.1 * generator.normal(size=sold.shape)) + shift).astype("float32")
    x = np.stack([sold[day : day + length] for day in range(examples)])
    return x, sold[length : length + examples]


def make_first_token(length: int = 15, vocabulary: int = 30, examples: int = 400) -> Data:
    """Token ids; the label, one of three, is that of the first token's third of the vocabulary."""
    x = np.random.default_rng(29).integers(0, vocabulary, size=(examples, length))
    return x.astype("int32"), (x[:, 0] * 3 // vocabulary).astype("int32")


def make_reviews(length: int = 25, vocabulary: int = 80, examples: int = 400) -> Data:
    """Texts of words of which a tenth is good and a tenth bad, padded by 0 in front; the label says which are more."""
    generator = np.random.default_rng(30)
    y = generator.integers(0, 2, size=(examples, 1))
    x = generator.integers(17, vocabulary, size=(examples, length))
    telling = generator.random(x.shape) < 0.2
    mood = np.where(generator.random(x.shape) < 0.85, y, 1 - y)
    x = np.where(telling, 1 + 8 * mood + generator.integers(0, 8, size=x.shape), x)
    x[np.arange(length)[None] < generator.integers(0, 15, size=(examples, 1))] = 0
    return x.astype("int32"), y.astype("float32")


def make_reversal(length: int = 8, vocabulary: int = 12, examples: int = 400) -> Data:
    """Token ids and the same in reverse order."""
    x = np.random.default_rng(31).integers(0, vocabulary, size=(examples, length))
    return x.astype("int32"), x[:, ::-1].astype("int32").copy()


def make_visits(examples: int = 600) -> Data:
    """A user and a page, both of 25, and whether the user stayed."""
    generator = np.random.default_rng(32)
    users, pages = generator.normal(size=(2, 25, 2))
    pairs = generator.integers(0, 25, size=(examples, 2)).astype("int32")
    stayed = (users[pairs[:, 0]] * pages[pairs[:, 1]]).sum(axis=1, keepdims=True) > 0
    return {"user": pairs[:, :1], "page": pairs[:, 1:]}, stayed.astype("float32")
