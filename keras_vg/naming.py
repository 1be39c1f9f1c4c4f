"""Short names that stay distinct."""

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
    names, repeats = [], Counter[str]()
    for path in paths:
        candidates = ("/".join(path[start:]) for start in reversed(range(len(path))))
        name = next((ending for ending in candidates if endings[ending] == 1), "/".join(path))
        names.append(f"{name}_{repeats[name]}" if repeats[name] else name)
        repeats[name] += 1
    return names
