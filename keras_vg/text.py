"""Names for output: short and distinct ones, and ones that are safe to print in a page or a terminal."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any


def shorten_paths(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Names each path by its shortest suffix that no other path has.

    Args:
        paths: The parts of each path, at least one.

    Returns:
        One name per path, parts joined by `/`. Equal paths are numbered: `kernel`, `kernel_1`, ...

    Example:
        >>> shorten_paths([("a", "dense", "kernel"), ("b", "dense", "kernel"), ("b", "bias")])
        ['a/dense/kernel', 'b/dense/kernel', 'bias']
    """
    endings = Counter("/".join(path[start:]) for path in set(paths) for start in range(len(path)))
    names: list[str] = []
    for path in paths:
        candidates = ("/".join(path[start:]) for start in reversed(range(len(path))))
        name = next((ending for ending in candidates if endings[ending] == 1), "/".join(path))
        numbered = (name if number == 0 else f"{name}_{number}" for number in itertools.count())
        names.append(next(name for name in numbered if name not in names))
    return names


_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def make_printable(name: str) -> str:
    r"""Replaces control characters, and other characters that XML does not allow, by U+FFFD.

    Args:
        name: A text from a log, or a file's name, which might contain terminal commands or break a page.

    Returns:
        The text with the replacements.

    Example:
        >>> ascii(make_printable("dense\x1b[2J"))
        "'dense\\ufffd[2J'"
    """
    return _UNPRINTABLE.sub("\ufffd", name)


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

LONGEST_QUOTE = 300
"""Characters of another library's message that are quoted: it may hold all labels of a batch, 80,000 characters."""


def quote_error(error: BaseException) -> str:
    """Quotes an exception in a few lines: its class, and the beginning of its message.

    Args:
        error: The exception.

    Returns:
        E.g. `"ValueError: No loss to compute."`, without colours and empty lines; what is left out is counted.

    Example:
        >>> quote_error(ValueError("x" * 1000)).endswith("x ... (700 more characters)")
        True
    """
    message = "\n".join(line for line in _COLOURS.sub("", str(error)).splitlines() if line.strip())
    left = len(message) - LONGEST_QUOTE
    shown = f"{message[:LONGEST_QUOTE]} ... ({left} more characters)" if left > 0 else message
    return f"{type(error).__name__}: {make_printable(shown)}"


_LAYER_NAMES = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "KLDivergence": "kl_divergence",
}


def name_function(function: Any) -> str:
    """Names a function, a class or an object in lower case with underscores, as Keras names its activations and losses.

    Args:
        function: A function or class, named by its `__name__`, or an object, named by its class.

    Returns:
        The name.

    Example:
        >>> name_function(type("LeakyReLU", (), {})), name_function(type("GroupNormalization", (), {})())
        ('leaky_relu', 'group_normalization')
    """
    name = getattr(function, "__name__", type(function).__name__)
    return _LAYER_NAMES.get(name, re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def is_of_keras(item: Any) -> bool:
    """Whether a function, a class or an object's class is Keras's own, as far as its module says.

    Args:
        item: A function, a class or an object.

    Example:
        >>> is_of_keras(keras.layers.Dense), is_of_keras(keras.layers.Dense(1)), is_of_keras(len)
        (True, True, False)
    """
    return str(getattr(item, "__module__", "")).split(".")[0] == "keras"
