"""Short names that stay distinct."""

import itertools
from collections import Counter
from collections.abc import Sequence


def shorten_paths(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Names each path by its shortest ending that no other path ends in.

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
