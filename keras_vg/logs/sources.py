"""Which files are followed: those that are named, and those that come to match a pattern."""

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def find_patterns(names: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Finds the patterns by which files were named, also where the shell has replaced a pattern by its matches.

    Args:
        names: Paths and patterns. Paths that are all files of their folder with one ending are taken as the pattern
            of that ending (`runs/*.csv`), and several that are all files with a common beginning and end as the
            pattern of these (`runs/a_*.csv`).

    Returns:
        The patterns, and the paths that are of none.

    Example:
        >>> find_patterns(["absent.csv", "runs/*.gz"])
        ['absent.csv', 'runs/*.gz']
    """
    patterns: list[str] = []
    folders: dict[tuple[str, str], list[str]] = {}
    for name in dict.fromkeys(os.fspath(name) for name in names):
        if os.path.exists(name):
            folders.setdefault((os.path.dirname(name), Path(name).suffix), []).append(name)
        else:
            patterns.append(name)
    for (folder, ending), paths in folders.items():
        start = os.path.commonprefix(paths)  # noqa: RUF071  names are compared character by character
        end = os.path.commonprefix([path[::-1] for path in paths])[::-1]  # noqa: RUF071
        candidates = [os.path.join(glob.escape(folder), f"*{glob.escape(ending)}")]
        if len(paths) > 1 and len(start) + len(end) <= min(map(len, paths)):
            candidates.append(f"{glob.escape(start)}*{glob.escape(os.path.basename(end))}")
        found = next((pattern for pattern in candidates if set(glob.glob(pattern)) == set(paths)), None)
        patterns += paths if found is None else [found]
    return patterns


def list_files(patterns: Sequence[str]) -> list[Path]:
    """Lists the files that patterns name at present, and paths that are not there yet.

    Args:
        patterns: What `find_patterns` returned.

    Returns:
        The paths, each once, those of a pattern in alphabetical order.
    """
    paths: list[Path] = []
    for pattern in patterns:
        is_path = os.path.exists(pattern) or not glob.has_magic(pattern)
        paths += [Path(pattern)] if is_path else map(Path, sorted(glob.glob(pattern, recursive=True)))
    return list(dict.fromkeys(paths))
