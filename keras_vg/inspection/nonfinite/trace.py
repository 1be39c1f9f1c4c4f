"""What is known of the values of a training step that are not finite, and the way back from them to their origin.

Knows no backend: each has a module that runs a step operation by operation and records such values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Phase = Literal["none", "input", "label", "sample_weight", "weight", "forward", "loss", "backward", "update"]
SourcePhase = Literal["input", "label", "sample_weight", "weight", "constant"]
Value = Literal["NaN", "inf"]

ELEMENTWISE = frozenset(
    [
        "add",
        "subtract",
        "multiply",
        "divide",
        "where",
        "maximum",
        "minimum",
        "power",
        "negative",
        "abs",
        "square",
        "sqrt",
        "rsqrt",
        "reciprocal",
        "exp",
        "expm1",
        "log",
        "log1p",
        "tanh",
        "sigmoid",
        "relu",
        "cast",
        "sin",
        "cos",
        "erf",
        "arccos",
        "arcsin",
        "arctanh",
        "squared_difference",
        "xlogy",
        "xdivy",
        "identity",
    ]
)
"""Operations whose output at one position depends on their inputs at that position only, inputs broadcast."""


@dataclass(frozen=True, eq=False)
class Source:
    """What a step is given.

    Attributes:
        phase: What it is; a constant belongs to the program.
        name: Of a weight its name in the layer; of data its key or number if there are several, else empty.
        layer: Of a weight, the layer's name.
    """

    phase: SourcePhase
    name: str = ""
    layer: str = ""


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation that put out a value that is not finite.

    Attributes:
        number: The operations are numbered in the order in which they ran.
        name: As `keras.ops` names it; of an operation of the backward pass, that of the one whose derivative it is.
        executed: What ran, named likewise.
        layer: The innermost layer in which it was called; `"loss"` or `"train_step"` outside of the layers.
        phase: `"forward"`, `"loss"` or `"backward"`.
        inputs: Those of its inputs that are not finite.
    """

    number: int
    name: str
    executed: str
    layer: str
    phase: Phase
    inputs: tuple["NonFinite", ...]


@dataclass(frozen=True, eq=False)
class NonFinite:
    """An array in which some values are not finite.

    Attributes:
        nan: Where it is NaN, a boolean array of its shape.
        inf: Where it is infinite.
        origin: What put it out.
    """

    nan: np.ndarray
    inf: np.ndarray
    origin: Operation | Source


@dataclass(frozen=True)
class Found:
    """The operation or source at which the first value that is not finite arises, that value and where it is."""

    origin: Operation | Source
    value: Value
    where: np.ndarray


def find_masks(array: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Finds where an array is NaN and where it is infinite; None if it is finite or holds no floating numbers."""
    if array.dtype.kind in "biuOSUM?" or np.isfinite(array).all():
        return None
    nan = np.asarray(np.isnan(array), bool)
    return nan, np.asarray(~np.isfinite(array), bool) & ~nan


def find_first(results: Sequence[NonFinite]) -> Found | None:
    """Finds where the values of some results come from that are not finite.

    The way leads back from each result through those inputs of its operation that are not finite where it matters. It
    ends at a source, or at an operation whose inputs are finite. Of a NaN made of infinities it goes on to what made
    those, unless they are constants (the -inf of a mask): then their operation made the NaN.

    Args:
        results: A step's results that are not finite.

    Returns:
        The source if there is one, else the operation that ran first; None without results.
    """
    found = [item for result in results for item in _walk_back(result)]
    return min(found, key=_rank, default=None)


def _rank(found: Found) -> int:
    return found.origin.number if isinstance(found.origin, Operation) else -1


def _walk_back(result: NonFinite) -> Iterator[Found]:
    if not result.nan.any():
        yield from _walk_back_from_infinity([(result, result.inf)])
        return
    left, seen = [(result, result.nan)], set[tuple[int, bytes]]()
    while left:
        value, where = left.pop()
        origin = value.origin
        if _is_repeated(value, where, seen):
            continue
        if isinstance(origin, Source):
            if origin.phase != "constant":
                yield Found(origin, "NaN", where)
            continue
        nans = list(_select(origin, "nan", where))
        moving = [pair for pair in nans if not _is_constant(pair[0])]
        if moving:
            left += moving
            continue
        infinities = [] if nans else list(_walk_back_from_infinity(list(_select(origin, "inf", where))))
        yield from infinities or [Found(origin, "NaN", where)]


def _walk_back_from_infinity(left: list[tuple[NonFinite, np.ndarray]]) -> Iterator[Found]:
    """What made infinite values, other than constants."""
    seen = set[tuple[int, bytes]]()
    while left:
        value, where = left.pop()
        origin = value.origin
        if _is_repeated(value, where, seen) or _is_constant(value):
            continue
        if isinstance(origin, Source):
            yield Found(origin, "inf", where)
            continue
        infinities = list(_select(origin, "inf", where))
        if infinities:
            left += infinities
        else:
            yield Found(origin, "inf", where)


def _is_repeated(value: NonFinite, where: np.ndarray, seen: set[tuple[int, bytes]]) -> bool:
    key = (id(value), np.packbits(where).tobytes())
    if key in seen:
        return True
    seen.add(key)
    return False


def _is_constant(value: NonFinite) -> bool:
    return isinstance(value.origin, Source) and value.origin.phase == "constant"


def _select(
    operation: Operation, which: Literal["nan", "inf"], where: np.ndarray
) -> Iterator[tuple[NonFinite, np.ndarray]]:
    """The inputs that have such values, as far as they reach the output where it is asked for; and where they do."""
    for given in operation.inputs:
        mask: np.ndarray = getattr(given, which)
        if operation.executed in ELEMENTWISE:
            try:
                reached = np.broadcast_to(mask, where.shape) & where
            except ValueError:  # the name says more than the operation does
                reached = mask
            mask = reached if reached.shape == mask.shape else mask if reached.any() else np.zeros_like(mask)
        if mask.any():
            yield given, mask
