"""How long the simple models take that answer a probe batch at the end of a fit that has ended badly."""

import time

import numpy as np
from rich.console import Console
from rich.table import Table

from keras_vg.inspection.simple_models import compare_with_simple_models

CASES = ((128, 10, 2), (256, 784, 10), (1000, 500, 2), (10_000, 3000, 10), (1000, 500, 100))
"""Examples, features and classes."""

REPEATS = 5


def main() -> None:
    """Prints median and range of the seconds, for a network that answers nothing."""
    table = Table("examples", "features", "classes", "seconds")
    measure(*CASES[0])  # imports scikit-learn
    for case in CASES:
        seconds = [measure(*case) for _ in range(REPEATS)]
        table.add_row(*map(str, case), f"{np.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})")
    Console().print(table)


def measure(examples: int, features: int, classes: int) -> float:
    """Seconds of one comparison."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(examples, features)).astype("float32")
    y = np.argsort(np.argsort(x[:, 0])) * classes // examples
    output = {"loss": "sparse_categorical_crossentropy", "from_logits": False, "ignore_class": None}
    output |= {"activation": "softmax", "units": classes, "positions": 1}
    start = time.perf_counter()
    compare_with_simple_models([x], y, [np.full((examples, classes), 1 / classes)], output)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
