"""Inputs and labels of the labelled programs; of unit scale unless a function's name says otherwise."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import datasets

Data = tuple[Any, Any]


def make_circles(examples: int = 640) -> Data:
    """Two noisy rings in the plane; labels of shape `(examples, 1)`."""
    x, y = datasets.make_circles(examples, factor=0.5, noise=0.1, random_state=0)
    return (x / x.std()).astype("float32"), y[:, None].astype("float32")


def make_blobs(examples: int = 640, features: int = 20) -> Data:
    """Three classes in many dimensions, with some overlap; integer labels."""
    x, y = datasets.make_classification(
        examples, features, n_informative=8, n_redundant=4, n_classes=3, class_sep=1.5, random_state=0
    )
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y.astype("int32")


def make_binary(examples: int = 640) -> Data:
    """Two classes in twenty dimensions; labels of shape `(examples, 1)`."""
    x, y = make_blobs(examples)
    return x, (y == 0).astype("float32")[:, None]


def make_regression(examples: int = 640) -> Data:
    """Friedman's first function of ten features, label standardised."""
    x, y = datasets.make_friedman1(examples, noise=0.5, random_state=0)
    return ((x - 0.5) * 12**0.5).astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_digits(examples: int = 640) -> Data:
    """Handwritten digits, 8 by 8 by 1, from 0 to 1; their border pixels are constant."""
    data = datasets.load_digits()
    return (data.images[:examples, ..., None] / 16).astype("float32"), data.target[:examples].astype("int32")


def make_large_digits() -> Data:
    """Fewer digits, each pixel four times, with a border: 20 by 20 by 1."""
    x, y = make_digits(400)
    return np.pad(x.repeat(2, axis=1).repeat(2, axis=2), ((0, 0), (2, 2), (2, 2), (0, 0))), y


def make_flat_pairs() -> Data:
    """Digits as vectors, which are their own labels."""
    x, _ = make_digits()
    flat = x.reshape(len(x), -1)
    return flat, flat


def make_sequences(examples: int = 640, length: int = 12) -> Data:
    """Noise of two channels; the label says whether the first channel's sum is positive."""
    x = np.random.default_rng(0).normal(size=(examples, length, 2)).astype("float32")
    return x, (x[:, :, :1].sum(axis=1) > 0).astype("float32")


def make_tokens(examples: int = 640, length: int = 12) -> Data:
    """Sequences of token numbers below 50; the label says whether more of them are below 25 than not."""
    x = np.random.default_rng(0).integers(0, 50, size=(examples, length))
    return x.astype("int32"), ((x < 25).mean(axis=1, keepdims=True) > 0.5).astype("float32")


def make_wine() -> Data:
    """Thirteen measures of wines in their own units, from 0.1 to 1000; three classes."""
    data = datasets.load_wine()
    order = np.random.default_rng(0).permutation(len(data.target))
    return np.tile(data.data[order].astype("float32"), (3, 1)), np.tile(data.target[order].astype("int32"), 3)


def make_cancer() -> Data:
    """Thirty measures of tumours in their own units, from 0.001 to 4000; labels of shape `(examples, 1)`."""
    data = datasets.load_breast_cancer()
    return data.data.astype("float32"), data.target[:, None].astype("float32")


def make_cancer_classes() -> Data:
    """The tumours, standardised, with integer labels."""
    x, y = standardize(make_cancer)
    return x, y[:, 0].astype("int32")


def make_diabetes() -> Data:
    """Ten features of unit scale; labels from 25 to 346."""
    x, y = datasets.load_diabetes(return_X_y=True)
    return (x / x.std(axis=0)).astype("float32"), y[:, None].astype("float32")


def make_two_tasks() -> Data:
    """Two inputs, with a class and a number as labels."""
    x, y = make_blobs()
    _, z = make_regression()
    return [x[:, :10], x[:, 10:]], {"kind": y, "size": z}


def make_multi_label() -> Data:
    """Four labels per example, each 0 or 1."""
    x, _ = make_blobs()
    return x, (x[:, :4] > 0).astype("float32")


def make_one_hot() -> Data:
    """The three classes of `make_blobs` as unit vectors."""
    x, y = make_blobs()
    return x, np.eye(3, dtype="float32")[y]


def make_signed() -> Data:
    """Two classes, labelled -1 and 1."""
    x, y = make_binary()
    return x, 2 * y - 1


def make_labels_1_and_2() -> Data:
    """Two classes, labelled 1 and 2."""
    x, y = make_binary()
    return x, y + 1


def make_imbalanced() -> Data:
    """Two classes, one of them rare."""
    x, _ = make_blobs()
    return x, (x[:, :1] > 1.6).astype("float32")


def make_one_class() -> Data:
    """Every label is 1."""
    x, _ = make_blobs()
    return x, np.ones((640, 1), "float32")


def make_positive() -> Data:
    """The regression's labels without their signs."""
    x, y = make_regression()
    return x, np.abs(y)


def make_nan_input() -> Data:
    """One value of one example is NaN."""
    x, y = make_blobs()
    x = x.copy()
    x[3, 4] = np.nan
    return x, y


def number_classes(make: Callable[[], Data]) -> Data:
    """Class numbers as float labels of shape `(examples, 1)`, as if they were a quantity."""
    x, y = make()
    return x, y[:, None].astype("float32")


def replace_label(make: Callable[[], Data], index: int, value: float) -> Data:
    """One label replaced."""
    x, y = make()
    return x, np.where(np.arange(len(y))[:, None] == index, value, y)


def scale_inputs(make: Callable[[], Data], factor: float, shift: float = 0.0) -> Data:
    """Inputs times a factor, plus a shift."""
    x, y = make()
    return (x * factor + shift).astype("float32"), y


def scale_labels(make: Callable[[], Data], factor: float) -> Data:
    """Labels times a factor."""
    x, y = make()
    return x, y * factor


def standardize(make: Callable[[], Data]) -> Data:
    """Each feature with mean 0 and standard deviation 1."""
    x, y = make()
    return (x - x.mean(axis=0)) / x.std(axis=0), y


def standardize_both(make: Callable[[], Data]) -> Data:
    """Features and labels with mean 0 and standard deviation 1."""
    x, y = standardize(make)
    return x, (y - y.mean(axis=0)) / y.std(axis=0)
