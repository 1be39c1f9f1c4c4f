"""One real architecture: how it is made, where it runs, and how closely its gradients can be computed twice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from labelled_programs import Trainee

BACKENDS = ("tensorflow", "jax", "torch")

Recheck = Literal["float64", "eager"]
"""How to tell rounding from a fault where a compiled step in float32 is not close enough: all of it again in float64,
or the logged training in eager steps, whose operations are those of the independent computation."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A compiled model and data that it trains on.

    Attributes:
        name: Its name in the table.
        make: Makes the compiled model, its inputs and its labels (None without) anew from Keras's random numbers.
        backends: Where it can be trained by `fit`.
        batch_size: Examples per step; the data are two batches.
        is_small: Whether it trains in seconds, so that a test can run it.
        recheck: What is done if the gradients differ by more than the tolerance.
        needs_hub: Whether it takes keras-hub, the extra `hub`.
    """

    name: str
    make: Callable[[], Trainee]
    backends: tuple[str, ...] = BACKENDS
    batch_size: int = 4
    is_small: bool = False
    recheck: Recheck = "float64"
    needs_hub: bool = False
